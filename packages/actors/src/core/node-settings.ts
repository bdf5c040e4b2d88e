// A node of a cluster, as data: what it was told to be, what its hub (edge/hub-worker.ts) is told, and what it tells.
//
// Invariant: all of this is plain, as it goes between threads.

import type { NodeInfo } from './nodes.ts'

/** PEM texts: a node's key, its certificate, and the authority whose certificates it takes from others. */
export interface Certificates {
  readonly key: string | Buffer
  readonly cert: string | Buffer
  readonly ca: string | Buffer
  /** The name that the certificates of all nodes have, if they do not have the hosts' names. */
  readonly serverName?: string | undefined
}

export interface NodeSettings {
  readonly name: string
  /** ms since 1970. */
  readonly incarnation: number
  readonly cluster: string
  readonly listen: readonly string[]
  readonly join: readonly string[]
  readonly secret: string | undefined
  readonly tls: Certificates | undefined
  readonly insecure: boolean
}

/** To the hub. */
export type HubOrder =
  | { readonly kind: 'behaviors'; readonly behaviors: readonly string[] }
  | { readonly kind: 'leave' }
  /** Nothing is left here: another node answers for what was spawned here. `retired` says when it is told. */
  | { readonly kind: 'retire' }
  | { readonly kind: 'left' }
  | { readonly kind: 'close' }
/** From it. */
export type HubNews =
  | { readonly kind: 'open'; readonly addresses: readonly string[] }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'turnedAway'; readonly message: string }
  | { readonly kind: 'linkFailed'; readonly id: string; readonly message: string }
  | { readonly kind: 'retired' }
  | MemberNews

/** What the process that has the hub is told. */
export type MemberNews =
  | {
      readonly kind: 'changed'
      readonly id: string
      readonly from: string | undefined
      readonly to: string
      readonly why: string
      readonly self: boolean
      readonly info: NodeInfo
    }
  | { readonly kind: 'majority'; readonly heard: number; readonly of: number }
  | { readonly kind: 'minority'; readonly heard: number; readonly of: number; readonly why: string }
  | { readonly kind: 'expelled'; readonly by: string; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
