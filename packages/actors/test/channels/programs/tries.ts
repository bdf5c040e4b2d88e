// Operations that do not wait: they tell who waits from who does not, and a channel that is always ready is found ready.
// (Go: test/chan/nonblock.go; TestNonblockRecvRace, TestNonblockSelectRace, TestNonblockSelectRace2)
import { type GoContext, goroutine, type Receiver, type Sender, trySelect } from '@troupe/actors'
import { place, type Placement, until } from '../placement.ts'

export type Value = number | bigint | boolean | string | Uint8Array | { n: (number | null)[] }
const values: Value[] = [234, 2n ** 40n, true, 'hello again', Uint8Array.of(1, 2), { n: [1, null] }]

const receiveOne = goroutine(
  import.meta,
  'tries.receiveOne',
  async (_ctx, from: Receiver<Value>, to: Sender<Value>) => {
    const { value } = await from.receive()
    await to.send(value!)
  },
)
const sendOne = goroutine(import.meta, 'tries.sendOne', async (_ctx, to: Sender<Value>, value: Value) => {
  await to.send(value)
})

/** Each kind of value sent by a try to a waiting receiver, then received by a try from a waiting sender. */
export const tries = goroutine(import.meta, 'tries', async (ctx: GoContext, on: Placement, capacity: number) => {
  const passed: { sent: Value; received: unknown }[] = []
  let n = 1
  for (const value of values) {
    const channel = ctx.channel<Value>({ capacity })
    const heard = ctx.channel<Value>()
    if (channel.tryReceive() !== undefined) throw new Error('received out of nothing')
    if (capacity === 0 && channel.trySend(value)) throw new Error('sent to nobody')

    ctx.go(receiveOne(channel.receiver, heard.sender), place(on, n++))
    await until(ctx, () => channel.trySend(value))
    passed.push({ sent: value, received: (await heard.receive()).value })

    const sent = ctx.go(sendOne(channel.sender, value), place(on, n++))
    const { value: received } = await until(ctx, () => channel.tryReceive())
    passed.push({ sent: value, received })
    await sent.done
    if (channel.tryReceive() !== undefined) throw new Error('received the same again')
  }
  return { values, passed }
})

/** Takes what is there, or learns that the channel is closed; and how often it missed both. */
const take = goroutine(import.meta, 'tries.take', async (ctx: GoContext, from: Receiver<number>) => {
  let misses = -1
  const { value } = await until(ctx, () => {
    misses++
    return from.tryReceive()
  })
  return { value, misses }
})

/** A buffer with one value is closed while two take from it: from then on it is ready, for one or for the other. */
export const closingRace = goroutine(
  import.meta,
  'tries.closingRace',
  async (ctx: GoContext, on: Placement, rounds: number) => {
    const outcome = { once: 0, misses: 0 }
    for (let round = 0; round < rounds; round++) {
      const channel = ctx.channel<number>({ capacity: 1 })
      await channel.send(round)
      const taking = ctx.go(take(channel.receiver), place(on, round + 1))
      channel.close()
      const mine = await channel.receive()
      const other = await taking.done
      if ((mine.value === round) !== (other.value === round)) outcome.once++
      outcome.misses += other.misses
    }
    return outcome
  },
)

/** A select over two channels that does not wait, until it finds one of them ready. */
const choose = goroutine(
  import.meta,
  'tries.choose',
  async (ctx: GoContext, first: Receiver<number>, second: Receiver<number>) => {
    let misses = -1
    const got = await until(ctx, () => {
      misses++
      return trySelect({ first: first.receiving(), second: second.receiving() })
    })
    return { case: got.case, misses }
  },
)

/**
 * The second channel becomes ready before the first may cease to be: a select that looks at both at one moment always
 * finds one. Counts the rounds in which the first one's value was taken exactly once, and how often nothing was found.
 */
export const readyRace = goroutine(
  import.meta,
  'tries.readyRace',
  async (ctx: GoContext, on: Placement, rounds: number, by: 'send' | 'close') => {
    const outcome = { once: 0, misses: 0 }
    for (let round = 0; round < rounds; round++) {
      const first = ctx.channel<number>({ capacity: 1 })
      const second = ctx.channel<number>({ capacity: 1 })
      await first.send(round)
      const choosing = ctx.go(choose(first.receiver, second.receiver), place(on, round + 1))
      if (by === 'send') second.trySend(round)
      else second.close()
      const mine = first.tryReceive()
      const other = await choosing.done
      const left = mine ?? (other.case === 'first' ? undefined : await first.receive())
      if ((left?.value === round) !== (other.case === 'first')) outcome.once++
      outcome.misses += other.misses
    }
    return outcome
  },
)
