// One link: the session with one life of a node, and the connection that it has at present.
//
// Invariants: records survive connections, `end` ends both. Whatever a peer does wrong ends the connection, with a LinkFailed;
// whether the peer is given up is decided by who owns the link. What is received is acknowledged within ACKNOWLEDGE ms, with
// the next records or beats if there are any before.
import { LinkFailed, nodeId, type NodeId } from '../core/link-errors.ts'
import type { Peer } from '../core/link-handshake.ts'
import type { LinkChoice } from '../core/link-choice.ts'
import type { TakeRecord } from '../core/link-outgoing.ts'
import { LinkSession, type SessionLimits } from '../core/link-session.ts'
import type { Greeting } from './link-greeting.ts'
import type { ConnectionEnd, ConnectionEvents } from './link-transport.ts'

/** What becomes of a link; called from the event loop, never from within a call to the link. */
export interface LinkEvents {
  /** It has a connection: the first one, or another in place of the one before; before any record of it. */
  attached(link: Link): void
  /** It has none any more. A LinkFailed: of the peer's fault, or of one of the handlers below. */
  detached(link: Link, why: ConnectionEnd | LinkFailed): void
  /**
   * Takes a record; `bytes` from `start`, a multiple of 8, to `end`, of a buffer with offset 0, valid during the call only. What is
   * thrown ends the connection; the record does not come again.
   */
  record(link: Link, kind: number, bytes: Uint8Array, start: number, end: number): void
  /** Takes a beat; valid during the call only. */
  beat(link: Link, bytes: Uint8Array, start: number, end: number): void
  /** It was full, and has room again. */
  room(link: Link): void
}

/** ms after which the peer is told what was received, if nothing else has been said. */
const ACKNOWLEDGE = 20
/** Bytes at once that no beat has: the link is in use. */
const MUCH = 4096

export class Link {
  readonly peer: Peer
  readonly id: NodeId
  /** Who decides which connection is used; undefined where the peer does. */
  readonly choice: LinkChoice<Greeting> | undefined
  readonly #session: LinkSession
  readonly #events: LinkEvents
  readonly #own: ConnectionEvents
  readonly #after: (ms: number, action: () => void) => () => void
  #current: Greeting | undefined
  #generation = 0
  #stopClock: (() => void) | undefined
  #busy = false
  #over = false

  constructor(
    peer: Peer,
    events: LinkEvents,
    limits: SessionLimits,
    after: (ms: number, action: () => void) => () => void,
    choice: LinkChoice<Greeting> | undefined,
  ) {
    this.peer = peer
    this.id = nodeId(peer)
    this.choice = choice
    this.#events = events
    this.#after = after
    this.#own = {
      opened: () => {},
      data: bytes => this.#data(bytes),
      drained: () => this.#session.drained(),
      ended: end => this.#fail(end),
    }
    const record: TakeRecord = (kind, bytes, start, end) => events.record(this, kind, bytes, start, end)
    const beat = (bytes: Uint8Array, start: number, end: number) => events.beat(this, bytes, start, end)
    this.#session = new LinkSession({ record, beat, room: () => events.room(this) }, limits)
  }

  /** Accepts a record, which is copied. Nothing leaves before `flush`. Kinds are 0 to 255. */
  send(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#busy = true
    this.#session.send(kind, bytes, start, end)
  }
  /** The same, but what is joined may arrive as one record, each part 8-aligned in it: parts tell their own lengths. */
  join(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#busy = true
    this.#session.join(kind, bytes, start, end)
  }
  /** Sends a datagram of up to 65,528 bytes at once, or as soon as the connection has room; the newest only. */
  beat(bytes: Uint8Array): void {
    this.#session.beat(bytes)
    this.#session.flush()
  }
  /** Writes what was accepted, as far as the connection and the window take it. */
  flush(): void {
    this.#session.flush()
  }
  /** Bytes accepted and not acknowledged by the peer. */
  get pending(): number {
    return this.#session.pending
  }
  /** Whether too much is pending; nothing is refused, and `room` tells when to go on. */
  get full(): boolean {
    return this.#session.full
  }
  get attached(): boolean {
    return this.#session.attached
  }
  /** Whether the peer was given up. */
  get over(): boolean {
    return this.#over
  }
  /** Number of the last segment received; for whoever makes connections. */
  get received(): number {
    return this.#session.received
  }
  /** Of the connection that it has; 0 without one. */
  get generation(): number {
    return this.attached ? this.#generation : 0
  }

  /** Gives up the present connection, and nothing else; `detached` is not called. */
  cut(): void {
    const current = this.#current
    if (current === undefined) return
    this.#leave()
    current.connection.destroy()
    this.choice?.ended(current)
  }
  /** The peer is given up: no connection to this life of it is made again. */
  end(): void {
    this.#over = true
    this.#session.end()
    this.cut()
  }
  /** Hands out, in order, every record that the peer may not have received, and forgets them. After `end` only. */
  forsake(take: TakeRecord): void {
    this.#session.forsake(take)
  }

  /** Takes a connection over, to a peer that has received all up to `received`. Throws a LinkFailed if that cannot be. */
  adopt(greeting: Greeting, generation: number, received: number): void {
    this.#session.attach(greeting.connection, received)
    this.#current = greeting
    this.#generation = generation
    greeting.adopted(this.#own)
    this.#events.attached(this)
    this.#session.flush()
  }
  /** Gives back memory, unless the link was used since the last call. */
  rest(): void {
    if (!this.#busy) this.#session.shrink()
    this.#busy = false
  }

  #data(bytes: Uint8Array): void {
    const current = this.#current
    this.#busy ||= bytes.length > MUCH
    try {
      this.#session.receive(bytes)
    } catch (error) {
      // a handler may have ended the connection before it threw
      if (this.#current === current) this.#fail(error instanceof LinkFailed ? error : refused(this.id, error))
      return
    }
    if (this.#session.owes) this.#stopClock ??= this.#after(ACKNOWLEDGE, () => this.#acknowledge())
  }
  #acknowledge(): void {
    this.#stopClock = undefined
    if (this.#session.owes) this.#session.acknowledge()
  }
  #fail(why: ConnectionEnd | LinkFailed): void {
    this.cut()
    this.#events.detached(this, why)
  }
  #leave(): void {
    this.#current = undefined
    this.#stopClock?.()
    this.#stopClock = undefined
    this.#session.detach()
  }
}

function refused(id: NodeId, cause: unknown): LinkFailed {
  return new LinkFailed(
    'refused',
    `what node ${id} sent could not be handled: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  )
}
