// Processes with much to do: a thread that takes nothing, and an actor that moves all the time.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type Events, node } from '@troupe/actors'
import { counter } from '../fixtures/node-actors.ts'
import { TestCluster } from '../fixtures/node-cluster.ts'
import { drummer, nuisance, tally } from '../fixtures/node-roles.ts'

const MiB = 2 ** 20
const clusters: TestCluster[] = []
afterEach(async () => {
  for (const one of clusters.splice(0)) await one.end()
})
async function start(...names: string[]): Promise<TestCluster> {
  const made = await TestCluster.start('load', names, { askDeadline: 100_000 })
  clusters.push(made)
  return made
}

test(
  'a thread that takes nothing: its senders are refused at a limit, all else goes on, and then all that was taken comes',
  { timeout: 120_000 },
  async () => {
    const cluster = await start('b')
    const { a } = cluster
    // that thread must not be ended for being blocked
    await cluster.add('c', { endBlockedAfter: 600_000 })
    const c = cluster.get('c')
    const to = await a.spawn(tally, undefined, { on: node('c', 1) })
    const beside = await a.spawn(counter, 1, { on: node('c', 0) })
    const blocker = await a.spawn(nuisance, undefined, { on: node('c', 1) })
    const release = join(cluster.folder, 'go on')
    const blocked = blocker.ask.block(release)
    const before: number = await c.order('memory', 'memory')
    const own = process.memoryUsage.rss()

    let refused = 0
    const count = ({ reason, count: n }: Events['deadLetter']): void => void (reason === 'full' && (refused += n))
    a.on('deadLetter', count)
    const text = 'x'.repeat(1000)
    let sent = 0
    while (refused === 0 && sent < 200_000) {
      for (let i = 0; i < 100; i++) to.tell.note('a', sent++, text)
      await setImmediate()
    }
    expect(refused).toBeGreaterThan(0)
    // within one turn of the event loop nothing leaves, and an ask fares as what was told before it
    for (let i = 0; i < 100; i++) to.tell.note('a', sent++, text)
    const ask = to.ask.note('a', sent++, `${text} and more`)
    await expect(ask).rejects.toMatchObject({ code: 'mailbox-full', ran: 'no', actor: to.id })
    // 16 MiB are kept here; what else has left is on its way: the link's window, the rings, and what c takes until it says so
    const taken = (sent - refused) * text.length
    expect(taken).toBeGreaterThan(15 * MiB)
    expect(taken).toBeLessThan(64 * MiB)
    for (let i = 0; i < 100_000; i++) to.tell.note('a', sent++, text)
    expect(process.memoryUsage.rss() - own).toBeLessThan(256 * MiB)
    expect((await c.order('memory', 'memory')) - before).toBeLessThan(192 * MiB)

    // others on that node, and on this thread, are not in the way
    expect(await beside.ask.add(1)).toBe(2)
    expect(await (await a.spawn(counter, 5, { on: node('c', 0) })).ask.get()).toBe(5)
    expect(await (await a.spawn(counter, 5, { on: node('b') })).ask.get()).toBe(5)
    expect(a.nodes().map(one => one.state)).toEqual(['up', 'up', 'up'])

    writeFileSync(release, '')
    await blocked
    await to.ready()
    to.tell.note('a', sent++)
    const { a: heard } = await to.ask.report()
    await expect.poll(() => refused + heard!.count).toBe(sent)
    expect(heard).toMatchObject({ disorder: 0, last: sent - 1 })
  },
)

test(
  'an actor that moves 1,000 times between nodes: each sender is heard in order, and nothing is lost',
  { timeout: 180_000 },
  async () => {
    const cluster = await start('b')
    const { a } = cluster
    const to = await a.spawn(tally)
    const drummers = await Promise.all(['a', 'b', 'a', 'b'].map(on => a.spawn(drummer, to, { on: node(on) })))
    for (let move = 0; move < 1_000; move++) await to.move(node(move % 2 === 0 ? 'b' : 'a'))
    for (const one of drummers) await one.ask.stop()
    for (const one of drummers) {
      const { answered, failed } = await one.ask.report()
      expect(failed).toEqual([])
      expect(answered).toBeGreaterThan(0)
    }
    // each asks after its last tell, and so has been heard
    const sent = await Promise.all(drummers.map(one => one.ask.report()))
    const heard = await to.ask.report()
    for (const [i, { id }] of drummers.entries()) {
      expect(heard[id]).toEqual({ count: sent[i]!.sent, last: sent[i]!.sent - 1, disorder: 0 })
    }
  },
)
