// Actors that move all the time, in thousands of random programs: whatever the seed chooses, each message is handled once, in
// the order sent, by the one copy of its actor that lives; all ends that somebody waits for come; and in the end nothing is left
// of the moves. And since a check that cannot fail is worth nothing, the handoff is broken in all ways that matter, and the
// programs must find out.
//
// SEEDS and SEED in the environment run more, or others: SEEDS=1000000, or SEEDS=1 SEED=4711 for one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Arrivals } from '../../src/core/arrivals.ts'
import { Departure } from '../../src/core/departure.ts'
import { UserTimer } from '../../src/core/extra.ts'
import * as life from '../../src/core/life.ts'
import type { Mailbox, Taken } from '../../src/core/mailbox.ts'
import { Routes } from '../../src/core/routes.ts'
import type { Stand } from '../../src/core/stand.ts'
import { Senders } from '../../src/core/senders.ts'
import { Waking } from '../../src/core/settling.ts'
import { Standing } from '../../src/core/standing.ts'
import { breaks } from '../breaking.ts'
import { runProgram } from '../simulation-program.ts'
import type { RunOptions } from '../simulation-run.ts'
import { countMoves } from './counting.ts'
import { storyOf } from './story.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 3_000)
const FIRST = Number(process.env['SEED'] ?? 0)
const CHUNK = 500
/** Small programs: what goes wrong between few goes wrong between many. */
const run = { moves: true, losses: false, budget: 35, steps: 100 }

/** What the runs together must have met. */
const WANTED = [
  ...['done', 'state', 'too-large', 'late', 'pinned', 'fault', 'stopped'].map(how => `move: ${how}`),
  ...['moves by itself', 'move told of', 'move told of: failed', 'move: several failed'],
  ...['OFFER', 'READY', 'REFUSED', 'COMMIT', 'CANCEL', 'MOVED', 'KNOWN', 'FENCED', 'ENDED', 'SETTLED', 'MARK'].map(
    name => `message: ${name}`,
  ),
  ...['FLUSH', 'FLUSHED'].map(name => `message: ${name}`),
  ...['way', 'end', 'mark'].map(kind => `fence: ${kind}`),
  ...['frames held', 'frames sent on', 'others’ frames held', 'others’ frames sent on'],
  ...['frames held for their sender', 'frames let go by a mark', 'rolled back', 'copy dropped', 'standing forgotten'],
  ...['started: moved', 'started: restarted', 'stopping: moved', 'stopping: faulted', 'stopping: stopped'],
  ...['reply', 'no', 'later', 'fault', 'expired', 'aborted', 'stopped', 'ask-cycle', 'mailbox-full'].map(
    how => `ask: ${how}`,
  ),
  ...[
    'timer fired',
    'timer cancelled',
    'watch heard: stopped',
    'watch heard: faulted',
    'unwatch',
    'pipe',
    'late reply',
  ],
  ...['lookup: found', 'child here', 'child placed', 'drain', 'stop awaited', 'ready', 'readonly beside readonly'],
  ...['channel: sent', 'channel: received', 'closed in the middle'],
]

// Each error takes a stack, which nobody looks at here.
const { stackTraceLimit } = Error
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

describe('random programs whose actors move', () => {
  const counts = new Map<string, number>()
  let runs = 0
  let steps = 0

  let stop = (): void => {}
  beforeAll(() => void (stop = countMoves(counts)))
  afterAll(() => stop())

  const chunks = Array.from({ length: Math.ceil(SEEDS / CHUNK) }, (_, i) => FIRST + i * CHUNK)
  test.each(chunks)('from seed %i on', { timeout: 600_000 }, async from => {
    for (let seed = from; seed < Math.min(from + CHUNK, FIRST + SEEDS); seed++) {
      const outcome = await runProgram(seed, { coverage: counts, run })
      const { violations } = outcome
      expect(violations, violations.length === 0 ? '' : await told(seed, violations)).toEqual([])
      runs++
      steps += outcome.steps
    }
  })

  test.runIf(SEEDS >= 1_000)('they met everything that can happen', () => {
    const lines = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `  ${what}: ${times}`)
    console.log(`${runs} simulated runs, ${steps} events; met:\n${lines.join('\n')}`)
    expect(WANTED.filter(what => !counts.has(what))).toEqual([])
  })

  test('the same seed takes the same course', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { trace, steps } = await runProgram(seed, { run })
      expect(await runProgram(seed, { run })).toMatchObject({ trace, steps })
    }
  })
})

