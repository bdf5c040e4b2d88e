// What nobody received has been found to keep the channel ends in it for good, each way of dropping a value as the shortest
// scenario that shows it. Whoever gives an end away remembers it until that has arrived: in a value that is dropped it never
// does, so whoever drops it says that it has.
import { select } from '@troupe/actors'
import { TurnEnded } from '../../src/core/errors.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { type AnyChannel, collectAllBut, collectByHand, type Job, job, onCollected, pins } from './collected.ts'
import { chanOf, type Cores } from './cores.ts'
import { before, Price, reset } from './price.ts'

collectByHand()
afterEach(reset)

/** How many channels each of the first two threads knows of, but for these. */
const others = (cores: Cores, kept: AnyChannel[]): number[] => {
  const chans = kept.map(chanOf)
  return [0, 1].map(on => cores.entries(on).filter(({ known }) => known === undefined || !chans.includes(known)).length)
}
const pinned = (cores: Cores): number[] => [0, 1].map(on => pins(cores, on))

/**
 * What is done with a job of thread `on` leaves nothing behind on the first two threads, and lets its end go once: the same
 * end is on its way elsewhere meanwhile, and still is when all is done.
 */
async function leavesNothing(
  cores: Cores,
  kept: AnyChannel[],
  on: 0 | 1,
  run: (value: Job) => Promise<void>,
): Promise<void> {
  await cores.sim.sleep(50)
  expect({ others: others(cores, kept), pinned: pinned(cores) }).toEqual({ others: [0, 0], pinned: [0, 0] })
  const value = job(cores, on)
  const arrive = cores.giving(value.reply)
  await run(value)
  await collectAllBut(cores, ...kept)
  expect(pinned(cores)).toEqual(on === 0 ? [1, 0] : [0, 1])
  arrive(on)
  await collectAllBut(cores, ...kept)
  expect({ others: others(cores, kept), pinned: pinned(cores) }).toEqual({ others: [0, 0], pinned: [0, 0] })
}

/** What a thread is sent is lent to it: the memory is used again as soon as it has looked at that. */
function overwrite(cores: Cores, on: number): void {
  const { inbound } = cores.core(on)
  const receive = inbound.receive.bind(inbound)
  inbound.receive = (bytes, ...rest) => {
    receive(bytes, ...rest)
    bytes.fill(0)
  }
}

