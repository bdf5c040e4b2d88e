// Goroutines, sentence by sentence: what `go` gives and throws, what becomes of a task, how a stop goes, whose child it is.
import {
  ActorStopped,
  BehaviorUnavailable,
  InvalidCall,
  NameTaken,
  NotSendable,
  type Receiver,
  SystemClosed,
  thread,
  ThreadLost,
  TurnEnded,
} from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { counter } from './fixtures/actors.ts'
import * as fixture from './fixtures/goroutines.ts'
import { eventually, onBoth, stage, thrown } from './fixtures/stage.ts'

/** The next so many lines of a log. */
async function lines(log: Receiver<string>, count: number): Promise<string[]> {
  const all: string[] = []
  while (all.length < count) all.push((await log.receive()).value!)
  return all
}

onBoth((the, threads) => {
  const far = { on: thread(threads) }
  const near = { on: thread(Math.min(1, threads)) }
  const log = () => the().system.channel<string>({ capacity: 100 })

  describe('a task', () => {
    test('gives what the body returns; its arguments are copies', async () => {
      const { system } = the()
      expect(await system.go(fixture.adder(2, 3), far).done).toBe(5)
      expect(await system.go(fixture.adder, 2, 3).done).toBe(5)
      const value = { list: [1, new Map([['a', new Date(7)]])] }
      const task = system.go(fixture.echo(value), far)
      value.list.push(2)
      expect(await task.done).toEqual({ list: [1, new Map([['a', new Date(7)]])] })
    })

    test('one Start can be started often', async () => {
      const start = fixture.adder(1, 1)
      const tasks = [1, 2, 3].map(() => the().system.go(start))
      expect(await Promise.all(tasks.map(({ done }) => done))).toEqual([2, 2, 2])
      expect(new Set(tasks.map(({ id }) => id)).size).toBe(3)
    })

    test('passes values on over channels', async () => {
      const { system } = the()
      const [from, to] = [system.channel<number>(), system.channel<number>({ capacity: 4 })]
      const task = system.go(fixture.doubler(from, to), far)
      const sent = (async () => {
        for (let n = 0; n < 20; n++) await from.send(n)
        from.close()
      })()
      const got: number[] = []
      for await (const n of to) got.push(n)
      await sent
      expect(got).toEqual(Array.from({ length: 20 }, (_, n) => n * 2))
      expect(await task.done).toBe(20)
    })

    test('has a mailbox, which is closed when it has ended', async () => {
      const task = the().system.go(fixture.listener('last'), far)
      for (const text of ['first', 'last']) await task.mailbox.send(text)
      expect(await task.done).toEqual(['first', 'last'])
      await eventually(
        async () => task.mailbox.closed,
        closed => closed,
      )
      expect(await thrown(task.mailbox.send('later'))).toMatchObject({ code: 'channel-closed' })
    })

    test('its mailbox can be closed from outside, and passed on', async () => {
      const { system } = the()
      const task = system.go(fixture.listener(''), far)
      const from = system.channel<number>()
      // the mailbox of one is what another one sends to
      const doubler = system.go(fixture.doubler(from, task.mailbox as never), near)
      await from.send(4)
      from.close()
      expect(await doubler.done).toBe(1)
      expect(await task.done).toEqual([8])
    })

    test('has no deadline and no limit', async () => {
      const { system } = await stage({ threads, askDeadline: 20, turnLimit: 20 })
      expect(await system.go(fixture.slow(100), far).done).toBeGreaterThanOrEqual(99)
    })

    test('stands where it is told to; a name is its own', async () => {
      const { system } = the()
      const out = log()
      const task = system.go(fixture.waiter({ how: 'receive', log: out }), { ...far, name: 'one' })
      await lines(out, 1)
      expect(task.id).toMatch(new RegExp(`^waiter#${threads}\\.0\\.`))
      const second = system.go(fixture.waiter({ how: 'receive', log: log() }), { ...near, name: 'one' })
      expect(await thrown(second.done)).toBeInstanceOf(NameTaken)
      await task.stop()
      const third = system.go(fixture.waiter({ how: 'receive', log: log() }), { ...far, name: 'one' })
      await third.stop()
      expect(await thrown(third.done)).toBeInstanceOf(ActorStopped)
    })
  })

  describe('what the body throws', () => {
    test.each([false, true])('a refusal, as a refusal; it is no fault (later: %s)', async later => {
      const task = the().system.go(fixture.failing('refuse', later), far)
      const error = await thrown(task.done)
      expect(fixture.Broke.is(error) && error.data).toEqual({ missing: 3 })
      expect(error.actor).toBe(task.id)
      expect(the().of('fault', task as never)).toEqual([])
    })

    test.each([false, true])('any other error, as itself; it is a fault (later: %s)', async later => {
      const task = the().system.go(fixture.failing('odd', later), far)
      const error = await thrown<fixture.Odd>(task.done)
      expect(error).toMatchObject({ name: 'Odd', message: 'odd', code: 'E_ODD', cause: new RangeError('too far') })
      const fault = await the().until('fault', ({ actor }) => actor === task.id)
      expect(fault).toMatchObject({ method: 'body', decision: 'stop', error: { message: 'odd' } })
      expect(the().of('fault', task as never)).toHaveLength(1)
    })

    test('errors keep their class; what is none becomes one', async () => {
      const { system } = the()
      expect(await thrown(system.go(fixture.failing('type'), far).done)).toBeInstanceOf(TypeError)
      expect(await thrown(system.go(fixture.abrupt(), far).done)).toMatchObject({ name: 'Odd', message: 'at once' })
      expect((await thrown(system.go(fixture.failing('nothing'), far).done)).message).toBe('threw nothing')
      expect(await thrown(system.go(fixture.failing('refuse oddly'), far).done)).toBeInstanceOf(NotSendable)
    })

    test('a result that cannot travel, with the path to it', async () => {
      const task = the().system.go(fixture.unsendable(), far)
      const error = await thrown<NotSendable>(task.done)
      expect(error).toBeInstanceOf(NotSendable)
      expect(error).toMatchObject({ path: '.list[1]', ran: 'yes', actor: task.id })
      expect(error.message).toContain('its result.list[1] is a function')
    })

    test('nobody need look: it is an event, once', async () => {
      const { system } = the()
      const odd = system.go(fixture.failing('odd'), far)
      const refused = system.go(fixture.failing('refuse'), far)
      const unsent = system.go(fixture.unsendable(), far)
      for (const { id } of [odd, refused, unsent]) {
        expect(await the().until('fault', ({ actor }) => actor === id)).toMatchObject({
          method: 'body',
          decision: 'stop',
        })
      }
      await eventually(
        async () => odd.mailbox.closed && refused.mailbox.closed && unsent.mailbox.closed,
        closed => closed,
      )
      for (const task of [odd, refused, unsent]) expect(the().of('fault', task as never)).toHaveLength(1)
      // and it can still be seen afterwards
      expect(await thrown(odd.done)).toMatchObject({ message: 'odd' })
      expect(the().events.unhandledRejection).toEqual([])
    })
  })

  describe('what is wrong with a call is thrown by it', () => {
    test('an argument that cannot travel, with the path to it', () => {
      const error = catching(() => the().system.go(fixture.echo({ deep: [() => 1] }), far))
      expect(error).toBeInstanceOf(NotSendable)
      expect(error.message).toContain('echo: arguments[0].deep[0] is a function')
    })

    test.each([
      ['a plain function', () => the().system.go(function plain() {} as never), "goroutine(import.meta, 'plain'"],
      ['a behavior', () => the().system.go(counter as never), 'spawn(counter'],
      ['a promise', () => the().system.go(Promise.resolve() as never), 'a promise is no goroutine'],
      ['nothing', () => the().system.go(undefined as never), 'undefined is no goroutine'],
      ['an option that there is none of', () => the().system.go(fixture.adder(1, 2), { at: 1 } as never), "no 'at'"],
      ['a thread that there is none of', () => the().system.go(fixture.adder(1, 2), { on: thread(9) }), 'no thread 9'],
      ['options that are none', () => the().system.go(fixture.adder(1, 2), 5 as never), 'is no object'],
      ['an empty name', () => the().system.go(fixture.adder(1, 2), { name: '' }), 'a name is a string'],
    ])('%s', (_what, call, words) => {
      const error = catching(call)
      expect(error).toBeInstanceOf(InvalidCall)
      expect(error.message).toContain(words)
      expect(error.message).toMatch(/^go: /)
    })

    test('a goroutine where a behavior should be', async () => {
      const { system } = the()
      for (const wrong of [fixture.adder, fixture.adder(1, 2)] as unknown as (typeof counter)[]) {
        const error = await thrown<Error>(system.spawn(wrong, 0))
        expect(error).toBeInstanceOf(InvalidCall)
        expect(error.message).toContain("'adder' is a goroutine; start it: go(adder(…))")
        expect((await thrown<Error>(system.lookup(wrong, 'x'))).message).toContain("'adder' is a goroutine")
      }
    })
  })

  describe('a stop', () => {
    test.each(['receive', 'send', 'sleep', 'select', 'iterate', 'loop'] as const)(
      'ends what it waits for, and lets it clean up: %s',
      async how => {
        const out = log()
        const task = the().system.go(fixture.waiter({ how, log: out }), far)
        expect(await lines(out, 1)).toEqual(['began'])
        await task.stop()
        expect(await lines(out, 3)).toEqual(['aborted: ActorStopped', 'ended: ActorStopped', 'cleaned up'])
        const error = await thrown(task.done)
        expect(error).toBeInstanceOf(ActorStopped)
        expect(error).toMatchObject({ actor: task.id, ran: 'unknown' })
        await task.stop()
      },
    )

    test('before it has begun', async () => {
      const out = log()
      const task = the().system.go(fixture.waiter({ how: 'receive', log: out }), far)
      await task.stop()
      expect(await thrown(task.done)).toBeInstanceOf(ActorStopped)
    })

    test.each([
      ['return', { value: 'left: return, true' }],
      ['sleep', { value: 'left: sleep, true' }],
      ['throw', { error: ActorStopped, cause: 'on the way out' }],
      ['refuse', { error: ActorStopped, cause: 'refused: broke' }],
      ['go', { error: ActorStopped, cause: 'can start nothing any more' }],
    ] as const)('what it does then is no fault: %s', async (how, end) => {
      const out = log()
      const task = the().system.go(fixture.leaving(how, out), far)
      await lines(out, 1)
      await task.stop()
      if ('value' in end) return expect(await task.done).toBe(end.value)
      const error = await thrown(task.done)
      expect(error).toBeInstanceOf(end.error)
      expect((error.cause as Error | undefined)?.message ?? '').toContain('cause' in end ? end.cause : '')
      expect(the().of('fault', task as never)).toEqual([])
    })

    test('stops those that it has started, on any thread', async () => {
      const out = log()
      const task = the().system.go(fixture.starter(thread(0), 'wait', out), far)
      expect(await lines(out, 1)).toEqual(['began'])
      await task.stop()
      expect(await lines(out, 3)).toEqual(['aborted: ActorStopped', 'ended: ActorStopped', 'cleaned up'])
    })
  })

  describe('one that another one has started', () => {
    test.each(['end', 'fail'] as const)('goes on after it, as in Go: %s', async how => {
      const out = log()
      const task = the().system.go(fixture.starter(thread(0), how, out), far)
      if (how === 'end') expect(await task.done).toBeGreaterThan(0)
      else expect(await thrown(task.done)).toMatchObject({ message: 'after it has started one' })
      expect(await lines(out, 1)).toEqual(['began'])
      expect(out.tryReceive()).toBe(undefined)
    })

    test('also over many hops', async () => {
      const out = log()
      const places = [thread(threads), thread(0), thread(Math.min(1, threads))]
      the().system.go(fixture.hopping(50, places, out), far)
      expect(await lines(out, 1)).toEqual(['there'])
    })

    test('ends with the actor that they stem from', async () => {
      const out = log()
      const ref = await the().system.spawn(fixture.looks, undefined, far)
      await ref.ask.starts(thread(0), 'end', out)
      expect(await lines(out, 1)).toEqual(['began'])
      await ref.stop()
      expect(await lines(out, 3)).toEqual(['aborted: ActorStopped', 'ended: ActorStopped', 'cleaned up'])
    })
  })

  describe('in a turn', () => {
    test('its result is the actor’s own', async () => {
      const ref = await the().system.spawn(fixture.looks, undefined, near)
      expect(await ref.ask.compute(1, 2)).toBe(3)
      expect(await ref.ask.compute(1, 2, far.on)).toBe(3)
      expect(await ref.ask.reply(far.on)).toBe(true)
      const other = await the().system.spawn(fixture.looks)
      expect(await ref.ask.askThrough(other, far.on)).toBe(ref.id)
    })

    test('it stands beside its parent unless told otherwise', async () => {
      const ref = await the().system.spawn(fixture.looks, undefined, far)
      const id = await ref.ask.waits(undefined as never, log())
      expect(id).toMatch(new RegExp(`^waiter#${threads}\\.`))
      await ref.stop()
    })

    test('it asks as itself, also the actor that has started it, when that turn is over', async () => {
      const out = log()
      const ref = await the().system.spawn(fixture.looks, undefined, near)
      const id = await ref.ask.begin(far.on, out)
      expect(await lines(out, 1)).toEqual([`heard as ${id}`])
    })

    test('its asks wait for that turn, and are no cycle', async () => {
      const [out, go] = [log(), log()]
      const ref = await the().system.spawn(fixture.looks, undefined, near)
      const waiting = ref.ask.beginAndWait(far.on, out, go)
      await new Promise(resolve => setTimeout(resolve, 20)) // the ask is on its way; whenever it comes, it must be answered
      await go.send('on')
      expect(await lines(out, 1)).toEqual([`heard as ${await waiting}`])
    })

    test('it ends with its parent', async () => {
      const out = log()
      const ref = await the().system.spawn(fixture.looks, undefined, near)
      await ref.ask.waits(far.on, out)
      expect(await lines(out, 1)).toEqual(['began'])
      await ref.stop()
      expect(await lines(out, 3)).toEqual(['aborted: ActorStopped', 'ended: ActorStopped', 'cleaned up'])
    })

    test('and with its parent’s life', async () => {
      const out = log()
      const ref = await the().system.spawn(fixture.looks, undefined, near)
      await ref.ask.waits(far.on, out)
      await lines(out, 1)
      await thrown(ref.ask.restart())
      expect(await lines(out, 3)).toEqual(['aborted: ActorStopped', 'ended: ActorStopped', 'cleaned up'])
      expect(await ref.ask.who()).toBe(undefined)
    })

    test('one that fails harms its parent in no way', async () => {
      const ref = await the().system.spawn(fixture.looks, undefined, near)
      await ref.ask.who()
      const id = await ref.ask.fails('odd')
      expect(await the().until('fault', ({ actor }) => actor === id)).toMatchObject({ decision: 'stop' })
      await ref.ask.who()
      expect(the().of('fault', ref)).toEqual([])
      expect(the().of('restarted', ref)).toEqual([])
    })
  })

  describe('its context', () => {
    test('spawns actors, which end with it, and asks them in its name', async () => {
      const task = the().system.go(fixture.host(thread(0)), far)
      const { seen, child } = await task.done
      expect(seen).toBe(task.id)
      expect(await thrown(child.ask.who())).toBeInstanceOf(ActorStopped)
    })

    test('is no use once it has ended, nor are the channels that it had', async () => {
      const ref = await the().system.spawn(fixture.looks, undefined, near)
      await the().system.go(fixture.late(ref, log()), far).done
      const own = ['sleep', 'go', 'channel', 'spawn', 'now', 'random', 'mailbox', 'signal', 'log', 'lookup']
      const names = [...own, 'send', 'trySend', 'receive', 'select']
      const notes = await eventually(
        () => ref.ask.notes(),
        made => made.length === names.length,
      )
      expect(notes).toEqual(names.map(name => `${name}: ${TurnEnded.name}`))
    })
  })

  test('a chain of a thousand, on all threads in turn', async () => {
    const all = Array.from({ length: threads + 1 }, (_, n) => n)
    expect(await the().system.go(fixture.chain(1_000, all), far).done).toBe(1_000)
  })

  test('a thousand at a time', async () => {
    const { system } = the()
    const sums = Array.from({ length: 1_000 }, (_, n) => system.go(fixture.adder, n, 1).done)
    expect(await Promise.all(sums)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1))
  })
})

