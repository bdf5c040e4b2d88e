// What a closed channel gives and takes: by plain operations, by a select of one, by one of two. (Go: test/closedchan.go)
import { type Channel, type GoContext, goroutine, type Received, select, trySelect } from '@troupe/actors'
import { place, type Placement, until } from '../placement.ts'

export const ways = ['plain', 'select', 'wide select'] as const
type Way = (typeof ways)[number]

interface Operations {
  receive(): Promise<Received<number>>
  tryReceive(): Received<number> | undefined
  send(value: number): Promise<unknown>
  trySend(value: number): unknown
}

function operationsOf(ctx: GoContext, way: Way, channel: Channel<number>): Operations {
  if (way === 'plain') return channel
  const other = way === 'wide select' ? ctx.channel<number>() : null
  const receiving = () => ({ it: channel.receiving(), other: other?.receiving() })
  const sending = (value: number) => ({ it: channel.sending(value), other: other?.sending(value) })
  return {
    receive: () => select(receiving()),
    tryReceive: () => trySelect(receiving()),
    send: value => select(sending(value)),
    trySend: value => trySelect(sending(value)),
  }
}

const inWords = ({ done, value }: Received<number>): string => (done ? 'done' : `value ${value}`)
const refusal = (error: { code: string }): string => error.code

/** What a closed channel gives until it is empty, and what it does with what comes after, twice over. */
const use = goroutine(import.meta, 'closed.use', async (ctx: GoContext, way: Way, channel: Channel<number>) => {
  const does = operationsOf(ctx, way, channel)
  const happened: string[] = []
  for (let round = 0; round < 2; round++) {
    happened.push(`receive: ${inWords(await does.receive())}`)
    happened.push(`tryReceive: ${inWords(await until(ctx, () => does.tryReceive()))}`)
    happened.push(`trySend: ${await until(ctx, () => does.trySend(-1) as boolean).catch(refusal)}`)
    happened.push(`send: ${String(await does.send(-2).catch(refusal))}`)
  }
  return { happened, closed: channel.closed }
})

/** Closes a channel with so many values in it, and hands it over. */
export const closed = goroutine(
  import.meta,
  'closed',
  async (ctx: GoContext, on: Placement, way: Way, values: number) => {
    const channel = ctx.channel<number>({ capacity: values })
    for (let i = 0; i < values; i++) await channel.send(i)
    channel.close()
    return await ctx.go(use(way, channel), place(on, 1)).done
  },
)

/** What closing a second time throws. */
export const closedTwice = goroutine(import.meta, 'closed.twice', async (ctx: GoContext, _on: Placement) => {
  const channel = ctx.channel<number>()
  channel.close()
  try {
    channel.close()
    return 'nothing'
  } catch (error) {
    return (error as { code: string }).code
  }
})

const wait = goroutine(
  import.meta,
  'closed.wait',
  async (_ctx, how: 'send' | 'receive' | 'select', channel: Channel<number>) => {
    try {
      if (how === 'send') return await channel.send(1)
      if (how === 'receive') return await channel.receive()
      return await select({ it: channel.receiving() })
    } catch (error) {
      return (error as { code: string }).code
    }
  },
)

/** Closing a channel wakes all who wait at it: what each of them gets. */
export const closeWakes = goroutine(
  import.meta,
  'closed.wakes',
  async (ctx: GoContext, on: Placement, how: 'send' | 'receive' | 'select', count: number) => {
    const channel = ctx.channel<number>()
    const waiting = Array.from({ length: count }, (_, i) => ctx.go(wait(how, channel), place(on, i + 1)).done)
    await ctx.sleep(2)
    channel.close()
    return await Promise.all(waiting)
  },
)
