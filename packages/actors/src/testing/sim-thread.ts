// One simulated thread: the platform of one core, on the world's clock, with lanes to the other threads.
//
// Invariants: it does one thing at a time (a stretch of turns, its timers, some frames), and then is busy for a moment of
// virtual time, so that an endless loop of messages cannot keep time from passing. What it does next, among what is due,
// is the seed's choice. Once it has ended or was lost it does nothing, and nothing that it still posts arrives.
import type { BehaviorValue, Source } from '../core/behavior-value.ts'
import type { FrameCodec, Offloading, Platform, Symbols, VaultRecord } from '../core/platform.ts'
import type { SimCore } from './sim-core.ts'
import type { SimLane } from './sim-lane.ts'
import { SimVault } from './sim-vault.ts'
import type { World } from './world.ts'

/** People's clock at the start of every simulation: 2001-01-01. */
export const EPOCH = Date.UTC(2001, 0, 1)
/** Frames that a thread reads at once, at most. */
const READ = 4
/** Of so many steps one takes long. */
const SELDOM = 64
const SHORTEST_STEP = 0.001
const SHORT_STEP = 0.02
/** The mean of `random.delay`, as share of the longest. */
const MEAN_DELAY = 1 / 7
/** Operations on channels that a goroutine gets done in one stretch, at most. */
const MOST_PACE = 8

// What a step did, for the trace.
const TURNS = 1
const TIMERS = 2
const FRAME = 3
const GONE = 4
const HEIR = 6

export class SimThread implements Platform {
  readonly world: World
  readonly thread: number
  readonly seat: number
  codec!: FrameCodec
  core!: SimCore
  state: 'starting' | 'running' | 'ended' | 'lost'
  /** It does nothing, as in an endless loop. */
  hangs = false
  actors = 0
  /** What a step takes, on the average: the clock stands still while it is done. */
  readonly turnTime: number
  /** From each other thread, by its number. */
  readonly lanes: SimLane[] = []
  /** Other threads that are gone, and when this one will notice. */
  readonly #gone = new Map<number, number>()
  /** Of threads that it knows to be gone: who follows them, and when it will notice. */
  readonly #heirs = new Map<number, { readonly heir: number; readonly at: number }>()
  readonly #loaded = new Set<number>()
  past: ReadonlySet<number> = new Set()
  #turnsDue = Infinity
  #timersDue = Infinity
  #busyUntil = 0
  #busy = 0

  /** Thread 0 has none. */
  readonly vault: SimVault | undefined

  constructor(world: World, thread: number, seat: number, state: 'starting' | 'running', vault: number) {
    this.world = world
    this.thread = thread
    this.vault = thread === 0 ? undefined : new SimVault(vault)
    this.seat = seat
    this.state = state
    this.turnTime = SHORTEST_STEP + MEAN_DELAY * (SHORT_STEP + world.latency / SELDOM)
  }

  /** Begins to serve the core. */
  start(core: SimCore, codec: FrameCodec): void {
    this.core = core
    this.codec = codec
  }

  // ── as a platform ─────────────────────────────────────────────────────────────────────────────────────────────

  get threads(): number {
    return this.world.count
  }
  get lives(): number {
    return this.world.threads.length
  }
  get methods(): Symbols {
    return this.world.methods
  }
  get protocols(): Symbols {
    return this.world.protocols
  }
  now(): number {
    return this.world.now
  }
  wall(): number {
    return EPOCH + Math.floor(this.world.now)
  }
  random(): number {
    return this.world.random.unit()
  }
  wake(): void {
    this.#turnsDue = Math.min(this.#turnsDue, this.world.now)
  }
  wakeAt(at: number): void {
    this.#timersDue = Math.min(this.#timersDue, at)
  }

  post(to: number, frame: Uint8Array, length: number, system: boolean, _alone?: boolean, kept?: boolean): boolean {
    const { world } = this
    const target = world.threads[to]!
    if (this.state !== 'running' || target.#isGoneTo(this)) return false
    return target.lanes[this.thread]!.post(frame, length, system, world.now + world.random.delay(world.latency), kept)
  }
  get gone(): boolean {
    return this.state === 'ended' || this.state === 'lost'
  }
  /** Whether `other` knows that this thread is gone. */
  #isGoneTo(other: SimThread): boolean {
    return this.gone && !other.#gone.has(this.thread)
  }

  async load(source: Source): Promise<BehaviorValue> {
    const { number, behavior } = this.world.behaviors.of(source)
    if (!this.#loaded.has(number)) {
      this.#loaded.add(number)
      await this.world.after(this.world.random.delay(this.world.latency), this)
    }
    return behavior
  }

  readonly module = (url: string): Promise<BehaviorValue[]> => this.world.module(url)
  place(): number {
    return this.world.lines.place()
  }
  current(thread: number): number {
    return this.world.lines.current(thread)
  }
  awaited(thread: number): boolean {
    return this.world.lines.awaited(thread)
  }
  hosts(change: number): void {
    this.actors += change
  }
  busy(): number {
    return this.#busy
  }
  heap(): number {
    return 0
  }
  /** Seldom the same: so that goroutines on one thread come between each other in many ways. */
  get pace(): number {
    return 1 + this.world.random.below(MOST_PACE)
  }
  overdue(): boolean {
    return this.world.random.below(2) === 0
  }
  rest(): Promise<void> {
    return this.world.after(this.world.random.delay(SHORT_STEP), this)
  }
  /** What is collected, and when, is no matter of the seed. */
  watch(): void {}
  get offloading(): Offloading {
    return this.world.offloading
  }
  get claims(): Int32Array {
    return this.world.claims
  }
  vaultOf(thread: number): Iterable<VaultRecord> {
    return this.world.threads[thread]!.vault ?? []
  }
  emptyVault(thread: number): void {
    this.world.threads[thread]!.vault?.empty()
  }
  emit(event: string, data: unknown): void {
    if (this.thread === 0) this.world.emit(event, data)
    else this.core.calls.send(0, 'emit', [event, data])
  }

