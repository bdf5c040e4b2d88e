// Several processes as one system: this one, and two child processes that know the same behaviors.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { after, node, type Receiver, type Ref, select, type Sender } from '@troupe/actors'
import { counter } from '../fixtures/node-actors.ts'
import { TestCluster } from '../fixtures/node-cluster.ts'
import {
  chooser,
  deputy,
  doubler,
  Forbidden,
  joiner,
  maker,
  Money,
  nuisance,
  parent,
  taker,
  ticker,
  watcher,
} from '../fixtures/node-roles.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await TestCluster.start('together', ['b', 'c'])
}, 60_000)
afterAll(() => cluster?.end())

const spawn = (on: string, start = 0) => cluster.a.spawn(counter, start, { on: node(on) })
const pid = (name: string) => cluster.get(name).pid

describe('who is there', () => {
  test('all nodes know each other, each with itself first', async () => {
    const names = (all: { node: string; state: string; self: boolean }[]) =>
      all.map(one => [one.node, one.state, one.self])
    expect(names(cluster.a.nodes())).toEqual([
      ['a', 'up', true],
      ['b', 'up', false],
      ['c', 'up', false],
    ])
    expect(names(await cluster.get('c').order('nodes', 'nodes'))).toEqual([
      ['c', 'up', true],
      ['a', 'up', false],
      ['b', 'up', false],
    ])
  })
})

