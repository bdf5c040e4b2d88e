// Channels are first in, first out, with a buffer and without. (Go: test/chan/fifo.go)
import { type GoContext, goroutine, type Receiver, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

/** A buffer filled and emptied. */
export const bufferedFifo = goroutine(
  import.meta,
  'fifo.buffered',
  async (ctx: GoContext, on: Placement, n: number) => {
    const numbers = ctx.channel<number>({ capacity: n })
    for (let i = 0; i < n; i++) await numbers.send(i)
    const read = ctx.go(readAll(numbers.receiver, n), place(on, 1))
    return await read.done
  },
)

const readAll = goroutine(import.meta, 'fifo.readAll', async (_ctx, from: Receiver<number>, n: number) => {
  const read: (number | undefined)[] = []
  while (read.length < n) read.push((await from.receive()).value)
  return read
})

/** Receives one number when it is its turn, and passes the turn on. */
const link = goroutine(
  import.meta,
  'fifo.link',
  async (_ctx, numbers: Receiver<number>, turn: Receiver<true>, next: Sender<true>) => {
    await turn.receive()
    const { value } = await numbers.receive()
    await next.send(true)
    return value
  },
)

/** A chain of goroutines that receive from one rendezvous channel in turn: the number that each of them got. */
export const rendezvousFifo = goroutine(
  import.meta,
  'fifo.rendezvous',
  async (ctx: GoContext, on: Placement, n: number) => {
    const numbers = ctx.channel<number>()
    const first = ctx.channel<true>()
    let turn = first
    const links = []
    for (let i = 0; i < n; i++) {
      const next = ctx.channel<true>()
      links.push(ctx.go(link(numbers.receiver, turn.receiver, next.sender), place(on, i + 1)))
      turn = next
    }
    await first.send(true)
    for (let i = 0; i < n; i++) await numbers.send(i)
    await turn.receive()
    return await Promise.all(links.map(({ done }) => done))
  },
)
