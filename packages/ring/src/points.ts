// Points on a circle of 2^32 positions, each of a node: a position belongs to the first point at it or behind it, and behind
// the last one to the first. Both the default strategy and ketama are this, and differ in where the points are.
//
// Invariants: points are sorted by position, then by node, so that the order in which nodes were given shows nowhere.
// A table by the upper bits of a position says where to look, on average at one or two points, however many there are.
import { RingError } from './ring-error.ts'
import { CIRCLE, type Spans } from './spans.ts'

/** 2^24 points are 200 MB. */
const MOST = 2 ** 24
/** Points are sorted by so many bits at a time, the lowest first. */
const DIGIT = 11

/** Points while they are collected: nodes in the order of their numbers. */
export class PointList {
  #positions: Uint32Array
  #nodes: Uint16Array
  #length = 0
  constructor(count: number) {
    if (count > MOST) {
      const advice = 'weights are relative, so divide them all by the same number, or use fewer virtual nodes'
      throw new RingError('bad-option', `the nodes' weights ask for ${count} points, more than ${MOST}: ${advice}`)
    }
    this.#positions = new Uint32Array(count)
    this.#nodes = new Uint16Array(count)
  }
  /** `position` may be signed. */
  add(position: number, node: number): void {
    this.#positions[this.#length] = position
    this.#nodes[this.#length++] = node
  }
  sorted(): Points {
    for (let shift = 0; shift < 32; shift += DIGIT) this.#sortBy(shift)
    return new Points(this.#positions, this.#nodes)
  }

  /** One round of a radix sort: by one digit, equal ones left in their order. Five times as fast as sorting pairs. */
  #sortBy(shift: number): void {
    const digits = 2 ** DIGIT
    const places = new Uint32Array(digits + 1)
    for (const position of this.#positions) places[((position >>> shift) & (digits - 1)) + 1]!++
    for (let digit = 0; digit < digits; digit++) places[digit + 1]! += places[digit]!
    const positions = new Uint32Array(this.#length)
    const nodes = new Uint16Array(this.#length)
    for (let i = 0; i < this.#length; i++) {
      const position = this.#positions[i]!
      const place = places[(position >>> shift) & (digits - 1)]!++
      positions[place] = position
      nodes[place] = this.#nodes[i]!
    }
    this.#positions = positions
    this.#nodes = nodes
  }
}

export class Points implements Spans {
  readonly size = CIRCLE
  readonly #positions: Uint32Array
  readonly #nodes: Uint16Array
  /** By the upper bits of a position: the first point that is not before all positions with these bits. */
  readonly #starts: Uint32Array
  readonly #shift: number

  constructor(positions: Uint32Array, nodes: Uint16Array) {
    const { length } = positions
    this.#positions = positions
    this.#nodes = nodes
    const bits = Math.max(1, 32 - Math.clz32(length - 1))
    this.#shift = 32 - bits
    this.#starts = new Uint32Array(2 ** bits)
    let filled = 0
    for (let i = 0; i < length; i++) {
      for (const upper = positions[i]! >>> this.#shift; filled <= upper; filled++) this.#starts[filled] = i
    }
    this.#starts.fill(length, filled)
  }

  get length(): number {
    return this.#positions.length
  }
  get bytes(): number {
    return this.#positions.byteLength + this.#nodes.byteLength + this.#starts.byteLength
  }

  /** The point that `position` belongs to. */
  at(position: number): number {
    const positions = this.#positions
    const { length } = positions
    let i = this.#starts[position >>> this.#shift]!
    while (i < length && positions[i]! < position) i++
    return i === length ? 0 : i
  }
  nodeOf(point: number): number {
    return this.#nodes[point]!
  }
  positionOf(point: number): number {
    return this.#positions[point]!
  }

  // ── as spans: one up to each point, and one from the last point to the end of the circle ──
  get count(): number {
    return this.length + 1
  }
  lastOf(span: number): number {
    return span < this.length ? this.#positions[span]! : CIRCLE - 1
  }
  ownerOf(span: number): number {
    return this.#nodes[span < this.length ? span : 0]!
  }
}

/** The nodes from that point on, each once, until `take` says that it is enough; those without a point come last. */
export function walk(points: Points, from: number, nodes: number, take: (node: number) => boolean): void {
  const { length } = points
  eachOnce(nodes, length, step => points.nodeOf(from + step < length ? from + step : from + step - length), take)
}

/** The nodes at so many places, each once, and then those that are at none. */
export function eachOnce(
  nodes: number,
  places: number,
  nodeAt: (step: number) => number,
  take: (node: number) => boolean,
): void {
  const seen = new Uint8Array(nodes)
  let left = nodes
  for (let step = 0; step < places && left > 0; step++) {
    const node = nodeAt(step)
    if (seen[node] === 1) continue
    seen[node] = 1
    left--
    if (take(node)) return
  }
  for (let node = 0; node < nodes; node++) if (seen[node] === 0 && take(node)) return
}
