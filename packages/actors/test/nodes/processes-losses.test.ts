// Processes that are killed, or stopped, in the middle of what they do.
//
// Each test has a cluster of its own: a node that is lost is lost for good.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Events, node, type Ref } from '@troupe/actors'
import { counter } from '../fixtures/node-actors.ts'
import { TestCluster } from '../fixtures/node-cluster.ts'
import { doubler, hostage, nuisance, parent, waiter, watcher } from '../fixtures/node-roles.ts'

const clusters: TestCluster[] = []
afterEach(async () => {
  for (const one of clusters.splice(0)) await one.end()
})
async function start(...names: string[]): Promise<TestCluster> {
  const made = await TestCluster.start('losses', names, { askDeadline: 60_000 })
  clusters.push(made)
  return made
}
/** Resolves when node a says that another one's state is that. */
function becomes({ a }: TestCluster, name: string, state: string): Promise<Events['nodeChanged']> {
  return new Promise(done => {
    const take = (event: Events['nodeChanged']): void => {
      if (event.node !== name || event.to !== state) return
      a.off('nodeChanged', take)
      done(event)
    }
    a.on('nodeChanged', take)
  })
}
/** What is said of an actor that is gone: its home forgets why. */
const ended = ['node-lost', 'stopped']
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as { code: string }).code,
  )

describe('a process that is killed', { timeout: 120_000 }, () => {
  test('asks under way end with NodeLost within a second, and say whether they ran', async () => {
    const times: number[] = []
    // what else the machine has to do may delay one of them
    for (let tries = 0; tries < 3 && !times.some(ms => ms < 1_000); tries++) {
      const cluster = await start('b')
      const ref = await cluster.a.spawn(nuisance, undefined, { on: node('b') })
      const beside = await cluster.a.spawn(counter, 1, { on: node('b') })
      const asks = Array.from({ length: 100 }, () => ref.ask.never().catch((error: unknown) => error))
      await beside.ask.get() // so all of them have arrived
      const begun = performance.now()
      cluster.get('b').signal('SIGKILL')
      for (const error of await Promise.all(asks)) {
        expect(error).toMatchObject({ code: 'node-lost', ran: 'unknown', actor: ref.id, method: 'never' })
      }
      times.push(performance.now() - begun)
      await expect(ref.ask.never()).rejects.toMatchObject({ code: 'node-lost', ran: 'no' })
      expect(cluster.a.nodes().map(one => one.node)).toEqual(['a'])
    }
    expect(Math.min(...times)).toBeLessThan(1_000)
  })

  test('watchers on all nodes hear of it, children of actors there end, and so does their place', async () => {
    const cluster = await start('b', 'c')
    const { a } = cluster
    const doomed = await a.spawn(counter, 1, { on: node('b'), name: 'doomed' })
    const watchers = await Promise.all(['a', 'c'].map(on => a.spawn(watcher, undefined, { on: node(on) })))
    for (const one of watchers) await one.ask.watch(doomed, 'b')
    const family = await a.spawn(parent, undefined, { on: node('b') })
    const child = await family.ask.bear('c', 1)
    expect(await child.ask.get()).toBe(2)
    cluster.get('b').signal('SIGKILL')
    for (const one of watchers) expect(await one.ask.next()).toEqual([['b', 'lost']])
    await expect.poll(() => codeOf(child.ask.get())).toBe('stopped')
    expect(await codeOf(a.spawn(counter, 1, { on: node('b') }))).toBe('invalid-call')
    await expect.poll(() => a.lookup(counter, 'doomed')).toBeUndefined()
    // another process of that name is another node
    await cluster.add('b')
    const again = await a.spawn(counter, 5, { on: node('b'), name: 'doomed' })
    expect(await again.ask.add(1)).toBe(6)
    expect(await codeOf(doomed.ask.get())).toBe('node-lost')
  })

  test('an actor that had moved there is lost; one that had come from there lives on', async () => {
    const cluster = await start('b', 'c')
    const { a } = cluster
    const gone = await a.spawn(counter, 1)
    const stays = await a.spawn(counter, 2, { on: node('b') })
    const elsewhere = await a.spawn(counter, 3, { on: node('b') })
    await Promise.all([gone.move(node('b')), stays.move(node('a')), elsewhere.move(node('c'))])
    // whoever has used a ref since knows the way, as b says before all that it says later
    expect([await stays.ask.get(), await elsewhere.ask.get()]).toEqual([2, 3])
    expect(await gone.ask.get()).toBe(1)
    const down = becomes(cluster, 'b', 'down')
    cluster.get('b').signal('SIGKILL')
    await down
    expect(ended).toContain(await codeOf(gone.ask.get()))
    expect(await stays.ask.add(1)).toBe(3)
    expect(await elsewhere.ask.add(1)).toBe(4)
    await stays.move(node('c'))
    expect(await stays.ask.add(1)).toBe(4)
  })

  test('whoever waits at a channel, or for a goroutine there, is woken', async () => {
    const cluster = await start('b', 'c')
    const { a } = cluster
    const [from, to] = [a.channel<number>(), a.channel<number>()]
    const task = a.go(doubler(from, to), { on: node('b') })
    await from.send(4)
    expect(await to.receive()).toMatchObject({ value: 8 })
    const there = await a.spawn(counter, 1, { on: node('b') })
    const far = await there.ask.channel()
    const waiting = a.go(waiter(far), { on: node('c') })
    const received = to.receive()
    const outcomes = [task.done, received, far.receive(), waiting.done].map(codeOf)
    cluster.get('b').signal('SIGKILL')
    expect(await Promise.all(outcomes)).toEqual(['node-lost', 'node-lost', 'node-lost', 'node-lost'])
  })
})

