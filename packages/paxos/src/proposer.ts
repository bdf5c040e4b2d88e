// A proposer of one decree (Lamport: Paxos Made Simple, 2001, section 2.2). It wants a value decided, and finds out which one is:
// its own, or one that may have been decided before it came.
//
//   idle ─ propose ─▶ preparing ─ a quorum has promised ─▶ accepting ─ a quorum has accepted ─▶ decided
//                     preparing, accepting ─ refused, or nothing for too long: the next ballot ─▶ preparing
//
// Invariants: it proposes the value of the latest vote that its promises tell of, and its own only if they tell of none; one value a ballot.
// No ballot is used twice, also by a later life of the same node: so its name must be another one in each life. When to lose patience
// is its host's to say (`hurry`): at random times, or two proposers may go on outbidding each other (Fischer, Lynch, Paterson 1985).
import { type Ballot, ballotAfter, compareBallots } from './ballot.ts'
import type { Answer, Request, Vote } from './messages.ts'
import type { Quorums } from './quorum.ts'

export interface ProposerState<Value> {
  readonly phase: 'idle' | 'preparing' | 'accepting' | 'decided'
  /** What it would like to be decided; once decided, what has been. */
  readonly value: Value
  readonly ballot: Ballot | undefined
  /** The latest that it has heard of, its own among them. */
  readonly latest: Ballot | undefined
  /** Who has promised, or accepted, in this phase. */
  readonly answered: readonly string[]
  /** The latest vote that the promises tell of. */
  readonly vote: Vote<Value> | undefined
}
export interface Proposed<Value> {
  readonly state: ProposerState<Value>
  /** For all acceptors. */
  readonly request: Request<Value> | undefined
}

export function newProposer<Value>(value: Value): ProposerState<Value> {
  return { phase: 'idle', value, ballot: undefined, latest: undefined, answered: [], vote: undefined }
}

/** Begins, or begins again with the next ballot, as nothing has come of this one. */
export function hurry<Value>(state: ProposerState<Value>, node: string): Proposed<Value> {
  if (state.phase === 'decided') return { state, request: undefined }
  const ballot = ballotAfter(state.latest, node)
  return {
    state: { ...state, phase: 'preparing', ballot, latest: ballot, answered: [], vote: undefined },
    request: { kind: 'prepare', ballot },
  }
}

/** An acceptor has answered. */
export function heard<Value>(
  state: ProposerState<Value>,
  from: string,
  answer: Answer<Value>,
  quorums: Quorums,
): Proposed<Value> {
  if (answer.kind === 'refused') {
    const isLater = compareBallots(answer.promised, state.latest) > 0
    return { state: isLater ? { ...state, latest: answer.promised } : state, request: undefined }
  }
  const isOfThis = state.ballot !== undefined && compareBallots(answer.ballot, state.ballot) === 0
  const isWanted = state.phase === (answer.kind === 'promise' ? 'preparing' : 'accepting')
  if (!isOfThis || !isWanted || state.answered.includes(from) || !quorums.members.includes(from))
    return { state, request: undefined }
  const answered = [...state.answered, from]
  return answer.kind === 'promise'
    ? promised({ ...state, answered, vote: later(state.vote, answer.vote) }, quorums)
    : accepted({ ...state, answered }, quorums)
}

function promised<Value>(state: ProposerState<Value>, quorums: Quorums): Proposed<Value> {
  if (state.answered.length < quorums.prepare) return { state, request: undefined }
  const value = state.vote === undefined ? state.value : state.vote.value
  return {
    state: { ...state, phase: 'accepting', value, answered: [] },
    request: { kind: 'accept', ballot: state.ballot!, value },
  }
}
function accepted<Value>(state: ProposerState<Value>, quorums: Quorums): Proposed<Value> {
  const isDecided = state.answered.length >= quorums.accept
  return { state: isDecided ? { ...state, phase: 'decided' } : state, request: undefined }
}
function later<Value>(a: Vote<Value> | undefined, b: Vote<Value> | undefined): Vote<Value> | undefined {
  return compareBallots(a?.ballot, b?.ballot) >= 0 ? a : b
}
