// Goroutines in simulations: the same core on virtual time, from seeds. What would take long, or is a matter of chance, is
// here: the grace of a stop, lost threads, and that nothing is left afterwards.
import { describe, expect, test } from 'vitest'
import {
  ActorStopped,
  behavior,
  type Channel,
  goroutine,
  type Place,
  type Receiver,
  type Sender,
  type Task,
  thread,
  ThreadLost,
} from '../src/index.ts'
import { defaultLimits } from '../src/core/platform.ts'
import { probe, simulate, SimulationFailed, type Simulation } from '../src/testing/index.ts'
import { runWorld } from '../src/testing/simulation.ts'
import type { World } from '../src/testing/world.ts'
import * as fixture from './fixtures/goroutines.ts'

const SEEDS = 25
async function onManySeeds(run: (sim: Simulation, seed: number) => Promise<void>): Promise<void> {
  for (let seed = 0; seed < SEEDS; seed++) await simulate(seed, sim => run(sim, seed), { threads: 3 })
}
async function inWorld(seed: number, run: (sim: Simulation, world: World) => Promise<void>): Promise<void> {
  await runWorld({ seed, count: 4, limits: defaultLimits, latency: 10, steps: 1_000_000 }, run)
}

/** How a promise has ended, in a word. */
const endOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    value => `gave ${String(value)}`,
    (error: Error) => `threw ${error.name}`,
  )

const sieve = goroutine(import.meta, 'sieve', async (ctx, count: number, places: Place[]) => {
  const numbers = ctx.channel<number>()
  ctx.go(counting(numbers))
  let left: Receiver<number> = numbers
  const primes: number[] = []
  while (primes.length < count) {
    const prime = (await left.receive()).value!
    primes.push(prime)
    const right = ctx.channel<number>()
    ctx.go(sifting(prime, left, right), { on: places[primes.length % places.length]! })
    left = right
  }
  return primes
})
const counting = goroutine(import.meta, 'counting', async (_ctx, to: Sender<number>) => {
  for (let n = 2; ; n++) await to.send(n)
})
const sifting = goroutine(
  import.meta,
  'sifting',
  async (_ctx, prime: number, from: Receiver<number>, to: Sender<number>) => {
    for await (const n of from) if (n % prime !== 0) await to.send(n)
  },
)

const PLACES = [0, 1, 2, 3].map(thread)

