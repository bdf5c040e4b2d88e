// Where airports can be: on the threads of this process, or on those of several nodes.
//
// Invariants: a spot is known by its number. Airports begin on the first `begin` of them in turn, so that neighbours among them are
// on different nodes; where that is a single thread, moves have the first thread of the process beside it.
import { node, type Place, thread } from '@troupe/actors'

/** Plain data: whoever feeds the airports may be anywhere. */
export interface Spots {
  readonly all: readonly Place[]
  /** How many of them airports begin on. */
  readonly begin: number
}

/** So many threads beside the first, 0 stands for the first alone, of each of the nodes; without any nodes, of this process. */
export function spotsOf(threads: number, nodes: readonly string[] = []): Spots {
  const numbers = threads === 0 ? [0] : Array.from({ length: threads }, (_, n) => n + 1)
  const all: Place[] =
    nodes.length === 0 ? numbers.map(n => thread(n)) : numbers.flatMap(n => nodes.map(name => node(name, n)))
  return { all: threads === 1 && all.length === 1 ? [...all, thread(0)] : all, begin: all.length }
}

/** The spot that the n-th airport begins on. */
export function firstSpot(n: number, { begin }: Spots): number {
  return n % begin
}
