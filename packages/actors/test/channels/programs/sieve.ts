// The prime sieve: a chain of goroutines, one for each prime, each of which lets through what its prime does not divide.
// (Go: test/chan/sieve1.go)
import { type GoContext, goroutine, type Receiver, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const count = goroutine(import.meta, 'sieve.count', async (_ctx, to: Sender<number>): Promise<void> => {
  for (let n = 2; ; n++) await to.send(n)
})
const filter = goroutine(
  import.meta,
  'sieve.filter',
  async (_ctx, from: Receiver<number>, to: Sender<number>, prime: number) => {
    for await (const n of from) if (n % prime !== 0) await to.send(n)
  },
)

/** The first primes. */
export const sieve = goroutine(import.meta, 'sieve', async (ctx: GoContext, on: Placement, wanted: number) => {
  const primes: number[] = []
  let numbers = ctx.channel<number>()
  ctx.go(count(numbers.sender), place(on, 1))
  while (primes.length < wanted) {
    const { value: prime } = await numbers.receive()
    primes.push(prime!)
    const sifted = ctx.channel<number>()
    ctx.go(filter(numbers.receiver, sifted.sender, prime!), place(on, primes.length + 1))
    numbers = sifted
  }
  return primes
})