describe('actors of other nodes', () => {
  test('one is spawned there, on a thread that users can name', async () => {
    const ref = await spawn('b', 5)
    expect(await ref.ask.add(1)).toBe(6)
    expect((await ref.ask.where())[0]).toBe(pid('b'))
    const first = await cluster.a.spawn(counter, 1, { on: node('c', 0) })
    expect(await first.ask.where()).toEqual([pid('c'), 0])
    expect(ref.id).toMatch(/^node-counter#b~\w+\/1\.a~\w+\/0\.\d+$/)
  })

  test('tells arrive in order, and before an ask behind them', async () => {
    const ref = await spawn('b')
    for (let n = 0; n < 20_000; n++) ref.tell.note(n)
    const seen = await ref.ask.seen()
    expect(seen.length).toBe(20_000)
    expect(seen.every((n, i) => n === i)).toBe(true)
  })

  test('a ref is passed on to a third node, and back to where it came from', async () => {
    const here = await cluster.a.spawn(counter, 10)
    const b = await spawn('b', 20)
    const c = await spawn('c', 30)
    expect(await b.ask.forward(c, 1)).toBe(31)
    expect(await c.ask.forward(b, 1)).toBe(21)
    expect(await c.ask.forward(here, 1)).toBe(11)
    // the ref that comes back through two others is the same
    const back = (await b.ask.echo({ refs: [here, c] })) as { refs: Ref<typeof counter>[] }
    expect(back.refs.map(({ id }) => id)).toEqual([here.id, c.id])
    expect(await back.refs[1]!.ask.get()).toBe(31)
    b.tell.keep(c)
    expect(await b.ask.useKept()).toBe(31)
  })

  test('watchers hear of an end on another node, also when it was before', async () => {
    const watching = await cluster.a.spawn(watcher, undefined, { on: node('b') })
    const [one, two] = [await spawn('c'), await cluster.a.spawn(counter, 0)]
    await watching.ask.watch(one, 'of c')
    await one.stop()
    expect(await watching.ask.next()).toEqual([['of c', 'stopped']])
    await two.stop()
    await watching.ask.watch(two, 'of a')
    await expect
      .poll(() => watching.ask.list())
      .toEqual([
        ['of c', 'stopped'],
        ['of a', 'stopped'],
      ])
  })

  test('children stand on other nodes, and end with their parent', async () => {
    const family = await cluster.a.spawn(parent, undefined, { on: node('b') })
    const [b, c, a] = [
      await family.ask.bear(undefined, 10),
      await family.ask.bear('c', 20),
      await family.ask.bear('a', 30),
    ]
    expect(await family.ask.sum()).toBe(63)
    expect((await c.ask.where())[0]).toBe(pid('c'))
    expect((await a.ask.where())[0]).toBe(process.pid)
    await family.stop()
    for (const child of [a, b, c]) await expect(child.ask.get()).rejects.toMatchObject({ code: 'stopped' })
  })

  test('timers go along, and go on', async () => {
    const ref = await cluster.a.spawn(ticker, undefined, { on: node('b') })
    await expect.poll(() => ref.ask.ticks()).toBeGreaterThan(2)
    await ref.ask.later(50, 'fifty')
    await ref.ask.later(1, 'one')
    await ref.move(node('c'))
    const then = await ref.ask.ticks()
    await expect.poll(() => ref.ask.ticks()).toBeGreaterThan(then + 2)
    await expect.poll(() => ref.ask.said()).toEqual(['one', 'fifty'])
    await ref.move(node('a'))
    await expect.poll(() => ref.ask.ticks()).toBeGreaterThan(then + 5)
  })

  test('an actor moves around, with its state, and answers under the same ref', async () => {
    const ref = await cluster.a.spawn(counter, 0)
    const moved: string[] = []
    const note = ({ actor, to }: { actor: string; to: { node?: string } }) => {
      if (actor === ref.id) moved.push(to.node ?? '')
    }
    cluster.a.on('moved', note)
    for (const [i, to] of ['b', 'c', 'a', 'c', 'b', 'a'].entries()) {
      ref.tell.note(i)
      await ref.move(node(to))
      expect((await ref.ask.where())[0]).toBe(to === 'a' ? process.pid : pid(to))
    }
    cluster.a.off('moved', note)
    expect(await ref.ask.seen()).toEqual([0, 1, 2, 3, 4, 5])
    // each source tells of its own
    expect(moved.at(0)).toBe('b')
    await cluster.get('b').heard('moved', ({ actor, to }) => actor === ref.id && to.node === 'c')
  })
})

describe('values', () => {
  const shared = { n: 1 }
  const cyclic: { self?: unknown; list: unknown[] } = { list: [] }
  cyclic.self = cyclic
  cyclic.list.push(cyclic)
  test.each([
    ['primitives', [1, -0, 1.5, NaN, Infinity, 2 ** 53, '', 'ö\u{1f600}', true, null, undefined]],
    ['bigints', [0n, -1n, 2n ** 64n, -(2n ** 200n)]],
    ['maps and sets', [new Map<unknown, unknown>([[{ key: 1 }, new Set([1, 'x'])]]), new Set([new Date(7)])]],
    ['bytes', [new Uint8Array([1, 2, 3]), new Float64Array([0.5, -1]), new Uint8Array(3).buffer]],
    ['what recurs, and cycles', [shared, shared, cyclic]],
    ['errors', [Object.assign(new RangeError('too far'), { at: 3 }), new Error('outer', { cause: 'inner' })]],
    ['holes, and keys that look like something else', [[1, undefined, 3], JSON.parse('{"__proto__":1,"then":2}')]],
    ['a class with a codec', [new Money(12_345_678_901_234_567_890n), { deep: [new Money(0n)] }]],
    ['many alike', Array.from({ length: 1_000 }, (_, n) => ({ id: n, name: `name ${n}`, at: [n, -n] }))],
  ])('%s', async (_what, value) => {
    const [b, c] = [await cluster.a.spawn(deputy, undefined, { on: node('b') }), await spawn('c')]
    expect(await c.ask.echo(value)).toStrictEqual(value)
    expect(await b.ask.relay(c, value)).toStrictEqual(value)
  })
  test('a megabyte, in both directions', async () => {
    const ref = await spawn('b')
    const text = 'ä'.repeat(2 ** 19)
    const bytes = new Uint8Array(2 ** 20).map((_, i) => i * 7)
    expect(await ref.ask.echo(text)).toBe(text)
    const back = (await ref.ask.echo(bytes)) as Uint8Array
    expect(Buffer.compare(back, bytes)).toBe(0)
    // also where many are on their way at once
    const all = await Promise.all(Array.from({ length: 8 }, (_, n) => ref.ask.echo([n, text])))
    expect(all.every((one, n) => (one as [number, string])[0] === n && (one as [number, string])[1] === text)).toBe(
      true,
    )
  })
  test('what cannot travel is refused where it was sent', async () => {
    const ref = await spawn('b')
    await expect(ref.ask.echo({ fn: () => 1 })).rejects.toMatchObject({ code: 'not-sendable' })
  })
})

describe('what goes wrong over there', () => {
  test('refusals keep their data, faults their cause', async () => {
    const ref = await cluster.a.spawn(nuisance, undefined, { on: node('b') })
    const refused: unknown = await ref.ask.forbid().catch((error: unknown) => error)
    expect(Forbidden.is(refused) && refused.data).toEqual({ limit: 7 })
    await expect(ref.ask.fail()).rejects.toMatchObject({ code: 'fault', ran: 'yes', method: 'fail', actor: ref.id })
    await expect(ref.with({ deadline: 20 }).ask.never()).rejects.toMatchObject({ code: 'expired', ran: 'unknown' })
  })
})

describe('names', () => {
  test('a name is known on all nodes, and given once', async () => {
    const ref = await cluster.a.spawn(counter, 3, { on: node('b'), name: 'known' })
    expect((await cluster.a.lookup(counter, 'known'))?.id).toBe(ref.id)
    const other = await cluster.a.spawn(deputy, undefined, { on: node('c') })
    expect(await other.ask.find('known')).toBe(ref.id)
    await expect(cluster.a.spawn(counter, 4, { on: node('c'), name: 'known' })).rejects.toMatchObject({
      code: 'name-taken',
    })
    await expect(cluster.a.spawn(counter, 4, { name: 'known' })).rejects.toMatchObject({ code: 'name-taken' })
    await ref.move(node('c'))
    expect(await (await cluster.a.lookup(counter, 'known'))!.ask.get()).toBe(3)
    await ref.stop()
    expect(await cluster.a.lookup(counter, 'known')).toBeUndefined()
    expect(await other.ask.find('known')).toBeUndefined()
    await cluster.a.spawn(counter, 5, { on: node('c'), name: 'known' })
  })
  test('of many that want one name at once, one has it', async () => {
    const tries = Array.from({ length: 30 }, (_, i) =>
      cluster.a.spawn(counter, i, { on: node(['a', 'b', 'c'][i % 3]!), name: 'wanted' }),
    )
    const outcomes = await Promise.allSettled(tries)
    const winners = outcomes.filter(one => one.status === 'fulfilled')
    expect(winners.length).toBe(1)
    for (const one of outcomes) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'name-taken' })
    expect((await cluster.a.lookup(counter, 'wanted'))?.id).toBe(winners[0]!.value.id)
  })
})

