// What happens to a replica, and what it wants done: the whole of what it has to do with the world. docs/paxos.md says what a host owes it.
//
// Effects are in order. What a `persist` or `snapshot` stores must be on disk before any `send` behind it leaves, also one of a later step,
// unless the send is `ahead`: what that says is true of whatever is on disk already. Replies never wait: what they tell is on the disks of a quorum.
import type { LogMessage } from './log-messages.ts'
import type { Members } from './membership.ts'
import type { PaxosError } from './paxos-error.ts'
import type { QuorumSizes } from './quorum.ts'
import type { Machine } from './state-machine.ts'
import type { SessionLimits } from './sessions.ts'
import type { Stored, StoreEffect } from './storage.ts'

/** The host's own, to tell replies apart. */
export type RequestId = string | number

export interface Call<Command> {
  readonly id: RequestId
  /** As `opened` has given it. */
  readonly session: number
  /** From 1 on, the same each time that this command is sent. */
  readonly number: number
  /** The replies of all lower numbers have arrived. */
  readonly answered: number
  readonly command: Command
}
export type ReplicaEvent<Command> =
  /** Time has gone by: to be called at `deadline`, or in a steady beat. */
  | { readonly on: 'tick' }
  | { readonly on: 'message'; readonly from: string; readonly message: LogMessage<Command> }
  /** Commands that have come together: they go out in one message, and to disk in one record. */
  | { readonly on: 'propose'; readonly calls: readonly Call<Command>[] }
  | { readonly on: 'open'; readonly id: RequestId }
  | { readonly on: 'read'; readonly id: RequestId; readonly query: Command; readonly isStale?: boolean }
  | {
      readonly on: 'reconfigure'
      readonly id: RequestId
      readonly voters: readonly string[]
      readonly sizes?: QuorumSizes
    }

export type Outcome<Reply> =
  | { readonly kind: 'done'; readonly reply: Reply }
  /** `age`: ms; so long ago at most this state held all that its leader knew to be decided. */
  | { readonly kind: 'read'; readonly reply: Reply; readonly age: number }
  | { readonly kind: 'opened'; readonly session: number }
  | { readonly kind: 'changed'; readonly members: Members }
  /** The session is gone. This call has changed nothing; an earlier one with the same number may have. */
  | { readonly kind: 'expired' }
  /** The client has said that it has the reply to this number. */
  | { readonly kind: 'forgotten' }
  /** Nothing has been done: ask `leader`, if it is known. */
  | { readonly kind: 'not-leader'; readonly leader: string | undefined }
  /** It may come to be decided, or not: ask again with the same number. */
  | { readonly kind: 'unknown' }
  /** Of a change of members. One is under way; or a new voter has not caught up yet; or it makes no sense. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'lagging'; readonly replica: string }
  | { readonly kind: 'refused'; readonly error: PaxosError }

export type ReplicaEffect<Command, Reply> =
  | StoreEffect<Command>
  | { readonly do: 'send'; readonly to: string; readonly message: LogMessage<Command>; readonly ahead: boolean }
  | { readonly do: 'reply'; readonly id: RequestId; readonly outcome: Outcome<Reply> }
  /** Who leads, as far as is known here. */
  | { readonly do: 'leader'; readonly leader: string | undefined }
  /** Others vote from now on. */
  | { readonly do: 'members'; readonly members: Members }

/** How reads are sure that nobody else leads: by asking a quorum, or by a lease. */
export type ReadMode =
  | 'quorum'
  /**
   * Voters that have heard from a leader keep to it for `lease` ms. `drift`: the part by which each clock may be too fast or too slow, 0.01 for
   * one in a hundred. Clocks that jump, or drift more, break it: then a read may be old.
   */
  | { readonly lease: number; readonly drift: number }

export interface ReplicaOptions<Command, Reply> {
  /** This replica, as messages are addressed to it: a name that belongs to its disk. With another disk it is another replica. */
  readonly member: string
  /** The first voters, the same for all replicas of a log for ever, also for those that come later. */
  readonly founders: readonly string[]
  readonly quorums?: QuorumSizes
  /** Whom else to ask how far the log is, if the voters it knows may all be gone. */
  readonly contacts?: readonly string[]
  readonly machine: Machine<Command, Reply>
  /** What earlier lives have stored. */
  readonly stored?: Stored<Command>
  /** ms after which a leader that is not heard is replaced; 1,000. */
  readonly electionTimeout?: number
  readonly reads?: ReadMode
  readonly sessions?: SessionLimits
  /** Slots between two snapshots; 10,000. */
  readonly compactAfter?: number
  /** Slots that stay in the log for those that are a little behind; 1,000. */
  readonly retain?: number
  /** Entries in one message at most; 1,000. */
  readonly batch?: number
  /** Entries under way to one voter at most; 10,000. */
  readonly window?: number
}
