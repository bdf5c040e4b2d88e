// `probe` and `stub`: one actor in place, and what stands for the others.
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  after,
  behavior,
  type Channel,
  type Receiver,
  type Ref,
  refusal,
  Refusal,
  select,
  type Sender,
  thread,
  wrapper,
} from '../src/index.ts'
import { probe, simulate, stub } from '../src/testing/index.ts'

interface Reader {
  get(): number
  put(by: number, list?: number[]): string
}
const Empty = refusal<{ missing: number }>('empty')

const counter = behavior(import.meta, {
  name: 'counter',
  state: (count: number) => ({ count, seen: [] as string[] }),
  handlers: {
    add: (ctx, by: number) => (ctx.state.count += by),
    take(ctx) {
      if (ctx.state.count === 0) throw Empty({ missing: 1 })
      return ctx.state.count--
    },
    async ask(ctx, from: Ref<Reader>) {
      ctx.state.count = await from.ask.get()
      return ctx.state.count
    },
    send(ctx, to: Ref<Reader>, list: number[]) {
      to.tell.put(1, list)
      list.push(0)
      to.tell.get()
    },
    self: ctx => ctx.self.tell.add(10),
    pass(ctx, to: Ref<Reader>): number | undefined {
      ctx.forward(to, 'get')
      return undefined
    },
    clock: ctx => ctx.now(),
    later: (ctx, ms: number) => void ctx.after(ms, 'add', 1),
    every: (ctx, ms: number) => void ctx.every(ms, 'add', 1),
    watch: (ctx, ref: Ref<Reader>) => ctx.watch(ref, 'left', 'it'),
    left: (ctx, who: string, how: { why: string }) => void ctx.state.seen.push(`${who} ${how.why}`),
    boom() {
      throw new Error('boom')
    },
    async boomLate() {
      await Promise.resolve()
      throw new Error('late')
    },
    stop: ctx => ctx.stop(),
    unknown: ctx => ctx.sender === undefined,
  },
})
const parent = behavior(import.meta, {
  name: 'parent',
  state: () => ({ child: undefined as Ref<typeof counter> | undefined }),
  started(ctx) {
    ctx.state.child = ctx.spawn(counter, 5, { on: thread(7), name: 'child' })
  },
  stopping: ctx => ctx.state.child!.tell.add(99),
  handlers: {
    tell: ctx => ctx.state.child!.tell.add(1),
    ask: ctx => ctx.state.child!.ask.add(1),
    wrong: ctx => void ctx.spawn(counter, (() => 1) as never),
    lookup: async ctx => (await ctx.lookup(counter, 'child')) === undefined,
    stop: ctx => ctx.stop(),
  },
})

