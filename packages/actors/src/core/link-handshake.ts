// Who is there, at the beginning of a connection: HELLO each way, then each proves, the dialer first, that it knows the secret.
//
//     dialer    HELLO →            PROOF →
//     acceptor         ← HELLO            ← PROOF
//
// Invariants:
// - A proof is taken over the role of who gives it and over all that both have said so far, with a fresh nonce of each: it cannot be
//   used in another connection, or sent back to who made it. Nobody proves anything to a node that says to be itself.
// - Nothing but messages of fixed size is read before the peer is known; each is expected, or the connection ends.
// - A refusal is told to the other side, proved over the two HELLOs. `trusted` says whether it is certain who refused: only then may it be acted upon.
import { LinkFailed, nodeId, type LinkRefusal, type NodeIdentity, type RefusalReason } from './link-errors.ts'
import { decodeMessage, encodeMessage, MAC, MESSAGE } from './link-messages.ts'
import type { Hello, Message, Standing } from './link-messages.ts'

/** The secret's cryptography, and chance. */
export interface Seal {
  nonce(): Uint8Array
  /** A keyed hash of 32 bytes. Without a secret: undefined. */
  readonly mac: ((parts: readonly Uint8Array[]) => Uint8Array) | undefined
  /** Compares in a time that does not tell where the two differ. */
  same(a: Uint8Array, b: Uint8Array): boolean
}

/** Who is at the other end, and how that is known. */
export interface Peer extends NodeIdentity {
  /** `user`: the operating system lets nobody else connect. `nobody`: only its own word (an insecure address, no secret). */
  readonly by: 'secret' | 'certificate' | 'user' | 'nobody'
  /** The names in its certificate; empty without one. */
  readonly names: readonly string[]
}
/** What a connection tells of the other end by itself. */
export type Credentials = Pick<Peer, 'names'> & { readonly by: 'certificate' | 'user' | 'nobody' }

export interface HandshakeParts {
  readonly role: 'dialer' | 'acceptor'
  readonly self: NodeIdentity
  /** Whom a dialer asks for; by default whoever is there. */
  readonly expects?: { readonly name: string; readonly incarnation?: number } | undefined
  readonly seal: Seal
  readonly credentials: Credentials
  /** Decides about a peer that has proved who it is. */
  admit(peer: Peer): LinkRefusal | undefined
  /** What this node says about its connections to a peer. */
  standing(peer: NodeIdentity): Standing
  send(message: Uint8Array): void
}

export type HandshakeStep =
  | { readonly kind: 'waits' }
  | { readonly kind: 'known'; readonly peer: Peer; readonly standing: Standing }
  | { readonly kind: 'refused'; readonly refusal: LinkRefusal; readonly trusted: boolean; readonly peer?: NodeIdentity }

const WAITS: HandshakeStep = { kind: 'waits' }
const label = (role: string) => Uint8Array.from(`troupe link ${role}:`, letter => letter.charCodeAt(0))

export class Handshake {
  readonly #parts: HandshakeParts
  readonly #hello: Hello
  /** What was said, in order: the dialer's HELLO, the acceptor's, the dialer's PROOF. */
  readonly #said: Uint8Array[] = []
  #peer: Hello | undefined
  #over = false

