// Small loads of the kinds that channels are made for: many consumers, pipelines, tokens, a semaphore, a crowd that waits
// for one event. (Go: TestMultiConsumer, and what the runtime's channel benchmarks do)
import { type Channel, type GoContext, goroutine, type Receiver, select, type Sender } from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const primes = [2, 3, 7, 11, 13, 17, 19, 23, 27, 31]

const relay = goroutine(
  import.meta,
  'workloads.relay',
  async (ctx: GoContext, from: Receiver<number>, to: Sender<number>, lazyAt: number) => {
    for await (const n of from) {
      if (n === lazyAt) await ctx.sleep(0)
      await to.send(n)
    }
  },
)
const feedPrimes = goroutine(import.meta, 'workloads.feedPrimes', async (_ctx, to: Sender<number>, count: number) => {
  let sum = 0
  for (let i = 0; i < count; i++) {
    const prime = primes[i % primes.length]!
    sum += prime
    await to.send(prime)
  }
  to.close()
  return sum
})

/** Many relays between one feeder and one reader: what went in, what came out. */
export const manyConsumers = goroutine(
  import.meta,
  'workloads.manyConsumers',
  async (ctx: GoContext, on: Placement, relays: number, count: number) => {
    const work = ctx.channel<number>({ capacity: 3 * relays })
    const results = ctx.channel<number>({ capacity: 3 * relays })
    const relayed = Array.from(
      { length: relays },
      (_, i) => ctx.go(relay(work.receiver, results.sender, primes[i % primes.length]!), place(on, i + 2)).done,
    )
    const feeding = ctx.go(feedPrimes(work.sender, count), place(on, 1))
    void Promise.all(relayed).then(() => results.close())
    const out = { count: 0, sum: 0 }
    for await (const n of results) {
      out.count++
      out.sum += n
    }
    return { in: { count, sum: await feeding.done }, out }
  },
)

const pingPong = goroutine(
  import.meta,
  'workloads.pingPong',
  async (_ctx, table: Channel<number>, rounds: number, begins: boolean) => {
    let last = 0
    for (let round = 0; round < rounds; round++) {
      if (begins) await table.send(last + 1)
      last = (await table.receive()).value!
      if (!begins) await table.send(last + 1)
    }
    return last
  },
)

/** Two that send and receive by turns at one rendezvous channel. */
export const rally = goroutine(
  import.meta,
  'workloads.rally',
  async (ctx: GoContext, on: Placement, rounds: number) => {
    const table = ctx.channel<number>()
    const players = [true, false].map((begins, i) => ctx.go(pingPong(table, rounds, begins), place(on, i + 1)).done)
    return await Promise.all(players)
  },
)

const produce = goroutine(
  import.meta,
  'workloads.produce',
  async (_ctx, to: Sender<number>, stop: Receiver<true>, count: number) => {
    for (let i = 1; i <= count; i++) await select({ to: to.sending(i), stop: stop.receiving() })
  },
)
const consume = goroutine(
  import.meta,
  'workloads.consume',
  async (_ctx, from: Receiver<number>, stop: Receiver<true>) => {
    for (let sum = 0; ;) {
      const won = await select({ from: from.receiving(), stop: stop.receiving() })
      if (won.case === 'stop' || won.done) return sum
      sum += won.value
    }
  },
)

/** Producers and consumers beside a channel that would stop them and never does: the sum of what was consumed. */
export const producersAndConsumers = goroutine(
  import.meta,
  'workloads.producersAndConsumers',
  async (ctx: GoContext, on: Placement, pairs: number, capacity: number, count: number) => {
    const goods = ctx.channel<number>({ capacity })
    const stop = ctx.channel<true>()
    const producing = []
    const consuming = []
    for (let i = 0; i < pairs; i++) {
      producing.push(ctx.go(produce(goods.sender, stop.receiver, count), place(on, 2 * i + 1)).done)
      consuming.push(ctx.go(consume(goods.receiver, stop.receiver), place(on, 2 * i + 2)).done)
    }
    await Promise.all(producing)
    goods.close()
    return (await Promise.all(consuming)).reduce((sum, one) => sum + one, 0)
  },
)

/** Takes a token from either channel and puts it into the other. */
const passTokens = goroutine(
  import.meta,
  'workloads.passTokens',
  async (_ctx, a: Channel<number>, b: Channel<number>, passes: number) => {
    for (let i = 0; i < passes; i++) {
      const won = await select({ a: a.receiving(), b: b.receiving() })
      await (won.case === 'a' ? b : a).send(won.value!)
    }
  },
)

