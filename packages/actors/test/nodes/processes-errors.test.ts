// What a program is told when something cannot be: by a node that there is none of, or that does not let this one in; and by a
// process that does not know a behavior.
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSystem, node, type System, type SystemOptions } from '@troupe/actors'
import { counter } from '../fixtures/node-actors.ts'
import { TestCluster } from '../fixtures/node-cluster.ts'
import { keeper, Money, tally } from '../fixtures/node-roles.ts'
import { stranger, strangeWork } from '../fixtures/node-stranger.ts'

const SECRET = 'known to all of these nodes'
let cluster: TestCluster
beforeAll(async () => {
  cluster = await TestCluster.start('errors', ['b'], {}, { secret: SECRET })
}, 60_000)
afterAll(() => cluster?.end())

describe('places', () => {
  test('a node, or a thread of it, that there is none of', async () => {
    await expect(cluster.a.spawn(counter, 1, { on: node('nobody') })).rejects.toMatchObject({
      code: 'invalid-call',
      message: "spawn: there is no node 'nobody'; other nodes are: b",
    })
    await expect(cluster.a.spawn(counter, 1, { on: node('b', 77) })).rejects.toMatchObject({ code: 'invalid-call' })
    const ref = await cluster.a.spawn(counter, 1)
    expect(() => ref.move(node('nobody'))).toThrow("move: there is no node 'nobody'; other nodes are: b")
    expect(await ref.ask.get()).toBe(1)
  })
})

describe('behaviors', () => {
  test('that the other process does not know: it says which node, and what to do', async () => {
    const missing = { code: 'behavior-unavailable', message: expect.stringMatching(/b.*: import its module there/) }
    await expect(cluster.a.spawn(stranger, undefined, { on: node('b') })).rejects.toMatchObject(missing)
    await expect(cluster.a.go(strangeWork(), { on: node('b') }).done).rejects.toMatchObject({
      code: 'behavior-unavailable',
    })
  })
  test('an actor of one stays where it is when it is to move there', async () => {
    const ref = await cluster.a.spawn(stranger)
    await expect(ref.move(node('b'))).rejects.toMatchObject({ code: 'move-failed', why: 'behavior' })
    expect(await ref.ask.get()).toBe(0)
  })
  test("an init with instances of a user's class, and refs, is read where its code is", async () => {
    const other = await cluster.a.spawn(tally)
    const ref = await cluster.a.spawn(keeper, { money: new Money(7n), other }, { on: node('b') })
    expect(await ref.ask.cents()).toBe(7n)
    expect(await ref.ask.otherId()).toBe(other.id)
  })
})

describe('joining', () => {
  type Options = Partial<NonNullable<SystemOptions['node']>>
  const join = (name: string, options: Options): Promise<System> =>
    createSystem({
      threads: 0,
      node: { name, cluster: 'errors', listen: [], join: [cluster.address('a')], within: 1_500, ...options },
    })
  test.concurrent.each<[string, string, Options, RegExp]>([
    ['with another secret', 'x', { secret: 'some other secret, alas' }, /secret/],
    ['without one', 'x', {}, /secret/],
    ['another cluster', 'x', { cluster: 'another', secret: SECRET }, /cluster/],
    ['with the name of one that is there', 'b', { secret: SECRET }, /b~|'b'/],
    ['where nobody is', 'x', { join: ['unix:/nonexistent/troupe.sock'], secret: SECRET }, /no such|nobody|answered/],
  ])('%s', async (_what, name, options, why) => {
    const refused: unknown = await join(name, options).then(
      system => system.close(),
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ code: 'node-refused', message: expect.stringMatching(why) })
    expect(cluster.a.nodes().map(one => one.node)).toEqual(['a', 'b'])
  })
  test('and then rightly', { timeout: 60_000 }, async () => {
    const printed = vi.spyOn(console, 'error')
    const system = await join('x', { secret: SECRET, within: 30_000, listen: cluster.address('x') })
    const heard: string[] = []
    system.on('nodeChanged', event => heard.push(event.node))
    await setImmediate()
    expect(heard).toEqual(expect.arrayContaining(['a', 'b'])) // of whom it has learned while it joined
    expect(printed).not.toHaveBeenCalled()
    printed.mockRestore()
    await expect.poll(() => cluster.a.nodes().map(one => one.node)).toEqual(['a', 'b', 'x'])
    const ref = await system.spawn(counter, 4, { on: node('b') })
    expect(await ref.ask.add(1)).toBe(5)
    await system.close()
    await expect.poll(() => cluster.a.nodes().map(one => one.node), { timeout: 15_000 }).toEqual(['a', 'b'])
  })
})
