// Very many goroutines, each waiting for its neighbour, threaded together and torn down. (Go: test/chan/goroutines.go)
import { type GoContext, goroutine, type Receiver, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const link = goroutine(import.meta, 'daisy-chain.link', async (_ctx, left: Sender<number>, right: Receiver<number>) => {
  const { value } = await right.receive()
  await left.send(value! + 1)
})

/** One number through a chain of `length`, each of which adds one to it. */
export const daisyChain = goroutine(
  import.meta,
  'daisy-chain',
  async (ctx: GoContext, on: Placement, length: number) => {
    const leftmost = ctx.channel<number>()
    let left = leftmost
    const links = []
    for (let i = 0; i < length; i++) {
      const right = ctx.channel<number>()
      links.push(ctx.go(link(left.sender, right.receiver), place(on, i + 1)))
      left = right
    }
    await left.send(0)
    const { value } = await leftmost.receive()
    await Promise.all(links.map(({ done }) => done))
    return value
  },
)
