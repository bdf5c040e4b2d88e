// A system that balances itself, on simulated threads: from many seeds, pairs that talk come together, a skewed load
// spreads, nothing goes to and fro, and no message is lost or doubled meanwhile.
//
// BALANCE_RUNS in the environment multiplies the seeds.
import { type Ref, thread } from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import { describe, expect, test } from 'vitest'
import { talker, worker } from './fixtures/balancing.ts'

const SEEDS = 60 * Number(process.env['BALANCE_RUNS'] ?? 1)
const CHUNK = 20
const THREADS = 3
const EVERY = 20
const ROUNDS = 30

const system = { threads: THREADS, latency: 1, balance: { every: EVERY }, steps: 10_000_000 }
const chunks = Array.from({ length: Math.ceil(SEEDS / CHUNK) }, (_, i) => i * CHUNK)

/** Where actors are, and how often and when they moved. */
class Places {
  readonly #at = new Map<string, number>()
  readonly #moves = new Map<string, number>()
  readonly #sim: Simulation
  last = 0
  constructor(sim: Simulation) {
    this.#sim = sim
    sim.on('moved', ({ actor, to }) => {
      this.#at.set(actor, to.thread)
      this.#moves.set(actor, (this.#moves.get(actor) ?? 0) + 1)
      this.last = sim.now()
    })
  }
  /** Spawns an actor that balancing may move. */
  async put<B extends typeof talker | typeof worker>(behavior: B, on: number): Promise<Ref<B>> {
    const ref = await this.#sim.spawn(behavior as typeof talker, undefined, { on: thread(on), pinned: false })
    this.#at.set(ref.id, on)
    return ref as unknown as Ref<B>
  }
  at(ref: { id: string }): number {
    return this.#at.get(ref.id)!
  }
  get count(): number {
    return [...this.#moves.values()].reduce((sum, moves) => sum + moves, 0)
  }
  get most(): number {
    return Math.max(0, ...this.#moves.values())
  }
}

const anyThread = (sim: Simulation): number => 1 + Math.floor(sim.random() * THREADS)

describe.each(chunks)('from seed %i on', from => {
  const seeds = Array.from({ length: CHUNK }, (_, i) => from + i)

  test('pairs that talk come together, and not a message is lost', async () => {
    let apart = 0
    for (const seed of seeds) {
      await simulate(
        seed,
        async sim => {
          const places = new Places(sim)
          const pairs: [Ref<typeof talker>, Ref<typeof talker>][] = []
          for (let i = 0; i < 5; i++) {
            pairs.push([await places.put(talker, anyThread(sim)), await places.put(talker, anyThread(sim))])
          }
          const together = () => pairs.filter(([one, other]) => places.at(one) === places.at(other)).length
          apart += pairs.length - together()
          for (const [one, other] of pairs) one.tell.talk(other, 2)
          await sim.sleep(EVERY * ROUNDS)
          expect(together()).toBe(pairs.length)
          expect(places.most).toBeLessThanOrEqual(2)
          expect(places.last).toBeLessThan((EVERY * ROUNDS * 2) / 3)
          for (const [one] of pairs) await one.ask.fallSilent()
          await sim.sleep(50)
          for (const [one, other] of pairs) {
            const [said, heard] = [await one.ask.said(), await one.ask.heard()]
            expect([await other.ask.heard(), await other.ask.said()]).toEqual([said, heard])
            expect(said).toBeGreaterThan(ROUNDS * EVERY)
          }
        },
        system,
      )
    }
    expect(apart).toBeGreaterThan(CHUNK) // so there was something to do
  }, 120_000)

  test('a skewed load spreads', async () => {
    for (const seed of seeds.slice(0, CHUNK / 4)) {
      await simulate(
        seed,
        async sim => {
          const places = new Places(sim)
          const workers: Ref<typeof worker>[] = []
          for (let i = 0; i < 120; i++) workers.push(await places.put(worker, 1))
          for (const one of workers) one.tell.work(1)
          await sim.sleep(EVERY * ROUNDS)
          const counts = [1, 2, 3].map(on => workers.filter(one => places.at(one) === on).length)
          expect(Math.max(...counts), String(counts)).toBeLessThan(90)
          expect(places.most).toBeLessThanOrEqual(2)
          expect(places.last).toBeLessThan((EVERY * ROUNDS * 2) / 3)
        },
        system,
      )
    }
  }, 120_000)
})

test('where it is off nothing moves, and one seed takes one course where it is on', async () => {
  const run = (balance: 'off' | 'on') =>
    simulate(
      7,
      async sim => {
        const places = new Places(sim)
        const [one, other] = [await places.put(talker, 1), await places.put(talker, 2)]
        one.tell.talk(other, 2)
        await sim.sleep(6_000)
        return { moves: places.count, trace: sim.trace }
      },
      { ...system, balance },
    )
  expect((await run('off')).moves).toBe(0)
  const first = await run('on')
  expect(first.moves).toBe(1)
  expect(await run('on')).toEqual(first)
}, 120_000)
