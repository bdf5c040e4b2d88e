// What goes through a channel comes out the same, also when it is nothing. (Go: test/chan/zerosize.go;
// TestChanSendInterface)
import { type Channel, type GoContext, goroutine, select, type Sender } from '@troupe/actors'
import { place, type Placement, until } from '../placement.ts'

const sendAll = goroutine(import.meta, 'values.sendAll', async (_ctx, to: Sender<unknown>, values: unknown[]) => {
  for (const value of values) await to.send(value)
  to.close()
})

async function readAll(channel: Channel<unknown>): Promise<unknown[]> {
  const read: unknown[] = []
  for await (const value of channel) read.push(value)
  return read
}

/** Any values through one channel. */
export const values = goroutine(
  import.meta,
  'values',
  async (ctx: GoContext, on: Placement, capacity: number, all: unknown[]) => {
    const channel = ctx.channel<unknown>({ capacity })
    ctx.go(sendAll(channel.sender, all), place(on, 1))
    return await readAll(channel)
  },
)

/** Of values that are nothing, how each receive tells them from the end. */
export const nothings = goroutine(
  import.meta,
  'values.nothings',
  async (ctx: GoContext, on: Placement, capacity: number) => {
    const channel = ctx.channel<undefined>({ capacity })
    ctx.go(sendAll(channel.sender as Sender<unknown>, [undefined, undefined, undefined]), place(on, 1))
    const selected = await select({ it: channel.receiving() })
    const received = await channel.receive()
    const tried = await until(ctx, () => channel.tryReceive())
    const end = await channel.receive()
    return [selected, received, tried, end].map(({ done }) => done === true)
  },
)

/** The sender changes what it sent; gives what was received. */
export const sentThenChanged = goroutine(
  import.meta,
  'values.sentThenChanged',
  async (ctx: GoContext, on: Placement) => {
    const channel = ctx.channel<{ list: number[] }>({ capacity: 1 })
    const changing = ctx.go(sendThenChange(channel.sender), place(on, 1))
    await changing.done
    return (await channel.receive()).value
  },
)
const sendThenChange = goroutine(import.meta, 'values.sendThenChange', async (_ctx, to: Sender<{ list: number[] }>) => {
  const value = { list: [1, 2] }
  await to.send(value)
  value.list.push(3)
})
