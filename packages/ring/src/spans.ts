// The space of positions as consecutive spans, each with one owner: what strategies with places in a table have in common,
// and from which shares and plans are read exactly.
//
// Invariant: spans are in order and cover all positions from 0 to size - 1; a span may be empty (its last position that of
// the one before).

/** Positions on a circle. */
export const CIRCLE = 2 ** 32

export interface Spans {
  readonly size: number
  readonly count: number
  /** The last position of a span. */
  lastOf(span: number): number
  /** The node that it belongs to. */
  ownerOf(span: number): number
}

/** Walks over two divisions of one space at once: each piece with its owners in both, empty ones left out. */
export function eachPiece(
  a: Spans,
  b: Spans,
  visit: (first: number, last: number, inA: number, inB: number) => void,
): void {
  let first = 0
  for (let i = 0, j = 0; i < a.count && j < b.count;) {
    const endA = a.lastOf(i)
    const endB = b.lastOf(j)
    const last = Math.min(endA, endB)
    if (last >= first) visit(first, last, a.ownerOf(i), b.ownerOf(j))
    first = Math.max(first, last + 1)
    if (endA === last) i++
    if (endB === last) j++
  }
}
