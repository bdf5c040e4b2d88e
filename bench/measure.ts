// The loops that every contender runs, ours and theirs alike: what differs between two rows is only the contender.
//
// Invariants:
// - what counts is what was observed: the receiver's own count, a checked reply, never the number of calls made. A
//   difference fails the trial, it does not shade the figure;
// - warm-up runs the same code as the measurement and is thrown away;
// - a sender is never further ahead of its receiver than two bursts, so no contender is paid for filling a queue.

import { setTimeout as sleep } from 'node:timers/promises'
import { median, quantile } from './statistics.ts'

/** How long and how much: milliseconds of warm-up and of measuring, and the share of the full counts (1, or tiny). */
export interface Plan {
  readonly warmup: number
  readonly budget: number
  readonly scale: number
}

export const FULL: Plan = { warmup: 100, budget: 200, scale: 1 }
/** Shows that everything runs; measures nothing. */
export const QUICK: Plan = { warmup: 2, budget: 10, scale: 0.001 }

/** What one trial found, by the figure's key: `{ rate: 6.9e6 }`, `{ p50: 0.6, p99: 2.1 }`. */
export type Figures = Readonly<Record<string, number>>
export type Trial = (plan: Plan) => Promise<Figures>
/** What a contender can do, by the id of the work. */
export type Trials = Readonly<Record<string, Trial>>

/** A receiver being told things: `send` tells it, `counted` asks how many it has handled so far. */
export interface Target {
  send(n: number): void
  counted(): Promise<number>
}

/** `count` of the full amount, at least `least`. */
export function scaled(plan: Plan, count: number, least = 1): number {
  return Math.max(least, Math.round(count * plan.scale))
}

/** Messages a second, one way, told in bursts, each followed by a question for the receiver's count. */
export async function oneWay(plan: Plan, burst: number, target: Target): Promise<Figures> {
  let sent = 0
  let behind = target.counted()
  const tellFor = async (ms: number): Promise<number> => {
    const before = sent
    const start = performance.now()
    while (performance.now() - start < ms) {
      for (let i = 0; i < burst; i++) target.send(sent + i)
      sent += burst
      const asked = target.counted()
      await behind
      behind = asked
    }
    const counted = await behind
    if (counted !== sent) throw new Error(`told ${sent} messages, but the receiver counted ${counted}`)
    return (counted - before) / ((performance.now() - start) / 1000)
  }
  await tellFor(plan.warmup)
  return { rate: await tellFor(plan.budget) }
}

/** A call that returns its argument plus one, which is checked. */
export type Call = (n: number) => PromiseLike<number>

const MOST_SAMPLES = 1 << 20

/** Round trips one after another, in microseconds. Reading the clock (about 0.06 µs) is part of each. */
export async function oneAtATime(plan: Plan, call: Call): Promise<Figures> {
  const samples = new Float64Array(MOST_SAMPLES)
  await call(0) // whatever is still starting has started then
  const callFor = async (ms: number): Promise<number> => {
    let taken = 0
    const start = performance.now()
    let before = start
    while (before - start < ms && taken < MOST_SAMPLES) {
      const reply = await call(taken)
      const after = performance.now()
      if (reply !== taken + 1) throw new Error(`call ${taken} was answered with ${reply}`)
      samples[taken++] = (after - before) * 1000
      before = after
    }
    return taken
  }
  await callFor(plan.warmup)
  return percentiles(samples.subarray(0, await callFor(plan.budget)))
}

/** Calls of one line between two looks at the clock, which would be a good part of a fast call. */
const LOOK = 16

/** Replies a second while `width` calls are always under way. */
export async function inFlight(plan: Plan, width: number, call: Call): Promise<Figures> {
  let replies = 0
  let until = 0
  const line = async (): Promise<void> => {
    for (let n = 0; n % LOOK !== 0 || performance.now() < until; n++) {
      const reply = await call(n)
      if (reply !== n + 1) throw new Error(`call ${n} was answered with ${reply}`)
      replies++
    }
  }
  await call(0)
  const callFor = async (ms: number): Promise<number> => {
    replies = 0
    const start = performance.now()
    until = start + ms
    await Promise.all(Array.from({ length: width }, line))
    return replies / ((performance.now() - start) / 1000)
  }
  await callFor(plan.warmup)
  return { rate: await callFor(plan.budget) }
}

