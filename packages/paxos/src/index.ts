// @troupe/paxos: agreement among nodes of which some may be lost. Public names only.
export type { AcceptorState } from './acceptor.ts'
export type { Ballot } from './ballot.ts'
export { Decree, type DecreeOptions, type Effect } from './decree.ts'
export type { Answer, Decided, Message, Request, Vote } from './messages.ts'
export { PaxosError, type PaxosErrorCode } from './paxos-error.ts'
export { type Quorums, quorumsOf, type QuorumSizes } from './quorum.ts'
