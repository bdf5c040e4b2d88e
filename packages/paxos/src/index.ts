// @troupe/paxos: agreement among nodes of which some may be lost. Public names only.
export type { AcceptorState } from './acceptor.ts'
export type { Ballot } from './ballot.ts'
export { Decree, type DecreeOptions, type Effect } from './decree.ts'
export type { StoredRecord } from './log-acceptor.ts'
export type { Entry, LogMessage } from './log-messages.ts'
export type { Members } from './membership.ts'
export type { Answer, Decided, Message, Request, Vote } from './messages.ts'
export { PaxosError, type PaxosErrorCode } from './paxos-error.ts'
export { type Quorums, quorumsOf, type QuorumSizes } from './quorum.ts'
export { Replica, type ReplicaStatus } from './replica.ts'
export type {
  Call,
  Outcome,
  ReadMode,
  ReplicaEffect,
  ReplicaEvent,
  ReplicaOptions,
  RequestId,
} from './replica-events.ts'
export type { SessionLimits, StoredSession } from './sessions.ts'
export type { Machine, Snapshot } from './state-machine.ts'
export { emptyStore, type Stored, stored, type StoreEffect } from './storage.ts'
