// What checkpoints promise, from many seeds: nobody has seen more of an actor than its lost thread has left of it.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Checkpoints } from '../../src/core/checkpoints.ts'
import { Outbox } from '../../src/core/outbox.ts'
import { type Outcome, runCheckpoints } from './program.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 500)

async function runSeeds(count: number, replaceThreads = false): Promise<Outcome> {
  const sum: Outcome = { judged: 0, seen: 0, moved: 0, revived: 0 }
  for (let seed = 1; seed <= count; seed++) {
    const outcome = await runCheckpoints(seed, replaceThreads)
    for (const of of Object.keys(sum) as (keyof Outcome)[]) sum[of] += outcome[of]
  }
  return sum
}

describe(`what was seen, from ${SEEDS} seeds`, { timeout: SEEDS * 400 }, () => {
  test('is in the vault of the thread that is lost', async () => {
    const { judged, seen, moved } = await runSeeds(SEEDS)
    expect(judged).toBeGreaterThan(SEEDS / 2)
    expect(seen).toBeGreaterThan(SEEDS / 4)
    expect(moved).toBeGreaterThan(SEEDS / 2)
  })
  test('is known to the actor that is revived from it', async () => {
    const { revived } = await runSeeds(SEEDS, true)
    expect(revived).toBeGreaterThan(SEEDS / 2)
  })
})

// a thread that nobody takes the place of was lost with the word that an actor had left it: its origin took it for lost
test.each([1156, 1321])('found once: seed %i', async seed => {
  expect((await runCheckpoints(seed, false)).judged).toBeGreaterThan(0)
})

describe('broken, it is caught', () => {
  afterEach(() => void vi.restoreAllMocks())
  const broken: Record<string, () => void> = {
    'what a turn tells goes out at once': () => {
      vi.spyOn(Outbox.prototype, 'open', 'get').mockReturnValue(false)
    },
    'the outbox is emptied before the checkpoint': () => {
      const ended = Checkpoints.prototype.ended
      vi.spyOn(Checkpoints.prototype, 'ended').mockImplementation(function (this: Checkpoints, cell, readonly) {
        cell.extra!.checkpoint!.outbox!.release()
        return ended.call(this, cell, readonly)
      })
    },
    'no checkpoint after a turn': () => {
      vi.spyOn(Checkpoints.prototype, 'ended').mockImplementation(cell => {
        cell.extra!.checkpoint!.outbox!.release()
        return undefined
      })
    },
    'a readonly turn tells of changes beside it that are not kept yet': () => {
      const ended = Checkpoints.prototype.ended
      vi.spyOn(Checkpoints.prototype, 'ended').mockImplementation(function (this: Checkpoints, cell, readonly) {
        return readonly ? undefined : ended.call(this, cell, readonly)
      })
    },
    'timers that have fired or been set are not packed again': () => {
      vi.spyOn(Checkpoints.prototype, 'begin').mockImplementation(function (this: Checkpoints, cell) {
        begin.call(this, cell)
        const checkpoint = cell.extra?.checkpoint
        if (checkpoint !== undefined) Object.defineProperty(checkpoint, 'stale', { get: () => false, set: () => {} })
      })
    },
  }
  const { begin } = Checkpoints.prototype
  test.each(Object.entries(broken))('%s', async (_, breakIt) => {
    breakIt()
    await expect(runSeeds(2_000)).rejects.toThrow(/was seen after|has left/)
  })
})
