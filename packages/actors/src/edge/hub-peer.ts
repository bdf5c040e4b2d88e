// Another node, as the hub sees it: its link, what its numbers mean, and what has been said to it about flow.
//
// Invariants: frames for it that come before there is a link wait, in order; from the link's first record on the peer has been told
// of every number that a frame holds (`told`). Once it is over nothing is sent or taken any more, for ever.
import { FIRST_FAR } from '../core/address.ts'
import { Backlog } from './backlog.ts'
import { FRAMES, TABLE } from './hub-records.ts'
import type { HubLink } from './hub.ts'
import type { PeerTables, ToldTables } from './wire-tables.ts'

export class HubPeer {
  /** `name~incarnation` */
  readonly id: string
  readonly tables: PeerTables
  readonly #told: ToldTables
  readonly #stops: Int32Array
  /** Its threads, by the numbers that they have here; and which of them take no more user frames. */
  readonly #threads = new Set<number>()
  readonly #stopped = new Set<number>()
  readonly #waiting = new Backlog()
  link: HubLink | undefined
  /** Too much waits for it. */
  #full = false
  touched = false
  over = false
  /** When it was first heard of, ms; -1 once it has been known as a member. */
  since: number

  constructor(id: string, tables: PeerTables, told: ToldTables, stops: Int32Array, now: number) {
    this.id = id
    this.tables = tables
    this.#told = told
    this.#stops = stops
    this.since = now
  }

  /** Sends a frame with the word behind it. */
  send(bytes: Uint8Array, start: number, length: number): void {
    const { link } = this
    if (link === undefined) {
      const own = bytes.slice(start, start + length)
      return this.#waiting.push(new Int32Array(own.buffer), own, length)
    }
    for (const record of this.#told.news()) link.send(TABLE, record)
    link.join(FRAMES, bytes, start, start + length)
    if (link.full && !this.#full) this.#setFull(true)
  }
  /** It has a link: what has waited goes. */
  linked(link: HubLink): void {
    this.link = link
    this.takeWaiting((bytes, at, length) => this.send(bytes, at, length))
  }
  takeWaiting(take: (bytes: Uint8Array, at: number, length: number) => void): void {
    const waiting = this.#waiting
    while (waiting.messages > 0) {
      const { frontBytes, frontAt, frontLength } = waiting
      take(frontBytes, frontAt, frontLength)
      waiting.shift()
    }
  }
  get waits(): boolean {
    return this.#waiting.messages > 0
  }

  // ── flow ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A thread of it has been met. */
  meet(thread: number): void {
    this.#threads.add(thread)
    this.#show(thread)
  }
  room(): void {
    this.#setFull(false)
  }
  flow(thread: number, stopped: boolean): void {
    if (stopped) this.#stopped.add(thread)
    else this.#stopped.delete(thread)
    this.#show(thread)
  }
  #setFull(full: boolean): void {
    this.#full = full
    for (const thread of this.#threads) this.#show(thread)
  }
  #show(thread: number): void {
    const stopped = !this.over && (this.#full || this.#stopped.has(thread))
    Atomics.store(this.#stops, thread - FIRST_FAR, stopped ? 1 : 0)
  }
  /** From here on nothing waits for it. */
  end(): void {
    this.over = true
    for (const thread of this.#threads) this.#show(thread)
  }
}
