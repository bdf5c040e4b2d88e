// A channel end that came over a channel belongs to who received it: when that goroutine is stopped, so is what it waits
// for there, whatever way the end has taken and wherever the home of the outer channel has been meanwhile.
import { type GoContext, goroutine, type Receiver, type Sender } from '@troupe/actors'
import { place, type Placement, until } from '../placement.ts'

type Way = 'wait' | 'try'

const waitAtReceived = goroutine(
  import.meta,
  'received-ends.waitAtReceived',
  async (ctx: GoContext, outer: Receiver<Receiver<number>>, way: Way, ready: Sender<true>) => {
    const { value: inner } = way === 'wait' ? await outer.receive() : await until(ctx, () => outer.tryReceive())
    await ready.send(true)
    await inner!.receive()
  },
)

/** How many ms the stop of a goroutine takes that waits at an end which it received. A try makes the home come to it. */
export const stopAtReceivedEnd = goroutine(
  import.meta,
  'received-ends',
  async (ctx: GoContext, on: Placement, way: Way) => {
    const inner = ctx.channel<number>()
    const outer = ctx.channel<Receiver<number>>({ capacity: 1 })
    const ready = ctx.channel<true>()
    await outer.send(inner.receiver)
    const waiting = ctx.go(waitAtReceived(outer.receiver, way, ready.sender), place(on, 1))
    await ready.receive()
    await ctx.sleep(1)
    const before = ctx.now()
    await waiting.stop()
    return ctx.now() - before
  },
)