/** What went wrong, and the story of the actors that it is about. */
async function told(seed: number, violations: readonly string[]): Promise<string> {
  const story = await storyOf(() => runProgram(seed, { run }))
  const actors = violations.flatMap(text => text.match(/[\w()]+#[\d.]+\d/g) ?? [])
  const lines = actors.length === 0 ? story : story.filter(line => actors.some(actor => line.includes(actor)))
  return `seed ${seed}:\n${violations.join('\n')}\n\n${lines.join('\n')}`
}

describe('a handoff that is broken on purpose is found out', { timeout: 300_000 }, () => {
  /** The first seed whose program shows the violation. Of each of these, one program of 25 at least does. */
  async function shows(violation: RegExp, most: Partial<RunOptions> = {}): Promise<number | undefined> {
    for (let seed = 0; seed < 2_000; seed++) {
      const { violations } = await runProgram(seed, { run: { ...run, ...most }, world: { steps: 20_000 } })
      if (violations.some(text => violation.test(text))) return seed
    }
    return undefined
  }
  /** Rounds that bring out what is wrong with order and ways. */
  const HARD = { drills: 25 }
  /** The same for frames that come to where their actor is again. */
  const TO_AND_FRO = { drills: 0, returns: 25, budget: 10 }

  test('no fence: streams change their way while something is still on the old one', async () => {
    breaks(Standing.prototype, 'send', old => {
      return function (this: Standing) {
        this.clean = true
        return old.call(this)
      }
    })
    expect(await shows(/was handled after/, HARD)).toBeDefined()
  })
  test('no sender’s fence: an actor that has moved sends at once', async () => {
    breaks(Waking.prototype, 'holds', () => () => false)
    expect(await shows(/was handled after/, HARD)).toBeDefined()
  })
  test('epochs ignored in frames: whatever comes where the actor is, is taken in', async () => {
    breaks(Standing.prototype, 'pass', old => {
      return function (this: Standing, stamp: number, from: number) {
        return this.resident ? this.self : old.call(this, stamp, from)
      }
    })
    expect(await shows(/was handled after/, TO_AND_FRO)).toBeDefined()
  })
  test('epochs ignored in news: the last that was heard is believed', async () => {
    breaks(Standing.prototype, 'heard', old => {
      return function (this: Standing, place: number, epoch: number) {
        if (epoch < this.epoch) this.epoch = epoch - 1
        old.call(this, place, epoch)
      }
    })
    // frames go in circles, for ever or until the actor lives twice
    expect(await shows(/no end after|lives on threads|and says expired|still has a standing/, HARD)).toBeDefined()
  })
  test('double activation: a copy that is ready lives, before it is told to', async () => {
    breaks(Arrivals.prototype, 'installed' as never, () => {
      return ({ cell }: Stand) => {
        cell!.core.arrived(cell!)
        life.arrive(cell!, true)
      }
    })
    expect(await shows(/lives on threads \d and \d at once/)).toBeDefined()
  })
  test('timers dropped', async () => {
    breaks(UserTimer.prototype, 'data', old => {
      return function (this: UserTimer) {
        const data = old.call(this)
        data[5] = false
        return data
      }
    })
    expect(await shows(/timers have not fired/)).toBeDefined()
  })
  test('mailbox order reversed', async () => {
    breaks(Departure.prototype, 'sendAhead', old => {
      return function (this: Departure, stand: Stand, queue: Mailbox | undefined) {
        if (queue !== undefined) reverse(queue)
        old.call(this, stand, queue)
      }
    })
    expect(await shows(/was handled after/)).toBeDefined()
  })
  function reverse(queue: Mailbox): void {
    const taken: Taken[] = []
    while (queue.count > 0) {
      const message: Taken = { head: 0, from: undefined, argument: undefined }
      queue.take(message)
      taken.unshift(message)
    }
    for (const { head, from, argument } of taken) queue.push(head, from, argument, 0)
  }

  test('mailbox left behind', async () => {
    breaks(Departure.prototype, 'sendAhead', () => () => {})
    expect(await shows(/messages \d+ were handled or dead letters|never ended/)).toBeDefined()
  })
  test('a copy that is dropped, and lives', async () => {
    breaks(Arrivals.prototype, 'cancelled', () => () => {})
    expect(await shows(/still has to do with|still has a standing|handoff:|never ended/)).toBeDefined()
  })
  test('a thread that never says that all has been taken in', async () => {
    breaks(Senders.prototype, 'flushed', () => () => {})
    expect(await shows(/still holds what it sends|still has to do with/)).toBeDefined()
  })
  test('standings that are kept', async () => {
    breaks(Routes.prototype, 'watch', () => () => {})
    expect(await shows(/still has a standing/)).toBeDefined()
  })
})
