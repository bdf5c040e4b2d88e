// One simulated thread: the platform of one core, on the world's clock, with lanes to the other threads.
//
// Invariants: it does one thing at a time (a stretch of turns, its timers, some frames), and then is busy for a moment of
// virtual time, so that an endless loop of messages cannot keep time from passing. What it does next, among what is due,
// is the seed's choice. Once it has ended or was lost it does nothing, and nothing that it still posts arrives.
// `now` is the time of its node's clock; all else here is in the course's time.
import { FIRST_FAR } from '../core/address.ts'
import type { Platform } from '../core/platform.ts'
import { type FarLanes, receiveFar } from '../edge/far-lanes.ts'
import type { SimLane } from './sim-lane.ts'
import { SimNotices } from './sim-notices.ts'
import { SHORT_STEP, SimPlatform } from './sim-platform.ts'
import type { World } from './world.ts'

/** Frames that a thread reads at once, at most. */
const READ = 4
/** Of so many steps one takes long. */
const SELDOM = 64
const SHORTEST_STEP = 0.001
/** The mean of `random.delay`, as share of the longest. */
const MEAN_DELAY = 1 / 7

// What a step did, for the trace.
const TURNS = 1
const TIMERS = 2
const FRAME = 3
const GONE = 4
const HEIR = 6

export class SimThread extends SimPlatform implements Platform {
  state: 'starting' | 'running' | 'ended' | 'lost'
  /** It does nothing, as in an endless loop. */
  hangs = false
  /** What a step takes, on the average: the clock stands still while it is done. */
  readonly turnTime: number
  /** From each other thread, by its number. */
  readonly lanes: SimLane[] = []
  /** From its node's hub, and by way of that to other nodes. */
  fromHub: SimLane | undefined
  #far: FarLanes | undefined
  readonly #notices = new SimNotices(thread => this.lanes[thread]!.size === 0)
  past: ReadonlySet<number> = new Set()
  #turnsDue = Infinity
  #timersDue = Infinity
  #busyUntil = 0
  #busy = 0

  constructor(world: World, thread: number, seat: number, state: 'starting' | 'running', vault: number) {
    super(world, thread, seat, vault)
    this.state = state
    this.turnTime = SHORTEST_STEP + MEAN_DELAY * (SHORT_STEP + world.latency / SELDOM)
  }

  protected override get self(): this {
    return this
  }
  /** It can speak with other nodes. */
  join(fromHub: SimLane, far: FarLanes): void {
    this.fromHub = fromHub
    this.#far = far
  }

  // ── as a platform ─────────────────────────────────────────────────────────────────────────────────────────────

  wake(): void {
    this.#turnsDue = Math.min(this.#turnsDue, this.world.now)
  }
  wakeAt(at: number): void {
    this.#timersDue = Math.min(this.#timersDue, at - this.ahead)
  }

  post(to: number, frame: Uint8Array, length: number, system: boolean, _alone?: boolean, kept?: boolean): boolean {
    const { world } = this
    if (this.state !== 'running') return false
    if (to >= FIRST_FAR) return this.core.nodes.meet(to) && this.#far!.post(to, frame, length, system, kept === true)
    const target = world.threads[to]!
    if (target.#isGoneTo(this)) return false
    return target.lanes[this.thread]!.post(frame, length, system, world.now + world.random.delay(world.latency), kept)
  }
  get gone(): boolean {
    return this.state === 'ended' || this.state === 'lost'
  }
  /** Whether `other` knows that this thread is gone. */
  #isGoneTo(other: SimThread): boolean {
    return this.gone && !other.#notices.awaits(this.thread)
  }

  busy(): number {
    return this.#busy
  }
  stalled(): boolean {
    return this.#far?.stalled === true
  }
  room(): void {
    this.#far?.flush()
  }
  forsake(thread: number): void {
    this.#far?.forsake(thread, (bytes, words) => this.core.heirs.returned(bytes, words, 0, thread))
  }

  // ── in the world ──────────────────────────────────────────────────────────────────────────────────────────────

  /** When it next has something to do; Infinity when nothing is on its way. */
  get next(): number {
    if (this.state !== 'running' || this.hangs) return Infinity
    let next = Math.min(this.#turnsDue, this.#timersDue)
    for (const lane of this.lanes) next = Math.min(next, lane.next)
    next = Math.min(next, this.fromHub?.next ?? Infinity, this.#notices.next)
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
    if (this.fromHub !== undefined && this.fromHub.next <= now) due.push(() => this.#read(this.fromHub!))
    for (const thread of this.#notices.gone(now)) due.push(() => this.#notice(thread))
    for (const { lost, heir } of this.#notices.heirs(now)) due.push(() => this.#noticeHeir(lost, heir))
    return due
  }

  readonly #run = (): void => {
    const { trace, now } = this.world
    trace.step(TURNS, this.thread, now)
    this.#turnsDue = Infinity
    // one actor's turns, as if a slice were over then: so that all others can come between
    if (this.#far?.stalled === true) this.#far.flush()
    if (this.core.scheduler.run(this.now())) this.#turnsDue = now
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
      const { bytes, words } = frame
      if (lane === this.fromHub) receiveFar(this.core, bytes, words, 0, bytes.length)
      else this.core.inbound.receive(bytes, words, 0, bytes.length, this.lanes.indexOf(lane))
    }
  }

  // ── threads that are gone ─────────────────────────────────────────────────────────────────────────────────────

  /** Its end, asked for or not. Of what it had sent last, some was not yet published if it was lost. */
  end(how: 'ended' | 'lost'): void {
    if (this.gone) return
    const { threads, random, hub } = this.world
    this.state = how
    hub?.ended(this, how)
    for (const other of threads) {
      if (other === this || other.gone) continue
      const sent = other.lanes[this.thread]!
      if (how === 'lost') sent.cut(random.below(sent.size + 1) + random.below(2) * sent.size)
      other.#notices.goneAt(this.thread, this.#soon())
    }
  }
  /** It begins, and hears of all that has happened before. */
  enter(): void {
    if (this.gone) return
    this.state = 'running'
    this.#busyUntil = this.world.now
    this.past = new Set(this.world.threads.filter(({ gone }) => gone).map(({ thread }) => thread))
    for (const { thread, gone } of this.world.threads) if (gone) this.#notices.goneAt(thread, this.#soon())
    for (const [lost, heir] of this.world.lines.heirs) this.follow(lost, heir)
  }
  /** It will notice who follows a thread that is gone; -1: nobody. */
  follow(lost: number, heir: number): void {
    this.#notices.followedAt(lost, heir, this.#soon())
  }
  #soon(): number {
    return this.world.now + this.world.random.delay(this.world.latency)
  }

  #notice(thread: number): void {
    const { trace, now, threads } = this.world
    trace.step(GONE, this.thread, now)
    this.#notices.noticed(thread)
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
    this.#notices.heirNoticed(lost)
    this.core.heir(lost, heir)
  }
}
