// What a thread finds out about its actors, held against what they did: in simulations, where turns cost the same each and
// nothing depends on the machine.
import { thread } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { type Sample, sample } from '../src/core/sampling.ts'
import { runWorld, type Simulation } from '../src/testing/simulation.ts'
import type { World } from '../src/testing/world.ts'
import { defaultLimits } from '../src/core/platform.ts'
import { asker, talker, worker } from './fixtures/balancing.ts'
import { counter } from './fixtures/actors.ts'

const parts = { seed: 1, count: 3, limits: defaultLimits, latency: 1, steps: 10_000_000 }
const run = (seed: number, callback: (sim: Simulation, world: World) => Promise<void>) =>
  runWorld({ ...parts, seed }, callback)

const costs = ({ loads }: Sample) => new Map(loads.map(([{ id }, cost]) => [id, cost]))
const rates = ({ talks }: Sample) => new Map(talks.map(([to, from, rate]) => [`${from.id} ${to.id}`, rate]))
const total = (numbers: Iterable<number>) => [...numbers].reduce((sum, number) => sum + number, 0)

describe.each([1, 2, 3])('from seed %i', seed => {
  test('what actors cost goes by their turns, and adds up to what the thread did', () =>
    run(seed, async (sim, world) => {
      const { core } = world.threads[1]!
      const shares = [1, 2, 4, 8]
      const workers = await Promise.all(shares.map(() => sim.spawn(worker, undefined, { on: thread(1) })))
      shares.forEach((turns, i) => workers[i]!.tell.work(turns))
      await sim.sleep(20)
      sample(core)
      await sim.sleep(400)
      const found = sample(core)
      expect(found.busy).toBeGreaterThan(0.05)
      expect(found.busy).toBeLessThanOrEqual(1)
      expect(found.turns).toBeLessThanOrEqual(found.busy)
      expect(found.actors).toBe(4)
      const seen = costs(found)
      expect(total(seen.values())).toBeCloseTo(found.turns, 6)
      shares.forEach((turns, i) => {
        const share = seen.get(workers[i]!.id)! / total(seen.values())
        expect(share / (turns / 15), `of ${turns} turns each ms`).toBeGreaterThan(0.75)
        expect(share / (turns / 15), `of ${turns} turns each ms`).toBeLessThan(1.25)
      })
    }))

  test('who talks with whom, and how much; an ask counts twice', () =>
    run(seed, async (sim, world) => {
      const on = { on: thread(1) }
      const [near, far, quiet] = [
        await sim.spawn(talker, undefined, on),
        await sim.spawn(talker),
        await sim.spawn(counter, 0, on),
      ]
      const other = await sim.spawn(talker, undefined, { on: thread(2) })
      near.tell.talk(other, 2)
      far.tell.talk(near, 4)
      const [asks, asked] = [
        await sim.spawn(asker, undefined, { on: thread(2) }),
        await sim.spawn(asker, undefined, on),
      ]
      asks.tell.askOn(asked, 1_000_000)
      const { core } = world.threads[1]!
      sample(core)
      await sim.sleep(50)
      sample(core)
      const before = (await near.ask.heard()) + (await other.ask.heard())
      const askedBefore = await asked.ask.asked()
      const begun = sim.now()
      await sim.sleep(300)
      const found = sample(core)
      const askedThen = (await asked.ask.asked()) - askedBefore
      const heard = (await near.ask.heard()) + (await other.ask.heard()) - before
      const seen = rates(found)
      const toNear = seen.get(`${other.id} ${near.id}`)! + seen.get(`${far.id} ${near.id}`)!
      // near hears the answers of one and the messages of the other; `other` hears as many as it answers
      const expected = (heard / (sim.now() - begun)) * 1_000 * (6 / 8)
      expect(toNear / expected).toBeGreaterThan(0.7)
      expect(toNear / expected).toBeLessThan(1.3)
      const asking = seen.get(`${asks.id} ${asked.id}`)! / ((askedThen / (sim.now() - begun)) * 1_000 * 2)
      expect(asking).toBeGreaterThan(0.7)
      expect(asking).toBeLessThan(1.3)
      expect([...seen.keys()].join()).not.toContain(quiet.id)
      expect(found.talks.find(([, from]) => from.id === asks.id)![3]).toBe(2)
    }))
})

test('many more turns than are looked at, by more actors than there is room for', () =>
  run(4, async (sim, world) => {
    const { core } = world.threads[1]!
    sample(core)
    const workers = await Promise.all(
      Array.from({ length: 1_000 }, () => sim.spawn(worker, undefined, { on: thread(1) })),
    )
    for (const one of workers) one.tell.work(1)
    await sim.sleep(200)
    const found = sample(core)
    // each turn that was looked at stands for many, and together they make up what the thread has done
    expect(found.busy).toBeGreaterThan(0.9)
    expect(found.turns).toBeGreaterThan(found.busy * 0.75)
    // none stands out: each is told with about its share, and those that are told with theirs together
    expect(found.loads.length).toBe(128)
    const told = total(costs(found).values()) / found.turns
    expect(told).toBeGreaterThan(0.1)
    expect(told).toBeLessThan(0.3)
  }))

test('those that have ended are told no longer', () =>
  run(5, async (sim, world) => {
    const { core } = world.threads[1]!
    const on = { on: thread(1) }
    const [one, other] = [await sim.spawn(talker, undefined, on), await sim.spawn(talker, undefined, on)]
    one.tell.talk(other, 2)
    sample(core)
    await sim.sleep(50)
    const { loads, talks } = sample(core)
    expect([loads.length, talks.length]).toEqual([2, 2])
    await Promise.all([one.stop(), other.stop()])
    await sim.sleep(5)
    expect(sample(core)).toMatchObject({ loads: [], talks: [], actors: 0 })
  }))

test('what was placed by somebody is not movable, unless it says so; what was placed by nobody is', () =>
  run(5, async (sim, world) => {
    const spawned = [
      await sim.spawn(worker, undefined, { on: thread(1) }),
      await sim.spawn(worker, undefined, { on: thread(1), pinned: false }),
      await sim.spawn(worker),
      await sim.spawn(worker, undefined, { pinned: true }),
    ]
    const wanted = new Map(spawned.map((one, i) => [one.id, [false, true, true, false][i]]))
    for (const one of spawned) one.tell.work(1)
    for (const { core } of world.threads) sample(core)
    await sim.sleep(100)
    const seen = new Map(
      world.threads.flatMap(({ core }) => sample(core).loads.map(([{ id }, , movable]) => [id, movable] as const)),
    )
    expect(seen).toEqual(wanted)
    // a move by hand is a placement too
    await spawned[2]!.move(thread(2))
    await spawned[1]!.move(thread(2))
    await sim.sleep(100)
    const after = new Map(sample(world.threads[2]!.core).loads.map(([{ id }, , movable]) => [id, movable]))
    expect(after.get(spawned[2]!.id)).toBe(false)
    expect(after.get(spawned[1]!.id)).toBe(true)
  }))

test('a thread that nobody asks samples nothing', () =>
  run(6, async (sim, world) => {
    const one = await sim.spawn(worker, undefined, { on: thread(1) })
    one.tell.work(5)
    await sim.sleep(100)
    const { scheduler } = world.threads[1]!.core
    expect(scheduler.sampler).toBeUndefined()
    expect(scheduler.sampling).toBe(false)
    expect(await one.ask.done()).toBeGreaterThan(100)
  }))
