// Channels that nobody has to wait for: what is sent while they are full pushes out the oldest value, or is dropped.
import { type ChannelOptions, type GoContext, goroutine, select, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const flood = goroutine(
  import.meta,
  'overflow.flood',
  async (_ctx, to: Sender<number>, count: number, way: 'send' | 'select') => {
    for (let i = 0; i < count; i++) {
      if (way === 'send') await to.send(i)
      else await select({ to: to.sending(i) })
    }
    to.close()
  },
)

/** Many values into a small channel, received only when all have been sent. */
export const overflow = goroutine(
  import.meta,
  'overflow',
  async (ctx: GoContext, on: Placement, options: ChannelOptions, count: number, way: 'send' | 'select') => {
    const channel = ctx.channel<number>(options)
    await ctx.go(flood(channel.sender, count, way), place(on, 1)).done
    const received: number[] = []
    for await (const value of channel) received.push(value)
    return received
  },
)

/** The same, received all the while. */
export const overflowWhileReceived = goroutine(
  import.meta,
  'overflow.whileReceived',
  async (ctx: GoContext, on: Placement, options: ChannelOptions, count: number) => {
    const channel = ctx.channel<number>(options)
    ctx.go(flood(channel.sender, count, 'send'), place(on, 1))
    const received: number[] = []
    for await (const value of channel) received.push(value)
    return received
  },
)
