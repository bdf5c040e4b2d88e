// Lost and hanging threads in simulations: what follows, from many seeds, and that it is the same for the same seed.
import { type AnyRef, type Events, thread } from '@troupe/actors'
import { type Simulation, simulate } from '@troupe/actors/testing'
import { describe, expect, test } from 'vitest'
import { counter } from './fixtures/actors.ts'

const SEEDS = 60
const homeOf = (ref: AnyRef) => Number(/#(\d+)\./.exec(ref.id)![1])

const kinds = ['threadLost', 'threadReplaced', 'threadBlocked'] as const
/** All that is told of threads, in order. */
function heard(sim: Simulation): string[] {
  const lines: string[] = []
  for (const kind of kinds) {
    sim.on(kind, (event: Events[typeof kind]) => {
      lines.push(`${kind} ${event.thread}${'by' in event ? ` ${event.by}` : ''}${'ms' in event ? ` ${event.ms}` : ''}`)
    })
  }
  return lines
}
async function until(sim: Simulation, holds: () => boolean): Promise<void> {
  while (!holds()) await sim.sleep(1)
}

describe('a lost thread', () => {
  test('is replaced, and its number means its successor', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await simulate(seed, async sim => {
        const lines = heard(sim)
        const old = await sim.spawn(counter, 1, { on: thread(1) })
        sim.loseThread(1)
        const [there, anywhere] = await Promise.all([sim.spawn(counter, 2, { on: thread(1) }), sim.spawn(counter, 3)])
        expect([homeOf(old), homeOf(there)]).toEqual([1, 3])
        expect([2, 3]).toContain(homeOf(anywhere))
        expect(await there.ask.get()).toBe(2)
        await until(sim, () => lines.length === 2)
        expect(lines).toEqual(['threadLost 1', 'threadReplaced 1 3'])
        sim.loseThread(1)
        await until(sim, () => lines.length === 4)
        expect(lines.slice(2)).toEqual(['threadLost 3', 'threadReplaced 3 4'])
        expect(homeOf(await sim.spawn(counter, 2, { on: thread(3) }))).toBe(4)
      })
    }
  })

  test('is not where that is not wanted: then nothing is placed there', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await simulate(
        seed,
        async sim => {
          const lines = heard(sim)
          sim.loseThread(1)
          await sim.sleep(1_000)
          for (let i = 0; i < 3; i++) expect(homeOf(await sim.spawn(counter, 1))).toBe(2)
          await expect(sim.spawn(counter, 1, { on: thread(1) })).rejects.toMatchObject({ code: 'thread-lost' })
          expect(lines).toEqual(['threadLost 1'])
        },
        { replaceThreads: false },
      )
    }
  })

  test('and all others may be lost at once; actors wait until there is a thread again', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await simulate(seed, async sim => {
        const lines = heard(sim)
        for (const n of [1, 2]) sim.loseThread(n)
        const refs = await Promise.all(Array.from({ length: 4 }, (_, i) => sim.spawn(counter, i)))
        for (const [i, ref] of refs.entries()) {
          expect(homeOf(ref)).toBeGreaterThan(2)
          expect(await ref.ask.get()).toBe(i)
        }
        await until(sim, () => lines.length === 4)
      })
    }
  })

  test('one seed, one course of events', async () => {
    const course = (seed: number): Promise<string> =>
      simulate(seed, async sim => {
        sim.loseThread(1)
        sim.hangThread(2)
        const ref = await sim.spawn(counter, 1, { on: thread(1) })
        await ref.ask.add(1)
        await sim.sleep(20_000)
        return sim.trace
      })
    const traces = await Promise.all([1, 2].map(course))
    expect([await course(1), await course(2)]).toEqual(traces)
    expect(traces[0]).not.toBe(traces[1])
  })

  test('close() ends at any moment of it', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await simulate(seed, async sim => {
        const ref = await sim.spawn(counter, 1, { on: thread(1) })
        const asked = ref.ask.add(1).then(
          () => 'done',
          (error: { code: string }) => error.code,
        )
        if (seed % 2 === 0) sim.loseThread(1)
        else sim.hangThread(1)
        await sim.sleep((seed % 7) * 3)
        void sim.spawn(counter, 1, { on: thread(1) }).catch(() => {})
        await sim.close()
        expect(['done', 'thread-lost', 'system-closed', 'stopped', 'expired']).toContain(await asked)
      })
    }
  })
})

describe('a thread that hangs', () => {
  test('does nothing more, is told of, lost, and replaced', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await simulate(
        seed,
        async sim => {
          const lines = heard(sim)
          const ref = await sim.spawn(counter, 1, { on: thread(1) })
          sim.hangThread(1)
          sim.hangThread(1)
          const end = ref
            .with({ deadline: 60_000 })
            .ask.add(1)
            .catch((error: { code: string }) => error.code)
          await sim.sleep(3_900)
          expect(lines).toEqual(['threadBlocked 1 1000'])
          // what the lost thread had not read is for who takes its place
          expect(['thread-lost', 2]).toContain(await end)
          const next = await sim.spawn(counter, 5, { on: thread(1) })
          expect(await next.ask.get()).toBe(5)
          expect(lines).toEqual(['threadBlocked 1 1000', 'threadLost 1', 'threadReplaced 1 3'])
        },
        { blockedAfter: 1_000, endBlockedAfter: 4_000 },
      )
    }
  })

  test('for ever, if it is not to be ended: then asks end by their deadlines, and close() all the same', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await simulate(
        seed,
        async sim => {
          const lines = heard(sim)
          const ref = await sim.spawn(counter, 1, { on: thread(1) })
          sim.hangThread(1)
          await expect(ref.ask.add(1)).rejects.toMatchObject({ code: 'expired' })
          await sim.sleep(100_000)
          expect(lines).toEqual([])
        },
        { blockedAfter: 0, endBlockedAfter: Infinity },
      )
    }
  })
})

test('options that make no sense are refused', async () => {
  const run = (options: object) => simulate(1, () => {}, options)
  await expect(run({ replaceThreads: 'yes' })).rejects.toThrow('simulate: replaceThreads is')
  await expect(run({ blockedAfter: -1 })).rejects.toThrow('simulate: blockedAfter is -1')
  await expect(run({ endWhileInspected: true })).rejects.toThrow('endWhileInspected')
})