describe('a process that is stopped', { timeout: 120_000 }, () => {
  test('is suspected, and declared down by the others; when it goes on it is expelled, and says so', async () => {
    const cluster = await start('b', 'c')
    const { a } = cluster
    const ref = await a.spawn(nuisance, undefined, { on: node('c') })
    const ask = codeOf(ref.ask.never())
    const suspect = becomes(cluster, 'c', 'suspect')
    const down = becomes(cluster, 'c', 'down')
    cluster.get('c').signal('SIGSTOP')
    await suspect
    await down
    expect(await ask).toBe('node-lost')
    await cluster.get('b').heard('nodeChanged', event => event.node === 'c' && event.to === 'down')
    cluster.get('c').signal('SIGCONT')
    const { error } = await cluster.get('c').heard('expelled')
    expect(error).toMatchObject({ code: 'system-closed' })
    // its process may come back as another node
    cluster.get('c').signal('SIGKILL')
    await cluster.get('c').ended
    await cluster.add('c')
    expect(await (await a.spawn(counter, 1, { on: node('c') })).ask.get()).toBe(1)
  })

  test('for a moment is forgiven', async () => {
    const cluster = await start('b', 'c')
    const { a } = cluster
    const ref = await a.spawn(counter, 1, { on: node('c') })
    const suspect = becomes(cluster, 'c', 'suspect')
    cluster.get('c').signal('SIGSTOP')
    const asks = Promise.allSettled(Array.from({ length: 50 }, () => ref.ask.add(1)))
    // as soon as it is missed, which is before its lease has run out
    await suspect
    cluster.get('c').signal('SIGCONT')
    const outcomes = await asks
    // on a machine with much to do it may be too late, and then it is lost for everybody
    const late = outcomes.some(one => one.status === 'rejected')
    if (late) await cluster.get('c').heard('expelled')
    expect(late || (await ref.ask.get()) === 51).toBe(true)
  })

  test('a move to it is in doubt: asks say so, and the actor goes on at the source when the node is down', async () => {
    const cluster = await start('b', 'c')
    const { a } = cluster
    const first = await a.spawn(counter, 1, { on: node('c', 0) })
    const blocked = join(cluster.folder, 'blocked')
    const ref = await a.spawn(hostage, blocked)
    expect(await ref.ask.count()).toBe(1)
    const moved = codeOf(ref.move(node('c', 1)))
    await expect.poll(() => existsSync(blocked)).toBe(true)
    // what c has said before has come by then, and so the move is committed, to a thread that does not listen
    for (let i = 0; i < 3; i++) await first.ask.add(1)
    const suspect = becomes(cluster, 'c', 'suspect')
    cluster.get('c').signal('SIGSTOP')
    await suspect
    // the event may come ahead of the word to the actor's own thread, which tells whoever asks
    const codes: string[] = []
    const ask = async (): Promise<string> =>
      codes[codes.push(await codeOf(ref.with({ deadline: 300 }).ask.count())) - 1]!
    await expect.poll(ask, { timeout: 30_000 }).toBe('none')
    expect(codes).toContain('move-in-doubt')
    expect(await moved).toBe('move-failed')
    expect(await ref.ask.count()).toBeGreaterThan(2)
    cluster.get('c').signal('SIGCONT')
    writeFileSync(`${blocked} is over`, '')
    await cluster.get('c').heard('expelled')
    const count = await ref.ask.count()
    expect(await ref.ask.count()).toBe(count + 1)
  })

  test('of actors on their way there none is lost, and none is twice', async () => {
    const cluster = await start('b', 'c')
    const { a } = cluster
    const all: Ref<typeof counter>[] = []
    for (let i = 0; i < 200; i++) all.push(await a.spawn(counter, i))
    const moved = new Promise<void>(done => a.on('moved', () => done()))
    const moves = all.map(ref => codeOf(ref.move(node('c', 1))))
    await moved
    const down = becomes(cluster, 'c', 'down')
    cluster.get('c').signal('SIGSTOP')
    await down
    for (const [i, ref] of all.entries()) {
      // one that has moved is lost with its node, and said so; any other goes on as it was
      const outcome = await moves[i]
      if (outcome === 'none') expect(ended).toContain(await codeOf(ref.ask.get()))
      else expect(await ref.ask.get()).toBe(i)
    }
    cluster.get('c').signal('SIGCONT')
    await cluster.get('c').heard('expelled')
  })
})
