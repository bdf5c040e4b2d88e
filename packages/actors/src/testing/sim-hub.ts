// The hub of a simulated node: the real one, between simulated lanes and simulated links, as a thread that takes steps of its own.
//
// Invariants: it reads what a thread has sent before it notices that the thread is gone. Lanes never refuse what it posts, but it
// is told that they hold more than they do (`MAGNIFIED`), so that other nodes are told to wait in small programs too. Once its
// process has been killed it does nothing.
import { Hub, type HubLanes } from '../edge/hub.ts'
import { FarLanes } from '../edge/far-lanes.ts'
import { wireNames } from '../edge/wire-names.ts'
import { Codec } from '../edge/codec.ts'
import { SharedTable } from '../edge/shared-table.ts'
import { Places } from '../core/places.ts'
import { travelKinds } from '../core/travel-kinds.ts'
import type { Stepper } from './course.ts'
import type { SimLane } from './sim-lane.ts'
import { SimNotices } from './sim-notices.ts'
import type { SimThread } from './sim-thread.ts'
import type { World } from './world.ts'

/** Frames that it reads at once, at most. */
const READ = 8
/** Threads of other nodes that one can tell apart. */
const MOST_PLACES = 1_024
const MAGNIFIED = 1_024
const SHORTEST_STEP = 0.001
/** ms after which it looks whether threads have room again. */
const LOOK = 5

// What a step did, for the trace.
const READING = 7
const NOTICING = 8

export class SimHub implements HubLanes, Stepper {
  readonly world: World
  readonly hub: Hub
  onGone: HubLanes['onGone']
  onHeir: HubLanes['onHeir']
  /** Called when a thread has begun to run after the others. */
  onThread: () => void = () => {}
  killed = false
  /** From each thread, by its number. */
  readonly #lanes: SimLane[] = []
  readonly #notices = new SimNotices(thread => this.#lanes[thread]!.size === 0)
  readonly #stops = new SharedArrayBuffer(MOST_PLACES * 4)
  #busyUntil = 0
  #look = Infinity

  constructor(world: World) {
    this.world = world
    const { places: texts, protocols, methods, node, shapes } = world
    const places = new Places({ id: node!.id, places: texts })
    const now = (): number => world.threads[0]!.now()
    const names = wireNames(places, protocols, now)
    const codec = new Codec(new SharedTable(shapes.memory), travelKinds, undefined, names)
    this.hub = new Hub({
      lanes: this,
      places,
      tables: { places: texts, protocols, methods },
      codec,
      stops: this.#stops,
      now,
    })
    for (const thread of world.threads) this.meet(thread)
    world.hub = this
  }

  /** A thread of its process. */
  meet(thread: SimThread): void {
    const lane = (this.#lanes[thread.thread] = this.world.lane())
    const post = (bytes: Uint8Array, length: number, system: boolean, kept: boolean): boolean =>
      lane.post(bytes, length, system, this.#soon(), kept)
    thread.join(this.world.lane(), new FarLanes(post, thread.codec, this.#stops))
  }
  #soon(): number {
    return this.world.now + this.world.random.delay(this.world.latency)
  }

  // ── as lanes ──────────────────────────────────────────────────────────────────────────────────────────────────

  get lives(): number {
    return this.world.threads.length
  }
  gone(thread: number): boolean {
    return this.world.threads[thread]!.gone
  }
  post(to: number, bytes: Uint8Array, length: number, system: boolean): boolean {
    if (this.gone(to)) return false
    return this.world.threads[to]!.fromHub!.post(bytes, length, system, this.#soon(), true)
  }
  backlog(to: number): { messages: number; bytes: number } {
    const { size } = this.world.threads[to]!.fromHub!
    const bytes = size * MAGNIFIED
    if (size > 0 && this.#look === Infinity) this.#look = this.world.now + LOOK
    return { messages: size, bytes: bytes * READ }
  }
  forsake(thread: number, report: Parameters<HubLanes['forsake']>[1]): number {
    for (const { bytes, words } of this.world.threads[thread]!.fromHub!.rest()) {
      report(bytes, words, 0, bytes.length, thread)
    }
    return 0
  }

  // ── in the world ──────────────────────────────────────────────────────────────────────────────────────────────

  get next(): number {
    if (this.killed) return Infinity
    let next = Math.min(this.#notices.next, this.#look)
    for (const lane of this.#lanes) next = Math.min(next, lane.next)
    return Math.max(next, this.#busyUntil)
  }
  step(): void {
    const { random, now } = this.world
    const due = this.#due(now)
    due[random.below(due.length)]!()
    this.hub.flush()
    this.#busyUntil = now + SHORTEST_STEP
  }
  #due(now: number): (() => void)[] {
    const due: (() => void)[] = []
    this.#lanes.forEach((lane, from) => {
      if (lane.next <= now) due.push(() => this.#read(lane, from))
    })
    for (const thread of this.#notices.gone(now)) due.push(() => this.#notice(thread))
    for (const { lost, heir } of this.#notices.heirs(now)) due.push(() => this.#noticeHeir(lost, heir))
    if (this.#look <= now) due.push(() => void (this.#look = Infinity))
    return due
  }
  #read(lane: SimLane, from: number): void {
    const { trace, random, now } = this.world
    for (let left = 1 + random.below(READ); left > 0; left--) {
      const frame = lane.take(now)
      if (frame === undefined) return
      trace.step(READING, from, now)
      this.hub.receive(frame.bytes, frame.words, 0, frame.bytes.length, from)
    }
  }

  // ── threads that are gone ─────────────────────────────────────────────────────────────────────────────────────

  /** Of what it had sent last, some was not yet published if it was lost. */
  ended({ thread }: SimThread, how: 'ended' | 'lost'): void {
    const { random } = this.world
    const lane = this.#lanes[thread]!
    if (how === 'lost') lane.cut(random.below(lane.size + 1) + random.below(2) * lane.size)
    this.#notices.goneAt(thread, this.#soon())
  }
  follow(lost: number, heir: number): void {
    this.#notices.followedAt(lost, heir, this.#soon())
  }
  #notice(thread: number): void {
    const { trace, now, threads } = this.world
    trace.step(NOTICING, thread, now)
    this.#notices.noticed(thread)
    this.onGone?.(thread, threads[thread]!.state === 'ended' ? 'ended' : 'lost')
  }
  #noticeHeir(lost: number, heir: number): void {
    this.world.trace.step(NOTICING, lost, this.world.now)
    this.#notices.heirNoticed(lost)
    this.onHeir?.(lost, heir)
    this.onThread()
  }
}
