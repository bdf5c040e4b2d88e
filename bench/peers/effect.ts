// effect: fibers on one thread, and a Queue between them. Values pass by reference; it does not leave its thread.
//
// Settings: `Queue.bounded`, as documented: 64 or 1,024 places, or 0, which is its rendezvous. `trials` offers and takes one
// by one in `Effect.gen`, the form that its documentation gives; `looped` does the same with `Effect.whileLoop`, its
// quickest way to do something many times; `batched` offers arrays of 64 and takes as many as there are, up to 64.
// It has no select: the nearest thing is a race of two takes, of which one is interrupted each time. Not fair: where both
// have something, the first of the two wins.

import * as Effect from 'effect/Effect'
import * as Fiber from 'effect/Fiber'
import * as Queue from 'effect/Queue'
import { passing, shares, together, type Pass, type Tally } from '../passing.ts'
import type { Plan, Trial, Trials } from '../measure.ts'

type Produce<T> = (queue: Queue.Queue<T>, from: number, until: number) => Effect.Effect<unknown>
type Consume<T> = (queue: Queue.Queue<T>, count: number) => Effect.Effect<Tally>

/** How the two ends are written; what a value is comes with `make` and `read`. */
interface Form {
  produce<T>(make: (n: number) => T): Produce<T>
  consume<T>(read: (value: T) => number): Consume<T>
}

const oneByOne: Form = {
  produce: make => (queue, from, until) =>
    Effect.gen(function* () {
      for (let n = from; n < until; n++) yield* Queue.offer(queue, make(n))
    }),
  consume: read => (queue, count) =>
    Effect.gen(function* () {
      let sum = 0
      for (let i = 0; i < count; i++) sum = (sum + read(yield* Queue.take(queue))) | 0
      return { count, sum }
    }),
}

const inLoops: Form = {
  produce: make => (queue, from, until) => {
    let n = from
    return Effect.whileLoop({ while: () => n < until, body: () => Queue.offer(queue, make(n++)), step: () => {} })
  },
  consume: read => (queue, count) => {
    let taken = 0
    let sum = 0
    const take = Queue.take(queue)
    const loop = Effect.whileLoop({
      while: () => taken < count,
      body: () => take,
      step(value) {
        taken++
        sum = (sum + read(value)) | 0
      },
    })
    return Effect.map(loop, () => ({ count: taken, sum }))
  },
}

const BATCH = 64

const inBatches: Form = {
  produce: make => (queue, from, until) =>
    Effect.gen(function* () {
      for (let n = from; n < until;) {
        const batch = []
        while (batch.length < BATCH && n < until) batch.push(make(n++))
        yield* Queue.offerAll(queue, batch)
      }
    }),
  consume: read => (queue, count) =>
    Effect.gen(function* () {
      let taken = 0
      let sum = 0
      while (taken < count) {
        const batch = yield* Queue.takeBetween(queue, 1, BATCH)
        for (const value of batch) sum = (sum + read(value)) | 0
        taken += batch.length
      }
      return { count: taken, sum }
    }),
}

/** A fiber for each producer and each consumer. Consumers are told how many they will get: less to do than for an end. */
function passOver<T>(capacity: number, produce: Produce<T>, consume: Consume<T>, producers = 1, consumers = 1): Pass {
  return count => {
    const program = Effect.gen(function* () {
      const queue = yield* Queue.bounded<T>(capacity)
      const takers: Fiber.Fiber<Tally>[] = []
      for (const { from, until } of shares(count, consumers)) {
        takers.push(yield* Effect.forkChild(consume(queue, until - from)))
      }
      for (const { from, until } of shares(count, producers)) yield* Effect.forkChild(produce(queue, from, until))
      return together(yield* Fiber.joinAll(takers))
    })
    return Effect.runPromise(program)
  }
}

const numbers =
  (form: Form, capacity: number, producers = 1, consumers = 1): Trial =>
  plan => {
    const produce = form.produce(n => n)
    const consume = form.consume((n: number) => n)
    return passing(plan, passOver(capacity, produce, consume, producers, consumers))
  }

const objects =
  (form: Form): Trial =>
  plan => {
    const produce = form.produce(n => ({ kind: 'add', n }))
    const consume = form.consume((value: { kind: string; n: number }) => value.n)
    return passing(plan, passOver(64, produce, consume))
  }

function racing(plan: Plan): ReturnType<Trial> {
  const offer = oneByOne.produce(n => n)
  return passing(plan, count => {
    const program = Effect.gen(function* () {
      const queues = [yield* Queue.bounded<number>(64), yield* Queue.bounded<number>(64)] as const
      const takes = Effect.raceFirst(Queue.take(queues[0]), Queue.take(queues[1]))
      for (const [n, { from, until }] of shares(count, 2).entries())
        yield* Effect.forkChild(offer(queues[n]!, from, until))
      let sum = 0
      for (let i = 0; i < count; i++) sum = (sum + (yield* takes)) | 0
      return { count, sum }
    })
    return Effect.runPromise(program)
  })
}

export const trials: Trials = {
  channel: numbers(oneByOne, 64),
  'channel-1024': numbers(oneByOne, 1024),
  'channel-object': objects(oneByOne),
  rendezvous: numbers(oneByOne, 0),
  select: racing,
  'channel-fan-out': numbers(oneByOne, 64, 1, 2),
  'channel-fan-in': numbers(oneByOne, 64, 2, 1),
}

export const looped: Trials = {
  channel: numbers(inLoops, 64),
  'channel-1024': numbers(inLoops, 1024),
  'channel-object': objects(inLoops),
  rendezvous: numbers(inLoops, 0),
}

export const batched: Trials = {
  channel: numbers(inBatches, 64),
  'channel-1024': numbers(inBatches, 1024),
  'channel-object': objects(inBatches),
}
