// The thread of the hub: sockets, membership, and lanes to all threads of this process. Users' code cannot block it, as none is ever
// loaded here.
//
// Invariants: it says `open` once it listens, and then all news in order; it ends when it is told to, or with its process.
import { setTimeout } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { HubNews, HubOrder, NodeSettings } from '../core/node-settings.ts'
import { Places, HUB } from '../core/places.ts'
import { travelKinds } from '../core/travel-kinds.ts'
import { Clock } from './clock.ts'
import { Codec } from './codec.ts'
import { EventLoop } from './event-loop.ts'
import { Hub } from './hub.ts'
import { HubMembers, packAbout } from './hub-members.ts'
import { Lanes } from './lanes.ts'
import type { Link, LinkEvents } from './link.ts'
import { Links } from './links.ts'
import { Pulse } from './pulse.ts'
import { SharedMemory } from './shared-memory.ts'
import { SharedTable } from './shared-table.ts'
import { TcpTransport } from './socket-tcp.ts'
import { UnixTransport } from './socket-unix.ts'
import type { SystemParts } from './system-parts.ts'
import { wireNames } from './wire-names.ts'

export interface HubTask {
  readonly parts: SystemParts
  readonly settings: NodeSettings
}
/** ms that what was sent last has to arrive, and between two looks whether it has. */
const LINGER = 500
const PAUSE = 5
/** ms between two looks at the time (core/membership-times.ts: tick). */
const TICK = 50
/** Ticks between two times that other nodes are told how many actors each thread here has. */
const ABOUT = 10

