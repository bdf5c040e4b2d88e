// A select that offers one number to four channels gives it to one of them. (Go: test/chan/doubleselect.go)
import { type Channel, type GoContext, goroutine, type Receiver, select, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

type Four<T> = [a: T, b: T, c: T, d: T]

const offer = goroutine(import.meta, 'double-select.offer', async (_ctx, count: number, ways: Four<Sender<number>>) => {
  const [a, b, c, d] = ways
  for (let n = 0; n < count; n++) {
    await select({ a: a.sending(n), b: b.sending(n), c: c.sending(n), d: d.sending(n) })
  }
  for (const way of ways) way.close()
})

const forward = goroutine(
  import.meta,
  'double-select.forward',
  async (_ctx, from: Receiver<number>, to: Sender<number>) => {
    for await (const n of from) await to.send(n)
  },
)

/** The numbers that came out, as they came. */
export const doubleSelect = goroutine(
  import.meta,
  'double-select',
  async (ctx: GoContext, on: Placement, count: number) => {
    const way = (): Channel<number> => ctx.channel()
    const ways: Four<Channel<number>> = [way(), way(), way(), way()]
    const merged = ctx.channel<number>()
    const [a, b, c, d] = ways
    const offered = ctx.go(offer(count, [a.sender, b.sender, c.sender, d.sender]), place(on, 1))
    const forwarded = ways.map((from, i) => ctx.go(forward(from.receiver, merged.sender), place(on, 2 + i)).done)
    void Promise.all([offered.done, ...forwarded]).then(() => merged.close())
    const out: number[] = []
    for await (const n of merged) out.push(n)
    return out
  },
)
