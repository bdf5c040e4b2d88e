// What `simulate` promises to those who test with it.
import { describe, expect, test } from 'vitest'
import { type AnyRef, behavior, type Ref, thread, wrapper } from '../src/index.ts'
import { NotSimulated, simulate, SimulationFailed, stub, type Simulation } from '../src/testing/index.ts'

const counter = behavior(import.meta, {
  name: 'counter',
  state: (n: number) => ({ n }),
  handlers: {
    add: (ctx, by: number) => (ctx.state.n += by),
    get: ctx => ctx.state.n,
    where: ctx => ctx.self.id,
    now: ctx => ctx.now(),
    random: ctx => ctx.random(),
    boom: () => {
      throw new Error('boom')
    },
  },
})
const adder = behavior(import.meta, {
  name: 'adder',
  state: (to: Ref<typeof counter>) => ({ to }),
  handlers: {
    async times(ctx, times: number) {
      for (let i = 0; i < times; i++) await ctx.state.to.ask.add(1)
    },
    tell(ctx, times: number) {
      for (let i = 0; i < times; i++) ctx.state.to.tell.add(1)
    },
  },
})

/** Who is first is the seed's choice. */
async function race(seed: number) {
  const order: string[] = []
  const runner = behavior(import.meta, {
    name: 'runner',
    state: (name: string) => ({ name }),
    handlers: { run: ctx => void order.push(ctx.state.name) },
  })
  const run = async (sim: Simulation) => {
    const runners = await Promise.all(['a', 'b', 'c'].map(name => sim.spawn(runner, name)))
    for (const { tell } of runners) tell.run()
    await sim.sleep(1_000)
    return { order: order.join(''), trace: sim.trace, now: sim.now() }
  }
  return await simulate(seed, run, { threads: 3 })
}

const failureOf = async (run: Promise<unknown>): Promise<SimulationFailed & { cause: Error }> => {
  const error: unknown = await run.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SimulationFailed)
  return error as SimulationFailed & { cause: Error }
}

