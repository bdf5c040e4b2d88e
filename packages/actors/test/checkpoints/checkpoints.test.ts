// What a thread keeps of its actors beyond its heap: of which, since when, until when, and all that is in it.
import { describe, expect, test } from 'vitest'
import {
  ActorFault,
  behavior,
  type Channel,
  CheckpointFailed,
  codec,
  goroutine,
  type Later,
  type Ref,
  SpawnFailed,
  thread,
  wrapper,
} from '../../src/index.ts'
import { probe, simulate } from '../../src/testing/index.ts'
import { onVaults } from './world.ts'

const one = { on: thread(1) }
const two = { on: thread(2) }
/** What a promise rejects with. */
const thrown = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  )

class Point {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
}
codec(Point, { name: 'checkpoints.Point', pack: ({ x }) => x, unpack: (x: number) => new Point(x) })

const plain = behavior(import.meta, {
  name: 'plain',
  state: (n: number) => ({ n }),
  handlers: { get: ctx => ctx.state },
})
const keeper = behavior(import.meta, {
  name: 'keeper',
  checkpoint: 'turn',
  state: (init: unknown) => init as any,
  handlers: {
    set(ctx, state: unknown) {
      ctx.state = state
    },
    spoil(ctx) {
      ctx.state = { items: [{ fn: () => 1 }] }
    },
    get: ctx => ctx.state,
  },
  supervision: { backoff: { first: 1, longest: 1 } },
})

describe('what a definition may say', () => {
  const withCheckpoint = (checkpoint: unknown) => () =>
    behavior(import.meta, { name: 'odd', state: () => 0, handlers: {}, checkpoint } as never)
  test.each([0, -1, NaN, Infinity, 'Turn', '10', true, {}, null])('checkpoint: %s is refused', checkpoint => {
    expect(withCheckpoint(checkpoint)).toThrow("it must be 'turn', or a number of ms above 0")
  })
  test('it says what is wrong, and where', () => {
    const text = "behavior 'odd': checkpoint is the string 'always'; it must be 'turn', or a number of ms above 0"
    expect(withCheckpoint('always')).toThrow(text)
  })
})

