// What has been found wrong with channels where numbers grow past what fits in 32 bits, each as the shortest scenario that
// shows it.
import { describe, expect, test } from 'vitest'
import type { Proxy } from '../../src/core/channel-proxy.ts'
import { chanOf, type Cores, onCores } from './cores.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('message numbers come round after 2^32', () => {
  /** As if a thread had sent so many more messages to the home on thread 0 already. */
  function shift(cores: Cores, thread: number, by: number): Proxy {
    const proxy = cores.entries(thread)[0]!.proxy!
    const peer = cores.entries(0)[0]!.known!.home!.peers!.find(thread, proxy.life)!
    peer.next = proxy.sent = (proxy.sent + by) | 0
    return proxy
  }

  test.each([2 ** 31 - 3, -3])('values go on in order from number %i', number =>
    onCores(async cores => {
      const home = cores.channel<number>(0, { capacity: 4 })
      const channel = cores.give(home, 1)
      await cores.sim.sleep(10)
      shift(cores, 1, number)
      const sends = (async () => {
        for (const i of range(20)) await channel.send(i)
        channel.close()
      })()
      expect(await Array.fromAsync(home)).toEqual(range(20))
      await sends
    }),
  )

  /**
   * The home goes from thread 0 to thread 1 while a thread sends: that one, or thread 2. Gives the number of the last message
   * that has gone by way of thread 0, and whether it matters that it has, as what comes later would be applied before it.
   */
  async function sendWhileItMoves(from: 1 | 2, seed: number, by: number): Promise<{ last: number; matters: boolean }> {
    let [last, matters] = [0, false]
    await onCores(
      async cores => {
        const home = cores.channel<number>(0, { capacity: 4 })
        const [there, channel] = [cores.give(home, 1), cores.give(home, from)]
        await cores.sim.sleep(10)
        const proxy = shift(cores, from, by)
        const sends: Promise<void>[] = []
        const send = (): void => void sends.push(channel.send(sends.length))
        await cores.until(() => {
          send()
          chanOf(there).proxy?.want()
          return from === 1 ? chanOf(there).home !== undefined : proxy.homeThread === 1
        })
        last = proxy.sent
        for (let i = 0; i < 20; i++) {
          send()
          const peers = chanOf(there).home?.peers
          matters ||= from === 1 ? peers!.ownUnderWay : peers?.all.some(({ early }) => early !== undefined) === true
          await cores.sim.sleep(0.05)
        }
        const received = await Promise.all(sends.map(() => there.receive()))
        expect(received.map(({ value }) => value)).toEqual(range(sends.length))
        await Promise.all(sends)
      },
      { seed, latency: 4 },
    )
    return { last, matters }
  }
  const cases = [2 ** 31, 0].flatMap(number => ([1, 2] as const).map(from => ({ number, from })))
  test.each(cases)(
    'also past $number while a home moves, to thread 1, and thread $from sends',
    async ({ number, from }) => {
      let mattered = 0
      for (let seed = 1; seed <= 8; seed++) {
        // the same seed, the same course: so the numbers can be made to come round just then
        const { last } = await sendWhileItMoves(from, seed, 0)
        const { matters } = await sendWhileItMoves(from, seed, number - last + (from === 1 ? 1 : 0))
        if (matters) mattered++
      }
      expect(mattered).toBeGreaterThan(0)
    },
  )
})

test.each([2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])('a capacity of %i is room for all', capacity =>
  onCores(async cores => {
    const home = cores.channel<number>(0, { capacity })
    const channel = cores.give(home, 1)
    const sends = (async () => {
      for (const i of range(20)) await channel.send(i)
      await cores.sim.sleep(10)
      channel.close()
    })()
    await sends
    expect(await Array.fromAsync(home)).toEqual(range(20))
    expect(chanOf(home).home).toMatchObject({ state: 'closed', granted: 0 })
  }),
)
test.each([2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])(
  'of a capacity of %i some is promised to who sends beside others',
  capacity =>
    onCores(async cores => {
      const home = cores.channel<number>(0, { capacity })
      const channel = cores.give(home, 1)
      await home.send(1)
      await channel.send(2)
      expect(chanOf(home).home!.granted).toBeGreaterThan(0)
    }),
)
