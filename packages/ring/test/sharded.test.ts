// sharded(): one actor a key, reached by refs that cost nothing to make, on one thread and on several.
import {
  type AnyRef,
  AskCycle,
  createSystem,
  InvalidCall,
  node,
  type Ref,
  Refusal,
  type System,
  thread,
  UnknownMethod,
} from '@troupe/actors'
import { sharded } from '@troupe/ring'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shardTable } from '../src/behavior.ts'
import { ender, keeper, tally } from './fixtures/keyed-actors.ts'

const thrown = async (promise: Promise<unknown>): Promise<any> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

/** The actor that has told this one who it is, once that has been heard. */
async function metBy(holder: Ref<typeof keeper>): Promise<AnyRef> {
  for (;;) {
    const whom = await holder.ask.whom()
    if (whom !== undefined) return whom
  }
}

describe.each([
  { name: 'on the calling thread', threads: 0 },
  { name: 'on two threads', threads: 2 },
])('$name', ({ threads }) => {
  let system: System
  beforeAll(async () => {
    system = await createSystem({ threads })
  })
  afterAll(() => system.close())
  let groups = 0
  const open = async (options: { shards?: number; idle?: number } = {}) =>
    system.spawn(sharded(tally, { init: 0, name: `group ${++groups}`, shards: 8, ...options }))

  test('each key has an actor of its own, made with the init by its first message', async () => {
    const group = await system.spawn(sharded(tally, { init: 5, name: 'with init' }))
    expect(await group.at('a').ask.add(1)).toBe(6)
    group.at('b').tell.add(2)
    expect(await Promise.all([group.at('a').ask.get(), group.at('b').ask.get()])).toEqual([6, 7])
    const keys = Array.from({ length: 300 }, (_, n) => `key ${n}`)
    await Promise.all(keys.map((key, n) => group.at(key).ask.add(n)))
    expect(await Promise.all(keys.map(key => group.at(key).ask.get()))).toEqual(keys.map((_, n) => 5 + n))
  })

  test('it knows its key, and its own ref leads to it', async () => {
    const group = await open()
    const ref = group.at('me')
    expect(await ref.ask.who()).toEqual(['me', ref.id])
    expect(ref.id).toBe(group.at('me').id)
    expect(ref.id).not.toBe(group.at('you').id)
    await ref.ask.addToItself(4)
    expect(await ref.ask.get()).toBe(4)
    const cycle = await thrown(ref.ask.askItself())
    expect(cycle.cause).toBeInstanceOf(AskCycle)
  })

  test('errors are those of the actor', async () => {
    const ref = (await open()).at('x')
    expect(await thrown(ref.ask.none())).toBeInstanceOf(Refusal)
    expect(await thrown(ref.ask.boom())).toMatchObject({ code: 'fault', cause: { message: 'boom' } })
    expect(await thrown((ref as any).ask.nothing())).toBeInstanceOf(UnknownMethod)
    expect(await ref.ask.get()).toBe(0)
  })

  test('handle and refs are data: in a message, in state, over threads, also while their holder moves', async () => {
    const group = await open()
    const holder = await system.spawn(keeper, undefined, { on: thread(threads) })
    await holder.ask.keep(group, group.at('r'))
    expect(await holder.ask.use('k')).toEqual([1, 10, group.at('r').id])
    await holder.move(thread(0))
    expect(await holder.ask.use('k')).toEqual([2, 20, group.at('r').id])
    const again = await holder.ask.kept()
    expect([again.id, await again.ask.get()]).toEqual([group.at('r').id, 20])
    expect(await holder.ask.pass()).toBe(20)
  })

  test('one sender’s messages come in order, with the sender', async () => {
    const group = await open()
    const ref = group.at('stream')
    const holder = await system.spawn(keeper, undefined, { on: thread(threads) })
    await holder.ask.keep(group, ref)
    for (let n = 0; n < 1_000; n += 100) {
      await holder.ask.stream(n, n + 100)
      if (n % 300 === 0) await holder.move(thread((n / 300) % (threads + 1)))
    }
    await holder.ask.pass()
    expect(await ref.ask.seen()).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
    expect(new Set(await ref.ask.senders())).toEqual(new Set([holder.id]))
  })

  test('actors of two keys ask each other', async () => {
    const group = await open({ shards: 1 })
    expect(await group.at('a').ask.askOther(group.at('b'))).toBe(1)
    expect(await group.at('b').ask.get()).toBe(1)
  })

  test('stop ends the actor of a key; the next message makes it anew, and what comes between waits in order', async () => {
    const ref = (await open()).at('s')
    for (let round = 0; round < 20; round++) {
      await ref.ask.add(7)
      const stopped = ref.stop()
      for (let n = 0; n < 20; n++) ref.tell.note(n)
      const last = ref.ask.get()
      await stopped
      for (let n = 20; n < 40; n++) ref.tell.note(n)
      expect(await last).toBe(0)
      expect(await ref.ask.seen()).toEqual(Array.from({ length: 40 }, (_, n) => n))
      await ref.stop({ drain: true })
      expect(await ref.ask.get()).toBe(0)
    }
    await ref.ask.add(3)
    expect(await ref.ask.endItself()).toBe('ended')
    await ref.stop()
    expect(await ref.ask.get()).toBe(0)
  })

  test('what comes for a key while its actor ends waits for that, however long', async () => {
    const ref = (await open()).at('slow')
    const gate = system.channel<string>()
    await ref.ask.add(1)
    const holding = ref.ask.hold(gate.receiver)
    const stopped = ref.stop({ drain: true })
    const after = ref.ask.get()
    const late = thrown(ref.with({ deadline: 50 }).ask.add(100))
    expect(await late).toMatchObject({ code: 'expired' })
    await gate.send('open')
    expect(await holding).toEqual({ value: 'open' })
    await stopped
    expect(await after).toBe(0)
    expect(await ref.ask.get()).toBe(0)
  })

  test('an idle actor ends, and is made anew', async () => {
    const group = await open({ idle: 20 })
    await group.at('i').ask.add(9)
    for (;;) {
      await new Promise(done => setTimeout(done, 45))
      if ((await group.at('i').ask.add(1)) === 1) break
    }
    const answers = await Promise.all(Array.from({ length: 50 }, () => group.at('j').ask.add(1)))
    expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
  })

  test('a group is found by its name', async () => {
    const options = { init: 0, name: `found ${threads}`, shards: 4 }
    const both = await Promise.all([system.spawn(sharded(tally, options)), system.spawn(sharded(tally, options))])
    await both[0].at('a').ask.add(3)
    expect(await both[1].at('a').ask.get()).toBe(3)
    const third = await system.spawn(sharded(tally, options))
    expect([third.at('a').id, await third.at('a').ask.get()]).toEqual([both[0].at('a').id, 3])
    const other = await thrown(system.spawn(sharded(tally, { ...options, shards: 5 })))
    expect(other).toBeInstanceOf(InvalidCall)
    expect(other.message).toContain('as 4 shards of')
  })

  test('what a ref with a route cannot do is refused', async () => {
    const group = await open()
    const ref = group.at('r')
    expect(await thrown(ref.move(thread(0)))).toBeInstanceOf(InvalidCall)
    const holder = await system.spawn(keeper)
    expect(await holder.ask.watching(ref)).toMatch(/watch is not for a ref with a route/)
    await ref.ready()
    expect(await ref.with({ deadline: 1_000 }).ask.get()).toBe(0)
    for (const key of [1, '\ud800', undefined]) expect(() => group.at(key as never)).toThrow(InvalidCall)
    expect(() => sharded(tally, { init: 0, shards: 0 })).toThrow(InvalidCall)
    expect(() => sharded(tally, { init: 0, idle: -1 })).toThrow(InvalidCall)
    expect(() => sharded(tally, { init: 0, shard: 3 } as never)).toThrow(/there is no 'shard'/)
    expect(await thrown(system.spawn(sharded(tally, { init: 0 }), { on: thread(0) }))).toBeInstanceOf(InvalidCall)
  })
})

