// A select chooses among the cases that are ready, each as likely as the others. (Go: TestSelectFairness,
// TestPseudoRandomSend)
import { type Channel, type GoContext, goroutine, type Receiver, select, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const draw = goroutine(
  import.meta,
  'chance.draw',
  async (_ctx, full: Receiver<string>[], empty: Receiver<string>[], out: Sender<string>, stop: Receiver<true>) => {
    for (;;) {
      const drawn = await select({
        c: empty[0]!.receiving(),
        d: empty[1]!.receiving(),
        a: full[0]!.receiving(),
        b: full[1]!.receiving(),
      })
      const passed = await select({ out: out.sending(drawn.value!), stop: stop.receiving() })
      if (passed.case === 'stop') return
    }
  },
)

/** Two channels with more than enough in them, two with nothing: how often each of the first two was drawn from. */
export const fairReceives = goroutine(
  import.meta,
  'chance.fairReceives',
  async (ctx: GoContext, on: Placement, draws: number) => {
    const full = async (name: string): Promise<Channel<string>> => {
      const channel = ctx.channel<string>({ capacity: draws + 1 })
      for (let i = 0; i <= draws; i++) await channel.send(name)
      return channel
    }
    const [a, b] = [await full('a'), await full('b')]
    const [c, d] = [ctx.channel<string>(), ctx.channel<string>()]
    const out = ctx.channel<string>()
    const stop = ctx.channel<true>()
    const drawing = ctx.go(
      draw([a.receiver, b.receiver], [c.receiver, d.receiver], out.sender, stop.receiver),
      place(on, 1),
    )
    const times: Record<string, number> = { a: 0, b: 0 }
    for (let i = 0; i < draws; i++) {
      const { value } = await out.receive()
      times[value!] = (times[value!] ?? 0) + 1
    }
    stop.close()
    await drawing.done
    return times
  },
)

const tallyBits = goroutine(import.meta, 'chance.tallyBits', async (_ctx, from: Receiver<0 | 1>) => {
  const times = { zeros: 0, ones: 0 }
  for await (const bit of from) times[bit === 0 ? 'zeros' : 'ones']++
  return times
})

/** Both cases send, to one channel: how often each of the two was chosen. */
export const fairSends = goroutine(
  import.meta,
  'chance.fairSends',
  async (ctx: GoContext, on: Placement, capacity: number, sends: number) => {
    const bits = ctx.channel<0 | 1>({ capacity })
    const tallying = ctx.go(tallyBits(bits.receiver), place(on, 1))
    for (let i = 0; i < sends; i++) await select({ one: bits.sending(1), zero: bits.sending(0) })
    bits.close()
    return await tallying.done
  },
)
