// What threads have been found to remember of channels for too long, or to look for in the wrong way, each as the shortest
// scenario that shows it. What no code has any more is collected by the test.
//
// A channel that is given away is pinned where it comes from, until it is known to have arrived or not to go after all.
import { after, behavior, select, thread } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import type { Waiter } from '../../src/core/waiter.ts'
import { collectingProgram } from '../fixtures/program.ts'
import { collect, collectAllBut, collectByHand, entries, type Job, job, onCollected, pins } from './collected.ts'
import { chanOf, onCores } from './cores.ts'

collectByHand()

describe('an end that was to go is forgotten again', () => {
  test('with a select that lost it', () =>
    onCollected(async cores => {
      const home = cores.channel<Job>(0)
      const channel = cores.give(home, 1)
      for (let n = 0; n < 30; n++) {
        const won = await select({ put: channel.sending(job(cores, 1, n)), late: after(1) })
        expect(won).toEqual({ case: 'late' })
      }
      await cores.sim.sleep(50)
      expect(pins(cores, 1)).toBe(0)
      await collectAllBut(cores, home, channel)
      expect(entries(cores)).toEqual([1, 1, 0])
    }))

  test.each(['dropOldest', 'dropNewest'] as const)('with a value that a channel drops by its rule: %s', overflow =>
    onCollected(async cores => {
      const home = cores.channel<Job>(0, { capacity: 2, overflow })
      const channel = cores.give(home, 1)
      for (let n = 0; n < 30; n++) await channel.send(job(cores, 1, n))
      await cores.sim.sleep(50)
      for (let left = 2; left > 0; left--) expect(home.tryReceive()).toMatchObject({ value: {} })
      await collectAllBut(cores, home, channel)
      expect(entries(cores)).toEqual([1, 1, 0])
    }),
  )

  test('with a value that cannot be sent', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 4 })
      const channel = cores.give(home, 1)
      await channel.send(0)
      // with room promised the value is packed at once
      let refused = 0
      await cores.until(() => {
        try {
          return channel.trySend([job(cores, 1), () => 1])
        } catch {
          return ++refused
        }
      })
      expect(refused).toBe(1)
      await cores.sim.sleep(50)
      expect(pins(cores, 1)).toBe(0)
    }))

  const taker = behavior(import.meta, {
    name: 'taker',
    state: () => 0,
    handlers: { take(_ctx, _value: unknown) {} },
  })
  test('with a message that cannot be sent', () =>
    onCollected(async cores => {
      const ref = await cores.sim.spawn(taker, undefined, { on: thread(1) })
      expect(() => ref.tell.take([job(cores, 0), () => 1])).toThrow('function')
      expect(pins(cores, 0)).toBe(0)
    }))
  test('with messages that the way has no room for', () =>
    onCollected(
      async cores => {
        const ref = await cores.sim.spawn(taker, undefined, { on: thread(1) })
        for (let n = 0; n < 10; n++) ref.tell.take(job(cores, 0, n))
        await cores.sim.sleep(50)
        // two have gone
        expect(cores.entries(1)).toHaveLength(2)
        expect(pins(cores, 0)).toBe(0)
      },
      { lane: { messages: 2, bytes: 1e6 } },
    ))
})

test('a thread that has no end any more says so last: its credit goes back with that, and not after it', () =>
  onCollected(async cores => {
    const home = cores.channel<number>(0, { capacity: 8 })
    const channel = cores.give(home, 1)
    const other = cores.give(home, 2)
    await channel.send(1)
    await cores.until(() => channel.trySend(2))
    // the code that has it lets go of it while there is credit
    collect(channel)
    await collectAllBut(cores, home, other)
    const { peers, granted } = chanOf(home).home!
    expect(peers!.all.map(peer => peer.thread)).toEqual([2])
    expect(granted).toBe(0)
    expect(entries(cores)).toEqual([1, 0, 1])
  }))

test('a home that is lost with what was under way to it is forgotten with the last end', async () => {
  let broken = 0
  for (let seed = 1; seed <= 8; seed++) {
    await onCollected(
      async cores => {
        const channel = cores.give(cores.channel<number>(1, { capacity: 3 }), 0)
        const sends: Promise<void>[] = []
        await cores.until(() => {
          sends.push(channel.send(1))
          chanOf(channel).proxy?.want()
          return chanOf(channel).home !== undefined
        })
        const ends = Promise.allSettled(sends)
        cores.sim.loseThread(1)
        await cores.sim.sleep(50)
        if (chanOf(channel).broken === undefined) return
        broken++
        await ends
        await collectAllBut(cores)
        expect(cores.entries(0)).toHaveLength(0)
      },
      { seed, latency: 8 },
    )
  }
  expect(broken).toBeGreaterThan(0)
})

test('a channel that only its home has is held by nothing there: its entry may live as long as it is looked after', () =>
  onCollected(async cores => {
    const home = cores.channel<number>(0)
    cores.give(home, 1)
    await cores.sim.sleep(50)
    const [entry] = cores.entries(0)
    expect(entry!.chan).toBe(chanOf(home))
    await collectAllBut(cores, home)
    expect(entry!.chan).toBeUndefined()
    expect(entries(cores)).toEqual([0, 0, 0])
  }))

test('100,000 channels that are used once between two real threads are forgotten, and their memory comes back', async () => {
  const held = 'few entries, no memory\n'
  expect(await collectingProgram('reply-channels')).toEqual({
    code: 0,
    stdout: `answered 100000\n${held}${held}`,
    stderr: '',
  })
}, 150_000)

test('each of many who wait at a channel elsewhere is found at once when it waits no longer', () =>
  onCores(async cores => {
    const COUNT = 300
    const home = cores.channel<number>(0)
    const channel = cores.give(home, 1)
    const controllers = Array.from({ length: COUNT }, () => new AbortController())
    const ends = Promise.allSettled(controllers.map(({ signal }, i) => select({ it: channel.sending(i) }, { signal })))
    const { senders } = chanOf(home).home!
    await cores.until(() => [...senders].length === COUNT)
    let looks = 0
    for (const waiter of senders as Iterable<Waiter>) {
      const { ticket } = waiter
      Object.defineProperty(waiter, 'ticket', { get: () => (looks++, ticket) })
    }
    // the youngest first, or each would be the first in the queue
    for (const controller of controllers.reverse()) controller.abort()
    for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'aborted' } })
    await cores.until(() => senders.first === undefined)
    expect(looks).toBeLessThan(10 * COUNT)
  }))
