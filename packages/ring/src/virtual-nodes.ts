// The default: a circle on which each node has points of its own (virtual nodes), as many as its weight times 160, and a key
// belongs to the next point (Karger et al., 1997; DeCandia et al., Dynamo, 2007).
//
// Point r of a node with the digest (hi, lo) is at mix(hi ^ mix(lo + r * 0x9e3779b9)): made from the digest and a number,
// not by hashing a text glued together of both, so `node1` with 11 and `node11` with 1 have nothing in common, and a ring
// of 1,000 nodes is mostly sorting. How many points a node has depends on nobody else: who joins moves keys only to itself.
import type { Digest, Hash } from './hash.ts'
import type { Key } from './key-bytes.ts'
import { mix } from './murmur3.ts'
import type { RingNode } from './node.ts'
import { PointList, type Points, walk } from './points.ts'

/** 2^32 divided by the golden ratio: steps that come nowhere twice. */
const STEP = 0x9e3779b9

export class VirtualNodes {
  readonly spans: Points
  readonly #hash: Hash
  readonly #nodes: number

  constructor(nodes: readonly RingNode[], hash: Hash, each: number) {
    this.#hash = hash
    this.#nodes = nodes.length
    const counts = nodes.map(({ weight }) => Math.max(1, Math.round(weight * each)))
    const points = new PointList(counts.reduce((sum, count) => sum + count, 0))
    const digest: Digest = { hi: 0, lo: 0 }
    for (const [node, { id }] of nodes.entries()) {
      hash.digest(id, digest)
      const { hi, lo } = digest
      for (let r = 0; r < counts[node]!; r++) points.add(mix(hi ^ mix((lo + Math.imul(r, STEP)) | 0)), node)
    }
    this.spans = points.sorted()
  }

  get bytes(): number {
    return this.spans.bytes
  }
  position(key: Key): number {
    return this.#hash.position(key)
  }
  owner(key: Key): number {
    const { spans } = this
    return spans.nodeOf(spans.at(this.#hash.position(key)))
  }
  prefer(key: Key, take: (node: number) => boolean): void {
    walk(this.spans, this.spans.at(this.#hash.position(key)), this.#nodes, take)
  }
}