test('shards and actors move like any other: nothing is lost or overtaken, and a key keeps its actor', async () => {
  await using system = await createSystem({ threads: 2, askDeadline: 60_000 })
  const dead: unknown[] = []
  system.on('deadLetter', letter => dead.push(letter))
  const group = await system.spawn(sharded(tally, { init: 0, name: 'movers', shards: 2 }))
  const table = (await system.lookup(shardTable, 'movers'))!
  const shards = await table.ask.routers()
  const keys = ['a', 'b', 'c', 'd']
  const holder = await system.spawn(keeper)
  let sent = 0
  for (let round = 0; round < 30; round++) {
    for (let n = 0; n < 10; n++, sent++) for (const key of keys) group.at(key).tell.note(sent)
    const moves = shards.map((shard, n) => shard.move(thread((round + n) % 3)))
    const asked = keys.map(key => group.at(key).ask.add(1))
    for (let n = 0; n < 10; n++, sent++) for (const key of keys) group.at(key).tell.note(sent)
    expect(await Promise.all(asked)).toEqual(keys.map(() => round + 1))
    await Promise.all(moves)
  }
  for (const key of keys) {
    await holder.ask.forget()
    await group.at(key).ask.meet(holder)
    const child = await metBy(holder)
    await child.move(thread(1))
    await child.move(thread(2))
    expect(await group.at(key).ask.who()).toEqual([key, group.at(key).id])
    expect(await group.at(key).ask.seen()).toEqual(Array.from({ length: sent }, (_, n) => n))
  }
  expect(dead).toEqual([])
})

