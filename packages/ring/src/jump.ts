// Jump consistent hash (Lamping and Veach, 2014): nodes are numbered, and a key of 64 bits jumps from number to number, each
// time as if the ring had just grown, until it would jump past the end. No memory at all, and the evenest of all shares.
//
// The numbers are the order in which the nodes were given, which everybody must therefore give alike. A node that joins
// gets the last number, and takes keys only for itself; one that leaves gives its number to the last, so that the keys of both
// move. There are no weights. Who comes second for a key is a matter of rendezvous among the others.
//
// The generator is multiplied in halves of 32 bits, as JavaScript has no integers of 64 without an object for each.
import type { Digest, Hash } from './hash.ts'
import type { Key } from './key-bytes.ts'
import type { RingNode } from './node.ts'
import { Rendezvous } from './rendezvous.ts'
import { RingError, shown } from './ring-error.ts'

// 2862933555777941757
const FACTOR_HI = 0x27bb2ee6
const FACTOR_LO = 0x87b0b0fd

/** The bucket of a key (hi, lo) among so many. */
export function jump(hi: number, lo: number, buckets: number): number {
  let bucket = -1
  for (let next = 0; next < buckets;) {
    bucket = next
    const product = Math.imul(lo, FACTOR_LO)
    hi = (Math.imul(hi, FACTOR_LO) + Math.imul(lo, FACTOR_HI) + upper(lo, FACTOR_LO) + (product === -1 ? 1 : 0)) | 0
    lo = (product + 1) | 0
    next = Math.floor((bucket + 1) * (2 ** 31 / ((hi >>> 1) + 1)))
  }
  return bucket
}

/** The upper 32 bits of a product of 64, from its four products of 32. */
function upper(a: number, b: number): number {
  const aHi = a >>> 16
  const aLo = a & 0xffff
  const bHi = b >>> 16
  const bLo = b & 0xffff
  const middle = aHi * bLo + ((aLo * bLo) >>> 16) // below 2^32
  const other = aLo * bHi + (middle & 0xffff) // and so is this
  return (Math.imul(aHi, bHi) + (middle >>> 16) + (other >>> 16)) | 0
}

export class Jump {
  readonly #hash: Hash
  readonly #nodes: number
  readonly #others: Rendezvous
  readonly #digest: Digest = { hi: 0, lo: 0 }

  constructor(nodes: readonly RingNode[], hash: Hash) {
    const { id, weight } = nodes.find(node => node.weight !== nodes[0]!.weight) ?? nodes[0]!
    if (weight !== nodes[0]!.weight) {
      const what = `node ${shown(id)} has the weight ${weight}, and node ${shown(nodes[0]!.id)} has ${nodes[0]!.weight}`
      throw new RingError('bad-node', `${what}: jump knows no weights. Use another strategy, or give all the same`)
    }
    this.#hash = hash
    this.#nodes = nodes.length
    this.#others = new Rendezvous(nodes, hash)
  }

  get bytes(): number {
    return this.#others.bytes
  }
  owner(key: Key): number {
    const digest = this.#digest
    this.#hash.digest(key, digest)
    return jump(digest.hi, digest.lo, this.#nodes)
  }
  prefer(key: Key, take: (node: number) => boolean): void {
    const first = this.owner(key)
    if (take(first)) return
    this.#others.prefer(key, node => node !== first && take(node))
  }
}
