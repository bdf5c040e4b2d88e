// The loops of the subject "channels": values that go from producers to consumers, and bytes that are handed over.
//
// Invariants:
// - a pass starts its producers and consumers, moves that many values and ends; the consumers say how many there were and
//   what they add up to, and a pass in which a value is missing, doubled or changed fails the trial;
// - passes double in the warm-up until one takes half of the budget, so that what it takes to start one hardly shows; all
//   that are measured are of that size;
// - producers send the whole numbers from 0 on, each once, whatever the number of producers, and consumers add them up
//   with `| 0`, so that a sum is a small integer for every contender.

import { quantile } from './statistics.ts'
import type { Figures, Plan } from './measure.ts'

/** What consumers have received: how many values, and their sum in 32 bits. */
export interface Tally {
  readonly count: number
  readonly sum: number
}

/** Sends the numbers below `count` and resolves to what has been received once all is over. */
export type Pass = (count: number) => PromiseLike<Tally>

const SMALLEST = 256

/** Values received a second, in passes of half of the budget or longer. */
export async function passing(plan: Plan, pass: Pass): Promise<Figures> {
  const checked = async (count: number): Promise<number> => {
    const start = performance.now()
    const received = await pass(count)
    const ms = performance.now() - start
    const sum = sumBelow(count)
    if (received.count !== count || received.sum !== sum) {
      const got = `${received.count} with the sum ${received.sum}`
      throw new Error(`sent ${count} values with the sum ${sum}, but received ${got}`)
    }
    return ms
  }
  let size = SMALLEST
  await checked(size) // whatever is still starting has started then
  // twice, as one may be long because the machine has other work
  for (let long = 0, start = performance.now(); long < 2 || performance.now() - start < plan.warmup;) {
    if ((await checked(size)) >= plan.budget / 2) long++
    else size *= 2
  }
  let passed = 0
  let ms = 0
  while (ms < plan.budget) {
    ms += await checked(size)
    passed += size
  }
  return { rate: passed / (ms / 1000) }
}

/** 0 + 1 + … + (count − 1), in 32 bits with a sign. */
function sumBelow(count: number): number {
  const n = BigInt(count)
  return Number(BigInt.asIntN(32, (n * (n - 1n)) / 2n))
}

/** Adds up what several consumers received. */
export function together(tallies: readonly Tally[]): Tally {
  let count = 0
  let sum = 0
  for (const tally of tallies) {
    count += tally.count
    sum = (sum + tally.sum) | 0
  }
  return { count, sum }
}

/** Where each of `producers` begins and ends, so that together they send every number below `count` once. */
export function shares(count: number, producers: number): { from: number; until: number }[] {
  const at = (n: number): number => Math.floor((count * n) / producers)
  return Array.from({ length: producers }, (_, n) => ({ from: at(n), until: at(n + 1) }))
}

const MB = 2 ** 20
const FEWEST = 3

/** Microseconds for a call that is given 4 MB, and answers with the sum of the first byte and the last. */
export async function handingOver(
  plan: Plan,
  call: (bytes: Uint8Array<ArrayBuffer>) => PromiseLike<number>,
): Promise<Figures> {
  const callFor = async (ms: number): Promise<number[]> => {
    const samples: number[] = []
    for (const start = performance.now(); performance.now() - start < ms || samples.length < FEWEST;) {
      // made beforehand: memory costs the same whoever carries it
      const bytes = new Uint8Array(4 * MB)
      const [first, last] = [samples.length % 100, samples.length % 50]
      bytes[0] = first
      bytes[bytes.length - 1] = last
      const before = performance.now()
      const reply = await call(bytes)
      samples.push((performance.now() - before) * 1000)
      if (reply !== first + last)
        throw new Error(`bytes with the ends ${first} and ${last} were answered with ${reply}`)
      if (bytes.byteLength !== 0) throw new Error('the bytes were copied: the sender still has them')
    }
    return samples
  }
  await callFor(plan.warmup)
  const sorted = (await callFor(plan.budget)).sort((a, b) => a - b)
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}
