// Quorums: how many acceptors must answer before a proposer may go on. Any of the first phase must share an acceptor with any
// of the second one, and that is all that Paxos needs (Howard, Malkhi, Spiegelman: Flexible Paxos, OPODIS 2016, section 4).
//
// Invariant: prepare + accept > members, checked where quorums are made. Two quorums of the second phase need not meet.
import { PaxosError } from './paxos-error.ts'

export interface Quorums {
  readonly members: readonly string[]
  /** How many promises the first phase needs. */
  readonly prepare: number
  /** How many acceptances the second one needs. */
  readonly accept: number
}
export interface QuorumSizes {
  readonly prepare?: number
  readonly accept?: number
}

/**
 * The quorums of these acceptors: majorities, where nothing else is said; where one size is given the other is the least that
 * meets it. Throws `bad-members` and `bad-quorum`.
 */
export function quorumsOf(members: readonly string[], sizes: QuorumSizes = {}): Quorums {
  const count = members.length
  if (count === 0) throw new PaxosError('bad-members', 'consensus needs one acceptor at least')
  const twice = members.find((member, at) => members.indexOf(member) < at)
  if (twice !== undefined)
    throw new PaxosError('bad-members', `'${twice}' is twice among the acceptors; each has one vote`)
  const majority = Math.floor(count / 2) + 1
  for (const [phase, size] of Object.entries({ prepare: sizes.prepare, accept: sizes.accept })) {
    if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= count))
      throw new PaxosError('bad-quorum', `${phase} is ${size}; of ${count} acceptors a quorum has 1 to ${count}`)
  }
  const prepare = sizes.prepare ?? (sizes.accept === undefined ? majority : count + 1 - sizes.accept)
  const accept = sizes.accept ?? (sizes.prepare === undefined ? majority : count + 1 - sizes.prepare)
  if (prepare + accept <= count) {
    const text = `quorums of ${prepare} and ${accept} of ${count} acceptors need not meet, so two values could be decided; their sizes must add up to ${count + 1} or more`
    throw new PaxosError('bad-quorum', text)
  }
  return { members: [...members], prepare, accept }
}
