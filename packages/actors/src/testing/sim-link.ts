// A simulated link between two nodes: what one hub says to the other, in order, at times of the seed's choice.
//
// Invariants, as of a real link: a record arrives once, behind all before it; one that was not acknowledged is kept, and is handed
// out by `forsake`, though it may have arrived. While the way is cut nothing arrives, and no word of what has arrived; what was
// under way comes when it is mended. A side that has given the other up takes nothing from it any more.
import type { HubLink } from '../edge/hub.ts'
import type { NodeId } from '../core/link-errors.ts'
import type { TakeRecord } from '../core/link-outgoing.ts'
import type { Stepper } from './course.ts'
import type { SimHub } from './sim-hub.ts'

interface Sent {
  readonly kind: number
  /** 8-aligned parts, one behind the other. */
  readonly bytes: Uint8Array
  at: number
}

export interface LinkLimits {
  /** ms that a record takes at most. */
  readonly latency: number
  /** Bytes that may be under way until the sender is told to wait. */
  readonly room: number
}

// What a step did, for the trace.
const RECORD = 9
const ACKNOWLEDGED = 10

export class SimLink implements HubLink, Stepper {
  /** Of the node at the other end. */
  readonly id: NodeId
  readonly #hub: SimHub
  readonly #limits: LinkLimits
  #other!: SimLink
  /** Not acknowledged, in order; the first `#arrived` of them have arrived. */
  readonly #sent: Sent[] = []
  #arrived = 0
  /** How many of those the other side will have acknowledged, and when. */
  readonly #acknowledged: number[] = []
  /** What may still grow. */
  #open: Sent | undefined
  #last = 0
  /** Bytes that were not acknowledged. */
  pending = 0
  full = false
  /** Nothing that is sent here arrives. */
  isCut = false
  /** The other side was given up. */
  over = false

  constructor(hub: SimHub, id: NodeId, limits: LinkLimits) {
    this.#hub = hub
    this.id = id
    this.#limits = limits
  }
  /** The two ends of a link. */
  static pair(one: SimHub, two: SimHub, limits: LinkLimits): [SimLink, SimLink] {
    const near = new SimLink(one, two.world.node!.id as NodeId, limits)
    const far = new SimLink(two, one.world.node!.id as NodeId, limits)
    near.#other = far
    far.#other = near
    return [near, far]
  }

  // ── as a link ─────────────────────────────────────────────────────────────────────────────────────────────────

  send(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#open = undefined
    this.#add(kind, bytes.slice(start, end))
  }
  join(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    const open = this.#open
    if (open?.kind !== kind || this.#hub.world.random.below(2) === 0) {
      this.#open = this.#add(kind, bytes.slice(start, end))
      return
    }
    const at = (open.bytes.length + 7) & ~7
    const joined = new Uint8Array(at + end - start)
    joined.set(open.bytes)
    joined.set(bytes.subarray(start, end), at)
    this.#sent.pop()
    this.pending -= open.bytes.length
    this.#open = this.#add(kind, joined, open.at)
  }
  #add(kind: number, bytes: Uint8Array, at = this.#soon()): Sent {
    const sent = { kind, bytes, at: Math.max(at, this.#last) }
    this.#last = sent.at
    this.#sent.push(sent)
    this.pending += bytes.length
    if (this.pending > this.#limits.room) this.full = true
    return sent
  }
  #soon(): number {
    const { now, random } = this.#hub.world
    return now + random.delay(this.#limits.latency)
  }
  flush(): void {
    this.#open = undefined
  }
  forsake(take: TakeRecord): void {
    this.over = true
    for (const { kind, bytes } of this.#sent.splice(0)) take(kind, bytes, 0, bytes.length)
    this.#arrived = this.#acknowledged.length = 0
  }

  // ── in the world ──────────────────────────────────────────────────────────────────────────────────────────────

  get next(): number {
    if (this.over) return Infinity
    return Math.min(this.#nextArrival, this.#nextWord)
  }
  get #nextArrival(): number {
    return this.isCut || !this.#other.hears ? Infinity : (this.#sent[this.#arrived]?.at ?? Infinity)
  }
  get #nextWord(): number {
    return this.#other.isCut || this.#hub.killed ? Infinity : (this.#acknowledged[0] ?? Infinity)
  }
  /** Whether it takes what comes from the other side. */
  get hears(): boolean {
    return !this.over && !this.#hub.killed
  }

  step(): void {
    const { random, now, trace, threads } = this.#hub.world
    const arrives = this.#nextArrival <= now
    if (arrives && (this.#nextWord > now || random.below(2) === 0)) {
      trace.step(RECORD, threads.length, now)
      this.#arrive()
    } else {
      trace.step(ACKNOWLEDGED, threads.length, now)
      this.#acknowledge()
    }
  }
  #arrive(): void {
    const { kind, bytes } = this.#sent[this.#arrived++]!
    this.#open = undefined
    const last = this.#acknowledged.at(-1) ?? 0
    this.#acknowledged.push(Math.max(last, this.#soon() + this.#limits.latency * this.#hub.world.random.unit()))
    const { hub } = this.#other.#hub
    const own = bytes.slice() // it is translated where it is
    try {
      hub.record(this.#other, kind, own, 0, own.length)
      hub.flush()
    } catch (error) {
      this.#hub.world.course.fail(error)
    }
  }
  #acknowledge(): void {
    this.#acknowledged.shift()
    this.#arrived--
    this.pending -= this.#sent.shift()!.bytes.length
    if (!this.full || this.pending > this.#limits.room / 2) return
    this.full = false
    const { hub } = this.#hub
    hub.room(this)
    hub.flush()
  }

  // ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What was under way comes after a while. */
  mend(): void {
    this.isCut = false
    const at = this.#soon()
    for (const sent of this.#sent) sent.at = Math.max(sent.at, at)
    this.#last = Math.max(this.#last, at)
  }
  /** Its process is no more: of what is under way, some arrives. */
  breakOff(): void {
    const left = this.#sent.length - this.#arrived
    this.#sent.length = this.#arrived + this.#hub.world.random.below(left + 1)
  }
}