  // ── in the world ──────────────────────────────────────────────────────────────────────────────────────────────

  /** When it next has something to do; Infinity when nothing is on its way. */
  get next(): number {
    if (this.state !== 'running' || this.hangs) return Infinity
    let next = Math.min(this.#turnsDue, this.#timersDue)
    for (const lane of this.lanes) next = Math.min(next, lane.next)
    for (const [thread, at] of this.#gone) if (this.lanes[thread]!.size === 0) next = Math.min(next, at)
    for (const [thread, { at }] of this.#heirs) if (!this.#gone.has(thread)) next = Math.min(next, at)
    return Math.max(next, this.#busyUntil)
  }

  /** Does one of the things that are due. */
  step(): void {
    const { random, now, latency } = this.world
    const due = this.#due(now)
    due[random.below(due.length)]!()
    const long = random.below(SELDOM) === 0
    this.#busyUntil = now + SHORTEST_STEP + (long ? random.delay(latency) : random.delay(SHORT_STEP))
    this.#busy += this.#busyUntil - now
  }

  #due(now: number): (() => void)[] {
    const due: (() => void)[] = []
    if (this.#turnsDue <= now) due.push(this.#run)
    if (this.#timersDue <= now) due.push(this.#advance)
    for (const lane of this.lanes) if (lane.next <= now) due.push(() => this.#read(lane))
    for (const [thread, at] of this.#gone) {
      // what it had sent before is read first
      if (at <= now && this.lanes[thread]!.size === 0) due.push(() => this.#notice(thread))
    }
    for (const [thread, { heir, at }] of this.#heirs) {
      if (at <= now && !this.#gone.has(thread)) due.push(() => this.#noticeHeir(thread, heir))
    }
    return due
  }

  readonly #run = (): void => {
    const { trace, now } = this.world
    trace.step(TURNS, this.thread, now)
    this.#turnsDue = Infinity
    // one actor's turns, as if a slice were over then: so that all others can come between
    if (this.core.scheduler.run(now)) this.#turnsDue = now
  }

  readonly #advance = (): void => {
    const { trace, now } = this.world
    trace.step(TIMERS, this.thread, now)
    this.#timersDue = Infinity
    this.core.timers.advance()
  }

  #read(lane: SimLane): void {
    const { trace, random, now } = this.world
    for (let left = 1 + random.below(READ); left > 0; left--) {
      const frame = lane.take(now)
      if (frame === undefined) return
      trace.step(FRAME, this.thread, now)
      trace.add(frame.words)
      this.core.inbound.receive(frame.bytes, frame.words, 0, frame.bytes.length, this.lanes.indexOf(lane))
    }
  }

  // ── threads that are gone ─────────────────────────────────────────────────────────────────────────────────────

  /** Its end, asked for or not. Of what it had sent last, some was not yet published if it was lost. */
  end(how: 'ended' | 'lost'): void {
    if (this.gone) return
    const { threads, random } = this.world
    this.state = how
    for (const other of threads) {
      if (other === this || other.gone) continue
      const sent = other.lanes[this.thread]!
      if (how === 'lost') sent.cut(random.below(sent.size + 1) + random.below(2) * sent.size)
      other.#gone.set(this.thread, this.#soon())
    }
  }
  /** It begins, and hears of all that has happened before. */
  enter(): void {
    if (this.gone) return
    this.state = 'running'
    this.#busyUntil = this.world.now
    this.past = new Set(this.world.threads.filter(({ gone }) => gone).map(({ thread }) => thread))
    for (const { thread, gone } of this.world.threads) if (gone) this.#gone.set(thread, this.#soon())
    for (const [lost, heir] of this.world.lines.heirs) this.follow(lost, heir)
  }
  /** It will notice who follows a thread that is gone; -1: nobody. */
  follow(lost: number, heir: number): void {
    this.#heirs.set(lost, { heir, at: this.#soon() })
  }
  #soon(): number {
    return this.world.now + this.world.random.delay(this.world.latency)
  }

  #notice(thread: number): void {
    const { trace, now, threads } = this.world
    trace.step(GONE, this.thread, now)
    this.#gone.delete(thread)
    for (const from of threads) {
      // its own frames, and the first thread also those whose senders are gone too
      if (from !== this && (this.thread !== 0 || !from.gone)) continue
      for (const { bytes, words } of threads[thread]!.lanes[from.thread]?.rest() ?? [])
        this.core.heirs.returned(bytes, words, 0, thread)
    }
    this.core.lostThread(thread, undefined, threads[thread]!.state === 'ended')
    if (thread === 0) this.end('ended')
  }

  /** It has the place of one that has ended, and knows that at once. */
  takeOver(gone: number, heir: number): void {
    for (const { bytes, words } of this.lanes[gone]!.rest()) {
      this.core.inbound.receive(bytes, words, 0, bytes.length, gone)
    }
    this.#notice(gone)
    this.core.heir(gone, heir)
  }
  #noticeHeir(lost: number, heir: number): void {
    const { trace, now } = this.world
    trace.step(HEIR, this.thread, now)
    this.#heirs.delete(lost)
    this.core.heir(lost, heir)
  }
}
