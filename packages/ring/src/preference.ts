// A key's preference list: the nodes that keep it, best first, in as many zones as there are.
//
// Invariant: the list takes one node from each zone before it takes a second one from any, two before a third, and so on, as
// far as zones have that many; within that, nodes stand as the key prefers them. The first is always the owner.
import type { Key } from './key-bytes.ts'
import type { RingNode } from './node.ts'
import type { Placement } from './placement.ts'

/** The zones of a ring's nodes, numbered. A node without one is a zone of its own. */
export class Zones {
  readonly count: number
  /** By node. */
  readonly of: Uint16Array
  constructor(nodes: readonly RingNode[]) {
    const known = new Map<string, number>()
    let count = 0
    this.of = Uint16Array.from(nodes, ({ zone }) => {
      const number = zone === undefined ? undefined : known.get(zone)
      if (number !== undefined) return number
      if (zone !== undefined) known.set(zone, count)
      return count++
    })
    this.count = count
  }
}

/** The first so many nodes for a key, by number; all there are, if it is asked for more. */
export function preferenceList(placement: Placement, zones: Zones, key: Key, count: number): number[] {
  const wanted = Math.min(count, zones.of.length)
  const list: number[] = []
  if (wanted <= zones.count) {
    const seen = new Uint8Array(zones.count)
    placement.prefer(key, node => {
      if (first(seen, zones.of[node]!)) list.push(node)
      return list.length === wanted
    })
    return list
  }
  let left: number[] = []
  placement.prefer(key, node => left.push(node) === zones.of.length)
  while (list.length < wanted) {
    const seen = new Uint8Array(zones.count)
    const passed: number[] = []
    for (const node of left) {
      if (list.length < wanted && first(seen, zones.of[node]!)) list.push(node)
      else passed.push(node)
    }
    left = passed
  }
  return list
}

function first(seen: Uint8Array, zone: number): boolean {
  if (seen[zone] === 1) return false
  seen[zone] = 1
  return true
}