/** As many tokens as goroutines that pass them to and fro: those that are there in the end. */
export const tokens = goroutine(
  import.meta,
  'workloads.tokens',
  async (ctx: GoContext, on: Placement, count: number, passes: number) => {
    const [a, b] = [ctx.channel<number>({ capacity: count }), ctx.channel<number>({ capacity: count })]
    for (let token = 0; token < count; token++) await a.send(token)
    const passing = Array.from({ length: count }, (_, i) => ctx.go(passTokens(a, b, passes), place(on, i + 1)).done)
    await Promise.all(passing)
    const left: number[] = []
    for (const channel of [a, b]) {
      channel.close()
      for await (const token of channel) left.push(token)
    }
    return left.sort((x, y) => x - y)
  },
)

const offerThree = goroutine(
  import.meta,
  'workloads.offerThree',
  async (_ctx, a: Sender<number>, b: Sender<number>, c: Sender<number>, stop: Receiver<true>) => {
    for (let sent = 0; ; sent++) {
      const won = await select({ a: a.sending(1), b: b.sending(1), c: c.sending(1), stop: stop.receiving() })
      if (won.case === 'stop') return sent
    }
  },
)
const takeThree = goroutine(
  import.meta,
  'workloads.takeThree',
  async (_ctx, a: Receiver<number>, b: Receiver<number>, c: Receiver<number>, count: number) => {
    for (let i = 0; i < count; i++) await select({ a: a.receiving(), b: b.receiving(), c: c.receiving() })
  },
)

/** Selects against selects, over the same three channels: how often each side believes that they met. */
export const selectsMeet = goroutine(
  import.meta,
  'workloads.selectsMeet',
  async (ctx: GoContext, on: Placement, pairs: number, count: number) => {
    const [a, b, c] = [ctx.channel<number>(), ctx.channel<number>(), ctx.channel<number>()]
    const stop = ctx.channel<true>()
    const offering = []
    const taking = []
    for (let i = 0; i < pairs; i++) {
      offering.push(ctx.go(offerThree(a.sender, b.sender, c.sender, stop.receiver), place(on, 2 * i + 1)).done)
      taking.push(ctx.go(takeThree(a.receiver, b.receiver, c.receiver, count), place(on, 2 * i + 2)).done)
    }
    await Promise.all(taking)
    stop.close()
    const sent = await Promise.all(offering)
    return { sent: sent.reduce((sum, one) => sum + one), taken: pairs * count }
  },
)

const hold = goroutine(
  import.meta,
  'workloads.hold',
  async (ctx: GoContext, permits: Channel<true>, presence: Sender<1 | -1>, turns: number) => {
    for (let i = 0; i < turns; i++) {
      await permits.send(true)
      await presence.send(1)
      await ctx.sleep(0)
      await presence.send(-1)
      await permits.receive()
    }
  },
)
const countPresent = goroutine(import.meta, 'workloads.countPresent', async (_ctx, presence: Receiver<1 | -1>) => {
  const outcome = { entered: 0, present: 0, most: 0 }
  for await (const change of presence) {
    outcome.present += change
    outcome.entered += change === 1 ? 1 : 0
    outcome.most = Math.max(outcome.most, outcome.present)
  }
  return outcome
})

/** A buffer as a semaphore: how many came in, how many of them were inside at once at most, and at the end. */
export const semaphore = goroutine(
  import.meta,
  'workloads.semaphore',
  async (ctx: GoContext, on: Placement, permits: number, holders: number, turns: number) => {
    const free = ctx.channel<true>({ capacity: permits })
    const presence = ctx.channel<1 | -1>()
    const counting = ctx.go(countPresent(presence.receiver), place(on, 1))
    await Promise.all(
      Array.from({ length: holders }, (_, i) => ctx.go(hold(free, presence.sender, turns), place(on, i + 2)).done),
    )
    presence.close()
    return await counting.done
  },
)

const waitForStart = goroutine(
  import.meta,
  'workloads.waitForStart',
  async (_ctx, popular: Receiver<number>, start: Receiver<true>) => {
    const won = await select({ popular: popular.receiving(), start: start.receiving() })
    return won.case
  },
)

/** A crowd of selects at two channels; one value comes, then the start for all others: who was woken by which. */
export const crowd = goroutine(import.meta, 'workloads.crowd', async (ctx: GoContext, on: Placement, size: number) => {
  const popular = ctx.channel<number>()
  const start = ctx.channel<true>()
  const waiting = Array.from(
    { length: size },
    (_, i) => ctx.go(waitForStart(popular.receiver, start.receiver), place(on, i + 1)).done,
  )
  await popular.send(1)
  start.close()
  const woken = await Promise.all(waiting)
  return { popular: woken.filter(by => by === 'popular').length, start: woken.filter(by => by === 'start').length }
})
