// What the random programs (simulation.test.ts) have found wrong with the core, each as the shortest scenario that shows it
// on any seed. They stay, whatever the programs will meet by chance.
import { expect, test } from 'vitest'
import { behavior, thread, type Ref } from '../src/index.ts'
import { simulate, type Simulation } from '../src/testing/index.ts'
import { runWorld } from '../src/testing/simulation.ts'
import { defaultLimits } from '../src/core/platform.ts'
import type { World } from '../src/testing/world.ts'

async function onManySeeds(run: (sim: Simulation) => Promise<void>): Promise<void> {
  for (let seed = 0; seed < 25; seed++) await simulate(seed, run)
}
const idle = behavior(import.meta, { name: 'idle', state: () => 0, handlers: { get: () => 1 } })

/** On the callback's own thread messages take no time, so that what is sent first runs first. */
const here = { on: thread(0) }

/** Is busy for a while, so that what is due meanwhile waits for its turn. */
const busy = (sim: Simulation, said: string[]) =>
  behavior(import.meta, {
    name: 'busy',
    state: () => ({ timer: undefined as { timer: number } | undefined }),
    handlers: {
      set: (ctx, ms: number) => void (ctx.state.timer = ctx.after(ms, 'say', 'timer')),
      watch: (ctx, ref: Ref<typeof idle>) => ctx.watch(ref, 'say', 'notice'),
      pipe: ctx => ctx.pipe(sim.sleep(1), 'say'),
      hold: () => sim.sleep(50),
      say: (_ctx, what: string) => void said.push(what ?? 'pipe'),
      async cancelLate(ctx) {
        await sim.sleep(50)
        ctx.cancel(ctx.state.timer)
      },
      async unwatchLate(ctx, ref: Ref<typeof idle>) {
        await sim.sleep(50)
        ctx.unwatch(ref)
      },
      async faultLate() {
        await sim.sleep(50)
        throw new Error('late')
      },
      get: () => 1,
    },
    supervision: { backoff: { first: 1, longest: 1 } },
  })

test('a timer that is due can be cancelled until its turn', () =>
  onManySeeds(async sim => {
    const said: string[] = []
    const ref = await sim.spawn(busy(sim, said), undefined, here)
    ref.tell.set(1)
    await ref.ask.cancelLate()
    await ref.ask.get()
    expect(said).toEqual([])
  }))

test('after unwatch an actor hears nothing, also of an end that it was about to hear of', () =>
  onManySeeds(async sim => {
    const said: string[] = []
    const ref = await sim.spawn(busy(sim, said), undefined, here)
    const gone = await sim.spawn(idle, undefined, here)
    await ref.ask.watch(gone)
    const unwatched = ref.ask.unwatchLate(gone)
    await gone.stop()
    await unwatched
    await ref.ask.get()
    expect(said).toEqual([])
  }))

test('who watches again an actor whose end it has not heard of yet hears of it once', () =>
  onManySeeds(async sim => {
    const said: string[] = []
    const ref = await sim.spawn(busy(sim, said), undefined, here)
    const gone = await sim.spawn(idle, undefined, here)
    await ref.ask.watch(gone)
    ref.tell.hold()
    ref.tell.watch(gone)
    await gone.stop()
    await sim.sleep(200)
    expect(said.every(what => what === 'notice')).toBe(true)
    // the second watch came before the first notice's turn, or after it and then was told again
    expect([1, 2]).toContain(said.length)
  }))

test('timers, notices and results that wait for their turn end with the life that asked for them', () =>
  onManySeeds(async sim => {
    const said: string[] = []
    let restarts = 0
    sim.on('restarted', () => restarts++)
    const ref = await sim.spawn(busy(sim, said), undefined, here)
    const gone = await sim.spawn(idle, undefined, here)
    ref.tell.set(5)
    ref.tell.pipe()
    ref.tell.watch(gone)
    const fault = ref.ask.faultLate()
    await gone.stop()
    await expect(fault).rejects.toMatchObject({ code: 'fault' })
    await sim.sleep(100)
    await ref.ask.get()
    expect(restarts, 'restarts').toBe(1)
    expect(said).toEqual([])
  }))

test('an actor that is stopped while its last life ends runs its stopping hook once', () =>
  onManySeeds(async sim => {
    const hooks: string[] = []
    const slow = behavior(import.meta, {
      name: 'slow',
      state: () => 0,
      async stopping(_ctx, why) {
        hooks.push(why)
        await sim.sleep(20)
      },
      handlers: {
        boom() {
          throw new Error('boom')
        },
      },
    })
    const ref = await sim.spawn(slow)
    await ref.ask.boom().catch(() => {})
    await ref.stop()
    expect(hooks).toEqual(['faulted'])
  }))

