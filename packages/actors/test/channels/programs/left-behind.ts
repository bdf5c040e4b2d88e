// A program that ends while goroutines it has started are still on their way to their threads, where each will wait for
// ever: nobody stops them until the system closes, which may be before they arrive.
import { type GoContext, goroutine, type Receiver, select } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const waitForEver = goroutine(
  import.meta,
  'left-behind.waitForEver',
  async (_ctx, a: Receiver<never>, b: Receiver<never>) => {
    await select({ a: a.receiving(), b: b.receiving() })
  },
)

export const leftBehind = goroutine(
  import.meta,
  'left-behind',
  async (ctx: GoContext, on: Placement, count: number) => {
    const [a, b] = [ctx.channel<never>(), ctx.channel<never>()]
    for (let i = 1; i <= count; i++) ctx.go(waitForEver(a.receiver, b.receiver), place(on, i))
    return count
  },
)
