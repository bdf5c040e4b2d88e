// Sends, receives and selects that meet in every way at once, put together so that they come out even.
// (Go: TestSelfSelect, TestSelectStress)
import { type Channel, type GoContext, goroutine, type Receiver, select, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

/** Sends to and receives from one channel, whichever comes first; the cases stand in either order. */
const sendOrReceive = goroutine(
  import.meta,
  'stress.sendOrReceive',
  async (_ctx, name: number, channel: Channel<number>, rounds: number) => {
    const outcome = { sent: 0, received: 0, own: 0 }
    for (let round = 0; round < rounds; round++) {
      const won =
        name === 0 || round % 2 === 0
          ? await select({ send: channel.sending(name), receive: channel.receiving() })
          : await select({ receive: channel.receiving(), send: channel.sending(name) })
      if (won.case === 'send') outcome.sent++
      else outcome.received++
      if (won.case === 'receive' && won.value === name) outcome.own++
    }
    return outcome
  },
)

/** Two such at one channel. Without a buffer nobody may meet himself. */
export const selfSelect = goroutine(
  import.meta,
  'stress.selfSelect',
  async (ctx: GoContext, on: Placement, capacity: number, rounds: number) => {
    const channel = ctx.channel<number>({ capacity })
    const players = [0, 1].map(name => ctx.go(sendOrReceive(name, channel, rounds), place(on, name + 1)).done)
    const [a, b] = (await Promise.all(players)) as [Awaited<(typeof players)[0]>, Awaited<(typeof players)[0]>]
    channel.close()
    let left = 0
    for await (const _ of channel) left++
    return { sent: a.sent + b.sent, received: a.received + b.received + left, own: a.own + b.own }
  },
)

const sendMany = goroutine(import.meta, 'stress.sendMany', async (_ctx, to: Sender<number>, count: number) => {
  for (let i = 0; i < count; i++) await to.send(i)
  return count
})
const receiveMany = goroutine(
  import.meta,
  'stress.receiveMany',
  async (_ctx, from: Receiver<number>, count: number) => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += (await from.receive()).value!
    return sum
  },
)

type Four<T> = { a: T; b: T; c: T; d: T }
const names = ['a', 'b', 'c', 'd'] as const

/** `count` sends to each of four channels, by one select in a loop. */
const sendToAll = goroutine(import.meta, 'stress.sendToAll', async (_ctx, to: Four<Sender<number>>, count: number) => {
  const sent: Four<number> = { a: 0, b: 0, c: 0, d: 0 }
  const open = (name: keyof typeof to) => (sent[name] < count ? to[name].sending(sent[name]) : null)
  for (let i = 0; i < 4 * count; i++) {
    const won = await select({ d: open('d'), c: open('c'), a: open('a'), b: open('b') })
    sent[won.case]++
  }
})
const receiveFromAll = goroutine(
  import.meta,
  'stress.receiveFromAll',
  async (_ctx, from: Four<Receiver<number>>, count: number) => {
    const received: Four<number> = { a: 0, b: 0, c: 0, d: 0 }
    const open = (name: keyof typeof from) => (received[name] < count ? from[name].receiving() : null)
    let sum = 0
    for (let i = 0; i < 4 * count; i++) {
      const won = await select({ a: open('a'), b: open('b'), c: open('c'), d: open('d') })
      received[won.case]++
      sum += won.value!
    }
    return sum
  },
)

/** Four channels, each with a sender and a receiver of its own, and one select that sends to all and one that receives. */
export const stress = goroutine(import.meta, 'stress', async (ctx: GoContext, on: Placement, count: number) => {
  const channels: Four<Channel<number>> = {
    a: ctx.channel(),
    b: ctx.channel(),
    c: ctx.channel({ capacity: 2 }),
    d: ctx.channel({ capacity: 3 }),
  }
  const { a, b, c, d } = channels
  let n = 1
  const sums: Promise<number>[] = []
  for (const name of names) {
    ctx.go(sendMany(channels[name].sender, count), place(on, n++))
    sums.push(ctx.go(receiveMany(channels[name].receiver, count), place(on, n++)).done)
  }
  ctx.go(sendToAll({ a: a.sender, b: b.sender, c: c.sender, d: d.sender }, count), place(on, n++))
  sums.push(
    ctx.go(receiveFromAll({ a: a.receiver, b: b.receiver, c: c.receiver, d: d.receiver }, count), place(on, n++)).done,
  )
  return (await Promise.all(sums)).reduce((sum, one) => sum + one)
})