describe('births', () => {
  test('are kept of roots, of named children and of those with checkpoints, until they stop', () =>
    onVaults(async vaults => {
      const parent = behavior(import.meta, {
        name: 'parent',
        state: () => ({}),
        handlers: {
          spawn(ctx, name: string | undefined, kept: boolean) {
            const options = name === undefined ? {} : { name }
            return kept ? ctx.spawn(keeper, 1, options) : ctx.spawn(plain, 1, options)
          },
          go: ctx => void ctx.go(lasting()),
        },
      })
      const lasting = goroutine(import.meta, 'lasting', ctx => ctx.sleep(10_000))
      const root = await vaults.sim.spawn(parent, undefined, one)
      const named = await root.ask.spawn('ann', false)
      const kept = await root.ask.spawn(undefined, true)
      await root.ask.spawn(undefined, false)
      await root.ask.go()
      await vaults.sim.sleep(20)
      const all = [root, named, kept].map(({ id }) => id as string).sort() // prettier-ignore
      expect(vaults.names(1)).toEqual(all)
      expect(vaults.left(1).filter(({ hasState }) => hasState).map(({ address }) => address.id)).toEqual([kept.id]) // prettier-ignore
      await named.stop()
      expect(vaults.names(1)).toEqual(all.filter(id => id !== named.id))
      await root.stop()
      expect(vaults.names(1)).toEqual([])
    }))

  test('there are none on the first thread, nor of what could not start', () =>
    onVaults(async vaults => {
      const failing = behavior(import.meta, {
        name: 'failing',
        checkpoint: 'turn',
        state: () => ({}),
        started() {
          throw new Error('no')
        },
        handlers: { a: () => 0 },
      })
      await vaults.sim.spawn(plain, 1, { on: thread(0) })
      await thrown(vaults.sim.spawn(failing, undefined, one))
      await vaults.sim.sleep(50)
      expect([...vaults.left(0), ...vaults.left(1)]).toEqual([])
    }))

  test('hold all that it takes to spawn the actor again', () =>
    onVaults(async vaults => {
      const parent = behavior(import.meta, {
        name: 'parent',
        state: () => ({}),
        handlers: {
          spawn: (ctx, init: { at: Point; to: Ref<any> }) => ctx.spawn(keeper, init, { name: 'kim', pinned: false }),
        },
      })
      const root = await vaults.sim.spawn(parent, undefined, one)
      const init = { at: new Point(3), to: root }
      const child = await root.ask.spawn(init)
      await vaults.sim.sleep(20)
      const [left] = vaults.left(1).filter(({ address }) => address.id === child.id)
      expect(left).toMatchObject({ epoch: 0, name: 'kim', pinned: false })
      expect(left!.parent!.id).toBe(root.id)
      const cell = await vaults.revived(child)
      expect(cell.init).toEqual({ at: new Point(3), to: expect.anything() })
      expect((cell.init as typeof init).at).toBeInstanceOf(Point)
      expect((cell.init as typeof init).to.id).toBe(root.id)
      expect(cell.loaded!.behavior.name).toBe('keeper')
      const [rootLeft] = vaults.left(1).filter(({ address }) => address.id === root.id)
      expect(rootLeft).toMatchObject({ name: undefined, parent: undefined, pinned: true })
      expect((await vaults.revived(root)).init).toBe(undefined)
    }))

  test('go along when the actor moves, and say how often it has', () =>
    onVaults(async vaults => {
      const ref = await vaults.sim.spawn(keeper, { n: 1 }, one)
      for (const to of [2, 3, 1, 2]) {
        await ref.move(thread(to))
        await vaults.sim.sleep(50)
        for (const other of [1, 2, 3]) expect(vaults.names(other)).toEqual(other === to ? [ref.id] : [])
      }
      expect(vaults.left(2)[0]!.epoch).toBe(4)
      await ref.ask.set({ n: 2 })
      expect(await vaults.state(ref, 2)).toEqual({ n: 2 })
      await ref.move(thread(0))
      await vaults.sim.sleep(50)
      expect([1, 2, 3].flatMap(n => vaults.names(n))).toEqual([])
      expect(await ref.ask.get()).toEqual({ n: 2 })
    }))

  test('are never there without the state that goes with them, also while the actor moves or stops', () =>
    onVaults(async vaults => {
      const ref = await vaults.sim.spawn(keeper, { n: 1 }, one)
      const seen = [vaults.atEachWrite(1), vaults.atEachWrite(2)]
      await ref.move(thread(2))
      await vaults.sim.sleep(50)
      await ref.stop()
      await vaults.sim.sleep(50)
      const [on1, on2] = seen.map(all => all().map(left => left.map(({ hasState }) => hasState)))
      expect(on1).toEqual([[], []])
      expect(on2!.at(-1)).toEqual([])
      expect(on2!.flat()).toContain(true)
      expect(on2!.flat()).not.toContain(false)
    }))

  test('a move that fails changes nothing', () =>
    onVaults(async vaults => {
      const ref = await vaults.sim.spawn(keeper, { n: 1 }, one)
      vaults.sim.loseThread(2)
      await thrown(ref.move(thread(2)))
      await ref.ask.set({ n: 5 })
      expect(await vaults.state(ref)).toEqual({ n: 5 })
    }))

  test('of wrapped behaviors hold wrapper, options and inner behavior; the inner one says when there are checkpoints', () =>
    onVaults(async vaults => {
      const scaled = wrapper(import.meta, {
        name: 'scaled',
        state: (options: { by: Point }) => ({ by: options.by.x }),
        around: (_ctx, call, next) => next(call),
        handlers: { by: ctx => ctx.state.by },
      })
      const ref = await vaults.sim.spawn(scaled(keeper, { by: new Point(7) }), { n: 1 }, one)
      await ref.ask.set({ n: 4 })
      const cell = await vaults.revived(ref)
      expect(cell.loaded!.behavior.name).toBe('scaled(keeper)')
      expect(cell.state).toEqual({ own: { by: 7 }, inner: { n: 4 } })
    }))
})

