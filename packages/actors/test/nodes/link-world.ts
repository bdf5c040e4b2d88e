// Nodes with links, for the tests that are run over every transport: what carries them (a Medium), a node that keeps what it
// hears, and records that say their own number so that one that is torn, doubled or missing is seen.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LinkFailed, LinkRefusal } from '../../src/core/link-errors.ts'
import type { Link } from '../../src/edge/link.ts'
import { Links, type Dialed, type LinksOptions } from '../../src/edge/links.ts'
import type { GreetingFailure } from '../../src/edge/link-greeting.ts'
import type { ConnectionEnd, Transport } from '../../src/edge/link-transport.ts'
import { TcpTransport } from '../../src/edge/socket-tcp.ts'
import { UnixTransport } from '../../src/edge/socket-unix.ts'
import { numbered, NumberedFrames } from '../numbered-frames.ts'
import { Authority } from './link-certificates.ts'
import { SimNet } from './link-simulated.ts'

export interface Medium {
  readonly name: string
  /** How its peers are known where there is no secret. */
  readonly by: 'user' | 'certificate' | 'nobody'
  transport(node: string): Transport
  /** Where a node listens. */
  address(node: string): string
  /** Where there is nobody. */
  readonly nowhere: string
  /** Lets things happen until it holds; throws when it never does. */
  until(holds: () => boolean): Promise<void>
  readonly after?: NonNullable<LinksOptions['after']>
  close(): void
}

const PATIENCE = 15_000
/** What happens in the real world takes its time. */
async function eventually(holds: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!holds()) {
    if (performance.now() > end) throw new Error(`this never came to hold: ${String(holds)}`)
    await new Promise(done => setTimeout(done, 1))
  }
}

export function unix(): Medium {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
  const address = (node: string) => `unix:${folder}/${node}`
  const close = () => rmSync(folder, { recursive: true })
  return {
    name: 'Unix',
    by: 'user',
    transport: () => new UnixTransport(),
    address,
    nowhere: '',
    until: eventually,
    close,
  }
}

export function insecure(): Medium {
  const transport = () => new TcpTransport({ insecure: true })
  const address = () => 'tcp://127.0.0.1:0'
  const nowhere = 'tcp://127.0.0.1:1'
  return { name: 'loopback TCP', by: 'nobody', transport, address, nowhere, until: eventually, close: () => {} }
}

export function secured(): Medium {
  const authority = new Authority()
  const transport = (node: string) => new TcpTransport({ tls: authority.for(node) })
  const address = () => 'tcp://127.0.0.1:0'
  const nowhere = 'tcp://127.0.0.1:1'
  const close = () => authority.close()
  return { name: 'TCP with TLS', by: 'certificate', transport, address, nowhere, until: eventually, close }
}

export function simulated(seed: number, net = new SimNet(seed)): Medium {
  const until = async (holds: () => boolean) => {
    for (let steps = 0; !holds(); steps++) {
      // every so often what waits for a promise has its turn
      if (steps % 64 === 0) await new Promise(done => setImmediate(done))
      if (!net.step() || net.now > 1e7) throw new Error(`this never came to hold: ${String(holds)}`)
    }
  }
  const address = (node: string) => `sim:${node}`
  const transport = (node: string) => net.transport(node)
  return {
    name: 'simulated',
    by: 'user',
    transport,
    address,
    nowhere: 'sim:x',
    until,
    after: net.after,
    close: () => {},
  }
}

const CLUSTER = 'fleet'
const LONGEST = 2 * 1024 * 1024

/** A node with its links. */
export class LinkNode {
  readonly name: string
  readonly links: Links
  address = ''
  /** Numbers of the records that came, in order; and of their lengths the sum. */
  readonly got: number[] = []
  bytes = 0
  readonly beats: number[] = []
  readonly detached: (ConnectionEnd | LinkFailed)[] = []
  readonly turnedAway: GreetingFailure[] = []
  attached = 0
  rooms = 0
  refuses: LinkRefusal | undefined
  onRecord: (number: number) => void = () => {}
  readonly #frames = new NumberedFrames(LONGEST)
  #posted = 0

  constructor(
    medium: Medium,
    name: string,
    options: Partial<LinksOptions> & { cluster?: string; incarnation?: number } = {},
  ) {
    this.name = name
    let buffer: ArrayBufferLike | undefined
    let words: Int32Array = new Int32Array(0)
    const take = numbered(({ number, length }) => {
      this.got.push(number)
      this.bytes += length
      this.onRecord(number)
    })
    const { cluster = CLUSTER, incarnation = 1, ...rest } = options
    this.links = new Links({
      self: { cluster, name, incarnation },
      transports: [medium.transport(name)],
      after: medium.after,
      events: {
        admit: () => this.refuses,
        turnedAway: failure => this.turnedAway.push(failure),
        attached: () => this.attached++,
        detached: (_, why) => this.detached.push(why),
        record: (_, kind, bytes, start, end) => {
          if (bytes.byteOffset !== 0 || start % 8 !== 0) throw new Error(`a record at ${bytes.byteOffset} + ${start}`)
          if (bytes.buffer !== buffer) words = new Int32Array((buffer = bytes.buffer))
          // parts that were joined: each says its length, and lies 8-aligned
          for (let at = start; at < end; at = (at + words[at >> 2]! + 7) & ~7)
            take(bytes, words, at, words[at >> 2]!, kind)
        },
        beat: (_, bytes, start) => this.beats.push(bytes[start]!),
        room: () => this.rooms++,
      },
      ...rest,
    })
  }

  async listen(medium: Medium): Promise<void> {
    this.address = await this.links.listen(medium.address(this.name))
  }
  dial(to: LinkNode, expects?: { name: string; incarnation?: number }): Attempt {
    const attempt: Attempt = { result: undefined }
    this.links.dial(to.address, result => (attempt.result = result), expects)
    return attempt
  }
  /** The link to a node, wherever it is in its life. */
  to(peer: LinkNode): Link {
    const found = [...this.links.all()].find(link => link.peer.name === peer.name)
    if (found === undefined) throw new Error(`node ${this.name} has no link to ${peer.name}`)
    return found
  }
  hasLinkTo(peer: LinkNode): boolean {
    return [...this.links.all()].some(link => link.peer.name === peer.name && link.attached)
  }
  /** Sends the next record; it takes `length` bytes. */
  post(to: LinkNode, length: number, joins = false): void {
    const frame = this.#frames.write(0, this.#posted++, length)
    if (joins) this.to(to).join(2, frame, 0, length)
    else this.to(to).send(1, frame, 0, length)
  }
  get posted(): number {
    return this.#posted
  }
}

export interface Attempt {
  result: Dialed | undefined
}

/** How an attempt failed, in one line. */
export function failureOf({ result }: Attempt): string {
  if (result?.kind !== 'failed') throw new Error(`the attempt was ${result?.kind ?? 'not over'}`)
  const { reason, refusal, trusted, message } = result
  return refusal === undefined ? reason : `${refusal.reason}${trusted ? '' : '?'}: ${message}`
}

export const upTo = (end: number, start = 0): number[] => Array.from({ length: end - start }, (_, i) => start + i)
