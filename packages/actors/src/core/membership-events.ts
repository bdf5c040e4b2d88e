// What membership is told, and what it asks for: the vocabulary between the pure protocol and whoever drives it.
//
// The driver hands every event to `Membership.step` with the time of one clock that never goes back, and carries out the
// effects in their order. It may lose messages, but not the other effects; and must tell of each connection that it was
// asked for what became of it: `connected`, or `failed`.
import type { MembershipMessage } from './membership-messages.ts'
import type { FactState } from './membership-members.ts'
import type { NodeId } from './membership-roster.ts'
import type { MembershipTimes } from './membership-times.ts'

/** `suspect` is this node's own opinion of its connection with one that is up. */
export type MemberState = FactState | 'suspect'

export interface Member {
  readonly id: NodeId
  readonly name: string
  readonly incarnation: number
  readonly state: MemberState
  /** Why it is in that state, for people. */
  readonly why: string
  readonly addresses: readonly string[]
  /** Its place in the order of seniority, from 0, the same on all nodes; undefined before it was admitted, and when it has ended. */
  readonly seniority: number | undefined
  /** What it tells of itself, in its newest version. */
  readonly about: Uint8Array
  readonly version: number
}

export interface MembershipSettings {
  /** 1–64 letters, digits, `_`, `.` and `-`. */
  readonly name: string
  /** When this system was created, ms since 1970: a later one of the same name is higher. */
  readonly incarnation: number
  /** Where others can connect to. */
  readonly addresses: readonly string[]
  /** The same list on all nodes that found a cluster together. None: this node founds one. Without its own address it only joins. */
  readonly join: readonly string[]
  readonly about: Uint8Array
  readonly times?: Partial<MembershipTimes>
}

export type MembershipEvent =
  /** Often enough: see `MembershipTimes.tick`. The first one starts it all. */
  | { readonly kind: 'tick' }
  /** A handshake is done, whoever connected. `address`: what was asked for by a seed's address. */
  | { readonly kind: 'connected'; readonly id: NodeId; readonly address?: string }
  /** There is no connection with that node any more. */
  | { readonly kind: 'closed'; readonly id: NodeId }
  /**
   * A `connect` led nowhere. `refused`: the operating system says that nobody listens at any of the addresses. `replaced`: another node answers there.
   * Both say that a node that was there has ended. `unreachable`: nothing is known. `rejected`
   * and `expelled`: by the other node's handshake, which says why (`Membership.objection` there).
   */
  | {
      readonly kind: 'failed'
      readonly id?: NodeId
      readonly address?: string
      readonly why: 'refused' | 'replaced' | 'unreachable' | 'rejected' | 'expelled'
      readonly reason?: string
    }
  /** A message from a peer that is connected, checked by `membershipMessage`. */
  | { readonly kind: 'received'; readonly from: NodeId; readonly message: MembershipMessage }
  /** This node tells something else of itself. */
  | { readonly kind: 'about'; readonly about: Uint8Array }
  /** This node is about to leave; and has nothing left that anybody needs. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'left' }

export type MembershipEffect =
  /** May be lost, and only the newest to each node matters. */
  | { readonly kind: 'send'; readonly to: NodeId; readonly message: MembershipMessage }
  /** To a node at one of its addresses, tried in turn; or to whoever is at a seed's. */
  | { readonly kind: 'connect'; readonly id?: NodeId; readonly address?: string; readonly addresses: readonly string[] }
  /** That node has ended, cannot become a member, or never became one: its session is over. */
  | { readonly kind: 'disconnect'; readonly id: NodeId; readonly why: string }
  | {
      readonly kind: 'changed'
      readonly member: Member
      readonly from: MemberState | undefined
      readonly to: MemberState
      readonly why: string
    }
  /** This node has a quorum again, or for the first time; or has none any more. `heard` of the `of` members that count. */
  | { readonly kind: 'majority'; readonly heard: number; readonly of: number }
  | { readonly kind: 'minority'; readonly heard: number; readonly of: number; readonly why: string }
  /** This node is no member any more, and never again with this incarnation: the last effect. */
  | { readonly kind: 'expelled'; readonly by: NodeId; readonly why: string }
  /** This node cannot join, now or with this name; it goes on trying. */
  | { readonly kind: 'refused'; readonly by: NodeId | undefined; readonly why: string }
