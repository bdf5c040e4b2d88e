// A connection from its beginning until a link adopts it: the handshake's messages taken out of the bytes, its time limit, and
// then GO and CONFIRM, by which both sides agree that it is the one in use.
//
// Invariants: until then it holds at most one message of 256 bytes of what the other side says; it ends by being adopted, refused, or
// late, and tells its owner once. Bytes behind the last message go to whoever has adopted the connection.
import { LinkFailed, type LinkRefusal, type NodeIdentity, type RefusalReason } from '../core/link-errors.ts'
import { Handshake, type HandshakeParts, type HandshakeStep, type Peer } from '../core/link-handshake.ts'
import { decodeMessage, encodeMessage, MESSAGE } from '../core/link-messages.ts'
import type { Confirm, Go, Standing } from '../core/link-messages.ts'
import type { Connection, ConnectionEnd, ConnectionEvents } from './link-transport.ts'

/** How an attempt failed. `refused`, `absent`, `closed`, `error`: the connection; `turned-away`: one of the two nodes. */
export interface GreetingFailure {
  readonly reason: ConnectionEnd['reason'] | 'turned-away'
  readonly message: string
  /** Why a node refused; whether it is certain which; and who it says to be, if it did. */
  readonly refusal?: LinkRefusal | undefined
  readonly trusted?: boolean | undefined
  readonly peer?: NodeIdentity | undefined
}

export interface GreetingOwner {
  /** The peer has proved who it is. */
  known(greeting: Greeting, peer: Peer, standing: Standing): void
  /** The peer says GO, or confirms ours. May throw a LinkFailed. */
  agreed(greeting: Greeting, message: Go | Confirm): void
  /** It is over without having been adopted. */
  failed(greeting: Greeting, failure: GreetingFailure): void
}

type Parts = Omit<HandshakeParts, 'credentials' | 'send'>

export class Greeting implements ConnectionEvents {
  readonly role: 'dialer' | 'acceptor'
  /** Set when it is known. */
  peer: Peer | undefined
  readonly connection: Connection
  readonly #parts: Parts
  readonly #owner: GreetingOwner
  readonly #message = new Uint8Array(MESSAGE)
  readonly #stopClock: () => void
  #filled = 0
  #handshake: Handshake | undefined
  #over = false
  /** The other side may have adopted the connection: what comes now is records. */
  #said = false

  /** `open` gives the connection: a dialer's says later that it is there. `after` calls once the time is over. */
  constructor(parts: Parts, owner: GreetingOwner, open: (events: ConnectionEvents) => Connection, after: After) {
    this.role = parts.role
    this.#parts = parts
    this.#owner = owner
    this.connection = open(this)
    this.#stopClock = after(() =>
      this.refuse('late', 'the handshake was not done in time: the other side is stuck or slow'),
    )
    if (parts.role === 'acceptor') this.opened()
  }

  opened(): void {
    const { credentials } = this.connection
    this.#handshake = new Handshake({ ...this.#parts, credentials, send: bytes => void this.connection.write(bytes) })
  }

  data(bytes: Uint8Array): void {
    let from = 0
    while (from < bytes.length && !this.#over) {
      const count = Math.min(MESSAGE - this.#filled, bytes.length - from)
      this.#message.set(bytes.subarray(from, from + count), this.#filled)
      this.#filled += count
      from += count
      if (this.#filled < MESSAGE) return
      this.#filled = 0
      this.#take(this.#message)
    }
    const { events } = this.connection
    if (from < bytes.length && events !== this) events.data(bytes.subarray(from))
  }

  drained(): void {} // its few messages need no room

  ended({ reason, message }: ConnectionEnd): void {
    this.#fail({ reason, message })
  }

  say(message: Go | Confirm): void {
    this.#said = true
    this.connection.write(encodeMessage(message))
  }

  /** Ends it, and tells the other side why, if it is there and has not gone on to records. */
  refuse(reason: RefusalReason, message: string): void {
    if (this.#over) return
    const step = this.#said ? undefined : this.#handshake?.refuse(reason, message)
    this.#step(step ?? { kind: 'refused', refusal: { reason, message }, trusted: true })
  }

  /** A link takes the connection over, and its events. */
  adopted(events: ConnectionEvents): void {
    this.#over = true
    this.#stopClock()
    this.connection.events = events
  }

  /** Ends it without a word to anybody. */
  destroy(): void {
    this.#over = true
    this.#stopClock()
    this.connection.destroy()
  }

  #take(bytes: Uint8Array): void {
    if (this.peer === undefined) return this.#step(this.#handshake!.receive(bytes))
    try {
      const message = decodeMessage(bytes)
      if (message.type === 'go' || message.type === 'confirm') return this.#owner.agreed(this, message)
      if (message.type !== 'refuse') throw new LinkFailed('malformed', `a ${message.type} after the handshake`)
      const refusal = { reason: message.reason, message: message.message }
      this.#step({ kind: 'refused', refusal, trusted: this.peer.by !== 'nobody', peer: this.peer })
    } catch (error) {
      if (!(error instanceof LinkFailed)) throw error
      this.refuse('malformed', error.message)
    }
  }

  #step(step: HandshakeStep): void {
    switch (step.kind) {
      case 'waits':
        return
      case 'known':
        this.peer = step.peer
        return this.#owner.known(this, step.peer, step.standing)
      case 'refused': {
        const { refusal, trusted, peer } = step
        return this.#fail({ reason: 'turned-away', message: refusal.message, refusal, trusted, peer })
      }
    }
  }

  #fail(failure: GreetingFailure): void {
    if (this.#over) return
    this.#over = true
    this.#stopClock()
    if (failure.reason === 'turned-away') this.connection.finish()
    this.#owner.failed(this, failure)
  }
}

/** Calls after the time that a handshake may take; gives what calls it off. */
export type After = (action: () => void) => () => void
