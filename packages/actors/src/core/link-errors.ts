// What can go wrong between two processes, in words: why a link's connection was ended, and why a handshake was refused.
//
// A refusal is told to both sides, so its reason has a number on the wire: the position in REFUSALS, which only grows.
// A peer's mistake is always one of these and ends its connection; it is never an exception that reaches the process.
import { TroupeError } from './errors.ts'

/** `name~incarnation`, the incarnation in base 36: one life of one node. */
export type NodeId = string & { readonly '~node': true }

/** Who a node says it is. `incarnation`: ms since 1970 when its system was made, so that a later life has a higher one. */
export interface NodeIdentity {
  readonly cluster: string
  readonly name: string
  readonly incarnation: number
}

export function nodeId({ name, incarnation }: Pick<NodeIdentity, 'name' | 'incarnation'>): NodeId {
  return `${name}~${incarnation.toString(36)}` as NodeId
}

export const REFUSALS = [
  'version', // another version of the protocol, or of the machine's byte order
  'cluster', // another cluster's name
  'secret', // no secret, where there should be one, or a wrong one
  'other-node', // the dialer asked for somebody else
  'self', // a node that has called itself
  'name-taken', // another living node has that name
  'declared-down', // that incarnation was declared down: it must come back as a new one
  'duplicate', // the two are connected already
  'busy', // too many who have not said yet who they are
  'late', // the handshake took too long
  'malformed', // not what the handshake has here
  'not-admitted', // for another reason, that the message says
] as const
export type RefusalReason = (typeof REFUSALS)[number]

/** Why a peer is not taken; `message` is for people, and goes to the other side too (192 bytes of it). */
export interface LinkRefusal {
  readonly reason: RefusalReason
  readonly message: string
}

/**
 * A link's connection was ended by something that its peer did. `why`: malformed (bytes that make no sense), too-large (a record
 * beyond the limit), refused (what was received could not be handled; `cause` says why).
 */
export class LinkFailed extends TroupeError {
  readonly why: 'malformed' | 'too-large' | 'refused'
  constructor(why: LinkFailed['why'], message: string, cause?: unknown) {
    super('link-failed', message, { cause })
    this.why = why
  }
}
