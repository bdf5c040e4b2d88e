// All links of a node: listens and dials, greets whoever comes, and gives each life of each peer its one link.
//
// Invariants:
// - Of all connections between two nodes one is used: the node with the lower id says GO (core/link-choice.ts), also when it was
//   the other one that dialed. The one before is destroyed first, so what was received of it is final.
// - A life that was given up, and any earlier one of that name, never has a link again: it is told so.
// - Strangers are bounded in number and time. Nobody is dialed again by itself: when, is for whoever owns the links.
import { InvalidCall } from '../core/errors.ts'
import { LinkChoice } from '../core/link-choice.ts'
import { LinkFailed, nodeId, type LinkRefusal, type NodeId, type NodeIdentity } from '../core/link-errors.ts'
import type { Peer, Seal } from '../core/link-handshake.ts'
import { isNodeName, type Confirm, type Go, type Standing } from '../core/link-messages.ts'
import { SESSION_LIMITS, type SessionLimits } from '../core/link-session.ts'
import { Greeting, type GreetingFailure, type GreetingOwner } from './link-greeting.ts'
import { sealBy } from './link-seal.ts'
import { Link, type LinkEvents } from './link.ts'
import type { Connection, ConnectionEvents, Listener, ListenLimits, Transport } from './link-transport.ts'

/** What links ask of who owns them, and tell. */
export interface LinksEvents extends LinkEvents {
  /** Decides about a peer that has proved who it is. Undefined: it is welcome. */
  admit(peer: Peer): LinkRefusal | undefined
  /** Somebody who came was not taken, or went before it had said who it is. */
  turnedAway(failure: GreetingFailure): void
}

export interface LinksOptions {
  readonly self: NodeIdentity
  readonly transports: readonly Transport[]
  readonly events: LinksEvents
  /** Known to all nodes of the cluster, at least 16 bytes. Without it, peers are known by their certificates, or by the socket's user. */
  readonly secret?: string | Uint8Array | undefined
  readonly limits?: Partial<SessionLimits & ListenLimits> | undefined
  /** Calls once, ms from now; gives what calls it off. By default the process's timers, which do not hold it. */
  readonly after?: ((ms: number, action: () => void) => () => void) | undefined
}

/** How dialing went. Where the two were connected already, that is `linked` too. */
export type Dialed = { readonly kind: 'linked'; readonly link: Link } | ({ readonly kind: 'failed' } & GreetingFailure)

const LISTEN_LIMITS: ListenLimits = { connections: 1024, unknown: 64, handshake: 5000 }
/** ms between two looks for links that are not in use. */
const REST = 5000

export class Links {
  readonly #options: LinksOptions
  readonly #limits: SessionLimits & ListenLimits
  readonly #seal: Seal
  readonly #after: (ms: number, action: () => void) => () => void
  readonly #links = new Map<NodeId, Link>()
  readonly #listeners: Listener[] = []
  readonly #greetings = new Map<Greeting, ((dialed: Dialed) => void) | undefined>()
  /** Accepted connections that have not said yet who they are. */
  readonly #unknown = new Set<Greeting>()
  readonly #owner: GreetingOwner
  /** Generations that our GO has, until they are confirmed. */
  readonly #said = new Map<Greeting, number>()
  /** By name: the last life that was given up. */
  readonly #givenUp = new Map<string, number>()
  #stamp = 0
  #closed = false
  #stopClock: () => void

