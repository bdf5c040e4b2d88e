// Ketama, to the bit as libketama (Richard Jones, Last.fm, 2007) places keys, so that both find the same server.
//
// A server of share p among n has floor(p * 40 * n) groups of four points, the four words (low byte first) of the MD5 of
// `id-group`. The share is a float there: with doubles, seven equal servers would have 39 groups instead of 40. As shares
// depend on all weights, a server that joins with another weight than the mean also moves keys between the others, and
// one that is very light beside them may have no point: it owns nothing then, and is last in every preference list.
import { md5Of } from './hash.ts'
import type { Key } from './key-bytes.ts'
import type { RingNode } from './node.ts'
import { PointList, type Points, walk } from './points.ts'

const GROUPS = 40
const POINTS = 4

export class Ketama {
  readonly spans: Points
  readonly #nodes: number

  constructor(nodes: readonly RingNode[]) {
    this.#nodes = nodes.length
    const groups = groupsOf(nodes.map(({ weight }) => weight))
    const points = new PointList(groups.reduce((sum, count) => sum + count * POINTS, 0))
    for (const [node, { id }] of nodes.entries()) {
      for (let group = 0; group < groups[node]!; group++) {
        const digest = md5Of(`${id}-${group}`)
        for (let word = 0; word < POINTS; word++) points.add(digest.readUInt32LE(word * 4), node)
      }
    }
    this.spans = points.sorted()
  }

  get bytes(): number {
    return this.spans.bytes
  }
  position(key: Key): number {
    return md5Of(key).readUInt32LE(0)
  }
  owner(key: Key): number {
    return this.spans.nodeOf(this.spans.at(this.position(key)))
  }
  prefer(key: Key, take: (node: number) => boolean): void {
    walk(this.spans, this.spans.at(this.position(key)), this.#nodes, take)
  }
}

/** Groups of points by weight, in the arithmetic of C: a float share, times a double, floored as a float. */
export function groupsOf(weights: readonly number[]): number[] {
  const { fround, floor } = Math
  const total = fround(weights.reduce((sum, weight) => sum + weight, 0))
  return weights.map(weight => {
    const share = fround(fround(weight) / total)
    return floor(fround(share * GROUPS * fround(weights.length)))
  })
}