describe('a simulation', () => {
  test('gives what its callback returns, and runs actors on all threads', async () => {
    const [sum, ids] = await simulate(1, async sim => {
      const to = await sim.spawn(counter, 5, { on: thread(1) })
      const far = await sim.spawn(adder, to, { on: thread(2) })
      await far.ask.times(3)
      far.tell.tell(2)
      await far.ready()
      await sim.sleep(100)
      return [await to.ask.get(), [to.id, far.id]]
    })
    expect(sum).toBe(10)
    expect(ids).toEqual(['counter#1.0.1', 'adder#2.0.1'])
  })

  test('with the same seed takes the same course; others take others', async () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 80; seed++) {
      const once = await race(seed)
      expect(await race(seed)).toEqual(once)
      outcomes.add(once.order)
    }
    expect([...outcomes].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
  })

  test('can run beside others', async () => {
    const alone = [await race(1), await race(2), await race(3)]
    expect(await Promise.all([race(1), race(2), race(3)])).toEqual(alone)
  })

  test('takes hours in no time', async () => {
    const clock = behavior(import.meta, {
      name: 'clock',
      state: () => ({ ticks: 0, timer: undefined as unknown }),
      started: ctx => void ctx.every(60_000, 'tick'),
      handlers: { tick: ctx => void ctx.state.ticks++, ticks: ctx => ctx.state.ticks },
    })
    const began = performance.now()
    const ticks = await simulate(3, async sim => {
      const ref = await sim.spawn(clock)
      await sim.sleep(24 * 3_600_000 + 1_000)
      return await ref.ask.ticks()
    })
    expect(ticks).toBe(24 * 60)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('has its own clock and chance, for people and actors alike', async () => {
    const look = (seed: number) =>
      simulate(seed, async sim => {
        const ref = await sim.spawn(counter, 0)
        await sim.sleep(1_500)
        return [await ref.ask.now(), await ref.ask.random(), sim.random(), sim.now()]
      })
    const [now, chance, own, at] = (await look(4)) as [number, number, number, number]
    expect(now).toBeGreaterThanOrEqual(Date.UTC(2001, 0, 1) + 1_500)
    expect(now).toBeLessThan(Date.UTC(2001, 0, 1) + 1_700)
    expect(at).toBeGreaterThanOrEqual(1_500)
    expect(await look(4)).toEqual([now, chance, own, at])
    expect((await look(5))[1]).not.toBe(chance)
  })

  test('takes behaviors and wrappers that a test makes, twice under one name in two simulations', async () => {
    const twice = wrapper(import.meta, {
      name: 'twice',
      state: (by: number) => ({ by }),
      around: async (ctx, call, next) => Number(await next(call)) * ctx.state.by,
    })
    for (const start of [1, 2]) {
      const made = behavior(import.meta, { name: 'made', state: () => start, handlers: { get: ctx => ctx.state } })
      const got = await simulate(5, async sim =>
        (await sim.spawn(twice(made, 10), undefined, { on: thread(2) })).ask.get(),
      )
      expect(got).toBe(start * 10)
    }
  })

  test('copies what is sent, and refuses what cannot be', async () => {
    const keeper = behavior(import.meta, {
      name: 'keeper',
      state: () => ({ kept: [] as number[][] }),
      handlers: {
        keep: (ctx, list: number[]) => void ctx.state.kept.push(list),
        kept: ctx => ctx.state.kept,
      },
    })
    await simulate(6, async sim => {
      for (const on of [thread(0), thread(1)]) {
        const ref = await sim.spawn(keeper, undefined, { on })
        const list = [1]
        ref.tell.keep(list)
        list.push(2)
        expect(await ref.ask.kept()).toEqual([[1]])
        expect(() => ref.tell.keep([() => 1] as never)).toThrow('keep: argument[0] is a function')
        const reader = stub<{ get(): number }>({ get: () => 3 })
        const sent = ref.ask.keep([{ reader }] as never)
        if (on.thread === 0) await sent
        else await expect(sent).rejects.toThrow('argument[0].reader is a stub, which stays on its thread')
      }
    })
  })

  test('loses threads, and tells everybody', async () => {
    const watcher = behavior(import.meta, {
      name: 'watcher',
      state: () => ({ heard: [] as unknown[] }),
      handlers: {
        watch: (ctx, ref: Ref<typeof counter>) => ctx.watch(ref, 'left', 'it'),
        left: (ctx, who: string, how: { why: string }) => void ctx.state.heard.push([who, how.why]),
        heard: ctx => ctx.state.heard,
      },
    })
    const reasons = new Set<string>()
    for (let seed = 0; seed < 30; seed++) {
      const run = async (sim: Simulation): Promise<void> => {
        const lost: number[] = []
        sim.on('threadLost', event => lost.push(event.thread))
        sim.on('deadLetter', ({ reason }) => reasons.add(reason))
        const gone = await sim.spawn(counter, 1, { on: thread(1), name: 'gone' })
        const near = await sim.spawn(watcher, undefined, { on: thread(2) })
        await near.ask.watch(gone)
        for (let i = 0; i < 5; i++) gone.tell.add(1)
        const asked = gone.ask.get().catch((error: Error) => error.name)
        sim.loseThread(1)
        sim.loseThread(1)
        expect(lost).toEqual([1])
        // what had come before the loss was still answered
        expect(['ThreadLost', 6]).toContain(await asked)
        await sim.sleep(100)
        await expect(gone.ask.get()).rejects.toMatchObject({ code: 'thread-lost', ran: 'no' })
        expect(await near.ask.heard()).toEqual([['it', 'lost']])
        expect(await sim.lookup(counter, 'gone')).toBeUndefined()
        await sim.spawn(counter, 1, { on: thread(2), name: 'gone' })
        expect(() => sim.loseThread(0)).toThrow('threads 1 to 2')
        expect(() => sim.loseThread(9)).toThrow('threads 1 to 2')
      }
      await simulate(seed, run, { replaceThreads: false })
    }
    expect(reasons).toContain('lost')
  })

  test('is closed at its end, children first, and can be closed before', async () => {
    const ended: string[] = []
    const parent = behavior(import.meta, {
      name: 'parent',
      state: (depth: number) => ({ depth }),
      started: ctx => {
        if (ctx.state.depth > 0) ctx.spawn(parent as never, ctx.state.depth - 1, { on: thread(ctx.state.depth) })
      },
      stopping: ctx => void ended.push(`${ctx.state.depth}`),
      handlers: {},
    })
    await simulate(8, async sim => {
      await sim.spawn(parent, 2)
      await sim.sleep(100)
    })
    await simulate(8, async sim => {
      const ref = await sim.spawn(counter, 1, { on: thread(0) })
      await sim.close()
      await expect(ref.ask.get()).rejects.toMatchObject({ code: 'stopped' })
      await expect(sim.spawn(counter, 1)).rejects.toMatchObject({ code: 'system-closed' })
    })
    expect(ended).toEqual(['0', '1', '2'])
  })

  test('takes options as a system does', async () => {
    await simulate(
      9,
      async sim => {
        const ref = await sim.spawn(counter, 1)
        expect(ref.id).toBe('counter#0.0.1')
        const slow = behavior(import.meta, {
          name: 'slow',
          state: () => 0,
          handlers: { wait: () => sim.sleep(1_000) },
        })
        const late = await sim.spawn(slow)
        await expect(late.ask.wait()).rejects.toMatchObject({ code: 'expired', ran: 'unknown' })
        expect(sim.now()).toBeLessThan(60)
      },
      { threads: 0, askDeadline: 50 },
    )
    await expect(simulate(1.5, () => {})).rejects.toThrow('seed is a whole number')
    await expect(simulate(1, () => {}, { threads: -1 })).rejects.toThrow('threads is -1')
    await expect(simulate(1, () => {}, { latency: 0 })).rejects.toThrow('latency is 0')
  })
})

describe('what goes wrong', () => {
  test('is thrown with the seed that brings it back, and its cause', async () => {
    const fails = (seed: number) =>
      simulate(seed, async sim => {
        const ref = await sim.spawn(counter, 1)
        await sim.sleep(5)
        expect(await ref.ask.get()).toBe(2)
      })
    const error = await failureOf(fails(1234))
    expect(error.message).toMatch(/^simulate\(seed 1234\), at \d+\.\d{3} ms: expected 1 to be 2/)
    expect(error.message).toContain('replay with simulate(1234, …)')
    expect(error.seed).toBe(1234)
    expect(error.cause.name).toBe('AssertionError')
    expect((await failureOf(fails(1234))).message).toBe(error.message)
  })

  const realTime = behavior(import.meta, {
    name: 'real',
    state: () => ({ release: [] as (() => void)[] }),
    handlers: {
      wait: () => new Promise<void>(done => void setTimeout(done, 5)),
      async late(ctx) {
        await ctx.self.ask.quick()
        await new Promise<void>(done => void setTimeout(done, 5))
      },
      quick: () => 1,
    },
    options: { quick: { interleave: false } },
  })

  test('a turn that waits for real time fails by name, whether it was asked', async () => {
    const asked = await failureOf(simulate(1, async sim => (await sim.spawn(realTime)).ask.wait()))
    expect(asked.message).toContain('real#')
    expect(asked.message).toContain('.wait waits for something that is not simulated')
    expect(asked.cause).toMatchObject({ code: 'not-simulated', method: 'wait' })
    const told = await failureOf(
      simulate(1, async sim => {
        const ref = await sim.spawn(realTime, undefined, { on: thread(1) })
        ref.tell.wait()
        await sim.sleep(1_000)
      }),
    )
    expect(told.cause).toBeInstanceOf(NotSimulated)
    expect(told.message).toContain('real#1.0.1.wait waits')
  })

  test('so does a hook', async () => {
    const slow = behavior(import.meta, {
      name: 'slow-start',
      state: () => 0,
      started: () => new Promise<void>(done => void setTimeout(done, 5)),
      handlers: {},
    })
    const error = await failureOf(simulate(1, async sim => void (await sim.spawn(slow))))
    expect(error.message).toMatch(/slow-start#\d\.0\.1.*\.started waits for something that is not simulated/)
  })

  test('a turn that waits for another turn of its actor, or for anything simulated, does not', async () => {
    const gate = behavior(import.meta, {
      name: 'gate',
      state: () => ({ waiting: [] as (() => void)[] }),
      handlers: {
        pass: ctx => new Promise<void>(done => void ctx.state.waiting.push(done)),
        open: ctx => ctx.state.waiting.splice(0).forEach(done => done()),
      },
      options: { pass: { interleave: true }, open: { interleave: true } },
    })
    const busy = behavior(import.meta, {
      name: 'busy',
      state: (to: Ref<typeof counter>) => ({ to }),
      handlers: {
        async all(ctx, other: Ref<typeof gate>, sleep: number) {
          ctx.spawn(counter, 1)
          await ctx.lookup(counter, 'nobody')
          await ctx.state.to.ready()
          await other.ask.pass()
          const stopped = ctx.spawn(counter, 1, { on: thread(1) })
          await stopped.stop()
          return sleep
        },
      },
    })
    await simulate(11, async sim => {
      const ref = await sim.spawn(gate)
      const passed = [ref.ask.pass(), ref.ask.pass()]
      const worker = await sim.spawn(busy, await sim.spawn(counter, 1))
      const all = worker.ask.all(ref, 7)
      await sim.sleep(1_000)
      await ref.ask.open()
      await Promise.all(passed)
      expect(await all).toBe(7)
    })
  })

  test('sim.sleep stands in for slow work in a handler', async () => {
    const took = await simulate(12, async sim => {
      const slow = behavior(import.meta, {
        name: 'sleepy',
        state: () => 0,
        handlers: {
          async work() {
            await sim.sleep(20)
            await sim.sleep(30)
          },
        },
      })
      const ref = await sim.spawn(slow)
      const began = sim.now()
      await ref.ask.work()
      return sim.now() - began
    })
    expect(took).toBeGreaterThanOrEqual(50)
    expect(took).toBeLessThan(100)
  })

  test('a callback that waits for real time, or for ever, fails at once', async () => {
    const real = await failureOf(simulate(1, () => new Promise(done => void setTimeout(done, 5))))
    expect(real.message).toContain('the callback waits for something that is not simulated')
    const never = await failureOf(
      simulate(1, async sim => {
        sim.on('log', () => {})
        await sim.spawn(counter, 1)
        await new Promise(() => {})
      }),
    )
    expect(never.message).toContain('nothing is left to happen, and the callback still waits')
  })

  test('a deadlock says who waits for what', async () => {
    const error = await failureOf(
      simulate(
        1,
        async sim => {
          const ref = await sim.spawn(counter, 1)
          const child = behavior(import.meta, {
            name: 'child',
            state: () => 0,
            // waits for the end of its parent, which waits for this turn
            handlers: { stop: (_ctx, parent: AnyRef) => parent.stop() },
          })
          const parent = behavior(import.meta, {
            name: 'parent',
            state: () => 0,
            handlers: { begin: ctx => ctx.spawn(child).tell.stop(ctx.self) },
          })
          await ref.ask.get()
          const family = await sim.spawn(parent)
          await family.ask.begin()
          await family.stop()
        },
        { turnLimit: Number.POSITIVE_INFINITY },
      ),
    )
    expect(error.message).toMatch(/the callback for the end of parent#\S+; child#\S+\.stop for the end of parent#/)
  })

  test('a simulation that goes round in circles ends', async () => {
    const circle = behavior(import.meta, {
      name: 'circle',
      state: () => 0,
      started: ctx => ctx.self.tell.again(),
      handlers: { again: ctx => ctx.self.tell.again() },
    })
    const run = async (sim: Simulation) => {
      await sim.spawn(circle)
      await sim.sleep(1e9)
    }
    const error = await failureOf(simulate(1, run, { steps: 5_000 }))
    expect(error.message).toContain('no end after 5000 steps: the callback for 1000000000 ms')
  })

  test('faults and events reach listeners as in a system', async () => {
    const events: string[] = []
    await simulate(13, async sim => {
      const heard = ({ decision }: { decision: string }): void => void events.push(decision)
      sim.on('fault', heard).on('restarted', ({ times }) => void events.push(`restarted ${times}`))
      const ref = await sim.spawn(counter, 1, { on: thread(2) })
      await expect(ref.ask.boom()).rejects.toMatchObject({ code: 'fault', ran: 'yes' })
      await sim.sleep(100)
      expect(await ref.ask.get()).toBe(1)
      sim.off('fault', heard)
      ref.tell.boom()
      await sim.sleep(100)
    })
    expect(events).toEqual(['restart', 'restarted 1', 'restarted 2'])
  })
  test.each([0, 1])(
    'a listener that throws fails the simulation: a fault on thread %i that nobody expects',
    async on => {
      const run = async (sim: Simulation) => {
        sim.on('fault', ({ error }) => {
          throw error
        })
        const ref = await sim.spawn(counter, 1, { on: thread(on) })
        ref.tell.boom()
        await sim.sleep(100)
      }
      const error = await failureOf(simulate(13, run))
      expect(error.message).toMatch(/^simulate\(seed 13\), at \d+\.\d+ ms: boom; replay/)
    },
  )
})
