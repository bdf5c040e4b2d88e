// The rules of one channel, by turns: who waits, who is woken, in which order, and that nothing is lost or doubled.
// (Go: TestChan)
import { type GoContext, goroutine, type Receiver, type Sender, trySelect } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const receiveOne = goroutine(import.meta, 'basics.receiveOne', async (_ctx, from: Receiver<number>) => {
  const { done, value } = await from.receive()
  return done ? 'done' : value
})
const sendRange = goroutine(import.meta, 'basics.sendRange', async (_ctx, to: Sender<number>, count: number) => {
  for (let i = 0; i < count; i++) await to.send(i)
})
const tally = goroutine(import.meta, 'basics.tally', async (_ctx, from: Receiver<number>, count: number) => {
  const times = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const { value } = await from.receive()
    times.set(value!, (times.get(value!) ?? 0) + 1)
  }
  return times
})

/** Two receivers wait at a channel in which nothing is, and so do no tries; then two values come. */
export const receiversWait = goroutine(
  import.meta,
  'basics.receiversWait',
  async (ctx: GoContext, on: Placement, capacity: number) => {
    const channel = ctx.channel<number>({ capacity })
    let early = 0
    const receiving = [1, 2].map(n => ctx.go(receiveOne(channel.receiver), place(on, n)).done)
    for (const done of receiving) void done.then(() => early++)
    await ctx.sleep(1)
    const tried = [early, channel.tryReceive(), trySelect({ it: channel.receiving() })]
    await channel.send(1)
    await channel.send(2)
    return { tried, received: new Set(await Promise.all(receiving)) }
  },
)

/** A sender waits at a full buffer until something is taken out. */
export const sendersWait = goroutine(
  import.meta,
  'basics.sendersWait',
  async (ctx: GoContext, on: Placement, capacity: number) => {
    const channel = ctx.channel<number>({ capacity })
    for (let i = 0; i < capacity; i++) await channel.send(-1)
    let early = 0
    const sending = ctx.go(sendRange(channel.sender, 1), place(on, 1)).done
    void sending.then(() => early++)
    await ctx.sleep(1)
    const tried = [early, channel.trySend(-2), trySelect({ it: channel.sending(-2) }) !== undefined]
    const received = [(await channel.receive()).value]
    await sending
    while (received.length <= capacity) received.push((await channel.receive()).value)
    return { tried, received }
  },
)

/** As many values fit into a buffer as it has room for, and come out in order; then it is closed and says so. */
export const fillAndDrain = goroutine(
  import.meta,
  'basics.fillAndDrain',
  async (ctx: GoContext, on: Placement, capacity: number) => {
    const channel = ctx.channel<number>({ capacity })
    let fitted = 0
    while (channel.trySend(fitted)) fitted++
    channel.close()
    const received = []
    for (let i = 0; i < fitted + 2; i++) received.push(await ctx.go(receiveOne(channel.receiver), place(on, i)).done)
    return { fitted, received }
  },
)

/** A receiver that waits hears of the close. */
export const closeWakes = goroutine(
  import.meta,
  'basics.closeWakes',
  async (ctx: GoContext, on: Placement, capacity: number) => {
    const channel = ctx.channel<number>({ capacity })
    const receiving = ctx.go(receiveOne(channel.receiver), place(on, 1))
    await ctx.sleep(1)
    channel.close()
    return await receiving.done
  },
)

/** What one sender sends comes in its order. */
export const inOrder = goroutine(
  import.meta,
  'basics.inOrder',
  async (ctx: GoContext, on: Placement, capacity: number, count: number) => {
    const channel = ctx.channel<number>({ capacity })
    ctx.go(sendRange(channel.sender, count), place(on, 1))
    const received = []
    while (received.length < count) received.push((await channel.receive()).value)
    return received
  },
)

/** Four send the same numbers, four receive: how often each number arrived. */
export const fourToFour = goroutine(
  import.meta,
  'basics.fourToFour',
  async (ctx: GoContext, on: Placement, capacity: number, count: number) => {
    const channel = ctx.channel<number>({ capacity })
    for (let i = 0; i < 4; i++) ctx.go(sendRange(channel.sender, count), place(on, i))
    const tallies = Array.from({ length: 4 }, (_, i) => ctx.go(tally(channel.receiver, count), place(on, i + 1)).done)
    const times = new Map<number, number>()
    for (const one of await Promise.all(tallies)) {
      for (const [value, n] of one) times.set(value, (times.get(value) ?? 0) + n)
    }
    return times
  },
)
