// A peer that has the secret of a cluster, and says to a node whatever it likes: real frames with something wrong in them, in real
// records over a real socket. Each connection is a new life of it, as a life that has sent what makes no sense is given up.
//
// Invariant: nothing is checked on this side but whether the node would refuse the frame, by tables like its own.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Link } from '../../src/edge/link.ts'
import { Links } from '../../src/edge/links.ts'
import { UnixTransport } from '../../src/edge/socket-unix.ts'
import type { ConnectionEnd } from '../../src/edge/link-transport.ts'
import type { LinkFailed } from '../../src/core/link-errors.ts'

export interface Target {
  readonly cluster: string
  readonly secret: string
  readonly address: string
}

export class HostilePeer {
  readonly #links: Links
  readonly #link: Link
  #ended: ConnectionEnd | LinkFailed | undefined

  private constructor(links: Links, link: Link, ended: Promise<ConnectionEnd | LinkFailed>) {
    this.#links = links
    this.#link = link
    void ended.then(why => (this.#ended = why))
  }

  /** Connects, as the next life of a node of that name. */
  static async connect({ cluster, secret, address }: Target, name: string, incarnation: number): Promise<HostilePeer> {
    const { promise, resolve } = Promise.withResolvers<ConnectionEnd | LinkFailed>()
    const links = new Links({
      self: { cluster, name, incarnation },
      transports: [new UnixTransport()],
      secret,
      events: {
        admit: () => undefined,
        turnedAway: () => {},
        attached: () => {},
        detached: (_link, why) => resolve(why),
        record: () => {}, // what the node says does not matter to it
        beat: () => {},
        room: () => {},
      },
    })
    const dialed = await new Promise<Parameters<Parameters<Links['dial']>[1]>[0]>(done => links.dial(address, done))
    if (dialed.kind === 'failed') throw new Error(`the node does not take the peer: ${dialed.message}`)
    return new HostilePeer(links, dialed.link, promise)
  }

  /** Whether the node has ended the connection. */
  get ended(): boolean {
    return this.#ended !== undefined
  }
  record(kind: number, bytes: Uint8Array): void {
    this.#link.send(kind, bytes)
    this.#link.flush()
  }
  beat(bytes: Uint8Array): void {
    this.#link.beat(bytes)
  }
  /** Resolves when the node has acknowledged all, or ended the connection. */
  async rest(): Promise<void> {
    while (!this.ended && this.#link.pending > 0) await sleep(1)
  }
  async end(): Promise<void> {
    await this.#links.close()
  }
}

/** A frame as it goes in a record of frames: with the word behind it that says which thread it is for, and from. */
export function withWay(own: Uint8Array, to: number, from: number): Uint8Array {
  const made = new Uint8Array((own.length + 4 + 7) & ~7)
  made.set(own)
  const words = new Int32Array(made.buffer)
  words[0] = own.length + 4
  words[own.length >> 2] = (to << 16) | from
  return made
}