describe('a goroutine in a simulation', () => {
  test('is the seed’s: one seed, one course of events', async () => {
    const run = (seed: number) =>
      simulate(seed, async sim => [await sim.go(sieve(6, PLACES)).done, sim.trace, sim.now()] as const, { threads: 3 })
    const [first, again, other] = [await run(1), await run(1), await run(2)]
    expect(first[0]).toEqual([2, 3, 5, 7, 11, 13])
    expect(again).toEqual(first)
    expect(other[0]).toEqual(first[0])
    expect(other[1]).not.toBe(first[1])
  })

  test('sleeps in virtual time, for as long as it likes', async () => {
    const days = 3 * 24 * 3_600_000
    await simulate(1, async sim => {
      expect(await sim.go(fixture.slow(days)).done).toBeGreaterThanOrEqual(days)
      expect(sim.now()).toBeLessThan(days + 100)
    })
  })

  test('passes on what comes, over any threads', () =>
    onManySeeds(async (sim, seed) => {
      expect(await sim.go(fixture.chain(20, [seed % 4, (seed >> 2) % 4, 1])).done).toBe(20)
    }))

  test('one that waits for the real world is found', async () => {
    const outside = goroutine(import.meta, 'outside', () => new Promise(done => setTimeout(done, 5)))
    const failed = await simulate(1, sim => sim.go(outside()).done).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(SimulationFailed)
    const { cause } = failed as SimulationFailed
    expect(cause).toMatchObject({ code: 'not-simulated' })
    expect((cause as Error).message).toMatch(/^outside#\d.0.1.body waits for something that is not simulated/)
  })

  test('a deadlock is told, with who waits for what', async () => {
    const stuck = goroutine(import.meta, 'stuck', async ctx => await ctx.channel().receive())
    const failed = await simulate(1, sim => sim.go(stuck()).done).catch((error: unknown) => error)
    const { message } = failed as SimulationFailed
    expect(message).toContain('nothing is left to happen')
    expect(message).toMatch(/the callback for the end of stuck#\d.0.1/)
    expect(message).toMatch(/stuck#\d.0.1.body for a value from a channel/)
  })
})

describe('a stop', () => {
  const deaf = goroutine(import.meta, 'deaf', async (ctx, log: Sender<string>) => {
    for (;;) {
      try {
        await ctx.sleep(1_000)
      } catch (error) {
        await log.send((error as Error).name)
        if ((error as Error).name === 'TurnEnded') return
      }
    }
  })

  test('of one that does not listen takes its grace, and no longer', () =>
    onManySeeds(async (sim, seed) => {
      const log = sim.channel<string>({ capacity: 10 })
      const task = sim.go(deaf(log), { on: thread(seed % 4) })
      await sim.sleep(100)
      const before = sim.now()
      await task.stop()
      const took = sim.now() - before
      expect(took).toBeGreaterThanOrEqual(5_000)
      expect(took).toBeLessThan(5_200)
      expect(await endOf(task.done)).toBe('threw ActorStopped')
      expect((await log.receive()).value).toBe('ActorStopped')
    }))

  test('reaches one that happens to wait for nothing, or is busy', () =>
    onManySeeds(async (sim, seed) => {
      const busy = goroutine(import.meta, 'busy', async ctx => {
        const self = ctx.channel<number>({ capacity: 1 })
        for (let n = 0; ; n++) {
          await self.send(n)
          await self.receive()
        }
      })
      const task = sim.go(busy(), { on: thread(seed % 4) })
      await sim.sleep(seed % 7)
      const before = sim.now()
      await task.stop()
      expect(sim.now() - before).toBeLessThan(1_000)
      expect(await endOf(task.done)).toBe('threw ActorStopped')
    }))

  test('then nothing is done in its name any more, whatever its body tries', () =>
    onManySeeds(async (sim, seed) => {
      const stubborn = goroutine(
        import.meta,
        'stubborn',
        async (_ctx, jobs: Receiver<number>, done: Sender<number>) => {
          for (;;) {
            try {
              const { value } = await jobs.receive()
              if (value !== undefined) await done.send(value)
            } catch {
              // on with the next one
            }
          }
        },
      )
      const [jobs, done] = [sim.channel<number>(), sim.channel<number>()]
      const task = sim.go(stubborn(jobs, done), { on: thread(seed % 4) })
      await jobs.send(1)
      expect(await done.receive()).toMatchObject({ value: 1 })
      await task.stop()
      // whoever comes next gets what is sent from now on
      const [received] = await Promise.all([jobs.receive(), jobs.send(2)])
      expect(received.value).toBe(2)
      expect(done.tryReceive()).toBe(undefined)
    }))

  test('ends the waits of actors, too, when their lives do', () =>
    onManySeeds(async sim => {
      const ends: string[] = []
      const patient = behavior(import.meta, {
        name: 'patient',
        state: () => 0,
        handlers: {
          wait: (ctx, from: Receiver<number>) => void endOf(from.receive()).then(end => ends.push(end)),
          fail() {
            throw new Error('fails')
          },
        },
      })
      const never = sim.channel<number>()
      const ref = await sim.spawn(patient)
      await ref.ask.wait(never)
      await ref.ask.fail().catch(() => {})
      await ref.ask.wait(never)
      await ref.stop()
      await sim.sleep(100)
      expect(ends).toEqual(['threw TurnEnded', 'threw TurnEnded'])
    }))
})

describe('a lost thread', () => {
  test('takes its goroutines with it; the others go on', () =>
    onManySeeds(async sim => {
      const log = sim.channel<string>({ capacity: 10 })
      const lost = sim.go(fixture.waiter({ how: 'receive', log }), { on: thread(1) })
      const kept = sim.go(fixture.listener(''), { on: thread(2) })
      await log.receive()
      const end = endOf(lost.done)
      sim.loseThread(1)
      expect(await end).toBe('threw ThreadLost')
      // there is a successor sooner or later
      const next = await endOf(sim.go(fixture.adder(1, 2), { on: thread(1) }).done)
      expect(['threw ThreadLost', 'gave 3']).toContain(next)
      await kept.mailbox.send('still here')
      await kept.stop()
    }))

  test('whatever is under way, each task ends, and what was started by others does', async () => {
    const ends = new Set<string>()
    for (let seed = 0; seed < SEEDS * 4; seed++) {
      await simulate(
        seed,
        async sim => {
          const log = sim.channel<string>({ capacity: 100 })
          const tasks: Task<unknown>[] = [1, 2, 3].flatMap(n => [
            sim.go(fixture.starter(thread((n % 3) + 1), n % 2 === 0 ? 'wait' : 'end', log), { on: thread(n) }),
            sim.go(fixture.hopping(10, PLACES, log), { on: thread(n) }),
          ])
          await sim.sleep(sim.random() * 20)
          sim.loseThread(1 + Math.floor(sim.random() * 3))
          await sim.sleep(sim.random() * 20)
          for (const task of tasks) await task.stop()
          for (const task of tasks) ends.add(await endOf(task.done))
        },
        { threads: 3 },
      )
    }
    expect([...ends].filter(end => end.startsWith('threw')).toSorted()).toEqual([
      `threw ${ActorStopped.name}`,
      `threw ${ThreadLost.name}`,
    ])
  })
})

describe('nothing is left', () => {
  const sizes = (world: World): number[] => world.threads.map(({ core }) => core.directory.size)
  const NOTHING = [0, 0, 0, 0]

  test('of goroutines that have returned, thrown, or were stopped', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await inWorld(seed, async (sim, world) => {
        const log = sim.channel<string>({ capacity: 100 })
        const tasks: Task<unknown>[] = PLACES.flatMap(on => [
          sim.go(fixture.adder(1, 2), { on }),
          sim.go(fixture.failing('odd', true), { on }),
          sim.go(fixture.waiter({ how: 'select', log }), { on, name: `${on.thread}` }),
          sim.go(fixture.host(on), { on }),
        ])
        await sim.sleep(1)
        await Promise.all(tasks.map(task => task.stop()))
        await Promise.allSettled(tasks.map(task => task.done))
        expect(sizes(world)).toEqual(NOTHING)
        for (const { core } of world.threads) expect(core.names.findHere('6 waiter 1')).toBe(undefined)
      })
    }
  })

  test('of what an actor’s goroutines have started, wherever they stand', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      await inWorld(seed, async (sim, world) => {
        const log = sim.channel<string>({ capacity: 100 })
        const parent = await sim.spawn(fixture.looks, undefined, { on: thread(seed % 4) })
        for (const on of PLACES) parent.tell.starts(on, on.thread % 2 === 0 ? 'end' : 'wait', log)
        // at any moment: while they are on their way, and when they are all there
        await sim.sleep((seed % 5) * 20)
        await parent.stop()
        await sim.sleep(200)
        expect(sizes(world)).toEqual(NOTHING)
      })
    }
  })

  test('of a channel that only those knew that have ended: its senders hear of nothing any more', () =>
    onManySeeds(async sim => {
      const mailbox: Sender<string>[] = []
      const task = sim.go(fixture.listener('enough'), { on: thread(2) })
      mailbox.push(task.mailbox)
      await task.mailbox.send('enough')
      expect(await task.done).toEqual(['enough'])
      await sim.sleep(100)
      expect(await endOf(mailbox[0]!.send('late'))).toBe('threw ChannelClosed')
    }))

  test('when the system is closed while a turn waits for one that waits for ever', () =>
    onManySeeds(async (sim, seed) => {
      const log = sim.channel<string>({ capacity: 10 })
      const ref = await sim.spawn(fixture.looks, undefined, { on: thread(seed % 4) })
      const waiting = endOf(ref.ask.waitsFor(thread((seed >> 2) % 4), log))
      await log.receive()
      const before = sim.now()
      await sim.close()
      expect(sim.now() - before).toBeLessThan(1_000)
      expect(await waiting).toBe('threw ActorFault')
    }))

  test('when the system is closed in the middle of it', () =>
    onManySeeds(async sim => {
      const all: Channel<number>[] = Array.from({ length: 4 }, () => sim.channel<number>())
      for (const [n, on] of PLACES.entries()) sim.go(fixture.doubler(all[n]!, all[(n + 1) % 4]!), { on })
      await all[0]!.send(1)
      await sim.sleep(sim.random() * 10)
      const before = sim.now()
      const events: unknown[] = []
      for (const kind of ['fault', 'unhandledRejection'] as const) sim.on(kind, event => events.push(event))
      await sim.close()
      expect(sim.now() - before).toBeLessThan(1_000)
      expect(events).toEqual([])
    }))
})

describe('in a probe', () => {
  test('goroutines run in place, on its clock', async () => {
    const probed = probe(fixture.looks)
    expect(await probed.ask.compute(1, 2)).toBe(3)
    expect(await probed.ask.compute(1, 2, thread(1))).toBe(3)
    const napper = behavior(import.meta, {
      name: 'napper',
      state: () => ({ slept: 0 }),
      handlers: {
        nap: (ctx, ms: number) => ctx.pipe(ctx.go(fixture.slow(ms)).done, 'woke'),
        woke: (ctx, ms: number) => void (ctx.state.slept += ms),
      },
    })
    const sleeping = probe(napper)
    sleeping.tell.nap(1_000)
    await sleeping.advance(999)
    expect(sleeping.state.slept).toBe(0)
    await sleeping.advance(1)
    expect(sleeping.state.slept).toBe(1_000)
  })

  test('what one throws is thrown by the next call, as a fault is', async () => {
    const probed = probe(fixture.looks)
    await probed.ask.fails('odd')
    await expect(probed.advance(1)).rejects.toThrow('odd')
  })
})
