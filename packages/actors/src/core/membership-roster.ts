// The roster: the members whose voices count, in order of seniority, and what a quorum of them is.
//
// Rosters are numbered from 1, and there is one of each number: the next is decided by the voters of the last one
// (membership-votes.ts). Seniority is the order in the roster: who was admitted earlier, then who was created earlier, then the name.
//
// Invariants: any two quorums of one roster share a member, also where they leave out different nodes that are gone,
// as long as neither counts one that is. Half is a quorum only with the senior one of those that are left.

/** `name~incarnation`: the incarnation is when its system was created, in ms since 1970, in base 36. */
export type NodeId = string

export interface Roster {
  /** The node that founded the cluster. */
  readonly cluster: NodeId
  readonly number: number
  /** The most senior one first. */
  readonly voters: readonly NodeId[]
  /** Who proposed it. */
  readonly by: NodeId
}

export const nodeIdOf = (name: string, incarnation: number): NodeId => `${name}~${incarnation.toString(36)}`
export const nameOf = (id: NodeId): string => id.slice(0, id.indexOf('~'))
export const incarnationOf = (id: NodeId): number => Number.parseInt(id.slice(id.indexOf('~') + 1), 36)

/** Below 0 where the first was created earlier; the name decides between two of the same ms. */
export function compareIds(a: NodeId, b: NodeId): number {
  return incarnationOf(a) - incarnationOf(b) || (a < b ? -1 : a > b ? 1 : 0)
}

/** Whether those for whom `has` holds are a quorum of the voters, when those that `gone` names count no more. */
export function isQuorum(
  voters: readonly NodeId[],
  has: (id: NodeId) => boolean,
  gone: (id: NodeId) => boolean = () => false,
): boolean {
  let left = 0
  let count = 0
  let senior: NodeId | undefined
  for (const id of voters) {
    if (gone(id)) continue
    senior ??= id
    left++
    if (has(id)) count++
  }
  return senior !== undefined && (2 * count > left || (2 * count === left && has(senior)))
}

/**
 * The roster after this one: those who stay, then the newcomers, as many as leave a quorum with those that `held` counts, who stay
 * and are in touch: so nobody loses it by a newcomer that has not said a word yet. The others wait for the roster after that.
 */
export function rosterAfter(
  roster: Roster,
  stays: (id: NodeId) => boolean,
  held: (id: NodeId) => boolean,
  newcomers: readonly NodeId[],
  by: NodeId,
): Roster {
  const voters = roster.voters.filter(stays)
  const count = voters.filter(held).length
  const senior = voters[0] !== undefined && held(voters[0])
  const room = Math.max(0, 2 * count - voters.length - (senior ? 0 : 1))
  const admitted = newcomers.filter(id => !roster.voters.includes(id)).toSorted(compareIds)
  return { cluster: roster.cluster, number: roster.number + 1, voters: [...voters, ...admitted.slice(0, room)], by }
}
