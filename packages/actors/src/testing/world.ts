// One process of a simulation: its threads, and what they share. The course of time is course.ts's; several worlds may have
// one course, and are then nodes of a cluster (sim-cluster.ts).
//
// Invariants: threads of one world share its tables and nothing else; a number of any table means something in this world only.
// A world that is a node has a clock of its own, ahead of the course's by a whole number of ms; steps are told in the course's time.
import { type BehaviorValue, definedIn } from '../core/behavior-value.ts'
import { CLAIMS } from '../core/claims.ts'
import type { Limits } from '../core/platform.ts'
import { travelKinds } from '../core/travel-kinds.ts'
import { Codec } from '../edge/codec.ts'
import { SharedTable } from '../edge/shared-table.ts'
import { wireNames } from '../edge/wire-names.ts'
import type { ThreadRules } from '../thread-options.ts'
import type { Course } from './course.ts'
import { OffloadingInPlace } from './offloading-in-place.ts'
import type { Random } from './random.ts'
import { SimBehaviors, SimCore } from './sim-core.ts'
import type { SimHub } from './sim-hub.ts'
import { type LaneLimits, SimLane } from './sim-lane.ts'
import { SimLines } from './sim-lines.ts'
import { SimSymbols } from './sim-symbols.ts'
import { SimThread } from './sim-thread.ts'
import type { Trace } from './trace.ts'

export interface WorldOptions {
  /** Thread 0 included. */
  readonly count: number
  readonly limits: Limits
  /** ms that a frame, a pause of a thread, or a behavior's loading takes at most. */
  readonly latency: number
  /** When a thread that hangs is lost, and whether another takes its place; it is for ever, and none does. */
  readonly rules?: ThreadRules
  readonly lane?: LaneLimits
  /** The lanes between threads; a test may break them. */
  readonly Lane?: typeof SimLane
  /** Which node it is, if it is one. */
  readonly node?: NodeParts
  emit(event: string, data: unknown): void
}

/** What a world has besides as a node. */
export interface NodeParts {
  /** `name~incarnation` */
  readonly id: string
  /** ms that its clock is ahead of the course's. */
  readonly ahead: number
  /** Texts that its tables begin with, so that its numbers are its own. */
  readonly first: Readonly<Record<'methods' | 'protocols' | 'places', readonly string[]>>
}

const NO_RULES: ThreadRules = { replaceThreads: false, blockedAfter: Infinity, endBlockedAfter: Infinity }

export class World {
  readonly course: Course
  readonly count: number
  readonly latency: number
  readonly node: NodeParts | undefined
  readonly behaviors = new SimBehaviors()
  readonly offloading = new OffloadingInPlace(() => this.after(this.random.delay(this.latency), this.threads[0]!))
  /** As all threads of a real system share them. */
  readonly claims: Int32Array
  readonly methods: SimSymbols
  readonly protocols: SimSymbols
  readonly places: SimSymbols
  readonly shapes = SharedTable.create({ entries: 1_024, units: 2 ** 14 })
  /** By number: also those that are gone. */
  readonly threads: SimThread[] = []
  readonly lines: SimLines
  readonly emit: (event: string, data: unknown) => void
  /** Carries frames between its threads and other nodes, once it is one of a cluster. */
  hub: SimHub | undefined
  readonly #options: WorldOptions

  constructor(course: Course, options: WorldOptions) {
    const { count, latency, emit, node } = options
    this.course = course
    this.#options = options
    this.count = count
    this.latency = latency
    this.emit = emit
    this.node = node
    this.methods = new SimSymbols(node?.first.methods)
    this.protocols = new SimSymbols(node?.first.protocols)
    this.places = new SimSymbols(node?.first.places)
    this.claims = new Int32Array(CLAIMS * 2 * count)
    this.lines = new SimLines(this, options.rules ?? NO_RULES)
    for (let number = 0; number < count; number++) this.addThread(number, 'running')
    course.add(this)
  }

  /** A thread of the next number. `seat`: which part of what all share is its own. */
  addThread(seat: number, state: 'starting' | 'running'): SimThread {
    const { limits } = this.#options
    const thread = new SimThread(this, this.threads.length, seat, state, limits.vault)
    for (const other of [...this.threads, thread]) {
      thread.lanes.push(this.lane())
      if (other !== thread) other.lanes.push(this.lane())
    }
    this.threads.push(thread)
    const core = new SimCore(thread, limits)
    const names = this.node && wireNames(core.places, this.protocols, () => thread.now())
    thread.start(core, new Codec(new SharedTable(this.shapes.memory), travelKinds, core, names))
    this.hub?.meet(thread)
    core.onEnd = () => this.lines.ended(thread)
    return thread
  }
  lane(): SimLane {
    const { lane = { messages: 65_536, bytes: 16 * 1024 * 1024 }, Lane = SimLane } = this.#options
    return new Lane(lane)
  }

  /** Loads a real module: all stands still meanwhile. */
  async module(url: string): Promise<BehaviorValue[]> {
    const loading = import(url)
    this.course.waitFor(loading)
    await loading
    return definedIn(url).map(behavior => this.behaviors.simulated(behavior))
  }

  // ── of the course ─────────────────────────────────────────────────────────────────────────────────────────────

  get now(): number {
    return this.course.now
  }
  get random(): Random {
    return this.course.random
  }
  get trace(): Trace {
    return this.course.trace
  }
  /** Resolves in `ms` of virtual time, as far as the thread lives. */
  after(ms: number, thread: SimThread): Promise<void> {
    return this.course.after(ms, thread)
  }
}