describe('a checkpoint', () => {
  const cyclic: any = { name: 'cycle', list: [1, 2] }
  cyclic.self = cyclic
  test.each([
    ['a flat record', { a: 1, b: 'two', c: null }],
    ['a number', 7],
    ['nothing', undefined],
    ['natives and instances', { map: new Map([[1, new Set(['x'])]]), at: new Date(5), point: new Point(2) }],
    ['a cycle', cyclic],
    ['many bytes', { bytes: new Uint8Array(300_000).fill(3), n: 1 }],
  ])('holds %s', (_, state) =>
    onVaults(async vaults => {
      const ref = await vaults.sim.spawn(keeper, { a: 0 }, one)
      for (let i = 0; i < 6; i++) await ref.ask.set(state)
      expect(await vaults.state(ref)).toEqual(state)
    }),
  )

  test('is there when the spawn resolves, with what `started` has done, and after each turn before its reply', () =>
    onVaults(async vaults => {
      const begun = behavior(import.meta, {
        name: 'begun',
        checkpoint: 'turn',
        state: () => ({ lines: [] as string[] }),
        async started(ctx, why) {
          await vaults.sim.sleep(1)
          ctx.state.lines.push(why)
        },
        handlers: {
          add(ctx, line: string) {
            ctx.state.lines.push(line)
          },
        },
      })
      const ref = await vaults.sim.spawn(begun, undefined, one)
      expect(await vaults.state(ref)).toEqual({ lines: ['spawned'] })
      await ref.ask.add('a')
      expect(await vaults.state(ref)).toEqual({ lines: ['spawned', 'a'] })
      await ref.move(thread(2))
      await vaults.sim.sleep(50)
      expect(await vaults.state(ref, 2)).toEqual({ lines: ['spawned', 'a', 'moved'] })
    }))

  test('is made by snapshot, and read by restore', () =>
    onVaults(async vaults => {
      const closing = behavior(import.meta, {
        name: 'closing',
        checkpoint: 'turn',
        state: () => ({ n: 1, call: () => 1 }),
        snapshot: ({ n }) => ({ n }),
        restore: ({ n }: { n: number }) => ({ n, call: () => n }),
        handlers: { set: (ctx, n: number) => void (ctx.state.n = n) },
      })
      const ref = await vaults.sim.spawn(closing, undefined, one)
      await ref.ask.set(8)
      const state = (await vaults.state(ref)) as { n: number; call(): number }
      expect([state.n, state.call()]).toEqual([8, 8])
    }))

  test('holds timers as they are, watches, and calls of its own that wait', () =>
    onVaults(async vaults => {
      const watcher = behavior(import.meta, {
        name: 'watcher',
        checkpoint: 'turn',
        state: () => ({ timers: [] as { timer: number }[] }),
        handlers: {
          set(ctx) {
            ctx.state.timers = [
              ctx.after(500, 'due', 'once'),
              ctx.every(400, 'due', 'often'),
              ctx.after(9, 'due', 'gone'),
            ]
          },
          cancel: ctx => ctx.cancel(ctx.state.timers[0]),
          watch: (ctx, ref: Ref<any>) => ctx.watch(ref, 'due', 'ended'),
          unwatch: (ctx, ref: Ref<any>) => ctx.unwatch(ref),
          async pipes(ctx) {
            ctx.pipe(Promise.resolve(1), 'due', 'piped')
            ctx.after(0, 'due', 'waiting')
            await vaults.sim.sleep(5) // they wait for the end of this turn
          },
          due: () => {},
        },
      })
      const ref = await vaults.sim.spawn(watcher, undefined, one)
      const other = await vaults.sim.spawn(plain, 1, two)
      await ref.ask.set()
      const begun = vaults.sim.now()
      await ref.ask.watch(other)
      await vaults.sim.sleep(30)
      let cell = await vaults.revived(ref)
      const dues = [...cell.extra!.timers!.values()].map(timer => [timer.number, timer.idle, Math.round((timer.due - begun) / 100)]) // prettier-ignore
      expect(dues).toEqual([
        [1, false, 5],
        [2, false, 4],
      ])
      expect(cell.extra!.timersMade).toBe(3)
      expect([...cell.extra!.watching!.keys()]).toEqual([other.id])
      expect([...cell.extra!.watching!.values()][0]!.take()).toEqual(['ended', {}])
      await ref.ask.cancel()
      await ref.ask.unwatch(other)
      cell = await vaults.revived(ref)
      expect([...cell.extra!.timers!.keys()]).toEqual([2])
      expect(cell.extra!.watching).toBe(undefined)
      const kept = vaults.atEachWrite(1)
      await ref.ask.pipes()
      await vaults.sim.sleep(20)
      const [atItsEnd] = await Promise.all(kept().map(left => vaults.revived(ref, 1, left)))
      expect(atItsEnd!.extra!.side!.count).toBe(2)
      expect((await vaults.revived(ref)).extra!.side).toBe(undefined)
    }))

  test('of a periodic timer goes on with it, also after it has fired', () =>
    onVaults(async vaults => {
      const ticking = behavior(import.meta, {
        name: 'ticking',
        checkpoint: 'turn',
        state: () => ({ ticks: 0 }),
        started: ctx => void ctx.every(10, 'tick'),
        handlers: { tick: ctx => void ctx.state.ticks++, get: ctx => ctx.state.ticks },
      })
      const ref = await vaults.sim.spawn(ticking, undefined, one)
      await vaults.sim.sleep(95)
      const ticks = await ref.ask.get()
      const cell = await vaults.revived(ref)
      const [timer] = cell.extra!.timers!.values()
      expect((cell.state as { ticks: number }).ticks).toBeGreaterThanOrEqual(ticks)
      expect(timer!.due).toBeGreaterThan(vaults.sim.now() - 25)
      expect(timer!.idle).toBe(false)
    }))

  test('ends with the life: a restart begins with fresh state, and remembers earlier restarts', () =>
    onVaults(async vaults => {
      const failing = behavior(import.meta, {
        name: 'failing',
        checkpoint: 'turn',
        state: () => ({ n: 0 }),
        supervision: { backoff: { first: 20, longest: 20 } },
        handlers: {
          add: ctx => ++ctx.state.n,
          fail(ctx, to: Ref<typeof heard>) {
            ctx.state.n++
            to.tell.hear('before the fault')
            throw new Error('fault')
          },
        },
      })
      const said: string[] = []
      const heard = behavior(import.meta, {
        name: 'heard',
        state: () => 0,
        handlers: { hear: (_ctx, what: string) => void said.push(what) },
      })
      const ears = await vaults.sim.spawn(heard, undefined, two)
      const ref = await vaults.sim.spawn(failing, undefined, one)
      await ref.ask.add()
      await thrown(ref.ask.fail(ears))
      expect(vaults.left(1).map(({ hasState }) => hasState)).toEqual([false])
      expect(await ref.ask.add()).toBe(1)
      const cell = await vaults.revived(ref)
      expect(cell.state).toEqual({ n: 1 })
      expect([cell.extra!.lives, cell.extra!.restarts.length]).toEqual([1, 1])
      expect(said).toEqual(['before the fault'])
      await ref.stop()
      expect([vaults.bytes(1) < 200, vaults.names(1)]).toEqual([true, []])
    }))

  test('is made after a fault that the actor survives', () =>
    onVaults(async vaults => {
      const tough = behavior(import.meta, {
        name: 'tough',
        checkpoint: 'turn',
        state: () => ({ n: 0 }),
        supervision: { onFault: 'resume' },
        handlers: {
          fail(ctx) {
            ctx.state.n++
            throw new Error('fault')
          },
        },
      })
      const ref = await vaults.sim.spawn(tough, undefined, one)
      await thrown(ref.ask.fail())
      expect(await vaults.state(ref)).toEqual({ n: 1 })
    }))

  test('of turns that only read there is none', () =>
    onVaults(async vaults => {
      const reader = behavior(import.meta, {
        name: 'reader',
        checkpoint: 'turn',
        state: () => ({ n: 1 }),
        options: { get: { readonly: true } },
        handlers: { get: ctx => ctx.state.n, set: (ctx, n: number) => void (ctx.state.n = n) },
      })
      const ref = await vaults.sim.spawn(reader, undefined, one)
      const { vault } = vaults.world.threads[1]!
      let puts = 0
      const { put } = vault!
      vault!.put = (...args) => (puts++, put.apply(vault, args))
      for (let i = 0; i < 5; i++) await ref.ask.get()
      expect(puts).toBe(0)
      await ref.ask.set(2)
      expect(puts).toBe(1)
    }))

  test('gives no channel ends away, however often it is made', () =>
    onVaults(async vaults => {
      const holder = behavior(import.meta, {
        name: 'holder',
        checkpoint: 'turn',
        state: () => ({
          n: 0,
          own: undefined as Channel<number> | undefined,
          given: undefined as Channel<number> | undefined,
        }),
        handlers: {
          make(ctx, given: Channel<number>) {
            ctx.state.own = ctx.channel<number>({ capacity: 1 })
            ctx.state.given = given
          },
          async use(ctx) {
            await ctx.state.own!.send(++ctx.state.n)
            return (await ctx.state.own!.receive()).value
          },
          add: ctx => ++ctx.state.n,
        },
      })
      const ref = await vaults.sim.spawn(holder, undefined, one)
      const channel = vaults.sim.channel<number>({ capacity: 4 })
      await ref.ask.make(channel)
      await vaults.sim.sleep(30)
      const { entries } = vaults.world.threads[1]!.core.channels
      const pins = () => [...entries].map(entry => entry.pins)
      const before = pins()
      for (let i = 0; i < 20; i++) await ref.ask.add()
      expect(pins()).toEqual(before)
      expect(await ref.ask.use()).toBe(21)
    }))
})

