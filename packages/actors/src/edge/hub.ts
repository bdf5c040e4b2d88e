// The hub: carries frames between the lanes of this process's threads and the links to other nodes, on a thread of its own that runs
// no code of users, so that nothing blocks it.
//
// Invariants: frames between a thread here and a thread there keep their order, class by class. Whatever comes from a peer is checked and
// translated here, before any core sees it. The hub never stops reading lanes or links, as replies and heartbeats must flow: who
// sends too much is told to wait. What comes from a node comes before the word that it, or a thread of it, is gone; what it may
// not have received goes back to whoever sent it.
import { FIRST_FAR } from '../core/address.ts'
import { operationNames } from '../core/actor-calls.ts'
import * as frame from '../core/frame.ts'
import { FENCE } from '../core/handoff-frame.ts'
import { HUB, type Places } from '../core/places.ts'
import type { Symbols } from '../core/platform.ts'
import { travelKinds } from '../core/travel-kinds.ts'
import { BadFrame } from './bad-frame.ts'
import type { Codec } from './codec.ts'
import { DOUBT_BIT, NUMBER_BITS, RETURNED_BIT, SYSTEM_BIT } from './far-lanes.ts'
import { HubPeer } from './hub-peer.ts'
import { FLOW, flow, FRAMES, goneThreads, type GoneThread, packRecord, TABLE, THREADS } from './hub-records.ts'
import { HubVoice } from './hub-voice.ts'
import type { Receive } from './lane.ts'
import type { Lanes } from './lanes.ts'
import type { Link } from './link.ts'
import { FrameGate, leave } from './wire-frame.ts'
import { PeerTables, ToldTables } from './wire-tables.ts'

/** What waits for a thread here before other nodes are told to wait, and when they may go on. */
const HIGH_BYTES = 1024 * 1024
const LOW_BYTES = 256 * 1024
const SHORTEST = (frame.HEADER_WORDS + 1) * 4

/** The lanes between the hub and the threads here, as `Lanes` has them. */
export type HubLanes = Pick<Lanes, 'post' | 'backlog' | 'forsake' | 'onGone' | 'onHeir' | 'lives' | 'gone'>
/** A link, as far as the hub needs it. */
export interface HubLink extends Pick<Link, 'send' | 'join' | 'flush' | 'full' | 'pending' | 'forsake'> {
  readonly id: string
}

export interface HubParts {
  readonly lanes: HubLanes
  readonly places: Places
  readonly tables: { readonly places: Symbols; readonly protocols: Symbols; readonly methods: Symbols }
  readonly codec: Codec
  readonly stops: SharedArrayBuffer
  /** ms of this process's clock */
  now(): number
}

export class Hub {
  readonly #parts: HubParts
  readonly #lanes: HubLanes
  readonly #voice: HubVoice
  readonly #gate = new FrameGate(travelKinds, operationNames)
  readonly #stops: Int32Array
  readonly #peers = new Map<string, HubPeer>()
  /** By number, from FIRST_FAR on: whose thread it is, and its number there. */
  readonly #ways: ({ readonly peer: HubPeer; readonly life: number } | undefined)[] = []
  readonly #touched: HubPeer[] = []
  /** Threads here that are gone, and who follows them. */
  readonly #gone = new Map<number, GoneThread>()
  /** Threads here for which others wait. */
  readonly #stopped = new Set<number>()
  #seen: ArrayBufferLike | undefined
  #seenWords: Int32Array = new Int32Array(0)

  constructor(parts: HubParts) {
    this.#parts = parts
    this.#lanes = parts.lanes
    this.#voice = new HubVoice(parts.lanes, parts.codec)
    this.#stops = new Int32Array(parts.stops)
    parts.lanes.onGone = (thread, how) => this.#threadGone(thread, how === 'ended')
    parts.lanes.onHeir = (lost, heir) => this.#threadFollowed(lost, heir)
  }