describe('a probe', () => {
  test('runs handlers in place and shows the live state', async () => {
    const p = probe(counter, 5)
    expect(p.state.count).toBe(5)
    p.tell.add(2)
    expect(p.state.count).toBe(7)
    p.state.count = 0
    expect(await p.ask.add(3)).toBe(3)
    expectTypeOf(p.ask.add).returns.toEqualTypeOf<Promise<number>>()
    expect(p.sent).toEqual([])
  })

  test('rejects as an actor does', async () => {
    const p = probe(counter, 0)
    const error = await p.ask.take().catch((thrown: unknown) => thrown)
    expect(Empty.is(error) && error.data).toEqual({ missing: 1 })
    p.tell.take() // who tells hears no refusal
    await expect(p.ask.boom()).rejects.toMatchObject({ code: 'fault', cause: { message: 'boom' } })
    await expect(p.ask.add((() => 1) as never)).rejects.toThrow('counter.add: argument is a function')
  })

  test('throws the faults that nobody hears of, and starts again when time has passed', async () => {
    const p = probe(counter, 5)
    p.tell.add(1)
    expect(() => p.tell.boom()).toThrow('boom')
    expect(() => p.state).toThrow('waits for its restart')
    await p.advance(10)
    expect(p.state.count).toBe(5)
    p.tell.boomLate()
    await expect(p.advance(0)).rejects.toThrow('late')
    await p.advance(1_000)
    await expect(p.ask.boomLate()).rejects.toMatchObject({ code: 'fault' })
    await p.advance(1_000)
    p.tell.add(1)
    expect(p.state.count).toBe(6)
  })

  test('throws when the actor cannot be made', () => {
    const bad = behavior(import.meta, {
      name: 'bad',
      state: () => {
        throw new Error('no state')
      },
      handlers: {},
    })
    expect(() => probe(bad)).toThrow('bad#0.0.1 could not start: no state')
    expect(() => probe(counter, (() => 1) as never)).toThrow('init is a function')
    expect(() => probe({} as never)).toThrow('is no behavior')
    // @ts-expect-error: a counter has an init
    expect(() => probe(counter)).not.toThrow()
  })

  test('moves its clock, firing timers on the way', async () => {
    const p = probe(counter, 0)
    const began = await p.ask.clock()
    p.tell.later(100)
    p.tell.every(30)
    await p.advance(99)
    expect(p.state.count).toBe(3)
    await p.advance(1)
    expect(p.state.count).toBe(4)
    await p.advance(20)
    expect([p.state.count, (await p.ask.clock()) - began]).toEqual([5, 120])
    await expect(p.advance(-1)).rejects.toThrow('advance(-1)')
  })

  test('records what is forwarded; a stub answers it, a child does not', async () => {
    const p = probe(counter, 0)
    const to = stub<Reader>({ get: () => 3 })
    expect(await p.ask.pass(to)).toBe(3)
    p.tell.pass(to)
    await expect(p.ask.pass(stub<Reader>({}))).rejects.toMatchObject({ code: 'unknown-method' })
    expect(p.sent.filter(sent => sent.to === to.id)).toEqual([
      { to: to.id, method: 'get', args: [] },
      { to: to.id, method: 'get', args: [] },
    ])
  })

  test('records what is sent to stubs and children, as it was', async () => {
    const p = probe(counter, 0)
    const to = stub<Reader>({ get: () => 3 })
    p.tell.send(to, [1])
    expect(p.sent).toEqual([
      { to: to.id, method: 'put', args: [1, [1]] },
      { to: to.id, method: 'get', args: [] },
    ])
    p.sent.length = 0
    expect(await p.ask.ask(to)).toBe(3)
    expect(p.sent).toEqual([{ to: to.id, method: 'get', args: [] }])
    p.tell.self()
    expect([p.state.count, p.sent.length]).toEqual([13, 1])
  })

  test('only records its children: they answer nothing', async () => {
    const p = probe(parent)
    const { id } = p.state.child!
    p.tell.tell()
    expect(p.sent).toEqual([{ to: id, method: 'add', args: [1] }])
    await expect(p.ask.ask()).rejects.toThrow(`${id}.add: a child of a probed actor is only recorded`)
    expect(p.sent[1]).toEqual({ to: id, method: 'add', args: [1] })
    await p.advance(10)
    await expect(p.ask.wrong()).rejects.toThrow('init is a function')
    await p.advance(100)
    expect(await p.ask.lookup()).toBe(true)
    p.tell.stop()
    await p.advance(0)
    expect(p.sent.at(-1)).toMatchObject({ args: [99] })
    expect(() => p.state).toThrow('has stopped')
    await expect(p.ask.tell()).rejects.toMatchObject({ code: 'stopped' })
  })

  test('shows the inner state of a wrapped behavior', async () => {
    const doubling = wrapper(import.meta, {
      name: 'doubling',
      state: () => ({ calls: 0 }),
      async around(ctx, call, next) {
        ctx.state.calls++
        return await next(call)
      },
      handlers: { calls: ctx => ctx.state.calls },
    })
    const p = probe(doubling(doubling(counter)), 1)
    expect(await p.ask.add(1)).toBe(2)
    expect([p.state.count, await p.ask.calls()]).toEqual([2, 1])
  })

  describe('with channels', () => {
    interface Job {
      readonly n: number
      readonly reply: Sender<number>
    }
    const server = behavior(import.meta, {
      name: 'server',
      state: () => ({ done: 0, progress: undefined as Sender<number> | undefined }),
      handlers: {
        async serve(ctx, jobs: Receiver<Job>) {
          for await (const { n, reply } of jobs) {
            await reply.send(n * n)
            await ctx.state.progress?.send(++ctx.state.done)
          }
          return ctx.state.done
        },
        wait: async (_ctx, from: Receiver<unknown>) => (await select({ it: from.receiving(), late: after(100) })).case,
        hire(ctx, jobs: Channel<Job>) {
          ctx.spawn(worker).tell.work(jobs.receiver)
        },
      },
    })
    const worker = behavior(import.meta, {
      name: 'worker',
      state: () => ({}),
      handlers: { work(_ctx, _jobs: Receiver<Job>) {} },
    })

    test('passes them as arguments and in state, and over one another', async () => {
      const p = probe(server)
      const jobs = p.channel<Job>()
      const progress = p.channel<number>({ capacity: 8 })
      expectTypeOf(jobs).toEqualTypeOf<Channel<Job>>()
      p.state.progress = progress.sender
      const served = p.ask.serve(jobs)
      for (const n of [2, 3]) {
        const reply = p.channel<number>()
        await jobs.send({ n, reply: reply.sender })
        expect(await reply.receive()).toEqual({ value: n * n })
      }
      jobs.close()
      expect(await served).toBe(2)
      progress.close()
      expect(await Array.fromAsync(progress)).toEqual([1, 2])
    })

    test('waits for them by its clock, and no longer than its actor’s turn lasts', async () => {
      const p = probe(server)
      const jobs = p.channel<Job>()
      const late = p.ask.wait(jobs)
      await p.advance(100)
      expect(await late).toBe('late')
      p.tell.serve(jobs.receiver)
      await expect(p.advance(30_000)).rejects.toMatchObject({ code: 'turn-expired' })
      expect(jobs.trySend({ n: 1, reply: p.channel<number>().sender })).toBe(false)
    })

    test('shows what it passes on to a child, so that the test can stand in for it', async () => {
      const p = probe(server)
      const jobs = p.channel<Job>({ capacity: 1 })
      p.tell.hire(jobs)
      const [given] = p.sent.at(-1)!.args as [Receiver<Job>]
      await jobs.send({ n: 7, reply: p.channel<number>().sender })
      expect(await given.receive()).toMatchObject({ value: { n: 7 } })
    })

    test('refuses those of others, and options that make no sense', async () => {
      const p = probe(server)
      expect(() => p.tell.serve(probe(server).channel<Job>())).toThrow('is a channel of another system')
      expect(() => p.channel({ capacity: -1 })).toThrow('capacity is -1')
    })
  })

  test('does not let an endless loop stop the test', async () => {
    const loop = behavior(import.meta, {
      name: 'loop',
      state: () => ({ turns: 0 }),
      handlers: {
        again(ctx) {
          ctx.state.turns++
          if (ctx.state.turns < 500_000) ctx.self.tell.again()
        },
      },
    })
    const p = probe(loop)
    p.tell.again()
    expect(p.state.turns).toBeGreaterThan(1_000)
    expect(p.state.turns).toBeLessThan(500_000)
    while (p.state.turns < 500_000) await p.advance(0)
  })
})