test('a shard whose thread is lost comes back on another, and makes its actors anew', async () => {
  await using system = await createSystem({ threads: 2 })
  system.on('threadLost', () => {}).on('deadLetter', () => {})
  const group = await system.spawn(sharded(tally, { init: 0, name: 'lost', shards: 6 }))
  const keys = Array.from({ length: 40 }, (_, n) => `key ${n}`)
  await Promise.all(keys.map(key => group.at(key).ask.add(1)))
  const end = await system.spawn(ender, undefined, { on: thread(1) })
  await thrown(end.ask.exit())
  const counts = await Promise.all(keys.map(key => group.at(key).ask.add(1)))
  expect(new Set(counts)).toEqual(new Set([1, 2])) // those on the lost thread begin again
  expect((await system.spawn(sharded(tally, { init: 0, name: 'lost', shards: 6 }))).at('key 1').id).toBe('lost/key 1')
})

test('a group is reached from other nodes, whose actors can keep its refs', async () => {
  const cluster = `sharded-${process.pid}`
  await using a = await createSystem({ threads: 1, node: { name: 'a', cluster } })
  const met = new Promise<void>(done => void a.on('nodeChanged', ({ to }) => to === 'up' && done()))
  await using b = await createSystem({ threads: 1, node: { name: 'b', cluster, join: ['a'] } })
  await met
  const group = await a.spawn(sharded(tally, { init: 0, shards: 8 }))
  const there = await b.spawn(sharded(tally, { init: 0, shards: 8 }))
  expect(await group.at('x').ask.add(1)).toBe(1)
  expect(await there.at('x').ask.add(1)).toBe(2)
  expect(there.at('x').id).toBe(group.at('x').id)
  const holder = await a.spawn(keeper, undefined, { on: node('b') })
  await holder.ask.keep(group, group.at('r'))
  expect(await holder.ask.use('x')).toEqual([3, 10, group.at('r').id])
  expect(await (await holder.ask.kept()).ask.get()).toBe(10)
  expect(await holder.ask.pass()).toBe(10)
  await holder.move(node('a'))
  expect(await holder.ask.use('x')).toEqual([4, 20, group.at('r').id])
  // an actor of a key moves to another node, and is still the key's
  await group.at('x').ask.meet(holder)
  await (await metBy(holder)).move(node('b'))
  expect(await there.at('x').ask.who()).toEqual(['x', group.at('x').id])
  expect(await group.at('x').ask.add(1)).toBe(5)
})
