// What carries a link's bytes: two-way connections, in order and without gaps for as long as they stand. One file a kind
// (socket-unix.ts, socket-tcp.ts); test/nodes/link-contract.ts holds them all to the same promises.
//
// Invariants of every connection: the bytes given to `write` may be read until they have arrived or the connection is
// destroyed, and are not changed until then; bytes from the other side are given once, in order; `ended` comes once, as the last
// of all events, after all bytes that came before the end, and not at all after `destroy`. No event comes within a call.
import type { Credentials } from '../core/link-handshake.ts'
import type { Sink } from '../core/link-outgoing.ts'

/**
 * Why a connection ended. `refused`: the operating system says that nobody listens there. `absent`: there is no such address.
 * `closed`: the other side closed it, or its process ended. `error`: anything else.
 */
export interface ConnectionEnd {
  readonly reason: 'refused' | 'absent' | 'closed' | 'error'
  readonly message: string
}

export interface ConnectionEvents {
  /** It stands: bytes may be written. Of connections that were dialed only. */
  opened(): void
  /** Valid during the call only. */
  data(bytes: Uint8Array): void
  /** After a `write` that was false: there is room again. */
  drained(): void
  ended(end: ConnectionEnd): void
}

export interface Connection extends Sink {
  /** Who is told; whoever owns a connection sets it. */
  events: ConnectionEvents
  /** What is known of the other side by the way it came; from `opened` on. */
  readonly credentials: Credentials
  /** Ends it at once. */
  destroy(): void
  /** Sends what has been written, as far as the other side takes it, and ends. */
  finish(): void
}

export interface Listener {
  /** Where others can connect to: that which was asked for, with the port that was given for port 0. */
  readonly address: string
  close(): Promise<void>
}

export interface ListenLimits {
  /** Connections at a time; more are closed at once. */
  readonly connections: number
  /** Of these, such as have not yet said who they are. */
  readonly unknown: number
  /** ms for that. */
  readonly handshake: number
}

export interface Transport {
  /** What its addresses begin with: `unix` for `unix:/path/to/socket`. */
  readonly scheme: string
  /** Rejects with an InvalidCall that says what is wrong with the address. `accept` sets `events`. */
  listen(address: string, accept: (connection: Connection) => void, limits: ListenLimits): Promise<Listener>
  /** Throws an InvalidCall where the address makes no sense. */
  connect(address: string, events: ConnectionEvents): Connection
}
