// What moves from one ring to the next: who gives how much to whom, and what of it, as a list.
//
// Two rings that keep their places in one table (strategy, hash and size alike: of 'ring', 'ketama', 'maglev') are compared
// place by place: ranges and shares are exact, and the ranges applied to the old ring are the new one. Any others are compared
// by the owners of 16,384 keys: shares are then near, ranges empty. For given keys `of` is exact always.
import { eachPiece, type Spans } from './spans.ts'
import type { Key } from './key-bytes.ts'

/** Of all keys, the share that moves from one node to another. */
export interface Move {
  readonly from: string
  readonly to: string
  /** 0 to 1. */
  readonly share: number
}
/** Positions `first` to `last`, both included, which move from one node to another: see `ring.position(key)`. */
export interface RangeMove {
  readonly from: string
  readonly to: string
  readonly first: number
  readonly last: number
}
export interface KeyMove<K extends Key> {
  readonly key: K
  readonly from: string
  readonly to: string
}

export interface Plan {
  /** By pairs of nodes, the largest share first. */
  readonly moves: readonly Move[]
  /** The share of all keys that moves, 0 to 1. */
  readonly share: number
  /** Whether shares are exact, and ranges are there. */
  readonly exact: boolean
  /** In the order of positions; empty where the rings have no table in common. */
  readonly ranges: readonly RangeMove[]
  /** Which of these keys move. */
  of<K extends Key>(keys: Iterable<K>): KeyMove<K>[]
}

/** What a plan needs of a ring. */
export interface Side {
  readonly nodes: readonly { readonly id: string }[]
  readonly spans: Spans | undefined
  /** Rings with the same have their keys at the same positions. */
  readonly table: string
  owner(key: Key): string
}

const SAMPLES = 2 ** 14

export function planOf(before: Side, after: Side): Plan {
  const of = <K extends Key>(keys: Iterable<K>): KeyMove<K>[] => {
    const moving: KeyMove<K>[] = []
    for (const key of keys) {
      const from = before.owner(key)
      const to = after.owner(key)
      if (from !== to) moving.push({ key, from, to })
    }
    return moving
  }
  const exact = before.spans !== undefined && after.spans !== undefined && before.table === after.table
  const ranges = exact ? rangesOf(before, before.spans, after, after.spans) : []
  const size = before.spans?.size ?? 1
  const moves = exact
    ? summed(ranges, ({ first, last }) => (last - first + 1) / size)
    : summed(of(samples()), () => 1 / SAMPLES)
  return { moves, share: moves.reduce((sum, { share }) => sum + share, 0), exact, ranges, of }
}

function rangesOf(before: Side, a: Spans, after: Side, b: Spans): RangeMove[] {
  const ranges: RangeMove[] = []
  let open: { from: string; to: string; first: number; last: number } | undefined
  eachPiece(a, b, (first, last, inA, inB) => {
    const from = before.nodes[inA]!.id
    const to = after.nodes[inB]!.id
    if (from === to) return
    if (open?.last === first - 1 && open.from === from && open.to === to) open.last = last
    else ranges.push((open = { from, to, first, last }))
  })
  return ranges
}

function summed<T extends { from: string; to: string }>(list: readonly T[], shareOf: (one: T) => number): Move[] {
  const pairs = new Map<string, { from: string; to: string; share: number }>()
  for (const one of list) {
    const { from, to } = one
    const name = JSON.stringify([from, to])
    const pair = pairs.get(name)
    if (pair) pair.share += shareOf(one)
    else pairs.set(name, { from, to, share: shareOf(one) })
  }
  return [...pairs.values()].sort((x, y) => y.share - x.share || (x.from + x.to < y.from + y.to ? -1 : 1))
}

/** Keys that stand for all: numbers, in eight bytes each. */
export function* samples(): Generator<Uint8Array> {
  for (let n = 0; n < SAMPLES; n++) yield Uint8Array.of(n, n >> 8, 0, 0, 0, 0, 0, 0)
}
