// What has been found wrong with the homes of channels, each as the shortest scenario that shows it: homes that cannot go or
// take odd things along, closes that are not known everywhere, what is under way through a thread that is lost.
import { after, type Receiver, select } from '@troupe/actors'
import { afterEach, describe, expect, test } from 'vitest'
import { chanOf, type Cores, onCores } from './cores.ts'
import { before, cannotUnpack, Price, reset } from './price.ts'

afterEach(reset)

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('a home that is asked to come', () => {
  /** From where it does not come. */
  const asked = async (cores: Cores, channel: Receiver<unknown>): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      expect(channel.tryReceive()).toBeUndefined()
      await cores.sim.sleep(5)
    }
    expect(chanOf(channel).home).toBeUndefined()
  }

  test('stays where it is while a value of it cannot be packed, and keeps all', () =>
    onCores(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 4 })
      const channel = cores.give(home, 1)
      for (const value of [0, new Price(1), 2]) await home.send(value)
      before.pack = () => {
        throw new Error('cannot pack')
      }
      await asked(cores, channel)
      await home.send(3)
      reset()
      await cores.call(channel)
      expect(await Promise.all(range(4).map(() => channel.receive()))).toEqual(
        [0, new Price(1), 2, 3].map(value => ({ value })),
      )
    }))

  test('does not try to go again and again, if it cannot', () =>
    onCores(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 201 })
      const channel = cores.give(home, 1)
      for (const value of [...range(200), new Price(1)]) await home.send(value)
      let failed = 0
      before.pack = () => {
        failed++
        throw new Error('cannot pack')
      }
      for (const value of range(200)) expect(await channel.receive()).toEqual({ value })
      expect(failed).toBeGreaterThan(0)
      expect(failed).toBeLessThan(20)
    }))

  test('stays while no word is left for a select that waits at it', () =>
    onCores(async cores => {
      const home = cores.channel<number>(0)
      const channel = cores.give(home, 1)
      await cores.sim.sleep(10)
      const other = cores.channel<number>(0)
      const selected = select({ it: home.receiving(), other: other.receiving() })
      const { claims } = cores.core(0)
      const taken: number[] = []
      for (let at = claims.open(); at >= 0; at = claims.open()) taken.push(at)
      await asked(cores, channel)
      await other.send(1)
      expect(await selected).toMatchObject({ case: 'other', value: 1 })
      for (const at of taken) claims.close(at)
      await cores.call(channel)
    }))

  test('comes with a value that cannot be unpacked there: who receives that one hears of it', () =>
    onCores(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 4 })
      const channel = cores.give(home, 1)
      for (const value of [0, [new Price(1)], 2]) await home.send(value)
      await cores.call(channel)
      before.unpack = cannotUnpack
      expect(await channel.receive()).toEqual({ value: 0 })
      await expect(channel.receive()).rejects.toThrow('cannot unpack')
      expect(await channel.receive()).toEqual({ value: 2 })
    }))

  test('comes with an end of a channel that is lost', () =>
    onCores(async cores => {
      const home = cores.channel<unknown>(0, { capacity: 4 })
      const channel = cores.give(home, 1)
      const lost = cores.give(cores.channel(2), 0)
      await cores.sim.sleep(10)
      for (const value of [0, lost, 2]) await home.send(value)
      cores.sim.loseThread(2)
      await cores.sim.sleep(50)
      await cores.call(channel)
      expect(await channel.receive()).toEqual({ value: 0 })
      const received = (await channel.receive()).value as typeof lost
      expect(await cores.fate(received.receive())).toMatchObject({ code: 'thread-lost' })
      expect(await channel.receive()).toEqual({ value: 2 })
    }))

  test('stays with more values than a thread packs at once, and comes when there are fewer', () =>
    onCores(async cores => {
      const home = cores.channel<number>(0, { capacity: 5_000 })
      const channel = cores.give(home, 1)
      for (const i of range(5_000)) home.trySend(i)
      await asked(cores, channel)
      for (const i of range(2_000)) expect(home.tryReceive()).toEqual({ value: i })
      await cores.call(channel)
      expect(chanOf(channel).home!.buffer.count).toBe(3_000)
    }))
})