  constructor(parts: HandshakeParts) {
    this.#parts = parts
    const { role, self, seal, expects } = parts
    const asked = role === 'dialer' ? expects : undefined
    this.#hello = {
      type: 'hello',
      from: self,
      expects: { name: asked?.name ?? '', incarnation: asked?.incarnation ?? 0 },
      nonce: seal.nonce(),
      secret: seal.mac !== undefined,
    }
    if (role === 'dialer') this.#say(encodeMessage(this.#hello))
  }

  /** Who the peer says it is, if it has. */
  get claimed(): NodeIdentity | undefined {
    return this.#peer?.from
  }

  /** Takes one message of 256 bytes. */
  receive(bytes: Uint8Array): HandshakeStep {
    if (this.#over) throw new Error('this handshake is over')
    try {
      return this.#receive(decodeMessage(bytes), bytes)
    } catch (error) {
      if (!(error instanceof LinkFailed)) throw error
      return this.refuse('malformed', error.message)
    }
  }

  /** Ends it from here, and tells the other side why. */
  refuse(reason: RefusalReason, message: string): HandshakeStep {
    const bytes = encodeMessage({ type: 'refuse', reason, message })
    if (this.#said.length >= 2) this.#seal(bytes, this.#said.slice(0, 2))
    this.#parts.send(bytes)
    return this.#refused({ reason, message }, true)
  }

  #receive(message: Message, bytes: Uint8Array): HandshakeStep {
    if (message.type === 'refuse') return this.#told(message, bytes)
    const expected = this.#peer === undefined ? 'hello' : 'proof'
    if (message.type !== expected) throw new LinkFailed('malformed', `a ${message.type} where a ${expected} must be`)
    return message.type === 'hello' ? this.#meet(message, bytes) : this.#judge(message, bytes)
  }

  #meet(hello: Hello, bytes: Uint8Array): HandshakeStep {
    this.#peer = hello
    this.#said.push(bytes.slice(0, MESSAGE))
    const { role, standing } = this.#parts
    if (role === 'acceptor') this.#say(encodeMessage(this.#hello))
    const objection = this.#objection(hello)
    if (objection !== undefined) return this.refuse(objection.reason, objection.message)
    if (role === 'dialer') this.#prove(standing(hello.from))
    return WAITS
  }

  /** What is wrong with a peer before it has proved anything. */
  #objection({ from, expects, secret }: Hello): LinkRefusal | undefined {
    const { self, expects: asked } = this.#parts
    const wanted = this.#parts.role === 'dialer' ? asked : expects
    const found = this.#parts.role === 'dialer' ? from : self
    if (from.cluster !== self.cluster) {
      return refusal('cluster', `node ${from.name} is of cluster ${from.cluster}, ${self.name} of ${self.cluster}`)
    }
    if (from.name === self.name && from.incarnation === self.incarnation) {
      return refusal(
        'self',
        `node ${nodeId(self)} has called itself: give its own address to the others, not to itself`,
      )
    }
    if (secret !== this.#hello.secret) {
      const without = secret ? self.name : from.name
      return refusal('secret', `node ${without} has no shared secret, the other has: give both the same`)
    }
    if (wanted === undefined || wanted.name === '') return undefined
    if (wanted.name === found.name && (wanted.incarnation || found.incarnation) === found.incarnation) return undefined
    const other = wanted.incarnation ? nodeId({ name: wanted.name, incarnation: wanted.incarnation }) : wanted.name
    return refusal('other-node', `node ${other} was asked for at this address, but here is ${nodeId(found)}`)
  }

  #judge(standing: Standing, bytes: Uint8Array): HandshakeStep {
    const { role, credentials, admit, seal } = this.#parts
    const from = this.#peer!.from
    if (!this.#genuine(bytes, this.#said)) {
      return this.refuse('secret', `nodes ${this.#parts.self.name} and ${from.name} do not have the same shared secret`)
    }
    const peer: Peer = { ...from, by: seal.mac === undefined ? credentials.by : 'secret', names: credentials.names }
    const refused = admit(peer)
    if (refused !== undefined) return this.refuse(refused.reason, refused.message)
    if (role === 'acceptor') {
      this.#said.push(bytes.slice(0, MESSAGE))
      this.#prove(this.#parts.standing(from))
    }
    this.#over = true
    return { kind: 'known', peer, standing: { stamp: standing.stamp, generation: standing.generation } }
  }

  #prove({ stamp, generation }: Standing): void {
    const bytes = encodeMessage({ type: 'proof', stamp, generation })
    this.#seal(bytes, this.#said)
    this.#say(bytes)
  }

  /** The other side refuses. */
  #told({ reason, message }: LinkRefusal, bytes: Uint8Array): HandshakeStep {
    const known = this.#parts.seal.mac !== undefined || this.#parts.credentials.by !== 'nobody'
    return this.#refused(
      { reason, message },
      known && this.#peer !== undefined && this.#genuine(bytes, this.#said.slice(0, 2)),
    )
  }
  #refused(refusal: LinkRefusal, trusted: boolean): HandshakeStep {
    this.#over = true
    const peer = this.#peer?.from
    return { kind: 'refused', refusal, trusted, ...(peer === undefined ? {} : { peer }) }
  }

  #say(bytes: Uint8Array): void {
    this.#said.push(bytes)
    this.#parts.send(bytes)
  }
  #seal(bytes: Uint8Array, said: readonly Uint8Array[]): void {
    const mac = this.#macOf(this.#parts.role, said, bytes)
    if (mac !== undefined) bytes.set(mac, MAC.at)
  }
  /** Whether the peer's message carries the proof that it should; without a secret, none. */
  #genuine(bytes: Uint8Array, said: readonly Uint8Array[]): boolean {
    const other = this.#parts.role === 'dialer' ? 'acceptor' : 'dialer'
    const mac = this.#macOf(other, said, bytes) ?? new Uint8Array(MAC.length)
    return this.#parts.seal.same(mac, bytes.subarray(MAC.at, MAC.at + MAC.length))
  }
  #macOf(role: string, said: readonly Uint8Array[], bytes: Uint8Array): Uint8Array | undefined {
    const [before, after] = [bytes.subarray(0, MAC.at), bytes.subarray(MAC.at + MAC.length, MESSAGE)]
    return this.#parts.seal.mac?.([label(role), ...said, before, after])
  }
}

function refusal(reason: RefusalReason, message: string): LinkRefusal {
  return { reason, message }
}