describe('an end in a value that was to be sent is let go', () => {
  test('by a channel that is closed while the send waits', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const channel = cores.give(home, 1)
      await leavesNothing(cores, [home, channel], 1, async value => {
        const fate = cores.fate(channel.send(value))
        await cores.sim.sleep(20)
        home.close()
        expect(await fate).toMatchObject({ code: 'channel-closed' })
      })
    }))

  test.each(['dropOldest', 'dropNewest'] as const)('by a channel that has been closed, and takes all: %s', overflow =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 1, overflow })
      const channel = cores.give(home, 1)
      const letters: string[] = []
      cores.sim.on('deadLetter', ({ reason }) => void letters.push(reason))
      await leavesNothing(cores, [home, channel], 1, async value => {
        home.close()
        await channel.send(value)
      })
      expect(letters).toEqual(['stopped'])
    }),
  )

  test.each(['dropOldest', 'dropNewest'] as const)('by a channel that has no room for it: %s', overflow =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 1, overflow })
      const channel = cores.give(home, 1)
      await leavesNothing(cores, [home, channel], 1, async value => {
        const values = overflow === 'dropOldest' ? [value, 2] : [2, value]
        for (const one of values) await channel.send(one)
        await cores.sim.sleep(20)
        expect(home.tryReceive()).toEqual({ value: 2 })
      })
    }),
  )

  test('where the only one who could receive it is lost', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const [channel, other] = [cores.give(home, 1), cores.give(home, 2)]
      await Promise.all([channel.send(1), other.receive()])
      await leavesNothing(cores, [home, channel], 1, async value => {
        const fate = cores.fate(channel.send(value))
        await cores.sim.sleep(20)
        cores.sim.loseThread(2)
        expect(await fate).toMatchObject({ code: 'thread-lost' })
      })
    }))

  test('where its thread takes the channel for lost, which goes on', () =>
    onCollected(async cores => {
      const first = cores.channel<unknown>(2)
      const [home, channel] = [cores.give(first, 0), cores.give(first, 1)]
      await cores.sim.sleep(20)
      // what the second thread has sent by way of the third may still be there, as far as it is told
      const release = cores.hold(0, 1)
      await cores.call(home)
      expect(home.tryReceive()).toBeUndefined() // so the loss of the third leaves somebody who may receive
      await leavesNothing(cores, [home, channel], 1, async value => {
        const fate = cores.fate(channel.send(value))
        await cores.sim.sleep(20)
        expect(chanOf(home).home!.senders.first?.thread).toBe(1)
        cores.sim.loseThread(2)
        expect(await fate).toMatchObject({ code: 'thread-lost' })
        release()
      })
      expect(chanOf(home).broken).toBeUndefined()
    }))

  test.each(['wait', 'dropOldest'] as const)('where the way to its home is lost: %s', overflow =>
    onCollected(async cores => {
      const channel = cores.channel<unknown>(1, { capacity: 1, overflow })
      const [sender, there] = [cores.give(channel, 0), cores.give(channel, 2)]
      await cores.sim.sleep(20)
      overwrite(cores, 1)
      // it does not hear that the home has gone on
      const releases = [cores.hold(1, 0), cores.hold(0, 1)]
      await cores.call(there)
      await leavesNothing(cores, [channel, sender], 0, async value => {
        const sent = sender.send(value)
        sent.catch(() => {})
        cores.sim.loseThread(2)
        await cores.sim.sleep(50)
        for (const release of releases) release()
        expect(await cores.fate(sent)).toEqual(
          overflow === 'wait' ? expect.objectContaining({ code: 'thread-lost' }) : undefined,
        )
      })
    }),
  )

  test.each(['send', 'select'] as const)('by a home that comes to the %s itself', way =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const channel = cores.give(home, 1)
      await leavesNothing(cores, [home, channel], 1, async value => {
        const sent = way === 'send' ? channel.send(value) : select({ put: channel.sending(value) })
        await cores.sim.sleep(20)
        await cores.call(channel)
        expect(pins(cores, 1)).toBe(1)
        expect((await home.receive()).value).toMatchObject({ n: 0 })
        await sent
      })
    }),
  )
  test('by a home that comes to the send before that has come to it', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const channel = cores.give(home, 1)
      await leavesNothing(cores, [home, channel], 1, async value => {
        expect(channel.tryReceive()).toBeUndefined() // it is asked to come
        const sent = channel.send(value)
        await cores.until(() => chanOf(channel).home !== undefined)
        await cores.sim.sleep(50)
        expect(pins(cores, 1)).toBe(1)
        expect((await home.receive()).value).toMatchObject({ n: 0 })
        await sent
      })
    }))

  test('where a home cannot go with it', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 4 })
      const channel = cores.give(home, 1)
      await leavesNothing(cores, [home, channel], 0, async value => {
        // one is in a value that can be packed, one in the value that cannot, before what cannot
        for (const one of [value, [value, new Price(1)]]) await home.send(one)
        let failed = 0
        before.pack = () => {
          failed++
          throw new Error('cannot pack')
        }
        await cores.until(() => channel.tryReceive() !== undefined || failed > 2)
        expect(pins(cores, 0)).toBe(1)
        reset()
        for (let i = 0; i < 2; i++) expect(home.tryReceive()).toMatchObject({ value: {} })
      })
    }))
})

describe('an end in a case of a select is let go, if another case has won,', () => {
  /** A select on thread 1 loses its case of `channel`. Thread 0 hears of that when what this gives is called. */
  async function loses(cores: Cores, channel: AnyChannel, value: Job): Promise<() => void> {
    const winner = cores.channel<number>(1)
    const selected = select({ put: channel.sending(value), it: winner.receiving() })
    await cores.sim.sleep(20)
    const release = cores.hold(1, 0)
    await winner.send(1)
    expect(await selected).toMatchObject({ case: 'it' })
    return release
  }

  test('by who comes to receive', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const channel = cores.give(home, 1)
      await leavesNothing(cores, [home, channel], 1, async value => {
        const release = await loses(cores, channel, value)
        expect(home.tryReceive()).toBeUndefined()
        release()
      })
    }))

  test('by who comes to receive from elsewhere', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const [channel, other] = [cores.give(home, 1), cores.give(home, 2)]
      await leavesNothing(cores, [home, channel, other], 1, async value => {
        const release = await loses(cores, channel, value)
        const received = other.receive()
        await cores.sim.sleep(20)
        release()
        await home.send(2)
        expect(await received).toEqual({ value: 2 })
      })
    }))

  test('by the loss of the only one who could receive it', () =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const [channel, other] = [cores.give(home, 1), cores.give(home, 2)]
      await Promise.all([channel.send(1), other.receive()])
      await leavesNothing(cores, [home, channel], 1, async value => {
        const release = await loses(cores, channel, value)
        cores.sim.loseThread(2)
        await cores.sim.sleep(20)
        expect(chanOf(home).home!.senders.first).toBeUndefined()
        release()
      })
    }))
})

