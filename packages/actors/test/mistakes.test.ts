// What JavaScript callers get wrong, where no compiler tells them: each has a message that says what to do.
import { behavior, createSystem, InvalidCall, thread, wrapper } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { asker, counter } from './fixtures/actors.ts'
import { onBoth, thrown } from './fixtures/stage.ts'

const any = (value: unknown) => value as any
const meta = import.meta
const only = (name: string) => ({ [name]: () => 1 })
const fine = { state: () => 0, handlers: {} }

describe('definitions', () => {
  test.each<[string, () => unknown, string]>([
    [
      'import.meta forgotten',
      () => any(behavior)({ name: 'x', ...fine }),
      'behavior: its first argument is import.meta, then comes what it is',
    ],
    ['no definition', () => any(behavior)(meta), 'behavior: name must be a string that is not empty'],
    ['no name', () => any(behavior)(meta, fine), 'behavior: name must be a string that is not empty'],
    [
      'an empty name',
      () => any(behavior)(meta, { name: '', ...fine }),
      'behavior: name must be a string that is not empty',
    ],
    [
      'no handlers',
      () => any(behavior)(meta, { name: 'x', state: () => 0 }),
      "behavior 'x': handlers is no object of functions",
    ],
    [
      'a handler that is none',
      () => any(behavior)(meta, { name: 'x', state: () => 0, handlers: { a: 1 } }),
      "behavior 'x': handler 'a' is no function",
    ],
    [
      'a handler named then',
      () => any(behavior)(meta, { name: 'x', state: () => 0, handlers: only('then') }),
      "behavior 'x': a handler cannot be named 'then': programs call that on any object, to find out what it is",
    ],
    [
      'state as a value',
      () => any(behavior)(meta, { name: 'x', state: { n: 1 }, handlers: {} }),
      "behavior 'x': state is a function that makes it",
    ],
    [
      'options for nothing',
      () => any(behavior)(meta, { name: 'x', ...fine, options: { a: {} } }),
      "behavior 'x': options for 'a', which is no handler",
    ],
    [
      'options for what every object has',
      () => any(behavior)(meta, { name: 'x', ...fine, options: { toString: {} } }),
      "behavior 'x': options for 'toString', which is no handler",
    ],
    [
      'a deadline in words',
      () =>
        any(behavior)(meta, { name: 'x', state: () => 0, handlers: { a() {} }, options: { a: { deadline: 'soon' } } }),
      "behavior 'x': the deadline of 'a' is the string 'soon'; it must be a number above 0",
    ],
    [
      'an overflow that is none',
      () => any(behavior)(meta, { name: 'x', ...fine, mailbox: { overflow: 'drop' } }),
      "behavior 'x': mailbox.overflow is drop; it is one of refuse, dropOldest, dropNewest",
    ],
    [
      'a capacity of nothing',
      () => any(behavior)(meta, { name: 'x', ...fine, mailbox: { capacity: 0 } }),
      "behavior 'x': mailbox.capacity is 0; it must be a number above 0",
    ],
    [
      'a part that there is none of',
      () => any(behavior)(meta, { name: 'x', ...fine, start() {} }),
      "behavior 'x': there is no 'start'; there are name, version, state, handlers, started, stopping, snapshot, restore, upgrade, merge, options, mailbox, supervision, checkpoint",
    ],
    [
      'a rule that there is none of',
      () => any(behavior)(meta, { name: 'x', state: () => 0, handlers: only('a'), options: { a: { readOnly: true } } }),
      "behavior 'x': options of 'a': there is no 'readOnly'; there are readonly, deadline, interleave",
    ],
    [
      'a limit that there is none of',
      () => any(behavior)(meta, { name: 'x', ...fine, mailbox: { size: 1 } }),
      "behavior 'x': mailbox: there is no 'size'; there are capacity, bytes, overflow",
    ],
    [
      'supervision as a word',
      () => any(behavior)(meta, { name: 'x', ...fine, supervision: 'stop' }),
      "behavior 'x': supervision: the string 'stop' is no object with onFault, max, within, backoff",
    ],
    [
      'a number of restarts in words',
      () => any(behavior)(meta, { name: 'x', ...fine, supervision: { max: 'never' } }),
      "behavior 'x': supervision.max is the string 'never'; it must be a number, 0 or more",
    ],
    [
      'restarts within no time',
      () => any(behavior)(meta, { name: 'x', ...fine, supervision: { within: 0 } }),
      "behavior 'x': supervision.within is 0; it must be a number above 0",
    ],
    [
      'half a backoff',
      () => any(behavior)(meta, { name: 'x', ...fine, supervision: { backoff: { first: 5 } } }),
      "behavior 'x': supervision.backoff needs first and longest, each a number of ms, 0 or more",
    ],
    [
      'a wrapper with a part that there is none of',
      () => any(wrapper)(meta, { name: 'w', state: () => 0, around() {}, started() {} }),
      "wrapper 'w': there is no 'started'; there are name, state, around, handlers",
    ],
    [
      'a way of supervision that is none',
      () => any(behavior)(meta, { name: 'x', ...fine, supervision: { onFault: 'explode' } }),
      "behavior 'x': supervision.onFault is explode; it is one of restart, resume, stop, escalate, or a function",
    ],
    [
      'hooks that are none',
      () => any(behavior)(meta, { name: 'x', ...fine, started: true }),
      "behavior 'x': started is no function",
    ],
    [
      'a wrapper without around',
      () => any(wrapper)(meta, { name: 'w', state: () => 0 }),
      "wrapper 'w': around is no function",
    ],
    [
      'a wrapper without state',
      () => any(wrapper)(meta, { name: 'w', around() {} }),
      "wrapper 'w': state is a function that makes it",
    ],
    [
      'a wrapper without import.meta',
      () => any(wrapper)({ name: 'w', around() {} }),
      'wrapper: its first argument is import.meta, then comes what it is',
    ],
    [
      'a wrapper around what is no behavior',
      () => any(wrapper)(meta, { name: 'w', state: () => 0, around() {} })({}),
      'w(…): its first argument is a behavior, made by behavior() or another wrapper',
    ],
  ])('%s', async (_what, make, text) => {
    const error = await thrown(make)
    expect(error).toBeInstanceOf(InvalidCall)
    expect(error).toMatchObject({ message: text, code: 'invalid-call', ran: 'no' })
  })
})

