// How even the shares of a ring are, and how much moves when a node joins or leaves, counted over a million keys.
//
// Invariant: nothing here depends on the machine or on time: the same code gives the same figures, which a test checks
// against those in the documents.

import { ring, type Ring, type Strategy } from '@troupe/ring'
import { idsOf } from './placing.ts'

const KEYS = 1_000_000

export interface Evenness {
  /** Keys of the heaviest node above the mean, in percent of the mean. */
  readonly heaviest: number
  /** Keys that moved when one node joined, as a multiple of its part of all keys. */
  readonly join: number
  /** Keys that moved when one node left, as a multiple of those that it had. */
  readonly leave: number
}

export function evenness(strategy: Strategy, nodes: number): Evenness {
  const hosts = ring(idsOf(nodes), { strategy })
  const leaving = `node-${nodes >> 1}`
  const before = owners(hosts)
  const counts = new Map<string, number>()
  for (const id of before) counts.set(id, (counts.get(id) ?? 0) + 1)
  const joined = differing(before, owners(hosts.with('one-more')))
  const left = differing(before, owners(hosts.without(leaving)))
  return {
    heaviest: rounded((Math.max(...counts.values()) / (KEYS / nodes) - 1) * 100, 1),
    join: rounded(joined / (KEYS / (nodes + 1)), 3),
    leave: rounded(left / counts.get(leaving)!, 3),
  }
}

const owners = (hosts: Ring): string[] => Array.from({ length: KEYS }, (_, n) => hosts.owner(`key-${n}`))

function differing(before: readonly string[], after: readonly string[]): number {
  let count = 0
  for (const [n, id] of before.entries()) if (id !== after[n]) count++
  return count
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
