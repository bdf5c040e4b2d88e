// Who decides: the voters of one epoch and how many of them make a quorum. A change is the last entry of its epoch, as a stop sign
// (Lampson, 1996; Lamport, Malkhi, Zhou: Reconfiguring a State Machine, 2010): all slots up to it are decided by the old voters, all behind
// it by the new ones, so that no slot ever has two majorities, whatever the two sets have in common.
//
// Invariants: epochs count the changes, one at a time; a replica takes part in an epoch only once it has applied the entry that opens it.
import { type QuorumSizes, type Quorums, quorumsOf } from './quorum.ts'

/** Plain data. */
export interface Members {
  /** 0 for the founders. */
  readonly epoch: number
  readonly quorums: Quorums
}

export function founders(voters: readonly string[], sizes?: QuorumSizes): Members {
  return { epoch: 0, quorums: quorumsOf(voters, sizes) }
}
/** Those of the next epoch. Throws `bad-members` and `bad-quorum`. */
export function successors({ epoch }: Members, voters: readonly string[], sizes?: QuorumSizes): Members {
  return { epoch: epoch + 1, quorums: quorumsOf(voters, sizes) }
}
export function isVoter({ quorums }: Members, replica: string): boolean {
  return quorums.members.includes(replica)
}
/** Whether it would make no difference. */
export function isSame({ quorums }: Members, voters: readonly string[], sizes?: QuorumSizes): boolean {
  const wanted = quorumsOf(voters, sizes)
  const isIn = (voter: string): boolean => quorums.members.includes(voter)
  return (
    wanted.members.length === quorums.members.length &&
    wanted.members.every(isIn) &&
    wanted.prepare === quorums.prepare &&
    wanted.accept === quorums.accept
  )
}
