// `run` in a simulation and in a probe: the function is called in place, and all else is as in earnest.
import { describe, expect, test } from 'vitest'
import { checkedOffload } from '../src/core/offload-value.ts'
import { jobOf } from '../src/core/offload-job.ts'
import { defaultLimits } from '../src/core/platform.ts'
import { behavior, moved, NotSendable, offload, type Ref, thread } from '../src/index.ts'
import { probe, simulate, type Simulation, SimulationFailed } from '../src/testing/index.ts'
import { runWorld } from '../src/testing/simulation.ts'

/** What was called, in order. */
let called: number[] = []
const square = offload(import.meta, 'square', (n: number) => {
  called.push(n)
  return n * n
})
const refuse = offload(import.meta, 'refuse', async (n: number): Promise<number> => {
  await Promise.resolve()
  throw new RangeError(`not ${n}`)
})
const first = offload(import.meta, 'first', (bytes: Uint8Array) => {
  const one = bytes.slice(0, 1)
  bytes.fill(0)
  return moved(one)
})
const never = offload(import.meta, 'never', () => new Promise<void>(() => {}))
const same = offload(import.meta, 'same', (value: object): object => value)

const notes = behavior(import.meta, {
  name: 'notes',
  state: () => ({ list: [] as string[] }),
  handlers: {
    add: (ctx, note: string) => void ctx.state.list.push(note),
    all: ctx => ctx.state.list,
  },
})
const runner = behavior(import.meta, {
  name: 'runner',
  state: () => 0,
  handlers: {
    square: async (ctx, n: number) => await ctx.run(square, n),
    refuse: async (ctx, n: number) => await ctx.run(refuse, n),
    async first(ctx, list: number[]) {
      const bytes = Uint8Array.from(list)
      const run = ctx.run(first, moved(bytes))
      return [bytes.length, ...(await run)]
    },
    begin(ctx, from: number, count: number, to: Ref<typeof notes>) {
      for (let n = from; n < from + count; n++) {
        ctx.run(square, n).then(
          value => to.tell.add(`${n} gave ${value}`),
          (error: { code: string }) => to.tell.add(`${n} ${error.code}`),
        )
      }
    },
  },
})

/** More than are through before the end comes. */
const MANY = 400
/** ms after which whatever was on its way to another thread has come. */
const ARRIVED = 40
const world = { count: 2, limits: defaultLimits, latency: 10, steps: 1e6 }
const seeds = Array.from({ length: 20 }, (_, seed) => seed)

describe('in a simulation', () => {
  test.each([0, 1, 2])('it gives what the function returns or throws (%i threads)', async threads => {
    await simulate(
      threads,
      async sim => {
        const actor = await sim.spawn(runner, undefined, { on: thread(threads) })
        expect(await sim.run(square, 4)).toBe(16)
        expect(await actor.ask.square(5)).toBe(25)
        await expect(sim.run(refuse, 1)).rejects.toThrow(new RangeError('not 1'))
        await expect(actor.ask.refuse(2)).rejects.toMatchObject({ code: 'fault', cause: new RangeError('not 2') })
        expect(await actor.ask.first([7, 8])).toEqual([0, 7])
      },
      { threads },
    )
  })

  test('values are copies, and are refused as in earnest', async () => {
    await simulate(1, async sim => {
      const value = { list: [1] }
      const run = sim.run(same, value)
      value.list.push(2)
      const result = await run
      expect(result).toEqual({ list: [1] })
      const actor = await sim.spawn(runner)
      const error = await sim.run(same, { actor }).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(NotSendable)
      expect((error as Error).message).toMatch(/^same: argument\.actor is a ref \(there is no system where this goes\)/)
    })
  })

  const course = async (sim: Simulation): Promise<string> => {
    called = []
    const to = await sim.spawn(notes)
    const actors = await Promise.all([0, 1, 2].map(n => sim.spawn(runner, undefined, { on: thread(n) })))
    actors.forEach((actor, at) => actor.tell.begin(at * 10, 5, to))
    await sim.sleep(200)
    return JSON.stringify([called, await to.ask.all(), sim.trace])
  }

  test('one seed, one course of events; another seed, another', async () => {
    const courses = new Set<string>()
    for (const seed of seeds) {
      const one = await simulate(seed, course)
      expect(await simulate(seed, course)).toBe(one)
      courses.add(one)
    }
    expect(courses.size).toBe(seeds.length)
  })

  test('what ends with its owner is told so, and nothing of it is called any more', async () => {
    const ends = new Set<string>()
    for (const seed of seeds) {
      await simulate(seed, async sim => {
        const to = await sim.spawn(notes)
        const actor = await sim.spawn(runner, undefined, { on: thread(seed % 3) })
        await actor.ask.begin(0, MANY, to)
        await sim.sleep(seed)
        await actor.stop()
        await sim.sleep(ARRIVED)
        const before = called.length
        const all = await to.ask.all()
        expect(all).toHaveLength(MANY)
        for (const note of all) ends.add(note.replace(/^\d+ (gave)?.*?(stopped)?$/, '$1$2'))
        await sim.sleep(1_000)
        expect(called.length).toBe(before)
      })
    }
    expect(ends).toEqual(new Set(['gave', 'stopped']))
  })

  test('the runs of a thread that is lost are lost', async () => {
    for (const seed of seeds) {
      await simulate(seed, async sim => {
        const to = await sim.spawn(notes, undefined, { on: thread(0) })
        const actor = await sim.spawn(runner, undefined, { on: thread(1) })
        await actor.ask.begin(0, MANY, to)
        await sim.sleep(seed)
        sim.loseThread(1)
        await sim.sleep(ARRIVED)
        const before = called.length
        await sim.sleep(1_000)
        expect(called.length).toBe(before)
        expect(await sim.run(square, 3)).toBe(9)
      })
    }
  })

  test('a cancel that overtakes its run is remembered until that comes, and no longer', async () => {
    const got = await runWorld({ seed: 1, ...world }, async (sim, { offloading, threads }) => {
      const { offloads } = threads[0]!.core
      const job = jobOf(checkedOffload(square), [5], offloading.codec)
      called = []
      offloads.cancel(2, 1)
      const runs = [1, 2, 3].map(number => offloads.receive(number, job, 1))
      offloads.cancel(3, 1)
      const ended = Promise.allSettled(runs)
      await sim.sleep(ARRIVED)
      const outcomes = await ended
      offloads.cancel(1, 1) // it has ended
      return { called, outcomes: outcomes.map(({ status }) => status) }
    })
    expect(got).toEqual({ called: [5], outcomes: ['fulfilled', 'rejected', 'rejected'] })
  })

  test('a function that waits for the real world is found, by its name', async () => {
    const failed = await simulate(1, sim => sim.run(never)).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(SimulationFailed)
    expect((failed as Error).message).toMatch(/nothing is left to happen.*the callback for run 'never'/)
  })

  test('the end of the system is that of its runs', async () => {
    let run: Promise<unknown> | undefined
    await simulate(1, sim => {
      run = sim.run(never).catch((error: unknown) => error)
    })
    expect(await run).toMatchObject({ code: 'system-closed' })
  })
})

test('in a probe the function is called in place', async () => {
  const actor = probe(runner)
  expect(await actor.ask.square(3)).toBe(9)
  expect(await actor.ask.first([5, 6])).toEqual([0, 5])
  await expect(actor.ask.refuse(4)).rejects.toMatchObject({ cause: new RangeError('not 4') })
})
