// The state of what moves in the benchmarks: objects of a few short fields, as programs keep them.
//
// Its size is what structured clone makes of it, no contender's own measure but that of the peer by hand.

import { serialize } from 'node:v8'

export type Rows = { id: number; name: string; value: number }[]

export function rowsOf(count: number): Rows {
  return Array.from({ length: count }, (_, id) => ({ id, name: `row ${id}`, value: id / 8 }))
}

/** How many rows come to at least so many bytes. */
export function rowsIn(bytes: number): number {
  const each = serialize(rowsOf(1_000)).length / 1_000
  let count = Math.max(1, Math.floor(bytes / each))
  while (serialize(rowsOf(count)).length < bytes) count += Math.ceil(count / 64)
  return count
}