class HubThread {
  readonly #lanes: Lanes
  readonly #loop: EventLoop
  readonly #links: Links
  readonly #hub: Hub
  readonly #settings: NodeSettings
  readonly #codec: Codec
  readonly #clock: Clock
  readonly #pulses: Pulse[]
  readonly #count: number
  readonly #news: (news: HubNews) => void
  #members: HubMembers | undefined
  #behaviors: readonly string[] = []
  #about = ''
  #ticks = 0
  #lives = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ parts, settings }: HubTask, news: (news: HubNews) => void) {
    this.#settings = settings
    this.#news = news
    this.#count = parts.threads - 1
    const memory = new SharedMemory(parts.memory!)
    this.#lanes = new Lanes(memory, HUB)
    this.#pulses = Array.from({ length: memory.slots }, (_, slot) => new Pulse(memory.board, slot))
    this.#clock = new Clock(parts.origin)
    const now = (): number => this.#clock.now()
    const tables = {
      places: new SharedTable(parts.node!.places),
      protocols: new SharedTable(parts.protocols),
      methods: new SharedTable(parts.methods),
    }
    const places = new Places({ id: parts.node!.id, places: tables.places })
    this.#codec = new Codec(
      new SharedTable(parts.shapes),
      travelKinds,
      undefined,
      wireNames(places, tables.protocols, now),
    )
    this.#hub = new Hub({ lanes: this.#lanes, places, tables, codec: this.#codec, stops: parts.node!.stops, now })
    this.#links = this.#open()
    this.#loop = new EventLoop({
      lanes: this.#lanes,
      clock: this.#clock,
      run: () => {
        this.#hub.flush()
        return false
      },
      receive: this.#hub.receive,
      expecting: () => false,
    })
  }

  #open(): Links {
    const { name, incarnation, cluster, secret, tls, insecure } = this.#settings
    const tcp = tls !== undefined ? { tls } : insecure ? ({ insecure: true } as const) : undefined
    const wake =
      <A extends unknown[]>(run: (...args: A) => void) =>
      (...args: A): void => {
        run(...args)
        this.#loop.wake()
      }
    const events: LinkEvents = {
      attached: wake((link: Link) => {
        this.#hub.attached(link)
        this.#members?.step({ kind: 'connected', id: link.id })
      }),
      detached: wake((link: Link, why) => {
        if (why instanceof Error) {
          this.#news({ kind: 'linkFailed', id: link.id, message: why.message })
          this.#members?.garbled(link, `it has sent what makes no sense: ${why.message}`)
        }
        this.#members?.step({ kind: 'closed', id: link.id })
      }),
      record: wake((link: Link, kind: number, bytes: Uint8Array, start: number, end: number) =>
        this.#hub.record(link, kind, bytes, start, end),
      ),
      beat: wake((link: Link, bytes: Uint8Array, start: number, end: number) =>
        this.#members?.beat(link, bytes, start, end),
      ),
      room: wake((link: Link) => this.#hub.room(link)),
    }
    return new Links({
      self: { cluster, name, incarnation },
      transports: [new UnixTransport(), ...(tcp === undefined ? [] : [new TcpTransport(tcp)])],
      secret,
      events: {
        ...events,
        admit: peer => this.#members?.admit(peer),
        turnedAway: failure => this.#news({ kind: 'turnedAway', message: failure.message }),
      },
    })
  }

  async begin(): Promise<void> {
    const { name, incarnation, join, listen } = this.#settings
    const addresses: string[] = []
    for (const address of listen) addresses.push(await this.#links.listen(address))
    const settings = { name, incarnation, addresses, join, about: this.#pack() }
    this.#members = new HubMembers(settings, {
      hub: this.#hub,
      links: this.#links,
      codec: this.#codec,
      now: () => this.#clock.now(),
      news: this.#news,
    })
    this.#news({ kind: 'open', addresses })
    this.#timer = setInterval(() => this.#tick(), TICK)
    this.#tick()
  }
  #tick(): void {
    const { lives } = this.#lanes.memory.board
    if (lives !== this.#lives) {
      this.#lives = lives
      this.#members!.tellAgain()
    }
    this.#members!.tick()
    if (this.#ticks++ % ABOUT === 0) this.#tellAbout()
    this.#loop.wake()
  }

  /** Which threads here take actors, and how many each has. */
  #pack(): Uint8Array {
    const { board } = this.#lanes.memory
    const lines = this.#count === 0 ? [0] : Array.from({ length: this.#count }, (_, i) => i + 1)
    const lives = lines.map(line => board.current(line)).filter(life => !board.gone(life))
    const threads = lives.map(life => [life, this.#pulses[board.slotOf(life)]!.actors] as const)
    return packAbout({ threads, behaviors: this.#behaviors })
  }
  #tellAbout(): void {
    const about = this.#pack()
    const text = Buffer.from(about).toString()
    if (text === this.#about) return
    this.#about = text
    this.#members!.step({ kind: 'about', about })
  }

  order(order: HubOrder): void {
    switch (order.kind) {
      case 'behaviors':
        this.#behaviors = order.behaviors
        return this.#members && this.#tellAbout()
      case 'retire':
        return void this.#retire()
      case 'leave':
      case 'left':
        return this.#members?.step({ kind: order.kind })
      case 'close':
        return void this.#close()
    }
  }
  async #retire(): Promise<void> {
    while (this.#lanes.poll(this.#hub.receive));
    const heir = this.#members?.heir()
    if (heir !== undefined) this.#hub.retire(`${heir}/0`)
    await this.#sent()
    this.#news({ kind: 'retired' })
  }
  /** Resolves when others have received all that was sent, or after a while. */
  async #sent(): Promise<void> {
    this.#hub.flush()
    for (let waited = 0; this.#hub.pending && waited < LINGER; waited += PAUSE) await setTimeout(PAUSE)
  }
  async #close(): Promise<void> {
    this.#members?.step({ kind: 'left' })
    while (this.#lanes.poll(this.#hub.receive));
    await this.#sent()
    clearInterval(this.#timer)
    await this.#links.close()
    this.#lanes.end()
    this.#loop.close()
    parentPort!.close()
  }
}

function run(task: HubTask): void {
  const port = parentPort!
  const thread = new HubThread(task, news => port.postMessage(news))
  port.on('message', (order: HubOrder) => thread.order(order))
  thread.begin().catch((error: unknown) => port.postMessage({ kind: 'failed', error }))
}

run(workerData as HubTask)
