// What a log of decisions consists of, and what the replicas that keep it say to each other. All of it is plain data. Messages may
// be lost, doubled, or come in another order than they were sent in. docs/paxos.md has them as a table.
//
//   prepare   ─▶ promise    I take part in no earlier ballot any more; that is what I have accepted, and what I know to be decided
//   accept    ─▶ accepted   up to that slot I have all that this ballot's leader has, on disk
//   heartbeat ─▶ alive      which ballot I stand for or follow, so that leaders are found; how far I am
//   fetch     ─▶ learn, or install where the log no longer goes back that far
import type { Ballot } from './ballot.ts'
import type { Members } from './membership.ts'
import type { Vote } from './messages.ts'
import type { Snapshot } from './state-machine.ts'

/** What a slot holds. `time` is its leader's, in ms; log time is the greatest so far. */
export type Entry<Command> =
  | {
      readonly kind: 'command'
      readonly time: number
      readonly session: number
      readonly number: number
      readonly answered: number
      readonly command: Command
    }
  /** A session begins, and is known by its slot. */
  | { readonly kind: 'open'; readonly time: number }
  /** The last one of its epoch: whoever decides the slots behind it is said here. */
  | { readonly kind: 'members'; readonly time: number; readonly members: Members }

/** To the acceptors, from who wants to lead; `decided`: how far it knows the log. */
export interface Prepare {
  readonly kind: 'prepare'
  readonly ballot: Ballot
  readonly decided: number
}
/** The votes of all slots from `from` on, of which those up to `decided` are decided. */
export interface Promised<Command> {
  readonly kind: 'promise'
  readonly ballot: Ballot
  readonly decided: number
  readonly from: number
  readonly votes: readonly Vote<Entry<Command>>[]
}
/** From the leader: these entries for the slots from `from` on; none is a question whether the leader still leads. */
export interface Accept<Command> {
  readonly kind: 'accept'
  readonly ballot: Ballot
  readonly from: number
  readonly entries: readonly Entry<Command>[]
  readonly decided: number
  /** Counts the leader's questions; the answer has the same number. */
  readonly probe: number
}
export interface Accepted {
  readonly kind: 'accepted'
  readonly ballot: Ballot
  /** All slots up to here are accepted in this ballot, or decided. */
  readonly upTo: number
  /** Something between that and what has just come is missing. */
  readonly isMissing: boolean
  readonly probe: number
}
export interface Heartbeat {
  readonly kind: 'heartbeat'
  readonly round: number
  readonly decided: number
}
export interface Alive {
  readonly kind: 'alive'
  readonly round: number
  readonly epoch: number
  /** Its own, and whether it could lead with it: it can reach a quorum. */
  readonly ballot: Ballot
  readonly stands: boolean
  readonly promised: Ballot | undefined
  /** The leader's that it has heard of from the leader itself, in its last round. */
  readonly follows: Ballot | undefined
  readonly decided: number
}
export interface Fetch {
  readonly kind: 'fetch'
  readonly decided: number
}
/** Decided ones, from slot `from` on. */
export interface Learn<Command> {
  readonly kind: 'learn'
  readonly from: number
  readonly votes: readonly Vote<Entry<Command>>[]
  /** How far the sender itself is. */
  readonly decided: number
}
export interface Install {
  readonly kind: 'install'
  readonly snapshot: Snapshot
}
export type LogMessage<Command> =
  | Prepare
  | Promised<Command>
  | Accept<Command>
  | Accepted
  | Heartbeat
  | Alive
  | Fetch
  | Learn<Command>
  | Install
