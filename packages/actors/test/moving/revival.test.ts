// Actors whose thread was lost, on the thread that takes its place: who comes back, with what, and what becomes of all that
// had to do with them.
import { describe, expect, test } from 'vitest'
import { behavior, type Ref, ThreadLost, thread } from '../../src/index.ts'
import { simulate, type Simulation } from '../../src/testing/index.ts'

const plain = behavior(import.meta, {
  name: 'plain',
  state: (start: number) => ({ count: start, began: [] as string[] }),
  started: (ctx, why) => void ctx.state.began.push(why),
  handlers: {
    add: (ctx, by: number) => (ctx.state.count += by),
    get: ctx => ctx.state,
    child(ctx) {
      return ctx.spawn(plain, 7)
    },
    namedChild(ctx, name: string) {
      return ctx.spawn(plain, 7, { name })
    },
  },
})
const kept = behavior(import.meta, {
  name: 'kept',
  checkpoint: 'turn',
  state: (start: number) => ({ count: start, began: [] as string[], ticks: 0 }),
  started: (ctx, why) => void ctx.state.began.push(why),
  handlers: {
    add: (ctx, by: number) => (ctx.state.count += by),
    get: ctx => ctx.state,
    later: (ctx, ms: number) => void ctx.after(ms, 'tick'),
    tick: ctx => void ctx.state.ticks++,
  },
})
const watcher = behavior(import.meta, {
  name: 'watcher',
  state: () => ({ ended: [] as string[] }),
  handlers: {
    watch: (ctx, ref: Ref<{}>) => ctx.watch(ref, 'ended'),
    ended: (ctx, how: { why: string }) => void ctx.state.ended.push(how.why),
    seen: ctx => ctx.state.ended,
  },
})

/** From many seeds; `losses` are of thread 1. */
async function often(run: (sim: Simulation) => Promise<void>, threads = 2): Promise<void> {
  for (let seed = 1; seed <= 60; seed++) await simulate(seed, run, { threads })
}
const replaced = (sim: Simulation): Promise<unknown> => new Promise(done => sim.on('threadReplaced', done))
async function lose(sim: Simulation, n: number): Promise<void> {
  const done = replaced(sim)
  sim.loseThread(n)
  await done
  await sim.sleep(200)
}

