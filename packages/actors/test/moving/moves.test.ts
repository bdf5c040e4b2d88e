// The contract of a move, sentence by sentence, as users meet it: in a simulation, and on real threads.
import {
  ActorStopped,
  type AnyRef,
  behavior,
  createSystem,
  type Events,
  InvalidCall,
  MoveFailed,
  NameTaken,
  type Ref,
  type System,
  node,
  thread,
} from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { abacus, brittle, counted, countedTwice, feeder, hooked, mover, narrow, teller } from '../fixtures/movers.ts'
import { thrown } from '../fixtures/stage.ts'

const [zero, one, two] = [thread(0), thread(1), thread(2)]
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

/** A system with two threads beside the first, and what it has told of moves. */
class Ground {
  readonly system: System
  readonly #moved: Events['moved'][] = []
  readonly #failed: Events['moveFailed'][] = []
  #changed = Promise.withResolvers<void>()

  constructor(system: System) {
    this.system = system
    system.on('moved', event => this.#note(this.#moved, event))
    system.on('moveFailed', event => this.#note(this.#failed, event))
    // faults by order need not be printed
    system.on('fault', () => {})
  }
  #note<E>(events: E[], event: E): void {
    events.push(event)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  movesOf({ id }: AnyRef): Events['moved'][] {
    return this.#moved.filter(({ actor }) => actor === id)
  }
  /** The same, once there are so many. */
  async allMovesOf(ref: AnyRef, count: number): Promise<Events['moved'][]> {
    while (this.movesOf(ref).length < count) await this.#changed.promise
    return this.movesOf(ref)
  }
  async failureOf({ id }: AnyRef): Promise<Events['moveFailed']> {
    for (;;) {
      const found = this.#failed.find(({ actor }) => actor === id)
      if (found !== undefined) return found
      await this.#changed.promise
    }
  }
}
const threads = 2

interface Place {
  readonly name: string
  run(seed: number, body: (ground: Ground) => Promise<void>): Promise<void>
}
let real: Ground
const places: Place[] = [
  {
    name: 'in a simulation',
    run: (seed, body) => simulate(seed, sim => body(new Ground(sim)), { threads }),
  },
  { name: 'on threads', run: (_seed, body) => body(real) },
]
beforeAll(async () => {
  real = new Ground(await createSystem({ threads }))
})
afterAll(() => real.system.close())

describe.each(places)('$name', ({ name, run }) => {
  const seeds = name === 'in a simulation' ? [1, 2, 3, 4, 5] : [0]
  /** In a simulation under several seeds, and on threads once. */
  function both(title: string, body: (ground: Ground) => Promise<void>): void {
    test.each(seeds)(`${title} (%i)`, async seed => {
      expect.hasAssertions()
      await run(seed, body)
    })
  }

  // ── what goes along ───────────────────────────────────────────────────────────────────────────────────────────

  both('state and mailbox go along, and every ref stays valid', async ({ system }) => {
    const ref = await system.spawn(mover, ['before'], { on: one })
    const other = await system.spawn(mover, [], { on: two })
    for (let n = 1; n <= 100; n++) ref.tell.note(n)
    other.tell.tellThere(ref, [101, 102])
    await ref.move(two)
    for (let n = 103; n <= 110; n++) ref.tell.note(n)
    await other.ask.tellThere(ref, [111])
    expect(await ref.ask.where()).toBe(2)
    const told = await ref.ask.told()
    expect(told[0]).toBe('before')
    const mine = told.filter(n => typeof n === 'number' && (n <= 100 || (n > 102 && n < 111)))
    expect(mine).toEqual([...upTo(100), ...upTo(8).map(n => n + 102)])
    expect(told.filter(n => [101, 102, 111].includes(n as number))).toEqual([101, 102, 111])
  })

  both('its timers go on, and can be cancelled', async ({ system }) => {
    const [ref, sooner] = await Promise.all([1, 2].map(n => system.spawn(mover, [], { on: thread(n) })))
    await ref!.ask.after(40, 'late')
    await sooner!.ask.every(5, 'tick')
    await Promise.all([ref!.move(two), sooner!.move(zero)])
    while ((await sooner!.ask.told()).length < 3);
    await sooner!.ask.cancel()
    const ticks = (await sooner!.ask.told()).length
    await sooner!.move(one)
    while ((await ref!.ask.told()).length === 0);
    expect(await ref!.ask.told()).toEqual(['late'])
    expect(await sooner!.ask.told()).toHaveLength(ticks)
  })

  both('whoever watches hears it once, wherever both are', async ({ system }) => {
    const watcher = await system.spawn(mover, [], { on: one })
    const watched = await system.spawn(mover, [], { on: one })
    const parted = await system.spawn(mover, [], { on: two })
    await watcher.ask.watch(watched)
    await watcher.ask.watch(parted)
    await Promise.all([watcher.move(two), watched.move(zero), parted.move(one)])
    await watcher.ask.unwatch(parted)
    await watcher.move(zero)
    await Promise.all([watched.stop(), parted.stop()])
    while ((await watcher.ask.told()).length === 0);
    await watcher.ask.watch(parted) // that one has ended long ago
    while ((await watcher.ask.told()).length === 1);
    expect(await watcher.ask.told()).toEqual(['it stopped', 'it stopped'])
  })

  both('children stay its children, and it theirs', async ({ system }) => {
    const parent = await system.spawn(mover, [], { on: one })
    const near = await parent.ask.bear()
    const far = await parent.ask.bear(2)
    await system.move([parent, near], two)
    await system.move(far, zero)
    await system.move(parent, one)
    await parent.stop()
    for (const child of [near, far]) expect(await thrown(child.ask.told())).toBeInstanceOf(ActorStopped)
  })

  both('a child’s failure finds its parent', async ({ system }) => {
    const parent = await system.spawn(mover, [], { on: one })
    const child = (await parent.ask.bear(2)) as unknown as Ref<typeof mover>
    await Promise.all([parent.move(zero), child.move(one)])
    await thrown(child.ask.fail())
    // its second fault is one too many, and its parent’s: that one begins anew
    await parent.ask.note('old life')
    await thrown(child.ask.fail())
    while ((await parent.ask.told()).length > 0);
    expect(await parent.ask.where()).toBe(0)
  })

  both('its name stays its own', async ({ system }) => {
    const ref = await system.spawn(mover, [], { on: one, name: 'only' })
    const other = await system.spawn(mover, [], { on: two })
    await ref.move(two)
    expect((await system.lookup(mover, 'only'))!.id).toBe(ref.id)
    expect(await other.ask.lookUp('only')).toBe(ref.id)
    expect(await thrown(system.spawn(mover, [], { name: 'only' }))).toBeInstanceOf(NameTaken)
    const found = (await system.lookup(mover, 'only'))!
    expect(await found.ask.note(1)).toBe(1)
    await ref.stop()
    const next = await system.spawn(mover, [], { on: one, name: 'only' })
    expect(await other.ask.lookUp('only')).toBe(next.id)
    await next.stop()
  })

  both('its restarts are counted on', async ({ system }) => {
    const ref = await system.spawn(mover, ['start'], { on: one })
    await ref.ask.note(1)
    await thrown(ref.ask.fail())
    expect(await ref.ask.told()).toEqual(['start'])
    await ref.move(two)
    await thrown(ref.ask.fail())
    expect(await thrown(ref.ask.told())).toBeInstanceOf(ActorStopped)
  })

  both('what is sent by it is from the same actor, and goes to it wherever it is', async ({ system }) => {
    const asker = await system.spawn(mover, [], { on: one })
    const asked = await system.spawn(mover, [], { on: two })
    await asker.move(zero)
    expect((await asker.ask.askThere(asked))!.id).toBe(asker.id)
    const sender = (await asked.ask.told())[0]
    await asker.move(two)
    expect(sender).toBe(asker.id)
    await asked.ask.tellThere((await asker.ask.askThere(asked)) as never, ['back'])
    while ((await asker.ask.told()).length === 0);
    expect(await asker.ask.told()).toEqual(['back'])
  })

  both('channels that it holds go on', async ({ system }) => {
    const ref = await system.spawn(mover, [], { on: one })
    const channel = system.channel<number>({ capacity: 3 })
    await ref.ask.keep(channel.sender)
    const got: number[] = []
    const asks = []
    for (const to of [two, zero, one, two]) {
      asks.push(ref.ask.send(5))
      asks.push(ref.move(to))
      for (let left = 5; left > 0; left--) got.push((await channel.receive()).value!)
    }
    await Promise.all(asks)
    expect(got).toEqual(upTo(20))
  })

  both('a goroutine’s ref to it stays valid', async ({ system }) => {
    const ref = await system.spawn(mover, [], { on: one })
    const stop = system.channel<boolean>()
    const task = system.go(teller(ref, stop), { on: two })
    for (const to of [two, zero, one, two]) {
      const before = (await ref.ask.told()).length
      await ref.move(to)
      while ((await ref.ask.told()).length === before);
    }
    stop.close()
    const n = await task.done
    while ((await ref.ask.told()).length < n);
    expect(await ref.ask.told()).toEqual(upTo(n))
  })

  // ── asks, turns, hooks ────────────────────────────────────────────────────────────────────────────────────────

  both('asks in flight are answered', async ({ system }) => {
    const ref = await system.spawn(mover, [], { on: one })
    const asks = upTo(50).map(n => ref.ask.note(n))
    const late = ref.ask.laterOn()
    await ref.move(two)
    const more = upTo(50).map(n => ref.ask.note(n))
    await ref.move(zero)
    await ref.ask.replyNow('at last')
    expect(await late).toBe('at last')
    expect(await Promise.all([...asks, ...more])).toEqual(upTo(100))
  })

  both('a move waits for the turn, and for those beside it', async ground => {
    const { system } = ground
    const ref = await system.spawn(mover, [], { on: one })
    const gates = [system.channel(), system.channel()]
    const begun = system.channel<boolean>()
    const asks = [ref.ask.hold(gates[0]!, begun), ref.ask.wait(gates[1]!, begun)]
    await begun.receive()
    await begun.receive()
    const moves = ref.move(two)
    ref.tell.note('behind it')
    await system.spawn(mover, [], { on: one }) // the move has come there
    for (const gate of gates) {
      expect(ground.movesOf(ref)).toEqual([])
      gate.close()
    }
    expect(await Promise.all(asks)).toEqual(['held', 'waited'])
    await moves
    expect(await ref.ask.told()).toEqual(['behind it'])
  })

  both('an actor moves by itself after its turn', async ground => {
    const { system } = ground
    const ref = await system.spawn(mover, [], { on: one })
    expect(await ref.ask.go(2)).toBe(1)
    while ((await ref.ask.where()) !== 2);
    expect(await ref.ask.goBySelf(0)).toBe(2)
    while ((await ref.ask.where()) !== 0);
    const other = await system.spawn(mover, [], { on: two })
    await other.ask.moveOther(ref, 1)
    expect(await ref.ask.where()).toBe(1)
    const mine = await ground.allMovesOf(ref, 3)
    expect(mine.map(({ from, to }) => [from, to])).toEqual([
      [one, two],
      [two, zero],
      [zero, one],
    ])
    for (const { ms } of mine) expect(ms).toBeGreaterThanOrEqual(0)
  })

  both('its hooks hear of it, once each, and what they send is in order', async ({ system }) => {
    const listener = await system.spawn(mover, [], { on: one })
    const ref = await system.spawn(hooked, listener, { on: one })
    await ref.move(two)
    await ref.ask.go(0)
    await ref.move(zero)
    await ref.move(one)
    await ref.stop()
    const hooks = ['started spawned']
    const move = ['stopping moved', 'started moved']
    hooks.push(...move, 'turn over', ...move, ...move, 'stopping stopped')
    while ((await listener.ask.told()).length < hooks.length);
    expect(await listener.ask.told()).toEqual(hooks)
  })

  // ── several moves ─────────────────────────────────────────────────────────────────────────────────────────────

  both('moves of one actor are done one after the other, as asked for', async ground => {
    const ref = await ground.system.spawn(mover, [], { on: one })
    await Promise.all([two, zero, zero, one, two].map(to => ref.move(to)))
    expect(await ref.ask.where()).toBe(2)
    expect((await ground.allMovesOf(ref, 4)).map(({ from, to }) => [from, to])).toEqual([
      [one, two],
      [two, zero],
      [zero, one],
      [one, two],
    ])
  })

  both('to where it is, it need not go', async ground => {
    const { system } = ground
    const listener = await system.spawn(mover, [], { on: one })
    const ref = await system.spawn(hooked, listener, { on: one })
    await ref.move(one)
    expect(await ref.ask.hooks()).toEqual(['started spawned'])
    expect(ground.movesOf(ref)).toEqual([])
  })

  both('many at once', async ({ system }) => {
    const refs = await Promise.all(upTo(20).map(n => system.spawn(mover, [], { on: thread(n % 3) })))
    await system.move(refs, two)
    expect(new Set(await Promise.all(refs.map(ref => ref.ask.where())))).toEqual(new Set([2]))
    await refs[0]!.stop()
    expect(await thrown(system.move(refs, one))).toBeInstanceOf(ActorStopped)
    await refs[1]!.stop()
    const error = await thrown<AggregateError>(system.move(refs, zero))
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({
      message: '2 of 20 actors did not move',
      errors: [{ code: 'stopped' }, { code: 'stopped' }],
    })
    await system.move([], zero)
  })

  // ── why one stays ─────────────────────────────────────────────────────────────────────────────────────────────

  both('state that cannot travel: it says where', async ({ system }) => {
    const ref = await system.spawn(mover, [], { on: one })
    await ref.ask.note(1)
    await ref.ask.stick('function')
    const error = await thrown<MoveFailed>(ref.move(two))
    expect(error).toBeInstanceOf(MoveFailed)
    const text = `${ref.id} stays where it is: state.stuck.items[1].deep is a function, which cannot travel; keep plain data there, or give snapshot and restore`
    expect(error).toMatchObject({ code: 'move-failed', why: 'state', actor: ref.id, ran: 'no', message: text })
    expect([await ref.ask.where(), await ref.ask.told()]).toEqual([1, [1]])
    await ref.ask.stick('not')
    await ref.move(two)
    expect([await ref.ask.where(), await ref.ask.told()]).toEqual([2, [1]])
  })

  both('a snapshot, or what restores it, that throws', async ({ system }) => {
    for (const [how, text] of [
      ['snapshot', 'snapshot threw: too brittle'],
      ['restore', 'it cannot be made again there: broken on the way'],
    ] as const) {
      const ref = await system.spawn(brittle, how, { on: one })
      expect(await ref.ask.add(1)).toBe(1)
      const error = await thrown<MoveFailed>(ref.move(two))
      expect(error).toMatchObject({ why: 'state', message: `${ref.id} stays where it is: ${text}` })
      expect(error.cause).toMatchObject({ name: 'RangeError' })
      expect(await ref.ask.add(1)).toBe(2)
    }
  })

  both('snapshot and restore, also inside of wrappers', async ({ system }) => {
    for (const [behavior, calls] of [
      [abacus, undefined],
      [counted, 3],
      [countedTwice, 3],
    ] as const) {
      const ref = (await system.spawn(behavior, undefined, { on: one })) as Ref<typeof counted>
      await ref.ask.add(20)
      await ref.move(two)
      expect(await ref.ask.add(22)).toBe(42)
      expect(await ref.ask.where()).toBe(2)
      if (calls !== undefined) expect(await ref.ask.calls()).toBe(calls)
    }
  })

  both('a hook that throws', async ({ system }) => {
    const listener = await system.spawn(mover, [], { on: one })
    const ref = await system.spawn(hooked, listener, { on: one })
    await ref.ask.failIn('stopping moved')
    const error = await thrown<MoveFailed>(ref.move(two))
    expect(error).toMatchObject({ why: 'fault', cause: { message: 'stopping moved: by order' } })
    expect(error.message).toContain('stopping threw: stopping moved: by order')
    await ref.move(two)
    expect(await ref.ask.hooks()).toEqual(['started spawned', 'stopping moved', 'stopping moved', 'started moved'])
  })

  both('one that has stopped, or is about to', async ground => {
    const { system } = ground
    const ref = await system.spawn(mover, [], { on: one })
    const gate = system.channel()
    const held = ref.ask.hold(gate)
    ref.tell.note(1)
    const stopped = ref.stop({ drain: true })
    await ref.ready() // the stop has come there
    const error = await thrown<MoveFailed>(ref.move(two))
    expect(error).toMatchObject({ why: 'pinned', message: `${ref.id} stays where it is: it is being stopped` })
    gate.close()
    await Promise.all([held, stopped])
    expect(await thrown(ref.move(two))).toBeInstanceOf(ActorStopped)

    const other = await system.spawn(mover, [], { on: one })
    await other.ask.goAndStop(2)
    while ((await thrown(other.ask.told())).code !== 'stopped');
    const told = await ground.failureOf(other)
    expect(told).toMatchObject({ to: two, error: { code: 'move-failed', why: 'pinned' } })
  })

  both('what makes no sense', async ({ system }) => {
    const ref = await system.spawn(mover, [], { on: one })
    const anything = ref as { move(to?: unknown): Promise<void> }
    for (const [to, text] of [
      [undefined, 'move: undefined is no place; pass thread(n) or node(name)'],
      [2, 'move: 2 is no place; pass thread(n) or node(name)'],
      [{}, 'move: an object is no place; pass thread(n) or node(name)'],
      [node('a'), "move: there is no node 'a'; this process is none (createSystem: node)"],
      [thread(3), 'there is no thread 3; this system has threads 0 to 2'],
      [thread(1.5), 'there is no thread 1.5; this system has threads 0 to 2'],
    ] as const) {
      const error = await thrown(() => anything.move(to))
      expect(error).toBeInstanceOf(InvalidCall)
      expect(error.message).toContain(text)
    }
    expect(await ref.ask.where()).toBe(1)
  })

  both('what was taken in is not refused by a move, however full the mailbox is', async ({ system }) => {
    const dead: unknown[] = []
    const note = (event: Events['deadLetter']): void => void dead.push(event)
    system.on('deadLetter', note)
    const ref = await system.spawn(narrow, undefined, { on: one })
    const by = await system.spawn(feeder, undefined, { on: one })
    const gate = system.channel()
    ref.tell.hold(gate)
    await by.ask.feed(ref)
    const moves = ref.move(two)
    gate.close()
    await moves
    expect(await ref.ask.told()).toEqual(upTo(10))
    expect(dead).toEqual([])
    system.off('deadLetter', note)
  })
})

describe('in a simulation, to the millisecond', () => {
  const quiet = (sim: Simulation): void => void sim.on('moveFailed', () => {})

  test.each([1, 2, 3])('timers keep their time (%i)', seed =>
    simulate(
      seed,
      async sim => {
        const [ref, periodic] = await Promise.all([1, 2].map(n => sim.spawn(mover, [], { on: thread(n) })))
        await ref!.ask.after(1_000, 'due')
        const due = sim.now() + 1_000
        await periodic!.ask.every(100, 'tick')
        for (let left = 20; left > 0; left--) {
          await Promise.all([ref!.move(thread(left % 3)), periodic!.move(thread((left + 1) % 3))])
          await sim.sleep(30)
        }
        await sim.sleep(due - sim.now() - 15)
        expect(await ref!.ask.told()).toEqual([])
        await sim.sleep(30)
        expect(await ref!.ask.told()).toEqual(['due'])
        const ticks = (await periodic!.ask.told()).length
        expect(ticks).toBeGreaterThanOrEqual(9)
        expect(ticks).toBeLessThanOrEqual(10)
        await periodic!.ask.cancel()
        await sim.sleep(500)
        expect((await periodic!.ask.told()).length - ticks).toBeLessThanOrEqual(1)
      },
      { threads: 2, latency: 1 },
    ),
  )

  test('a deadline: the turn is too long, and the actor goes on', () =>
    simulate(
      5,
      async sim => {
        quiet(sim)
        const ref = await sim.spawn(mover, [], { on: one })
        const [gate, begun] = [sim.channel(), sim.channel<boolean>()]
        const held = ref.with({ deadline: 1_000 }).ask.hold(gate, begun)
        await begun.receive()
        const error = await thrown<MoveFailed>(ref.move(two))
        const text = `${ref.id} stays where it is: the deadline has passed: its turn has not ended`
        expect(error).toMatchObject({ why: 'late', message: text })
        ref.tell.note('it goes on')
        gate.close()
        expect(await held).toBe('held')
        expect([await ref.ask.where(), await ref.ask.told()]).toEqual([1, ['it goes on']])
        await ref.move(two)
        expect([await ref.ask.where(), await ref.ask.told()]).toEqual([2, ['it goes on']])
      },
      { threads: 2, askDeadline: 60 },
    ))

  test('a snapshot that is too large', () =>
    simulate(
      6,
      async sim => {
        const ref = await sim.spawn(mover, [], { on: one })
        await ref.ask.stick('large')
        const error = await thrown<MoveFailed>(ref.move(two))
        expect(error).toMatchObject({ why: 'too-large' })
        expect(error.message).toMatch(
          /its packed state has 100\d\d\d bytes; the limit is 50000 \(createSystem: snapshot\)$/,
        )
        expect(await ref.ask.where()).toBe(1)
      },
      { threads: 2, snapshot: 50_000 },
    ))
})

describe('on threads', () => {
  test('a snapshot that is too large', async () => {
    await using system = await createSystem({ threads: 2, snapshot: 50_000 })
    const ref = await system.spawn(mover, [], { on: one })
    await ref.ask.stick('large')
    expect(await thrown(ref.move(two))).toMatchObject({ why: 'too-large' })
    expect(await ref.ask.where()).toBe(1)
  })

  test('a deadline', async () => {
    await using system = await createSystem({ threads: 2, askDeadline: 100 })
    const ref = await system.spawn(mover, [], { on: one })
    const [gate, begun] = [system.channel(), system.channel<boolean>()]
    const held = ref.with({ deadline: 10_000 }).ask.hold(gate, begun)
    await begun.receive()
    expect(await thrown(ref.move(two))).toMatchObject({ why: 'late' })
    gate.close()
    expect(await held).toBe('held')
    expect(await ref.with({ deadline: 10_000 }).ask.where()).toBe(1)
  })

  test('a behavior whose module cannot be loaded there', async () => {
    const url = new URL('../fixtures/aliased.ts', import.meta.url).href
    const aliased = behavior({ url } as ImportMeta, { name: 'aliased', state: () => 0, handlers: {} })
    const ref = await real.system.spawn(aliased, undefined, { on: zero })
    const error = await thrown<MoveFailed>((ref as AnyRef).move(one))
    expect(error).toMatchObject({ code: 'move-failed', why: 'behavior', actor: ref.id })
    expect(error.message).toMatch(
      /stays where it is: its behavior cannot be loaded on thread 1: .*aliased\.ts fails there/s,
    )
  })
})