describe('goroutines and channels', () => {
  test('a goroutine on another node receives, sends, and closes', async () => {
    const [from, to] = [cluster.a.channel<number>({ capacity: 8 }), cluster.a.channel<number>()]
    const task = cluster.a.go(doubler(from, to), { on: node('b') })
    const got: number[] = []
    const received = (async () => {
      for await (const n of to) got.push(n)
    })()
    for (let n = 0; n < 1_000; n++) await from.send(n)
    from.close()
    await received
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, n) => n * 2))
    expect(await task.done).toBe(1_000)
  })
  test('a pipeline through three nodes', async () => {
    const [one, two, three] = [
      cluster.a.channel<number>({ capacity: 16 }),
      cluster.a.channel<number>(),
      cluster.a.channel<number>({ capacity: 1 }),
    ]
    const b = cluster.a.go(doubler(one, two), { on: node('b') })
    const c = cluster.a.go(doubler(two, three), { on: node('c') })
    const taken = cluster.a.go(taker(three), { on: node('b') })
    for (let n = 0; n < 300; n++) await one.send(n)
    one.close()
    expect(await taken.done).toEqual(Array.from({ length: 300 }, (_, n) => n * 4))
    expect(await Promise.all([b.done, c.done])).toEqual([300, 300])
  })
  test('a channel that was made over there', async () => {
    const ends = cluster.a.channel<[Receiver<number>, Sender<number>]>()
    const task = cluster.a.go(maker(ends), { on: node('c') })
    const { value } = await ends.receive()
    const [receiver, sender] = value!
    const taken = cluster.a.go(taker(receiver), { on: node('b') })
    for (let n = 0; n < 50; n++) await sender.send(n)
    sender.close()
    await expect(sender.send(50)).rejects.toMatchObject({ code: 'channel-closed' })
    expect(await taken.done).toEqual(Array.from({ length: 50 }, (_, n) => n))
    await task.stop()
  })
  test('a close wakes who waits on another node', async () => {
    const channel = cluster.a.channel<unknown>()
    const tasks = ['b', 'c', 'a'].map(on => cluster.a.go(taker(channel), { on: node(on) }))
    await channel.send({ map: new Map([[1, 2n]]) })
    channel.close()
    const all = await Promise.all(tasks.map(({ done }) => done))
    expect(all.flat()).toStrictEqual([{ map: new Map([[1, 2n]]) }])
  })
  test.each([
    ['b', 'c'],
    ['c', 'b'],
    ['b', 'b'],
    ['a', 'c'],
  ])('selects for each other from %s and %s, at channels of two nodes', async (first, second) => {
    const ends = cluster.a.channel<[Receiver<number>, Sender<number>]>()
    const far = cluster.a.go(maker(ends), { on: node('c') })
    const [receiver, sender] = (await ends.receive()).value!
    const own = cluster.a.channel<number>()
    const choosing = cluster.a.go(chooser(own.sender, sender, 200), { on: node(first) })
    const got = await cluster.a.go(joiner(own.receiver, receiver), { on: node(second) }).done
    const given = await choosing.done
    expect({ one: got.one.length, two: got.two.length }).toEqual(given)
    for (const numbers of [got.one, got.two]) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect([...got.one, ...got.two].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n))
    await far.stop()
  })
  test('a select whose other side never comes has its time-out, and takes nothing', async () => {
    const ends = cluster.a.channel<[Receiver<number>, Sender<number>]>()
    const far = cluster.a.go(maker(ends), { on: node('b') })
    const [receiver, sender] = (await ends.receive()).value!
    expect(await select({ value: receiver.receiving(), late: after(20) })).toEqual({ case: 'late' })
    await sender.send(7)
    expect(await select({ value: receiver.receiving(), late: after(60_000) })).toEqual({ case: 'value', value: 7 })
    await far.stop()
  })
  test('what a goroutine throws over there, and one that is stopped', async () => {
    const never = cluster.a.channel<number>()
    const task = cluster.a.go(doubler(never, never), { on: node('b') })
    await task.stop()
    await expect(task.done).rejects.toMatchObject({ code: 'stopped' })
  })
})
