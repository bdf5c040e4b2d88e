// What a select evaluates, takes and leaves. (Go: test/chan/select.go, select4.go, select6.go, select7.go;
// TestSelectDuplicateChannel)
import { type GoContext, goroutine, type Receiver, select, type Sender, trySelect } from '@troupe/actors'
import { place, type Placement, until } from '../placement.ts'

/**
 * Sends by selects that do not wait, each into whichever channel still takes one, until none does. The cases are values:
 * each is made once for each select, the channel being null or not, and one at most is sent.
 */
async function sendUntilFull(outs: Record<'a' | 'b', Sender<number> | null>, next: () => number): Promise<string[]> {
  const sent: string[] = []
  for (;;) {
    const { a, b } = outs
    const [forA, forB] = [next(), next()]
    const won = trySelect({ a: a?.sending(forA), b: b?.sending(forB) })
    if (won === undefined) return sent
    outs[won.case] = null
    sent.push(`${won.case} ${won.case === 'a' ? forA : forB}`)
  }
}

/** Two buffers of one take two values, one each; what was taken out and put in is the same. */
export const nullAfterUse = goroutine(import.meta, 'selects.nullAfterUse', async (ctx: GoContext, _on: Placement) => {
  const a = ctx.channel<number>({ capacity: 1 })
  const b = ctx.channel<number>({ capacity: 1 })
  let made = 0
  const next = (): number => made++
  const sent = await sendUntilFull({ a, b }, next)
  const received = [`a ${(await a.receive()).value}`, `b ${(await b.receive()).value}`]
  const again = await sendUntilFull({ a, b: null }, next)
  return { sent: sent.sort(), received, again: again.length, made }
})

/** A value waits in one channel, nothing in the other: the second is left as it was. */
export const onlyReady = goroutine(import.meta, 'selects.onlyReady', async (ctx: GoContext, _on: Placement) => {
  const full = ctx.channel<number>({ capacity: 1 })
  const empty = ctx.channel<number>()
  await full.send(42)
  const won = await select({ empty: empty.receiving(), full: full.receiving() })
  return { won, left: [full.tryReceive(), empty.tryReceive(), empty.trySend(1)] }
})

const receiveOne = goroutine(
  import.meta,
  'selects.receiveOne',
  async (_ctx, from: Receiver<number>) => await from.receive(),
)
const sendOne = goroutine(import.meta, 'selects.sendOne', async (_ctx, to: Sender<number>, value: number) => {
  await to.send(value)
})
const loseThenReceive = goroutine(
  import.meta,
  'selects.loseThenReceive',
  async (_ctx, lost: Receiver<number>, won: Receiver<number>, told: Sender<string>) => {
    const first = await select({ lost: lost.receiving(), won: won.receiving() })
    await told.send(first.case)
    return await lost.receive()
  },
)

/** A receiver queues, a select behind it; the select loses there, and queues again. Two values reach the two of them. */
export const loserLeavesQueue = goroutine(
  import.meta,
  'selects.loserLeavesQueue',
  async (ctx: GoContext, on: Placement) => {
    const [lost, won] = [ctx.channel<number>(), ctx.channel<number>()]
    const told = ctx.channel<string>()
    const first = ctx.go(receiveOne(lost.receiver), place(on, 1))
    const second = ctx.go(loseThenReceive(lost.receiver, won.receiver, told.sender), place(on, 2))
    await ctx.sleep(1)
    ctx.go(sendOne(won.sender, 0), place(on, 3))
    const { value: winner } = await told.receive()
    await lost.send(1)
    await lost.send(2)
    const got = [(await first.done).value, (await second.done).value]
    return { winner, got: got.sort((a, b) => a! - b!) }
  },
)

const twiceOrElse = goroutine(
  import.meta,
  'selects.twiceOrElse',
  async (_ctx, twice: Receiver<number>, other: Receiver<number>) =>
    await select({ first: twice.receiving(), second: twice.receiving(), other: other.receiving() }),
)

/** One channel stands in two cases of a select that loses there, ahead of another receiver, which must get the value. */
export const sameChannelTwice = goroutine(
  import.meta,
  'selects.sameChannelTwice',
  async (ctx: GoContext, on: Placement) => {
    const [twice, other] = [ctx.channel<number>(), ctx.channel<number>()]
    const selecting = ctx.go(twiceOrElse(twice.receiver, other.receiver), place(on, 1))
    await ctx.sleep(1)
    const waiting = ctx.go(receiveOne(twice.receiver), place(on, 2))
    await ctx.sleep(1)
    await other.send(7)
    const won = await selecting.done
    await twice.send(8)
    return { won, got: (await waiting.done).value }
  },
)

type Way = 'plainly' | 'by a select of one' | 'by a select of two'
const ways: Way[] = ['plainly', 'by a select of one', 'by a select of two']

const receiveBy = goroutine(
  import.meta,
  'selects.receiveBy',
  async (ctx: GoContext, way: Way, from: Receiver<number>) => {
    switch (way) {
      case 'plainly':
        return (await from.receive()).value
      case 'by a select of one':
        return (await select({ from: from.receiving() })).value
      case 'by a select of two':
        return (await select({ from: from.receiving(), never: ctx.channel<number>().receiving() })).value
      default:
        return way satisfies never
    }
  },
)
async function sendBy(ctx: GoContext, way: Way, to: Sender<number>, value: number): Promise<void> {
  switch (way) {
    case 'plainly':
      return await to.send(value)
    case 'by a select of one':
      return void (await select({ to: to.sending(value) }))
    case 'by a select of two':
      return void (await select({ to: to.sending(value), never: ctx.channel<number>().sending(value) }))
    default:
      return way satisfies never
  }
}

/** Each way to send meets each way to receive: what arrived. */
export const everyMeeting = goroutine(import.meta, 'selects.everyMeeting', async (ctx: GoContext, on: Placement) => {
  const met: (number | undefined)[] = []
  for (const receiving of ways) {
    for (const sending of ways) {
      const channel = ctx.channel<number>()
      const receiver = ctx.go(receiveBy(receiving, channel.receiver), place(on, met.length + 1))
      await ctx.sleep(1)
      await sendBy(ctx, sending, channel.sender, met.length)
      met.push(await receiver.done)
    }
  }
  return met
})

/** A channel sent over a channel, received and sent to in one select. (Go: test/chan/sendstmt.go) */
export const channelOverChannel = goroutine(
  import.meta,
  'selects.channelOverChannel',
  async (ctx: GoContext, on: Placement) => {
    const inner = ctx.channel<number>({ capacity: 1 })
    const outer = ctx.channel<Sender<number>>({ capacity: 1 })
    await outer.send(inner.sender)
    const sending = ctx.go(sendOverReceived(outer.receiver, 2), place(on, 1))
    const won = await sending.done
    return { won, got: await until(ctx, () => inner.tryReceive()) }
  },
)
const sendOverReceived = goroutine(
  import.meta,
  'selects.sendOverReceived',
  async (_ctx, from: Receiver<Sender<number>>, value: number) => {
    const { value: to } = await from.receive()
    return await select({ to: to!.sending(value) })
  },
)