describe('a channel that is closed is known to be', () => {
  const closed = { code: 'channel-closed' }

  test('where its home was before', () =>
    onCores(async cores => {
      const home = cores.channel<number>(0, { capacity: 4 })
      const channel = cores.give(home, 1)
      await home.send(1)
      home.close()
      await cores.call(channel)
      expect(home.closed).toBe(true)
      expect(() => home.trySend(1)).toThrow(expect.objectContaining(closed))
      expect(() => home.close()).toThrow(expect.objectContaining(closed))
      await expect(home.send(2)).rejects.toMatchObject(closed)
    }))

  test('to whoever gets an end afterwards', () =>
    onCores(async cores => {
      const home = cores.channel<number>(0, { capacity: 1, overflow: 'dropOldest' })
      home.close()
      const channel = cores.give(home, 1)
      await cores.until(() => channel.closed)
      await expect(channel.send(1)).rejects.toMatchObject(closed)
      expect(() => channel.close()).toThrow(expect.objectContaining(closed))
    }))

  test('at once to who closed it, also while what was sent before is under way to the home that has come', async () => {
    let crossed = 0
    for (let seed = 1; seed <= 8; seed++) {
      await onCores(
        async cores => {
          const far = cores.channel<number>(1, { capacity: 50 })
          const channel = cores.give(far, 0)
          const sends: Promise<number>[] = []
          const send = async (value: number): Promise<number> => {
            await channel.send(value)
            return value
          }
          await cores.until(() => {
            sends.push(send(sends.length))
            chanOf(channel).proxy?.want()
            return chanOf(channel).home !== undefined
          })
          const ends = Promise.allSettled(sends)
          const under = chanOf(channel).home!.peers!.ownUnderWay
          channel.close()
          expect(channel.closed).toBe(true)
          expect(() => channel.close()).toThrow(expect.objectContaining(closed))
          expect(() => channel.trySend(1)).toThrow(expect.objectContaining(closed))
          const sent = (await ends).filter(end => end.status === 'fulfilled').map(({ value }) => value)
          expect(await Array.fromAsync(far)).toEqual(sent)
          if (under && sent.length > 0) crossed++
        },
        { seed, latency: 4 },
      )
    }
    expect(crossed).toBeGreaterThan(0)
  })
})

test('who has something under way to the home that has come hears of it when the thread on the way is lost', async () => {
  let broken = 0
  for (let seed = 1; seed <= 12; seed++) {
    await onCores(
      async cores => {
        const channel = cores.give(cores.channel<number>(1, { capacity: 3 }), 0)
        const begun: Promise<unknown>[] = []
        await cores.until(() => {
          begun.push(channel.receive(), channel.send(1), channel.receive())
          channel.tryReceive()
          return chanOf(channel).home !== undefined
        })
        begun.push(channel.send(2), select({ put: channel.sending(3), late: after(1_000) }))
        const ends = Promise.allSettled(begun)
        cores.sim.loseThread(1)
        await cores.sim.sleep(50)
        if (chanOf(channel).broken === undefined) return
        broken++
        const failed = (await ends).filter(end => end.status === 'rejected')
        expect(new Set(failed.map(({ reason }) => (reason as { code: string }).code))).toEqual(new Set(['thread-lost']))
        expect(cores.core(0).channels.waiting).toBe(0)
        expect(chanOf(channel).home!.peers?.has(0) ?? false).toBe(false)
        await expect(channel.receive()).rejects.toMatchObject({ code: 'thread-lost' })
        await expect(channel.send(4)).rejects.toMatchObject({ code: 'thread-lost' })
      },
      { seed, latency: 8 },
    )
  }
  expect(broken).toBeGreaterThan(0)
})
