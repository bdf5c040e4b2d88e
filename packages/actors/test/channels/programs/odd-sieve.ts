// The sieve turned round: the multiples of each prime are merged into one stream of composites, and primes are the odd
// numbers between them, fed back through a goroutine that buffers without end. (Go: test/chan/sieve2.go)
import { type GoContext, goroutine, type Receiver, select, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const stepFrom = goroutine(
  import.meta,
  'odd-sieve.stepFrom',
  async (_ctx, to: Sender<number>, first: number, step: number): Promise<void> => {
    for (let n = first; ; n += step) await to.send(n)
  },
)

/** Takes whatever comes at once, and gives it on as fast as it is taken: null while there is nothing to give. */
const buffer = goroutine(
  import.meta,
  'odd-sieve.buffer',
  async (_ctx, from: Receiver<number>, to: Sender<number>): Promise<void> => {
    const waiting: number[] = []
    for (;;) {
      const [first] = waiting
      const won = await select({ in: from.receiving(), out: first === undefined ? null : to.sending(first) })
      if (won.case === 'in') waiting.push(won.value!)
      else waiting.shift()
    }
  },
)

interface Stream {
  head: number
  readonly rest: Receiver<number>
}

/** All odd composites in order: the multiples of each prime from its square on, merged. */
const composites = goroutine(
  import.meta,
  'odd-sieve.composites',
  async (ctx: GoContext, primes: Receiver<number>, to: Sender<number>, on: Placement): Promise<void> => {
    const streams: Stream[] = []
    const lowest = (): Stream => streams.reduce((a, b) => (b.head < a.head ? b : a))
    const advance = async (stream: Stream): Promise<void> => {
      stream.head = (await stream.rest.receive()).value!
    }
    for (let n = 5; ; n++) {
      const { value: prime } = await primes.receive()
      const square = prime! * prime!
      while (streams.length > 0 && lowest().head < square) {
        const { head } = lowest()
        await to.send(head)
        for (const stream of streams) if (stream.head === head) await advance(stream)
      }
      // the next prime cannot be known before this is out
      await to.send(square)
      const multiples = ctx.channel<number>({ capacity: 10 })
      ctx.go(stepFrom(multiples.sender, square + 2 * prime!, 2 * prime!), place(on, n))
      const stream = { head: 0, rest: multiples.receiver }
      await advance(stream)
      streams.push(stream)
    }
  },
)

const sift = goroutine(
  import.meta,
  'odd-sieve.sift',
  async (
    _ctx,
    candidates: Receiver<number>,
    composite: Receiver<number>,
    out: Sender<number>,
    back: Sender<number>,
  ): Promise<void> => {
    let { value: candidate } = await candidates.receive()
    for await (const next of composite) {
      for (; candidate! < next; { value: candidate } = await candidates.receive()) {
        await back.send(candidate!)
        await out.send(candidate!)
      }
      if (candidate === next) ({ value: candidate } = await candidates.receive())
    }
  },
)

/** The first primes. */
export const oddSieve = goroutine(import.meta, 'odd-sieve', async (ctx: GoContext, on: Placement, wanted: number) => {
  const out = ctx.channel<number>({ capacity: 10 })
  const candidates = ctx.channel<number>({ capacity: 50 })
  const composite = ctx.channel<number>({ capacity: 50 })
  const found = ctx.channel<number>({ capacity: 10 })
  const primes = ctx.channel<number>({ capacity: 10 })
  for (const first of [2, 3]) await out.send(first)
  await primes.send(3)
  ctx.go(stepFrom(candidates.sender, 5, 2), place(on, 1))
  ctx.go(composites(primes.receiver, composite.sender, on), place(on, 2))
  ctx.go(buffer(found.receiver, primes.sender), place(on, 3))
  ctx.go(sift(candidates.receiver, composite.receiver, out.sender, found.sender), place(on, 4))
  const read: number[] = []
  for await (const prime of out) if (read.push(prime) === wanted) break
  return read
})
