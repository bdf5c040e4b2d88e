// Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2018): of m keys no node gets more than
// ceil(c * m / n), by weight, and a key that its node has no room for goes to the next that it prefers.
//
// Invariants: no node is ever over its bound, or an error says that nobody could keep it; the outcome depends on the set of
// keys and on the ring alone, not on the order of the keys: they choose in the order of their digests.
import type { Digest, Hash } from './hash.ts'
import type { Key } from './key-bytes.ts'
import type { RingNode } from './node.ts'
import type { Placement } from './placement.ts'
import { RingError, shown } from './ring-error.ts'

/** How many of so many keys each node may have: its part by weight, times the bound, rounded up. */
function bounds(nodes: readonly RingNode[], keys: number, bound: number): number[] {
  if (!(typeof bound === 'number' && bound > 0 && bound < Infinity))
    throw new RingError('bad-option', `the bound is a number such as 1.25, not ${shown(bound)}`)
  const total = nodes.reduce((sum, { weight }) => sum + weight, 0)
  const most = nodes.map(({ weight }) => Math.ceil((bound * keys * weight) / total))
  const room = most.reduce((sum, each) => sum + each, 0)
  if (room < keys) {
    const what = `${keys} keys do not fit a bound of ${bound} times the mean: the nodes may take ${room} together`
    throw new RingError('infeasible-bound', `${what}. Use a bound of 1 or more`)
  }
  return most
}

/** The node of each key, by number. Of a key that comes several times, each counts. */
export function assigned(
  keys: readonly Key[],
  nodes: readonly RingNode[],
  { placement, hash, bound }: { placement: Placement; hash: Hash; bound: number },
): Uint16Array {
  const room = bounds(nodes, keys.length, bound)
  const owners = new Uint16Array(keys.length)
  for (const index of byDigest(keys, hash)) {
    placement.prefer(keys[index]!, node => {
      if (room[node] === 0) return false
      room[node]!--
      owners[index] = node
      return true
    })
  }
  return owners
}

/** Indices of keys in an order that their own list has no part in, unless two digests are the same. */
function byDigest(keys: readonly Key[], hash: Hash): number[] {
  const his = new Uint32Array(keys.length)
  const los = new Uint32Array(keys.length)
  const digest: Digest = { hi: 0, lo: 0 }
  for (const [index, key] of keys.entries()) {
    hash.digest(key, digest)
    his[index] = digest.hi
    los[index] = digest.lo
  }
  return [...keys.keys()].sort((a, b) => his[a]! - his[b]! || los[a]! - los[b]! || a - b)
}
