// Ballots: which of several attempts to decide comes later. Two nodes never make the same one, as a ballot names its maker.
//
// Invariant: ballots are ordered by epoch, then by round, then by the maker's name, code unit by code unit: the same on every machine.

/** Plain data. */
export interface Ballot {
  /** Of which membership, where one follows another in a log; 0, the first one, where it is left out. */
  readonly epoch?: number
  /** From 1 on. */
  readonly round: number
  /** Who makes it. */
  readonly node: string
}

/** Below 0 where `a` comes before `b`, 0 where they are the same. No ballot at all comes before all others. */
export function compareBallots(a: Ballot | undefined, b: Ballot | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1)
  const epochs = (a.epoch ?? 0) - (b.epoch ?? 0)
  if (epochs !== 0) return epochs
  if (a.round !== b.round) return a.round - b.round
  return a.node < b.node ? -1 : a.node > b.node ? 1 : 0
}

/** The later one. */
export function laterBallot(a: Ballot | undefined, b: Ballot | undefined): Ballot | undefined {
  return compareBallots(a, b) >= 0 ? a : b
}

/** The first ballot of a node, in an epoch, that comes after another, which is of no later epoch. */
export function ballotAfter(ballot: Ballot | undefined, node: string, epoch = ballot?.epoch ?? 0): Ballot {
  const round = (ballot?.epoch ?? 0) === epoch ? (ballot?.round ?? 0) + 1 : 1
  return epoch === 0 ? { round, node } : { epoch, round, node }
}