describe('createSystem', () => {
  test.each<[unknown, string]>([
    [{ threads: '2' }, "createSystem: threads is the string '2'; it must be a whole number from 0 to 1023"],
    [{ threads: -1 }, 'createSystem: threads is -1; it must be a whole number from 0 to 1023'],
    [{ threads: 1.5 }, 'createSystem: threads is 1.5; it must be a whole number from 0 to 1023'],
    [{ threads: 5_000 }, 'createSystem: threads is 5000; it must be a whole number from 0 to 1023'],
    [{ threads: 0, turnLimit: 0 }, 'createSystem: turnLimit is 0; it must be a number above 0'],
    [{ threads: 0, askDeadline: NaN }, 'createSystem: askDeadline is NaN; it must be a number above 0'],
    [
      { thread: 2 },
      "createSystem: there is no 'thread'; there are threads, askDeadline, turnLimit, mailbox, snapshot, vault, balance, node, resourceLimits, endWhileInspected, replaceThreads, blockedAfter, endBlockedAfter",
    ],
    [{ threads: 0, mailbox: { size: 1 } }, "createSystem: mailbox: there is no 'size'; there are capacity, bytes"],
    [{ threads: 0, mailbox: { capacity: -1 } }, 'createSystem: capacity is -1; it must be a number above 0'],
  ])('%j', async (options, text) => {
    const error = await thrown(createSystem(any(options)))
    expect(error).toBeInstanceOf(InvalidCall)
    expect(error.message).toBe(text)
  })
})

onBoth((the, threads) => {
  const unknownThread = `there is no thread ${threads + 1}; this system has threads 0 to ${threads}`

  test.each<[string, unknown[], string]>([
    ['nothing', [], 'spawn: undefined is no behavior; pass what behavior() or a wrapper returned'],
    ['an object', [{}], 'spawn: an object is no behavior; pass what behavior() or a wrapper returned'],
    [
      'a function',
      [function make() {}],
      'spawn: the function make is no behavior; pass what behavior() or a wrapper returned',
    ],
    ['a thread that there is not', [counter, 0, { on: thread(threads + 1) }], `spawn: ${unknownThread}`],
    ['a thread as a number', [counter, 0, { on: 0 }], 'spawn: 0 is no place; pass thread(n) or node(name)'],
    [
      'a thread in words',
      [counter, 0, { on: thread(any('1')) }],
      `spawn: there is no thread the string '1'; this system has threads 0 to ${threads}`,
    ],
    [
      'an option that there is none of',
      [counter, 0, { thread: 1 }],
      "spawn: there is no 'thread'; there are on, name, pinned",
    ],
    ['a name as an option', [counter, 0, 'visits'], "spawn: the string 'visits' is no object with on, name, pinned"],
    ['an empty name', [counter, 0, { name: '' }], "spawn: a name is a string that is not empty, not the string ''"],
    ['a name that is none', [counter, 0, { name: 5 }], 'spawn: a name is a string that is not empty, not 5'],
  ])('spawning %s', async (_what, args, text) => {
    const error = await thrown(any(the().system).spawn(...args))
    expect(error).toBeInstanceOf(InvalidCall)
    expect(error.message).toBe(text)
    expect(the().events.spawnFailed.at(-1)).toMatchObject({ error: { message: text } })
  })

  test.each<[string, (ref: any) => unknown, string]>([
    ['with nothing', ref => ref.with(), 'with(): pass { deadline }, { signal } or both'],
    [
      'with a deadline of nothing',
      ref => ref.with({ deadline: 0 }),
      'with({ deadline: 0 }): a deadline is a positive number of ms',
    ],
    [
      'with a deadline in words',
      ref => ref.with({ deadline: 'soon' }),
      'with({ deadline: soon }): a deadline is a positive number of ms',
    ],
    ['with a signal that is none', ref => ref.with({ signal: {} }), 'with({ signal }): a signal is an AbortSignal'],
    [
      'looking up what is no behavior',
      () => the().system.lookup(any({}), 'x'),
      'lookup: an object is no behavior; pass what behavior() or a wrapper returned',
    ],
  ])('%s', async (_what, call, text) => {
    const ref = await the().system.spawn(counter, 0)
    const error = await thrown(() => call(ref))
    expect(error).toBeInstanceOf(InvalidCall)
    expect(error.message).toBe(text)
  })

  test('a method taken off its ref says what it was', async () => {
    const ref = await the().system.spawn(counter, 0)
    const { get } = ref.ask
    const error = await thrown(() => any(get)())
    expect(error).toBeInstanceOf(InvalidCall)
    expect(error.message).toBe(
      'a method was called without its ref; call it as ref.ask.method(…) or ref.tell.method(…)',
    )
  })

  test('watching what is no ref is said', async () => {
    const ref = await the().system.spawn(asker)
    for (const what of [undefined, {}, 'id']) {
      const error = await thrown(ref.ask.watchWrongly(what))
      expect(error.cause).toMatchObject({ code: 'invalid-call', message: `${ref.id}: watch needs a ref` })
    }
  })
})
