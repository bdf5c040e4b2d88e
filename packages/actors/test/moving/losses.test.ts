// Threads that are lost again and again while actors move, in hundreds of random programs (loss-program.ts): nobody who can come
// back is missing, nobody lives twice, nobody waits for ever, to those who are not concerned nothing happens, and in the end no
// trace is left. Each of the rules that this needs is broken once, and the programs must find out.
//
// SEEDS and SEED in the environment run more, or others: SEEDS=100000, or SEEDS=1 SEED=4711 for one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Checkpoints } from '../../src/core/checkpoints.ts'
import { Heirs } from '../../src/core/heirs.ts'
import { Revival } from '../../src/core/revival.ts'
import { Stand } from '../../src/core/stand.ts'
import { BereftStream } from '../../src/core/bereft-stream.ts'
import { breaks } from '../breaking.ts'
import { runLosses } from './loss-program.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 300)
const FIRST = Number(process.env['SEED'] ?? 0)
const CHUNK = 50
/** Threads that one program has at most, one after the other. */
const MOST_LIVES = 64

/** What the runs together must have met. */
const WANTED = [
  ...['threadLost', 'threadReplaced', 'moved', 'revived', 'two at once', 'heir lost'],
  ...['move: done', 'move: move-failed', 'move: stopped', 'move: thread-lost', 'ask: done', 'pass: thread-lost'],
  ...['stop: done', 'ready: done', 'child: done', 'watch: lost', 'watch: stopped'],
  ...['dead letter: lost', 'dead letter: stopped'],
]

// Each error takes a stack, which nobody looks at here.
const { stackTraceLimit } = Error
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

describe('random programs whose threads are lost', () => {
  const counts = new Map<string, number>()
  const chunks = Array.from({ length: Math.ceil(SEEDS / CHUNK) }, (_, i) => FIRST + i * CHUNK)
  test.each(chunks)('from seed %i on', { timeout: 600_000 }, async from => {
    for (let seed = from; seed < Math.min(from + CHUNK, FIRST + SEEDS); seed++) {
      expect(await runLosses(seed, counts), `seed ${seed}`).toEqual([])
    }
  })

  // senders whose way to an actor led over a lost thread, and fences that waited for each other
  test.each([676, 1605, 1904, 2300])('found once: seed %i', async seed => {
    expect(await runLosses(seed, new Map())).toEqual([])
  })

  test.runIf(SEEDS >= 300)('they met everything that can happen', () => {
    expect(WANTED.filter(what => !counts.has(what))).toEqual([])
  })
})

describe('a rule that is broken on purpose is found out', { timeout: 300_000 }, () => {
  /** Whether some program shows the violation. `from`: where such ones are seldom, the search begins near one. */
  async function shows(violation: RegExp, from = 0): Promise<boolean> {
    for (let seed = from; seed < from + 2_000; seed++) {
      const violations = await runLosses(seed, new Map())
      if (violations.some(text => violation.test(text))) return true
    }
    return false
  }

  test('an heir waits for nobody: it revives those that live', async () => {
    breaks(Revival.prototype, 'begin', old => {
      return function (this: Revival, lost: readonly number[], quarantined: readonly string[]) {
        old.call(this, lost, quarantined)
        for (let thread = 0; thread < MOST_LIVES; thread++) this.lost(thread)
      }
    })
    expect(await shows(/lives on threads \d+ and \d+ at once/)).toBe(true)
  })
  test('an actor that comes back from a lost target is in the vault with the epoch that it had', async () => {
    breaks(Checkpoints.prototype, 'returned', () => () => {})
    expect(await shows(/is gone|does not answer/, 500)).toBe(true)
  })
  test('a fence that was lost with a thread is not sent again', async () => {
    breaks(BereftStream.prototype, 'fenceAgain', () => () => {})
    expect(await shows(/does not answer|never ended|still has a standing/)).toBe(true)
  })
  test('what is for a lost thread is sent there', async () => {
    breaks(Stand.prototype, 'isLost' as never, () => () => false)
    expect(await shows(/does not answer|never ended|still has a standing/)).toBe(true)
  })
  test('frames that nobody has read are not given back', async () => {
    breaks(Heirs.prototype, 'returned', () => () => {})
    expect(await shows(/never ended|does not answer|still has a standing/)).toBe(true)
  })
  test('an heir keeps nothing for those whom it does not know yet', async () => {
    breaks(Heirs.prototype, 'keepsUnknown', () => () => false)
    expect(await shows(/has ended, and|lives, and|does not answer|still has a standing/)).toBe(true)
  })
  test('nobody says that all is done', async () => {
    breaks(Heirs.prototype, 'revived', () => () => {})
    expect(await shows(/still has a standing|heard of its end: nothing|never ended/)).toBe(true)
  })
})