const inWorld = (seed: number, run: (sim: Simulation, world: World) => Promise<void>, lane?: number) =>
  runWorld(
    {
      seed,
      count: 3,
      limits: defaultLimits,
      latency: 10,
      steps: 100_000,
      ...(lane !== undefined && { lane: { messages: lane, bytes: 1e6 } }),
    },
    run,
  )

test('a late reply to an ask that has ended is kept nowhere', async () => {
  for (let seed = 0; seed < 25; seed++) {
    await inWorld(seed, async (sim, world) => {
      const later = behavior(import.meta, {
        name: 'later',
        state: () => 0,
        handlers: {
          async get(ctx) {
            await sim.sleep(20)
            return ctx.later<number>()
          },
        },
      })
      const ref = await sim.spawn(later, undefined, { on: thread(0) })
      await expect(ref.with({ deadline: 5 }).ask.get()).rejects.toMatchObject({ code: 'expired' })
      await sim.sleep(100)
      expect(world.threads[0]!.core.asks.size).toBe(0)
    })
  }
})

test('a spawn that the way to its thread has no room for is refused at once: nobody waits for that actor', async () => {
  for (let seed = 0; seed < 25; seed++) {
    await inWorld(
      seed,
      async (sim, world) => {
        const seen: unknown[] = []
        const parent = behavior(import.meta, {
          name: 'parent',
          state: () => ({ first: undefined as Ref<typeof idle> | undefined }),
          handlers: {
            spawn(ctx) {
              for (let i = 0; i < 5; i++) {
                try {
                  seen.push(ctx.spawn(idle, undefined, { on: thread(2) }).id)
                } catch (error) {
                  seen.push((error as { code?: string }).code)
                }
              }
            },
          },
        })
        const ref = await sim.spawn(parent, undefined, { on: thread(1) })
        await ref.ask.spawn()
        await sim.sleep(100)
        expect(seen).toEqual(['idle#2.1.1', 'idle#2.1.2', 'mailbox-full', 'mailbox-full', 'mailbox-full'])
        seen.length = 0
        await ref.ask.spawn()
        // their numbers were not used up, so that those of others come in order
        expect(seen.slice(0, 2)).toEqual(['idle#2.1.3', 'idle#2.1.4'])
        await sim.sleep(100)
        expect([...world.threads[2]!.core.directory].map(({ status }) => status)).toEqual(Array(4).fill('running'))
        expect(world.threads[1]!.core.asks.size).toBe(0)
      },
      2,
    )
  }
})

test('a spawn whose thread is told to close before its module has come harms nobody', async () => {
  const stray: unknown[] = []
  const note = (reason: unknown): void => void stray.push(reason)
  process.on('unhandledRejection', note)
  try {
    for (let seed = 0; seed < 200; seed++) {
      await simulate(seed, async sim => {
        const spawned = sim.spawn(idle, undefined, { on: thread(1) })
        await sim.sleep(sim.random() * 5)
        const closed = sim.close()
        await spawned.catch((error: Error) => expect(['ActorStopped', 'SystemClosed']).toContain(error.name))
        await closed
      })
    }
  } finally {
    process.off('unhandledRejection', note)
  }
  expect(stray).toEqual([])
})

test('who waits for room on a way that is full is told when the system closes', async () => {
  for (let seed = 0; seed < 40; seed++) {
    await inWorld(
      seed,
      async (sim, world) => {
        const ref = await sim.spawn(idle, undefined, { on: thread(2) })
        for (let i = 0; i < 10; i++) ref.tell.get()
        const ready = ref.ready().then(
          () => 'ready',
          (error: { code: string }) => error.code,
        )
        await sim.sleep(sim.random() * 3)
        await sim.close()
        expect(['ready', 'stopped', 'system-closed']).toContain(await ready)
        expect(world.threads[0]!.core.asks.size).toBe(0)
      },
      2,
    )
  }
})

test('an actor whose state is undefined is told of its end like any other', () =>
  onManySeeds(async sim => {
    const hooks: string[] = []
    const stateless = behavior(import.meta, {
      name: 'stateless',
      state: () => undefined,
      stopping: (_ctx, why) => void hooks.push(why),
      handlers: {
        get: () => 1,
        boom() {
          throw new Error('boom')
        },
      },
    })
    const ref = await sim.spawn(stateless)
    await ref.ask.boom().catch(() => {})
    await sim.sleep(50)
    await ref.ask.get()
    await ref.stop()
    expect(hooks).toEqual(['faulted', 'stopped'])
  }))
