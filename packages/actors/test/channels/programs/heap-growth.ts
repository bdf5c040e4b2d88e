// Selects that lose a case leave nothing behind, not even memory. (Go: test/chan/select2.go)
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type GoContext, goroutine, type Receiver, select, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const feed = goroutine(import.meta, 'heap-growth.feed', async (_ctx, to: Sender<number>, count: number) => {
  for (let i = 0; i < count; i++) await to.send(i)
})

/** Bytes on this thread's heap that something still holds. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

/** Selects over a channel that is fed and one that never is; gives the bytes that it grew by after the first half. */
const watch = goroutine(
  import.meta,
  'heap-growth.watch',
  async (_ctx, fed: Receiver<number>, never: Receiver<number>, half: number) => {
    const receiveHalf = async (): Promise<number> => {
      for (let i = 0; i < half; i++) await select({ fed: fed.receiving(), never: never.receiving() })
      return heldBytes()
    }
    const before = await receiveHalf()
    return (await receiveHalf()) - before
  },
)

/** The bytes that `half` selects leave. */
export const heapGrowth = goroutine(import.meta, 'heap-growth', async (ctx: GoContext, on: Placement, half: number) => {
  const fed = ctx.channel<number>()
  const never = ctx.channel<number>()
  ctx.go(feed(fed.sender, 2 * half), place(on, 1))
  return await ctx.go(watch(fed.receiver, never.receiver, half), place(on, 2)).done
})