/** The clock of all threads of a process, in microseconds (`performance.now` starts anew in each). */
export function sharedClock(): number {
  return Number(process.hrtime.bigint()) / 1000
}

/** One way to a thread left alone for some milliseconds: `call` resolves to the receiver's `sharedClock` on arrival. */
export async function wake(plan: Plan, call: () => PromiseLike<number>): Promise<Figures> {
  // Warm with calls back to back: the few with pauses between them would be compiled only when it is over.
  for (const start = performance.now(); performance.now() - start < plan.warmup;) await call()
  const samples: number[] = []
  const start = performance.now()
  while (performance.now() - start < plan.budget * 1.5 || samples.length < 2) {
    await sleep(3 + (samples.length % 5))
    const sent = sharedClock()
    const arrived = await call()
    if (arrived <= sent) throw new Error('a message arrived before it was sent')
    samples.push(arrived - sent)
  }
  return percentiles(Float64Array.from(samples))
}

/** CPU time used by this process while nothing happens, in milliseconds a second. */
export async function idleCpu(plan: Plan): Promise<Figures> {
  await sleep(plan.warmup)
  const start = performance.now()
  const before = process.cpuUsage()
  await sleep(Math.max(20, plan.budget * 2))
  const used = process.cpuUsage(before)
  return { cpu: (used.user + used.system) / 1000 / ((performance.now() - start) / 1000) }
}

/** How many times sooner two threads finish the same calls of `crunch` than one does: the middle one of three tries. */
export async function fanOut(plan: Plan, one: Call[], two: Call[]): Promise<Figures> {
  const turns = scaled(plan, 4_000_000, 1000)
  const finish = async (calls: Call[], tasks: number): Promise<number> => {
    const start = performance.now()
    const replies = await Promise.all(Array.from({ length: tasks }, (_, task) => calls[task % calls.length]!(turns)))
    for (const reply of replies) if (reply !== replies[0]) throw new Error('the same work gave two results')
    return performance.now() - start
  }
  await finish(one, 4)
  await finish(two, 8)
  const tries: number[] = []
  for (let i = 0; i < 3; i++) tries.push((await finish(one, 16)) / (await finish(two, 16)))
  return { speedup: median(tries) }
}

/** Some CPU work that no compiler can leave out: a chain of multiplications, about a nanosecond each. */
export function crunch(turns: number): number {
  let x = 1
  for (let i = 0; i < turns; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0
  return x
}

/** Things made a second. `make` makes that many more, keeps them alive, and resolves when they are there. */
export async function making(plan: Plan, make: (count: number) => PromiseLike<void> | void): Promise<Figures> {
  const makeFor = async (ms: number): Promise<number> => {
    const start = performance.now()
    let made = 0
    while (performance.now() - start < ms) {
      await make(1000)
      made += 1000
    }
    return made / ((performance.now() - start) / 1000)
  }
  await makeFor(plan.warmup)
  return { rate: await makeFor(plan.budget) }
}

/** Bytes each of `count` things holds, beside the state that `stateOf` makes for one. Needs `--expose-gc`. */
export async function bytesEach(
  plan: Plan,
  stateOf: (n: number) => unknown,
  make: (count: number) => Promise<readonly unknown[]>,
): Promise<Figures> {
  const count = scaled(plan, 100_000, 1000)
  await make(1000)
  const empty = await heap()
  const states = Array.from({ length: count }, (_, n) => stateOf(n))
  const withStates = await heap()
  const things = await make(count)
  const full = await heap()
  if (things.length !== count || states.length !== count) throw new Error(`${things.length} of ${count} were made`)
  return { bytes: (full - withStates - (withStates - empty)) / count }
}

async function heap(): Promise<number> {
  if (!globalThis.gc) throw new Error('run with --expose-gc')
  // Twice, with a turn of the event loop between: finished timers and promises let go of what they held.
  for (let i = 0; i < 2; i++) {
    await sleep(5)
    globalThis.gc()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export function percentiles(samples: Float64Array): Figures {
  const sorted = samples.sort()
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}
