// Maglev (Eisenbud et al., NSDI 2016, section 3.4): a table with a prime number of places, which nodes take in turn, each in
// an order of its own. A lookup is one read; shares are even to a place; a change moves a few keys more than it must.
//
// Node (hi, lo) asks for the places offset, offset + skip, …: offset = hi mod size, skip = lo mod (size - 1) + 1, both
// read as unsigned. A lighter node sits out turns: it takes one each time its weights, added up, come to another whole
// heaviest one. A key is at the place position mod size; who comes second for it is at the next place that another has.
import type { Digest, Hash } from './hash.ts'
import type { Key } from './key-bytes.ts'
import type { RingNode } from './node.ts'
import { eachOnce } from './points.ts'
import { RingError } from './ring-error.ts'
import type { Spans } from './spans.ts'

/** How a node goes through the table. */
export interface Turns {
  readonly offset: number
  readonly skip: number
  readonly weight: number
}

const FREE = 0xffff

/** The table: of each place, whose it is. */
export function fill(all: readonly Turns[], size: number): Uint16Array {
  const table = new Uint16Array(size).fill(FREE)
  const heaviest = all.reduce((most, { weight }) => Math.max(most, weight), 0)
  const next = Float64Array.from(all, ({ offset }) => offset)
  const credit = new Float64Array(all.length)
  for (let left = size; ;) {
    for (const [node, { skip, weight }] of all.entries()) {
      credit[node]! += weight / heaviest
      if (credit[node]! < 1) continue
      credit[node]! -= 1
      let place = next[node]!
      while (table[place] !== FREE) place = (place + skip) % size
      table[place] = node
      next[node] = (place + skip) % size
      if (--left === 0) return table
    }
  }
}

export class Maglev {
  readonly spans: Spans
  readonly #table: Uint16Array
  readonly #hash: Hash
  readonly #nodes: number

  constructor(nodes: readonly RingNode[], hash: Hash, size: number) {
    if (nodes.length > size) {
      const advice = 'set tableSize to a prime a hundred times the number of nodes, such as 655373'
      throw new RingError('too-many-nodes', `${nodes.length} nodes do not fit a table of ${size} places: ${advice}`)
    }
    this.#hash = hash
    this.#nodes = nodes.length
    const digest: Digest = { hi: 0, lo: 0 }
    const turns = nodes.map(({ id, weight }): Turns => {
      hash.digest(id, digest)
      return { offset: (digest.hi >>> 0) % size, skip: ((digest.lo >>> 0) % (size - 1)) + 1, weight }
    })
    const table = fill(turns, size)
    this.#table = table
    this.spans = { size, count: size, lastOf: place => place, ownerOf: place => table[place]! }
  }

  get bytes(): number {
    return this.#table.byteLength
  }
  position(key: Key): number {
    return this.#hash.position(key) % this.#table.length
  }
  owner(key: Key): number {
    return this.#table[this.position(key)]!
  }
  prefer(key: Key, take: (node: number) => boolean): void {
    const table = this.#table
    const from = this.position(key)
    eachOnce(this.#nodes, table.length, step => table[(from + step) % table.length]!, take)
  }
}
