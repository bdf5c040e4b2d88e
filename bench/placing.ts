// The loops for what places keys on nodes: lookups, making a ring, the memory that one holds.
//
// Invariants: a lookup counts when it has given the node that it gave the first time, for each of 4,096 keys in turn; a ring
// counts when it is there and has an owner for a key. What is made stays alive until the memory has been read.

import { setTimeout as sleep } from 'node:timers/promises'
import { median } from './statistics.ts'
import { scaled, type Figures, type Plan } from './measure.ts'

/** As programs have them: a word and a number, 6 to 9 letters. */
const KEYS: readonly string[] = Array.from({ length: 4096 }, (_, n) => `user-${n}`)

export const idsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `node-${n}`)

type Owner = (key: string) => unknown

/** Lookups a second. */
export async function lookups(plan: Plan, owner: Owner): Promise<Figures> {
  const expected = KEYS.map(owner)
  if (new Set(expected).size < 2) throw new Error(`all keys belong to ${String(expected[0])}`)
  const lookFor = (ms: number): number => {
    let count = 0
    const start = performance.now()
    do {
      for (let n = 0; n < KEYS.length; n++) {
        if (owner(KEYS[n]!) !== expected[n]) throw new Error(`${KEYS[n]} had another owner before`)
      }
      count += KEYS.length
    } while (performance.now() - start < ms)
    return count / ((performance.now() - start) / 1000)
  }
  lookFor(plan.warmup)
  return { rate: lookFor(plan.budget) }
}

/** Milliseconds for one ring: the middle one of as many as fit. */
export async function building(plan: Plan, build: () => Owner): Promise<Figures> {
  const buildFor = (ms: number): number[] => {
    const times: number[] = []
    const start = performance.now()
    for (let before = start; before - start < ms || times.length < 3;) {
      if (build()('user-42') === undefined) throw new Error('a ring without an owner for a key')
      const now = performance.now()
      times.push(now - before)
      before = now
    }
    return times
  }
  buildFor(plan.warmup)
  return { ms: median(buildFor(plan.budget)) }
}

/** Kilobytes that a ring holds, beside the ids of its nodes. Needs `--expose-gc`. */
export async function holding(plan: Plan, build: () => Owner): Promise<Figures> {
  build()('user-42')
  const before = await held()
  const rings = Array.from({ length: scaled(plan, 8, 2) }, build)
  const after = await held()
  if (rings.some(owner => owner('user-42') === undefined)) throw new Error('a ring without an owner for a key')
  return { kb: Math.max(0, after - before) / rings.length / 1000 }
}

async function held(): Promise<number> {
  if (!globalThis.gc) throw new Error('start with --expose-gc')
  for (let i = 0; i < 3; i++) {
    globalThis.gc()
    await sleep(5)
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