describe('who comes back', () => {
  test('roots, with fresh state; what they are known by stays', () =>
    often(async sim => {
      const ref = await sim.spawn(plain, 3, { on: thread(1), name: 'it' })
      await ref.ask.add(4)
      await lose(sim, 1)
      expect(await ref.ask.get()).toEqual({ count: 3, began: ['revived'] })
      expect((await sim.lookup(plain, 'it'))?.id).toBe(ref.id)
    }))
  test('those with checkpoints, with what they had acknowledged, timers included', () =>
    often(async sim => {
      const ref = await sim.spawn(kept, 3, { on: thread(1) })
      await ref.ask.add(4)
      await ref.ask.later(500)
      await lose(sim, 1)
      expect(await ref.ask.get()).toEqual({ count: 7, began: ['spawned', 'revived'], ticks: 0 })
      await sim.sleep(600)
      expect((await ref.ask.get()).ticks).toBe(1)
    }))
  test('named children, and no others', () =>
    often(async sim => {
      const parent = await sim.spawn(plain, 1, { on: thread(2) })
      const root = await sim.spawn(plain, 1, { on: thread(1) })
      const child = await root.ask.child()
      const named = await root.ask.namedChild('n')
      await named.ask.add(1)
      await lose(sim, 1)
      const error: unknown = await child.ask.get().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(ThreadLost)
      expect((await named.ask.get()).count).toBe(7)
      expect((await parent.ask.get()).began).toEqual(['spawned'])
    }))
  test('one that had moved there, and one that had moved away is left alone', () =>
    often(async sim => {
      const came = await sim.spawn(kept, 1, { on: thread(2) })
      const went = await sim.spawn(kept, 1, { on: thread(1) })
      await came.ask.add(1)
      await went.ask.add(1)
      await came.move(thread(1))
      await went.move(thread(2))
      await lose(sim, 1)
      expect(await came.ask.get()).toEqual({ count: 2, began: ['spawned', 'moved', 'revived'], ticks: 0 })
      expect(await went.ask.get()).toEqual({ count: 2, began: ['spawned', 'moved'], ticks: 0 })
    }))
  test('one whose target is lost, maybe before it has come, and then its source', () =>
    often(async sim => {
      const ref = await sim.spawn(kept, 1, { on: thread(1) })
      await ref.ask.add(1)
      const moved = ref.move(thread(2)).catch(() => {})
      await sim.sleep(sim.random() * 40)
      await lose(sim, 2)
      await moved
      await lose(sim, 1)
      expect((await ref.ask.get()).count).toBe(2)
    }))
  test('one whose source is lost, maybe before it has gone, and then its target', () =>
    often(async sim => {
      const ref = await sim.spawn(kept, 1, { on: thread(1) })
      await ref.ask.add(1)
      const moved = ref.move(thread(2)).catch(() => {})
      await sim.sleep(sim.random() * 40)
      sim.loseThread(1)
      await sim.sleep(sim.random() * 10)
      await lose(sim, 2)
      await moved
      await sim.sleep(200)
      expect((await ref.ask.get()).count).toBe(2)
    }))
  test('not one that is stopped before its source has heard that it has come, and is lost', () =>
    often(async sim => {
      const ref = await sim.spawn(kept, 1, { on: thread(1) })
      const moved = ref.move(thread(2)).catch(() => {})
      await sim.sleep(sim.random() * 40)
      sim.loseThread(1)
      const stopped = ref.stop()
      await moved
      await stopped
      await sim.sleep(500)
      const error: unknown = await ref.ask.get().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(Error)
    }))
  test('again, when the next thread is lost too', () =>
    often(async sim => {
      const ref = await sim.spawn(kept, 1, { on: thread(1) })
      for (let round = 0; round < 3; round++) {
        await ref.ask.add(1)
        await lose(sim, 1 + (round === 0 ? 0 : 1 + round))
      }
      expect((await ref.ask.get()).count).toBe(4)
    }))
})

describe('who had to do with them', () => {
  test('watchers hear of those that are gone, and not of those that come back', () =>
    often(async sim => {
      const root = await sim.spawn(plain, 1, { on: thread(1) })
      const child = await root.ask.child()
      const eye = await sim.spawn(watcher, undefined, { on: thread(2) })
      await eye.ask.watch(root)
      await eye.ask.watch(child)
      await lose(sim, 1)
      expect(await eye.ask.seen()).toEqual(['lost'])
      await root.stop()
      await sim.sleep(100)
      expect(await eye.ask.seen()).toEqual(['lost', 'stopped'])
    }))
  test('who begins to watch while nobody is there hears no sooner', () =>
    often(async sim => {
      const root = await sim.spawn(plain, 1, { on: thread(1) })
      const eye = await sim.spawn(watcher, undefined, { on: thread(2) })
      const done = replaced(sim)
      sim.loseThread(1)
      await sim.sleep(sim.random() * 20)
      await eye.ask.watch(root)
      await done
      await sim.sleep(200)
      expect(await eye.ask.seen()).toEqual([])
      await root.stop()
      await sim.sleep(100)
      expect(await eye.ask.seen()).toEqual(['stopped'])
    }))
  test('what is told while nobody is there waits, in order', () =>
    often(async sim => {
      const ref = await sim.spawn(kept, 0, { on: thread(1) })
      await ref.ask.add(0)
      const done = replaced(sim)
      sim.loseThread(1)
      for (let n = 1; n <= 20; n++) {
        ref.tell.add(n)
        await sim.sleep(sim.random() * 4)
      }
      await done
      await sim.sleep(200)
      const { count } = await ref.ask.get()
      expect(count).toBe(210)
    }))
})
