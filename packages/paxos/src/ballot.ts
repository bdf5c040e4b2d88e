// Ballots: which of several attempts to decide comes later. Two nodes never make the same one, as a ballot names its maker.
//
// Invariant: ballots are ordered by round, then by the maker's name, code unit by code unit: the same on every machine.

/** Plain data. */
export interface Ballot {
  /** From 1 on. */
  readonly round: number
  /** Who makes it. */
  readonly node: string
}

/** Below 0 where `a` comes before `b`, 0 where they are the same. No ballot at all comes before all others. */
export function compareBallots(a: Ballot | undefined, b: Ballot | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1)
  if (a.round !== b.round) return a.round - b.round
  return a.node < b.node ? -1 : a.node > b.node ? 1 : 0
}

/** The first ballot of a node that comes after another. */
export function ballotAfter(ballot: Ballot | undefined, node: string): Ballot {
  return { round: (ballot?.round ?? 0) + 1, node }
}