test('an end in a value whose receiver waits no longer is let go', () =>
  onCollected(async cores => {
    const letters: string[] = []
    cores.sim.on('deadLetter', ({ reason }) => void letters.push(reason))
    const home = cores.channel<unknown>(0)
    const channel = cores.give(home, 1)
    overwrite(cores, 1)
    await leavesNothing(cores, [home, channel], 0, async value => {
      const fate = cores.fate(channel.receive())
      await cores.sim.sleep(20)
      await home.send(value)
      // as when its goroutine is stopped
      cores.core(1).channels.waitsOf(undefined).abandon(new TurnEnded('it has ended'))
      expect(await fate).toMatchObject({ code: 'turn-ended' })
    })
    expect(letters).toEqual(['stopped'])
  }))

test.each(['send', 'select'] as const)(
  'an end in a value that is received from a waiting %s is let go by nobody',
  way =>
    onCollected(async cores => {
      const home = cores.channel<unknown>(0)
      const channel = cores.give(home, 1)
      await leavesNothing(cores, [home, channel], 1, async value => {
        const sent = way === 'send' ? channel.send(value) : select({ put: channel.sending(value) })
        await cores.sim.sleep(20)
        expect((await home.receive()).value).toMatchObject({ n: 0 })
        await sent
      })
    }),
)

describe('what has come before its turn, which never comes', () => {
  /** A home that has come from thread 1 to `to`, while something that `from` has sent is still on its way to thread 1. */
  async function overtaken(cores: Cores, from: number, to: number, overflow: 'wait' | 'dropOldest'): Promise<Ends> {
    const first = cores.channel<unknown>(1, { capacity: 8, overflow })
    const [sender, home] = [cores.give(first, from), cores.give(first, to)]
    await cores.sim.sleep(20)
    const release = cores.hold(from, 1)
    void sender.send('on its way').catch(() => {})
    await cores.call(home)
    await cores.until(() => chanOf(sender).proxy!.homeThread === to)
    return { first, sender, home, release }
  }
  interface Ends {
    readonly first: AnyChannel
    readonly sender: AnyChannel
    readonly home: AnyChannel
    readonly release: () => void
  }
  const early = ({ home }: Ends): number =>
    chanOf(home).home!.peers!.all.reduce((sum, peer) => sum + (peer.early?.size ?? 0), 0)

  test.each(['wait', 'dropOldest'] as const)(
    'is let go where what came before it is lost, and the channel: %s',
    overflow =>
      onCollected(async cores => {
        const letters: unknown[] = []
        cores.sim.on('deadLetter', letter => void letters.push(letter))
        const ends = await overtaken(cores, 0, 2, overflow)
        const { sender, home } = ends
        const known = cores.core(0).channels.entries.size
        const value = job(cores, 0)
        const arrive = cores.giving(value.reply) // once more, and on its way elsewhere
        const fate = cores.fate(sender.send(value))
        await cores.until(() => early(ends) > 0)
        // it does not hear from the sender's thread that what it has sent is lost
        const release = cores.hold(0, 2)
        cores.sim.loseThread(1)
        ends.release()
        await cores.sim.sleep(50)
        expect(chanOf(home).broken).toBeDefined()
        release()
        await fate
        await collectAllBut(cores, home, sender)
        expect(pins(cores, 0)).toBe(1)
        arrive(0)
        await collectAllBut(cores, home, sender)
        expect(pins(cores, 0)).toBe(0)
        expect(cores.core(0).channels.entries.size).toBe(known)
        const lost = { to: expect.anything(), method: 'send', reason: 'lost', count: 1 }
        expect(letters).toEqual(overflow === 'wait' ? [] : [lost, lost])
      }),
  )

  test('is let go with its thread: a greeting is answered', () =>
    onCollected(async cores => {
      const ends = await overtaken(cores, 2, 0, 'wait')
      const { first, home, release } = ends
      cores.give(first, 2)
      await cores.until(() => early(ends) > 0)
      expect(pins(cores, 1)).toBe(1)
      cores.sim.loseThread(2)
      release()
      await collectAllBut(cores, home, first)
      expect(pins(cores, 1)).toBe(0)
      expect(chanOf(home).broken).toBeUndefined()
    }))
})