describe('a state that cannot be kept', () => {
  const spoiled = behavior(import.meta, {
    name: 'spoiled',
    checkpoint: 'turn',
    state: () => ({ items: [{ fn: () => 1 }] }),
    handlers: { a: () => 0 },
  })
  const path =
    'state.items[0].fn is a function, which cannot travel; keep plain data there, or give snapshot and restore'

  test('keeps its actor from starting, also where nothing would be kept', () =>
    onVaults(async ({ sim }) => {
      for (const n of [0, 1]) {
        const error = await thrown(sim.spawn(spoiled, undefined, { on: thread(n) }))
        expect(error).toBeInstanceOf(SpawnFailed)
        expect(error.message).toMatch(
          /^spoiled#\d.0.\d could not start: spoiled#\d.0.\d: its checkpoint cannot be made: /,
        )
        expect(error.message).toContain(path)
        expect(error.cause).toBeInstanceOf(CheckpointFailed)
      }
      expect(() => probe(spoiled)).toThrow(path)
    }))

  test('is the fault of the turn that left it so', () =>
    onVaults(async ({ sim }) => {
      const faults: string[] = []
      sim.on('fault', ({ method, decision }) => faults.push(`${method}: ${decision}`))
      const ref = await sim.spawn(keeper, { n: 1 }, one)
      const error = await thrown(ref.ask.spoil())
      expect(error).toBeInstanceOf(ActorFault)
      expect(error.message).toContain(path)
      expect(error.cause).toBeInstanceOf(CheckpointFailed)
      expect(await ref.ask.get()).toEqual({ n: 1 })
      expect(faults).toEqual(['spoil: restart'])
    }))

  test('or a snapshot that throws, or is too large', () =>
    onVaults(
      async ({ sim }) => {
        const bad = behavior(import.meta, {
          name: 'bad',
          checkpoint: 'turn',
          state: () => ({}),
          snapshot() {
            throw new Error('oh')
          },
          handlers: { a: () => 0 },
        })
        expect((await thrown(sim.spawn(bad, undefined, one))).message).toContain('snapshot threw: oh')
        const error = await thrown(sim.spawn(keeper, 'x'.repeat(2_000), one))
        expect(error.message).toMatch(/its packed state has 20\d\d bytes; the limit is 1000 \(createSystem: snapshot\)/)
      },
      { snapshot: 1_000 },
    ))

  test('that a probe has is told like any other', () => {
    const probed = probe(keeper, { n: 1 })
    probed.tell.set({ n: 2 })
    expect(probed.state).toEqual({ n: 2 })
    expect(() => probed.tell.spoil()).not.toThrow() // it is looked for at the start alone where nothing is kept
  })
})

