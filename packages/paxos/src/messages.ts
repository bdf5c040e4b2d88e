// What proposers and acceptors of one decree say to each other. All of it is plain data, and may be lost, doubled, or come in
// another order than it was sent in.
//
//   prepare  ─▶ promise   I take part in no earlier ballot any more; that is what I have accepted last
//            ─▶ refused   I have promised a later one
//   accept   ─▶ accepted
//            ─▶ refused
//   decided               it is over: a learner needs to ask nobody
import type { Ballot } from './ballot.ts'

/** A value that an acceptor has accepted, and in which ballot. */
export interface Vote<Value> {
  readonly ballot: Ballot
  readonly value: Value
}
/** To an acceptor. */
export type Request<Value> =
  | { readonly kind: 'prepare'; readonly ballot: Ballot }
  | { readonly kind: 'accept'; readonly ballot: Ballot; readonly value: Value }
/** To the proposer whose ballot it is. */
export type Answer<Value> =
  | { readonly kind: 'promise'; readonly ballot: Ballot; readonly vote: Vote<Value> | undefined }
  | { readonly kind: 'accepted'; readonly ballot: Ballot }
  | { readonly kind: 'refused'; readonly ballot: Ballot; readonly promised: Ballot }
export interface Decided<Value> {
  readonly kind: 'decided'
  readonly value: Value
}
export type Message<Value> = Request<Value> | Answer<Value> | Decided<Value>