  constructor(options: LinksOptions) {
    const { self } = options
    for (const [what, name] of Object.entries({ node: self.name, cluster: self.cluster })) {
      if (!isNodeName(name)) throw new InvalidCall(`"${name}" cannot name a ${what}: use 1 to 64 of A–Z a–z 0–9 _ . -`)
    }
    this.#options = options
    this.#limits = { ...SESSION_LIMITS, ...LISTEN_LIMITS, ...options.limits }
    this.#seal = sealBy(options.secret)
    this.#after = options.after ?? timer
    this.#stopClock = this.#after(REST, () => this.#rest())
    this.#owner = {
      known: (greeting, peer, standing) => this.#known(greeting, peer, standing),
      agreed: (greeting, message) => this.#agreed(greeting, message),
      failed: (greeting, failure) => this.#failed(greeting, failure),
    }
  }

  /** Listens too at an address (`unix:/path`, `tcp://host:port`); resolves to the one that others can dial. */
  async listen(address: string): Promise<string> {
    const listener = await this.#transport(address).listen(
      address,
      connection => this.#accept(connection),
      this.#limits,
    )
    if (this.#closed) await listener.close()
    else this.#listeners.push(listener)
    return listener.address
  }

  /** Dials whoever is at an address, or only a certain node, or life of it; `done` is called once, and not at all after `close`. */
  dial(address: string, done: (dialed: Dialed) => void, expects?: { name: string; incarnation?: number }): void {
    const transport = this.#transport(address)
    this.#greet('dialer', events => transport.connect(address, events), done, expects)
  }

  /** The link to one life of a node, if there has been a connection to it. */
  get(id: NodeId): Link | undefined {
    return this.#links.get(id)
  }
  all(): IterableIterator<Link> {
    return this.#links.values()
  }

  /** Gives a peer up: its link, if there is one, has ended, and this life of it, or an earlier one, has none any more. */
  giveUp(peer: { readonly name: string; readonly incarnation: number }): Link | undefined {
    this.#givenUp.set(peer.name, Math.max(peer.incarnation, this.#givenUp.get(peer.name) ?? 0))
    const link = this.#links.get(nodeId(peer))
    this.#links.delete(nodeId(peer))
    link?.end()
    return link
  }

  /** Ends all, and listens no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopClock()
    for (const greeting of [...this.#greetings.keys()]) greeting.destroy()
    this.#greetings.clear()
    this.#unknown.clear()
    for (const link of this.#links.values()) link.end()
    this.#links.clear()
    await Promise.all(this.#listeners.splice(0).map(listener => listener.close()))
  }

  #transport(address: string): Transport {
    const scheme = /^([a-z]+):/.exec(address)?.[1]
    const transport = this.#options.transports.find(one => one.scheme === scheme)
    if (transport !== undefined) return transport
    const known = this.#options.transports.map(one => `${one.scheme}:`).join(', ')
    throw new InvalidCall(`"${address}" is no address that this node can use; it must begin with one of ${known}`)
  }

  #accept(connection: Connection): void {
    if (this.#closed) return connection.destroy()
    const open = (events: ConnectionEvents) => {
      connection.events = events
      return connection
    }
    const greeting = this.#greet('acceptor', open, undefined, undefined)
    this.#unknown.add(greeting)
    if (this.#unknown.size > this.#limits.unknown) {
      greeting.refuse('busy', `${this.#limits.unknown} connections have not said yet who they are: try again later`)
    }
  }

  #greet(
    role: 'dialer' | 'acceptor',
    open: (events: ConnectionEvents) => Connection,
    done: ((dialed: Dialed) => void) | undefined,
    expects: { name: string; incarnation?: number } | undefined,
  ): Greeting {
    const { self } = this.#options
    const parts = {
      ...{ role, self, expects, seal: this.#seal },
      admit: (peer: Peer) => this.#admit(peer),
      standing: (peer: NodeIdentity) => this.#standing(peer),
    }
    const greeting = new Greeting(parts, this.#owner, open, late => this.#after(this.#limits.handshake, late))
    this.#greetings.set(greeting, done)
    return greeting
  }

  #admit(peer: Peer): LinkRefusal | undefined {
    if (peer.incarnation > (this.#givenUp.get(peer.name) ?? 0)) return this.#options.events.admit(peer)
    const message = `node ${nodeId(peer)} was declared down by ${nodeId(this.#options.self)}: it must come back as a new one`
    return { reason: 'declared-down', message }
  }
  #standing(peer: NodeIdentity): Standing {
    return { stamp: ++this.#stamp, generation: this.#links.get(nodeId(peer))?.generation ?? 0 }
  }

  #known(greeting: Greeting, peer: Peer, standing: Standing): void {
    this.#unknown.delete(greeting)
    // else it waits for the peer's GO
    this.#linkTo(peer).choice?.offer(greeting, standing)
  }

  #linkTo(peer: Peer): Link {
    const found = this.#links.get(nodeId(peer))
    if (found !== undefined) return found
    const { self, events } = this.#options
    const decides = self.name < peer.name || (self.name === peer.name && self.incarnation < peer.incarnation)
    const choice = new LinkChoice<Greeting>({
      go: (next, generation) => {
        link.cut()
        this.#said.set(next, generation)
        next.say({ type: 'go', generation, received: link.received })
      },
      duplicate: other => other.refuse('duplicate', 'the two nodes are connected already'),
    })
    const link = new Link(peer, events, this.#limits, this.#after, decides ? choice : undefined)
    this.#links.set(link.id, link)
    return link
  }

  /** Both sides know now that this connection is the one. */
  #agreed(greeting: Greeting, message: Go | Confirm): void {
    const link = this.#links.get(nodeId(greeting.peer!))
    // given up meanwhile
    if (link === undefined) return greeting.refuse('declared-down', 'this node was declared down just now')
    const own = this.#said.get(greeting)
    if (message.type === 'go' ? link.choice !== undefined : own === undefined) {
      throw new LinkFailed('malformed', `a ${message.type} from a node that may not say it`)
    }
    if (message.type === 'go') {
      link.cut()
      greeting.say({ type: 'confirm', stamp: ++this.#stamp, received: link.received })
    }
    link.adopt(greeting, message.type === 'go' ? message.generation : own!, message.received)
    this.#said.delete(greeting)
    const done = this.#greetings.get(greeting)
    this.#greetings.delete(greeting)
    done?.({ kind: 'linked', link })
    if (message.type === 'confirm') link.choice?.confirm(greeting, message.stamp)
  }

  #failed(greeting: Greeting, failure: GreetingFailure): void {
    const done = this.#greetings.get(greeting)
    this.#greetings.delete(greeting)
    this.#unknown.delete(greeting)
    this.#said.delete(greeting)
    const link = greeting.peer === undefined ? undefined : this.#links.get(nodeId(greeting.peer))
    if (failure.refusal?.reason === 'duplicate' && link?.attached === true) done?.({ kind: 'linked', link })
    else if (done !== undefined) done({ kind: 'failed', ...failure })
    else if (failure.refusal?.reason !== 'duplicate') this.#options.events.turnedAway(failure)
    link?.choice?.ended(greeting)
  }

  #rest(): void {
    for (const link of this.#links.values()) link.rest()
    this.#stopClock = this.#after(REST, () => this.#rest())
  }
}

function timer(ms: number, action: () => void): () => void {
  const handle = setTimeout(action, ms).unref()
  return () => clearTimeout(handle)
}