describe('every so many ms', () => {
  const lazy = (sim: { sleep(ms: number): Promise<void> }) =>
    behavior(import.meta, {
      name: 'lazy',
      checkpoint: 100,
      state: () => ({ n: 0 }),
      options: { get: { readonly: true } },
      handlers: {
        add: ctx => ++ctx.state.n,
        get: ctx => ctx.state.n,
        async slow(ctx) {
          ctx.state.n = -1
          await sim.sleep(250)
          ctx.state.n = 50
        },
      },
    })
  const n = (state: unknown) => (state as { n: number }).n

  test('at most so long after a change, and not without one', () =>
    onVaults(async vaults => {
      const ref = await vaults.sim.spawn(lazy(vaults.sim), undefined, one)
      expect(n(await vaults.state(ref))).toBe(0)
      const { vault, core } = vaults.world.threads[1]!
      let puts = 0
      const { put } = vault!
      vault!.put = (...args) => (puts++, put.apply(vault, args))
      await vaults.sim.sleep(1_000)
      await ref.ask.get()
      await vaults.sim.sleep(1_000)
      expect([puts, core.timers.size]).toEqual([0, 0])
      for (let i = 1; i <= 20; i++) await ref.ask.add()
      expect(n(await vaults.state(ref))).toBeLessThan(20)
      await vaults.sim.sleep(130)
      expect(n(await vaults.state(ref))).toBe(20)
      expect(puts).toBeLessThan(5)
    }))

  test('between turns: one that waits is not cut in two', () =>
    onVaults(async vaults => {
      const ref = await vaults.sim.spawn(lazy(vaults.sim), undefined, one)
      const done = ref.ask.slow()
      await ref.ask.get()
      const seen: number[] = []
      for (let i = 0; i < 8; i++) {
        seen.push(n(await vaults.state(ref)))
        await vaults.sim.sleep(40)
      }
      await done
      expect(seen).not.toContain(-1)
      await vaults.sim.sleep(130)
      expect(n(await vaults.state(ref))).toBe(50)
    }))

  test('a state that cannot be kept then is the actor’s fault', async () => {
    await simulate(1, async sim => {
      const spoils = behavior(import.meta, {
        name: 'spoils',
        checkpoint: 20,
        state: () => ({ fn: undefined as unknown }),
        handlers: { spoil: ctx => void (ctx.state.fn = () => 1), ok: ctx => ctx.state.fn === undefined },
      })
      const faults: string[] = []
      sim.on('fault', ({ method, error }) => faults.push(`${method}: ${(error as Error).message}`))
      const ref = await sim.spawn(spoils, undefined, one)
      await ref.ask.spoil()
      await sim.sleep(100)
      expect(faults).toHaveLength(1)
      expect(faults[0]).toMatch(/^\(checkpoint\): .* its checkpoint cannot be made: state.fn is a function/)
      expect(await ref.ask.ok()).toBe(true)
    })
  })
})

