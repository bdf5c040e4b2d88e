// Rendezvous hashing, or highest random weight (Thaler and Ravishankar, 1996): each node draws a number for the key, and the
// highest wins. Nothing to build and nothing to keep; shares are exactly by weight; a lookup asks every node.
//
// Node (hi, lo) draws mix((position ^ hi) * 0x9e3779b1 + lo) for a key, 32 bits, as x. Between equal weights the highest x
// wins. Between others it is the lowest -ln((x + 1/2) / 2^32) / weight (Schindelhauer and Schomaker, 2005). Equal numbers
// go to the node whose id is first.
//
// Invariant: nodes stand in groups of equal weight, so that a lookup takes one logarithm for each weight there is.
import type { Digest, Hash } from './hash.ts'
import type { Key } from './key-bytes.ts'
import { mix } from './murmur3.ts'
import type { RingNode } from './node.ts'

const ODD = 0x9e3779b1

const draw = (position: number, hi: number, lo: number): number => mix((Math.imul(position ^ hi, ODD) + lo) | 0) >>> 0
const time = (drawn: number, weight: number): number => -Math.log((drawn + 0.5) / 2 ** 32) / weight

export class Rendezvous {
  readonly #hash: Hash
  /** By place: nodes of one weight next to each other, in the order of their numbers. */
  readonly #nodes: Uint16Array
  readonly #his: Int32Array
  readonly #los: Int32Array
  /** Of each group, its weight and the place behind its last node. */
  readonly #weights: number[] = []
  readonly #ends: number[] = []

  constructor(nodes: readonly RingNode[], hash: Hash) {
    this.#hash = hash
    const order = [...nodes.keys()].sort((a, b) => nodes[a]!.weight - nodes[b]!.weight || a - b)
    this.#nodes = Uint16Array.from(order)
    this.#his = new Int32Array(order.length)
    this.#los = new Int32Array(order.length)
    const digest: Digest = { hi: 0, lo: 0 }
    for (const [place, node] of order.entries()) {
      const { id, weight } = nodes[node]!
      hash.digest(id, digest)
      this.#his[place] = digest.hi
      this.#los[place] = digest.lo
      if (this.#weights.at(-1) !== weight) this.#weights.push(weight)
      this.#ends[this.#weights.length - 1] = place + 1
    }
  }

  get bytes(): number {
    return this.#nodes.byteLength + this.#his.byteLength + this.#los.byteLength
  }

  owner(key: Key): number {
    const position = this.#hash.position(key)
    let place = this.#best(position, 0, this.#ends[0]!)
    if (this.#ends.length === 1) return this.#nodes[place]!
    let soonest = this.#timeAt(position, place, 0)
    for (let group = 1; group < this.#ends.length; group++) {
      const rival = this.#best(position, this.#ends[group - 1]!, this.#ends[group]!)
      const then = this.#timeAt(position, rival, group)
      if (then > soonest || (then === soonest && this.#nodes[rival]! > this.#nodes[place]!)) continue
      soonest = then
      place = rival
    }
    return this.#nodes[place]!
  }

  /** The place with the highest number, the first of equals. */
  #best(position: number, from: number, until: number): number {
    const his = this.#his
    const los = this.#los
    let best = from
    let highest = -1
    for (let place = from; place < until; place++) {
      const drawn = draw(position, his[place]!, los[place]!)
      if (drawn <= highest) continue
      highest = drawn
      best = place
    }
    return best
  }
  #timeAt(position: number, place: number, group: number): number {
    return time(draw(position, this.#his[place]!, this.#los[place]!), this.#weights[group]!)
  }

  prefer(key: Key, take: (node: number) => boolean): void {
    const position = this.#hash.position(key)
    const times = new Float64Array(this.#nodes.length) // by node, so that the first of equals is the lowest
    for (let group = 0, place = 0; group < this.#ends.length; group++) {
      for (; place < this.#ends[group]!; place++) times[this.#nodes[place]!] = this.#timeAt(position, place, group)
    }
    for (let left = times.length; left > 0; left--) {
      let soonest = 0
      for (let node = 1; node < times.length; node++) if (times[node]! < times[soonest]!) soonest = node
      times[soonest] = Infinity
      if (take(soonest)) return
    }
  }
}