describe('a stub', () => {
  test('answers in place, also with promises and errors', async () => {
    const reader = stub<Reader>({
      get: async () => 3,
      put: by => {
        if (by < 0) throw new Error('below zero')
        if (by === 0) throw new Refusal('nothing')
        return `${by}`
      },
    })
    expect(await reader.ask.get()).toBe(3)
    expect(await reader.with({ deadline: 1 }).ask.put(2)).toBe('2')
    await expect(reader.ask.put(-1)).rejects.toMatchObject({ code: 'fault', cause: { message: 'below zero' } })
    await expect(reader.ask.put(0)).rejects.toMatchObject({ code: 'nothing' })
    await reader.ready()
    expectTypeOf(reader).toEqualTypeOf<Ref<Reader>>()
  })

  test('takes in what it has no answer to, and rejects to be asked', async () => {
    const reader = stub<Reader>({ get: () => 3 })
    reader.tell.put(1)
    await expect(reader.ask.put(1)).rejects.toMatchObject({
      code: 'unknown-method',
      message: `${reader.id} has no answer for 'put'; it has: get`,
    })
  })

  test('looks like any ref, and never like a promise', async () => {
    const reader = stub<Reader>({})
    expect(reader.id).not.toBe(stub<Reader>({}).id)
    expect(String(reader as unknown)).toBe(`Ref(${reader.id})`)
    expect(await Promise.resolve(reader)).toBe(reader)
    expect((reader.ask as never as { then?: unknown }).then).toBeUndefined()
  })

  test('shares nothing with the actors that it talks to', async () => {
    const given: number[][] = []
    const list = [1]
    const p = probe(
      behavior(import.meta, {
        name: 'lister',
        state: () => ({ last: [] as number[] }),
        handlers: {
          async list(ctx, from: Ref<{ list(of: number[]): number[] }>, of: number[]) {
            ctx.state.last = await from.ask.list(of)
            of.push(9)
            return from.id
          },
        },
      }),
    )
    const lists = stub<{ list(of: number[]): number[] }>({
      list(of) {
        given.push(of)
        return list
      },
    })
    expect(await p.ask.list(lists, [5])).toBe(lists.id)
    list.push(2)
    expect([given, p.state.last]).toEqual([[[5]], [1]])
  })

  test('can be watched, and ends when it is stopped', async () => {
    const reader = stub<Reader>({})
    const p = probe(counter, 0)
    p.tell.watch(reader)
    await p.advance(10)
    expect(p.state.seen).toEqual([])
    await reader.stop()
    await p.advance(0)
    expect(p.state.seen).toEqual(['it stopped'])
    await simulate(1, async sim => {
      const ref = await sim.spawn(counter, 0, { on: thread(0) })
      const other = stub<Reader>({ get: () => 4 })
      await ref.ask.watch(other)
      expect(await ref.ask.ask(other)).toBe(4)
      await other.stop()
      await sim.sleep(10)
    })
  })

  test('lets what its answer throws reach the test that made it', () => {
    const p = probe(counter, 0)
    const strict = stub<Reader>({ put: by => expect(by).toBe(2) as never })
    expect(() => p.tell.send(strict, [])).toThrow('expected 1 to be 2')
  })
})