describe('a vault that is full', () => {
  test('costs an actor its revival, loudly, and nothing else', () =>
    onVaults(
      async vaults => {
        const full: unknown[] = []
        vaults.sim.on('vaultFull', event => full.push(event))
        const large = await vaults.sim.spawn(keeper, { text: 'x'.repeat(700) }, one)
        const small = await vaults.sim.spawn(keeper, { text: 'small' }, one)
        expect(full).toEqual([])
        await small.ask.set({ text: 'y'.repeat(1_500) })
        await small.ask.set({ text: 'z'.repeat(1_500) })
        await vaults.sim.sleep(20)
        expect(full).toEqual([{ actor: small.id, thread: 1, bytes: 2_500 }])
        expect(await small.ask.get()).toEqual({ text: 'z'.repeat(1_500) })
        expect(vaults.names(1)).toEqual([large.id])
        // the others go on, and it has its place again where there is room
        await large.ask.set({ text: 'x' })
        expect(await vaults.state(large)).toEqual({ text: 'x' })
        await small.move(thread(2))
        await vaults.sim.sleep(50)
        expect(await vaults.state(small, 2)).toEqual({ text: 'z'.repeat(1_500) })
      },
      { vault: 2_500 },
    ))

  test('or the birth of one that has no room at all', () =>
    onVaults(
      async vaults => {
        const full: unknown[] = []
        vaults.sim.on('vaultFull', event => full.push(event))
        const ref = await vaults.sim.spawn(plain, 3, one)
        await vaults.sim.sleep(20)
        expect(full).toEqual([{ actor: ref.id, thread: 1, bytes: 20 }])
        expect(await ref.ask.get()).toEqual({ n: 3 })
        await ref.stop()
      },
      { vault: 20 },
    ))
})

export type { Later }