function catching(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not throw')
}

describe('close', () => {
  test.each([0, 2])('ends those that wait, without any event (threads: %i)', async threads => {
    const { system, events } = await stage({ threads })
    const log = system.channel<string>({ capacity: 100 })
    const ways = ['receive', 'send', 'sleep', 'select', 'iterate', 'loop'] as const
    const tasks = ways.map((how, n) => system.go(fixture.waiter({ how, log }), { on: thread(n % (threads + 1)) }))
    const nobodyLooks = system.go(fixture.waiter({ how: 'receive', log }))
    await lines(log, ways.length + 1)
    await system.close()
    for (const task of tasks) expect(await thrown(task.done)).toBeInstanceOf(ActorStopped)
    expect(nobodyLooks.id).toContain('waiter')
    expect(Object.values(events).flat()).toEqual([])
    expect(catching(() => system.go(fixture.adder(1, 2)))).toBeInstanceOf(SystemClosed)
  })
})

describe('threads', () => {
  test('one that is lost takes its goroutines with it', async () => {
    const staged = await stage({ threads: 2 })
    const { system, events } = staged
    const log = system.channel<string>({ capacity: 10 })
    const [lost, unseen] = [1, 2].map(() => system.go(fixture.waiter({ how: 'receive', log }), { on: thread(1) }))
    await lines(log, 2)
    const { id } = lost!
    system.go(fixture.ends(), { on: thread(1) })
    const error = await thrown(lost!.done)
    expect(error).toBeInstanceOf(ThreadLost)
    expect(error).toMatchObject({ actor: id, ran: 'unknown' })
    expect(error.message).toBe(`${id}: thread 1 has ended`)
    await lost!.stop()
    expect(await system.go(fixture.adder(1, 2)).done).toBe(3)
    await staged.until('threadReplaced')
    expect(await system.go(fixture.adder(1, 2), { on: thread(1) }).done).toBe(3)
    expect(unseen!.id).toContain('waiter')
    expect(events.fault).toEqual([])
    expect(events.threadLost).toHaveLength(1)
  })

  test('a goroutine ends with its parent’s thread', async () => {
    const { system } = await stage({ threads: 2 })
    const log = system.channel<string>({ capacity: 10 })
    const parent = await system.spawn(fixture.looks, undefined, { on: thread(1) })
    await parent.ask.waits(thread(2), log)
    await lines(log, 1)
    system.go(fixture.ends(), { on: thread(1) })
    expect(await lines(log, 3)).toEqual(['aborted: ActorStopped', 'ended: ActorStopped', 'cleaned up'])
  })

  test('what cannot be found there is told', async () => {
    const made = await stage({ threads: 1 })
    const { system } = made
    const inside = fixture.madeInside()
    const { done } = system.go(inside(), { on: thread(1) })
    expect(await thrown(done)).toBeInstanceOf(BehaviorUnavailable)
    const unseen = system.go(inside(), { on: thread(1) })
    expect(await made.until('fault', ({ actor }) => actor === unseen.id)).toMatchObject({
      method: 'go',
      decision: 'stop',
    })
  })
})