  /** The node of that id, whether or not there is a link to it. */
  peer(id: string): HubPeer {
    let peer = this.#peers.get(id)
    if (peer === undefined) {
      const { places, tables, now } = this.#parts
      const own = { ...tables, places, lives: () => this.#lanes.lives }
      const told = new ToldTables(tables.places, tables.protocols, tables.methods)
      peer = new HubPeer(id, new PeerTables(own, id), told, this.#stops, now())
      this.#peers.set(id, peer)
    }
    return peer
  }
  peers(): Iterable<HubPeer> {
    return this.#peers.values()
  }

  // ── from this process's threads ───────────────────────────────────────────────────────────────────────────────

  readonly receive: Receive = (bytes, words, start, length, from) => {
    const at = (start + length - 4) >> 2
    const last = words[at]!
    const to = last & NUMBER_BITS
    const { peer, life } = this.#ways[to - FIRST_FAR] ?? this.#wayTo(to)
    if (peer.over) return this.#giveBack(bytes, start, length, from, to)
    leave(words, start >> 2, this.#parts.now())
    words[at] = (life << 16) | from | (last & SYSTEM_BIT)
    peer.send(bytes, start, length)
    this.#touch(peer)
  }
  #wayTo(to: number): { peer: HubPeer; life: number } {
    const { places } = this.#parts
    const peer = this.peer(places.node(to))
    peer.meet(to)
    return (this.#ways[to - FIRST_FAR] = { peer, life: places.place(to).thread })
  }
  #touch(peer: HubPeer): void {
    if (peer.touched) return
    peer.touched = true
    this.#touched.push(peer)
  }
  /** Writes what has gathered; and lets others go on for whose threads there is room again. */
  flush(): void {
    for (const peer of this.#touched.splice(0)) {
      peer.touched = false
      peer.link?.flush()
    }
    for (const thread of this.#stopped) {
      if (this.#lanes.backlog(thread).bytes > LOW_BYTES) continue
      this.#stopped.delete(thread)
      this.#sayAll(FLOW, packRecord([thread, false]))
    }
  }

  // ── from other nodes ──────────────────────────────────────────────────────────────────────────────────────────

  attached(link: HubLink): void {
    const peer = this.peer(link.id)
    if (peer.link === link) return
    if (this.#gone.size > 0) link.send(THREADS, packRecord([...this.#gone.values()]))
    for (const thread of this.#stopped) link.send(FLOW, packRecord([thread, true]))
    peer.linked(link)
    link.flush()
  }
  record({ id }: Pick<HubLink, 'id'>, kind: number, bytes: Uint8Array, start: number, end: number): void {
    const peer = this.peer(id)
    if (peer.over) return
    switch (kind) {
      case FRAMES:
        return this.#frames(peer, bytes, start, end)
      case TABLE:
        return peer.tables.take(bytes.subarray(start, end))
      case THREADS:
        return this.#threads(peer, goneThreads(bytes.subarray(start, end)))
      case FLOW: {
        const [thread, stopped] = flow(bytes.subarray(start, end))
        peer.flow(peer.tables.thread(thread), stopped)
        if (!stopped) this.tellAll('room', [])
        return
      }
      default:
        throw new BadFrame(`a record of kind ${kind}, which there is none of`, 0)
    }
  }
  room({ id }: Pick<HubLink, 'id'>): void {
    this.peer(id).room()
    this.tellAll('room', [])
  }

  #frames(peer: HubPeer, bytes: Uint8Array, start: number, end: number): void {
    if (bytes.buffer !== this.#seen) {
      this.#seen = bytes.buffer
      this.#seenWords = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2)
    }
    const words = this.#seenWords
    const now = this.#parts.now()
    for (let at = start; at < end;) {
      const length = words[at >> 2]!
      if (length < SHORTEST || (length & 3) !== 0 || at + length > end)
        throw new BadFrame('its length cannot be right', 0)
      const last = words[(at + length - 4) >> 2]!
      const from = last & NUMBER_BITS
      const thread = from < HUB ? peer.tables.thread(from) : -1
      const life = (last >>> 16) & (HUB | 0)
      if (thread < 0 || life >= this.#lanes.lives) throw new BadFrame('a thread that there is none of', length - 4)
      words[at >> 2] = length - 4
      const kind = this.#gate.enter(bytes, words, at >> 2, length - 4, peer.tables, now)
      this.#deliver(life, thread | (last & SYSTEM_BIT), kind, bytes, words, at, length)
      at += (length + 7) & ~7
    }
  }
  /** Hands a frame to a thread here; what is for an actor on one that is gone, thread 0 passes on. */
  #deliver(
    life: number,
    last: number,
    kind: number,
    bytes: Uint8Array,
    words: Int32Array,
    at: number,
    length: number,
  ): void {
    if (this.#lanes.gone(life)) {
      if (life === 0 || !isForActor(kind, words, at >> 2)) return
      life = 0
    }
    this.#voice.pass(life, bytes, at, length, last & NUMBER_BITS, (last & SYSTEM_BIT) !== 0)
    if (this.#stopped.has(life) || this.#lanes.backlog(life).bytes < HIGH_BYTES) return
    this.#stopped.add(life)
    this.#sayAll(FLOW, packRecord([life, true]))
  }
  #threads(peer: HubPeer, gone: readonly GoneThread[]): void {
    for (const [thread, inOrder, heir] of gone) {
      const number = peer.tables.thread(thread)
      this.tellAll('farLost', [number, inOrder])
      if (heir !== 0) this.tellAll('farHeir', [number, this.#heirOf(peer, heir)])
    }
  }

  #heirOf({ tables }: HubPeer, heir: number | string): number {
    if (typeof heir === 'number') return heir < 0 ? heir : tables.thread(heir)
    if (!tables.place(heir)) throw new BadFrame('an heir that cannot be one', 0)
    return this.#parts.places.number(heir)
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A node is down, or has left. */
  end(id: string, why: string): void {
    const peer = this.peer(id)
    if (peer.over) return
    peer.end()
    const back = (bytes: Uint8Array, at: number, length: number, doubt: number): void => {
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
      const last = words[(at + length - 4) >> 2]!
      leave(words, at >> 2, -this.#parts.now()) // its deadline is one of this clock again
      const to = this.#parts.places.number(`${id}/${(last >>> 16) & HUB}`)
      this.#giveBack(bytes, at, length, last & HUB, to | doubt)
    }
    peer.link?.forsake((kind, bytes, start, end) => {
      if (kind !== FRAMES) return
      const own = bytes.slice(start, end)
      const words = new Int32Array(own.buffer, 0, own.byteLength >> 2)
      for (let at = 0; at < own.length; at += (words[at >> 2]! + 7) & ~7) back(own, at, words[at >> 2]!, DOUBT_BIT)
    })
    peer.takeWaiting((bytes, at, length) => back(bytes, at, length, 0))
    this.tellAll('nodeDown', [id, why])
  }
  /** A frame that cannot be delivered any more goes back to the thread that it is from. */
  #giveBack(bytes: Uint8Array, at: number, length: number, from: number, to: number): void {
    if (this.#lanes.gone(from)) return
    this.#voice.pass(from, bytes, at, length, to | RETURNED_BIT, true)
  }

  #threadGone(thread: number, inOrder: boolean): void {
    this.#lanes.forsake(thread, (bytes, words, start, length) => {
      const last = words[(start + length - 4) >> 2]!
      const base = start >> 2
      if ((last & RETURNED_BIT) === 0 && isForActor(frame.kindIn(words[base + 1]!), words, base)) {
        this.#voice.pass(0, bytes, start, length, last, true)
      }
    })
    this.#stopped.delete(thread)
    const gone: GoneThread = [thread, inOrder, 0]
    this.#gone.set(thread, gone)
    this.#sayAll(THREADS, packRecord([gone]))
  }
  #threadFollowed(lost: number, heir: number): void {
    const gone: GoneThread = [lost, this.#gone.get(lost)?.[1] ?? false, heir]
    this.#gone.set(lost, gone)
    this.#sayAll(THREADS, packRecord([gone]))
  }
  /** This node is to end, and has given all away: a thread of another node answers for what was spawned here. */
  retire(heir: string): void {
    const all = Array.from({ length: this.#lanes.lives }, (_, thread): GoneThread => [thread, true, heir])
    this.#sayAll(THREADS, packRecord(all.filter(([thread]) => !this.#lanes.gone(thread))))
    this.flush()
  }
  /** Whether others may not have received all that was sent. */
  get pending(): boolean {
    return [...this.#peers.values()].some(({ link, over }) => !over && (link?.pending ?? 0) > 0)
  }
  #sayAll(kind: number, record: Uint8Array): void {
    for (const peer of this.#peers.values()) {
      if (peer.over) continue
      peer.link?.send(kind, record)
      this.#touch(peer)
    }
  }

  /** What the hub itself says to the threads here. */
  tellAll(operation: string, args: unknown): void {
    this.#voice.tellAll(operation, args)
  }
}

/** Whether a frame is for an actor, wherever it is; not for a thread alone. */
function isForActor(kind: number, words: Int32Array, base: number): boolean {
  if (kind === frame.TELL || kind === frame.ASK) return true
  if (kind === frame.CALL) return (words[base + 1]! & (frame.ADDRESSED << 8)) !== 0
  return kind === frame.HANDOFF && (words[base + 4]! & 0xffff) === FENCE
}
