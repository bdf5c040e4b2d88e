// An acceptor of one decree: the memory of Paxos (Lamport: Paxos Made Simple, 2001, section 2.2). It promises to take part in
// no ballot before the latest that it was asked about, and remembers what it has accepted last.
//
// Invariants: its promise never falls; what it has accepted is of no later ballot than its promise. Both are on disk before its answer
// leaves: whoever hosts it stores the state that a step gives, if that is another one, and sends the answer then.
import { type Ballot, compareBallots } from './ballot.ts'
import type { Answer, Request, Vote } from './messages.ts'

/** Plain data; a new acceptor's is `{}`. */
export interface AcceptorState<Value> {
  readonly promised?: Ballot
  readonly vote?: Vote<Value>
}

/** What an acceptor becomes, the same object where nothing changes; and what it answers then, if anything. */
export interface Answered<Value> {
  readonly state: AcceptorState<Value>
  readonly answer: Answer<Value> | undefined
}

/** One step: a proposer has asked for something. */
export function answered<Value>(state: AcceptorState<Value>, request: Request<Value>): Answered<Value> {
  const { ballot } = request
  const { promised, vote } = state
  const order = compareBallots(ballot, promised)
  if (promised !== undefined && order < 0) return { state, answer: { kind: 'refused', ballot, promised } }
  const hasVoted = vote !== undefined && compareBallots(vote.ballot, ballot) === 0
  if (request.kind === 'accept') {
    const next = hasVoted ? state : { promised: ballot, vote: { ballot, value: request.value } }
    return { state: next, answer: { kind: 'accepted', ballot } }
  }
  // its proposer is past that, and the vote that it would have to hear of is not known any more
  if (hasVoted) return { state, answer: undefined }
  return { state: order === 0 ? state : { ...state, promised: ballot }, answer: { kind: 'promise', ballot, vote } }
}
