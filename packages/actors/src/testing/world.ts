// The world of a simulation: its threads, its clock, its randomness, and what happens next.
//
// Invariants: everything that happens is a step of one thread or a sleep that ends, in order of virtual time; the seed
// chooses among what is due together. Time goes on only when the event loop has turned, so that every microtask has run.
// Nothing reads the machine's clock; nothing that real time brings is waited for: a turn that waits for it is found when
// time goes on without anything simulated being under way for its actor (`#findOutsiders`).
import { setImmediate } from 'node:timers'
import { blame } from '../core/blame.ts'
import { type BehaviorValue, definedIn } from '../core/behavior-value.ts'
import type { Cell } from '../core/cell.ts'
import { TroupeError } from '../core/errors.ts'
import type { ErrorAbout } from '../core/errors.ts'
import * as life from '../core/life.ts'
import type { Limits } from '../core/platform.ts'
import { refTravel } from '../core/actor-ref.ts'
import { endTravel } from '../core/channel-end.ts'
import { CLAIMS } from '../core/claims.ts'
import { lateReplyTravel } from '../core/late-reply.ts'
import { bareClock } from '../core/select-call.ts'
import type { TravelKind } from '../core/values.ts'
import { Codec } from '../edge/codec.ts'
import { SharedTable } from '../edge/shared-table.ts'
import type { ThreadRules } from '../thread-options.ts'
import { OffloadingInPlace } from './offloading-in-place.ts'
import { Random } from './random.ts'
import { SimBehaviors, SimCore } from './sim-core.ts'
import { type LaneLimits, SimLane } from './sim-lane.ts'
import { SimLines } from './sim-lines.ts'
import { SimSymbols } from './sim-symbols.ts'
import { SimThread } from './sim-thread.ts'
import { Trace } from './trace.ts'
import { currentScope, Scope, waiting, within } from './waiting.ts'

/** A turn, or a simulation's callback, waits for something that is not simulated: `code` is 'not-simulated'. */
export class NotSimulated extends TroupeError {
  constructor(message: string, about?: ErrorAbout) {
    super('not-simulated', message, about)
  }
}

export interface WorldOptions {
  readonly seed: number
  /** Thread 0 included. */
  readonly count: number
  readonly limits: Limits
  /** ms that a frame, a pause of a thread, or a behavior's loading takes at most. */
  readonly latency: number
  /** Steps after which the simulation goes round in circles. */
  readonly steps: number
  /** When a thread that hangs is lost, and whether another takes its place; it is for ever, and none does. */
  readonly rules?: ThreadRules
  readonly lane?: LaneLimits
  /** The lanes between threads; a test may break them. */
  readonly Lane?: typeof SimLane
  /** Called after each step: a test looks at all threads at once. */
  readonly onStep?: () => void
  emit(event: string, data: unknown): void
  /** Whether somebody listens to events, so that the callback may be waiting for one. */
  heard(): boolean
}

interface Sleep {
  readonly at: number
  readonly thread: SimThread
  readonly done: () => void
}

const SLEEP = 5
const NO_RULES: ThreadRules = { replaceThreads: false, blockedAfter: Infinity, endBlockedAfter: Infinity }

export class World {
  now = 0
  readonly count: number
  readonly latency: number
  readonly random: Random
  readonly trace = new Trace()
  readonly behaviors = new SimBehaviors()
  readonly offloading = new OffloadingInPlace(() => this.after(this.random.delay(this.latency), this.threads[0]!))
  /** As all threads of a real system share them. */
  readonly claims: Int32Array
  readonly methods = new SimSymbols()
  readonly protocols = new SimSymbols()
  readonly #shapes = SharedTable.create({ entries: 1_024, units: 2 ** 14 })
  /** By number: also those that are gone. */
  readonly threads: SimThread[] = []
  readonly lines: SimLines
  readonly emit: (event: string, data: unknown) => void
  /** The first turn that waited for the real world. */
  outsider: NotSimulated | undefined
  readonly #options: WorldOptions
  readonly #main: Scope
  readonly #sleeps: Sleep[] = []
  #last: SimThread
  #failed: { reason: unknown } | undefined
  /** What the world waits for without time going on. */
  #outside: Promise<unknown> | undefined

  constructor(options: WorldOptions) {
    const { seed, count, latency, emit } = options
    this.#options = options
    this.count = count
    this.latency = latency
    this.emit = emit
    this.random = new Random(seed)
    this.claims = new Int32Array(CLAIMS * 2 * count)
    this.lines = new SimLines(this, options.rules ?? NO_RULES)
    for (let number = 0; number < count; number++) this.addThread(number, 'running')
    this.#last = this.threads[0]!
    this.#main = new Scope(this.#last)
  }

  /** A thread of the next number. `seat`: which part of what all share is its own. */
  addThread(seat: number, state: 'starting' | 'running'): SimThread {
    const { limits, lane = { messages: 65_536, bytes: 16 * 1024 * 1024 }, Lane = SimLane } = this.#options
    const thread = new SimThread(this, this.threads.length, seat, state, limits.vault)
    for (const other of [...this.threads, thread]) {
      thread.lanes.push(new Lane(lane))
      if (other !== thread) other.lanes.push(new Lane(lane))
    }
    this.threads.push(thread)
    const kinds = [refTravel, lateReplyTravel, endTravel] as unknown as TravelKind<unknown>[]
    const core = new SimCore(thread, limits)
    thread.start(core, new Codec(new SharedTable(this.#shapes.memory), kinds, core))
    core.onEnd = () => this.lines.ended(thread)
    return thread
  }

  /** Loads a real module: the world stands still meanwhile. */
  async module(url: string): Promise<BehaviorValue[]> {
    const loading = import(url)
    this.#outside = loading.catch(() => {})
    await loading
    return definedIn(url).map(behavior => this.behaviors.simulated(behavior))
  }

  /** Resolves in `ms` of virtual time, as far as the thread lives. */
  after(ms: number, thread: SimThread): Promise<void> {
    return new Promise(done => this.#sleeps.push({ at: this.now + ms, thread, done }))
  }
  /** The same for whoever calls it, which waits for that. */
  sleep(ms: number): Promise<void> {
    return waiting(`${ms} ms`, this.after(ms, (currentScope() ?? this.#main).thread))
  }

  /** Lets the world go on until what `run` returns has settled; gives its result, or rejects with what went wrong. */
  async go<T>(run: () => Promise<T>): Promise<T> {
    const stray = (reason: unknown): void => this.#blame(reason)
    process.on('unhandledRejection', stray)
    try {
      let settled = false
      const result = within(this.#main, run)
      const note = (): void => void (settled = true)
      result.then(note, note)
      await this.#until(() => settled)
      const value = await result
      if (this.#failed !== undefined) throw this.#failed.reason
      return value
    } finally {
      process.off('unhandledRejection', stray)
    }
  }

  /** Ends the simulation with what no actor is to blame for: a listener's error, a rejection in the callback. */
  fail(reason: unknown): void {
    this.#failed ??= { reason }
  }

  async #until(settled: () => boolean): Promise<void> {
    for (;;) {
      await this.#stretch()
      this.#last.core.scheduler.settled()
      if (settled()) return
      if (this.#failed !== undefined) throw this.#failed.reason
      this.#step()
    }
  }

  /** Lets all that runs now run to where it waits for something simulated. */
  async #stretch(): Promise<void> {
    let outside: Promise<unknown> | undefined
    do {
      await eventLoopTurns()
      await (outside = this.#outside)
      if (outside === this.#outside) this.#outside = undefined
    } while (outside !== undefined)
  }

  // ── what happens next ─────────────────────────────────────────────────────────────────────────────────────────

  #step(): void {
    const next = this.#next()
    if (next > this.now && this.#findOutsiders()) return
    if (next === Infinity) throw this.#deadlock()
    if (this.trace.steps >= this.#options.steps) {
      throw new NotSimulated(`no end after ${this.trace.steps} steps: ${this.#whoWaits()}`)
    }
    this.now = Math.max(this.now, next)
    const due: (SimThread | Sleep)[] = []
    for (const thread of this.threads) if (thread.next <= this.now) due.push(thread)
    for (const sleep of this.#sleeps) if (sleep.at <= this.now) due.push(sleep)
    const chosen = due[this.random.below(due.length)]!
    if (chosen instanceof SimThread) {
      this.#last = chosen
      chosen.step()
    } else {
      this.trace.step(SLEEP, chosen.thread.thread, this.now)
      this.#sleeps.splice(this.#sleeps.indexOf(chosen), 1)
      if (chosen.thread.state !== 'lost') chosen.done()
    }
    this.#options.onStep?.()
  }

  #next(): number {
    let next = Infinity
    for (const thread of this.threads) next = Math.min(next, thread.next)
    for (const { at } of this.#sleeps) next = Math.min(next, at)
    return next
  }

  // ── what waits in vain ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Ends turns that can only be waiting for the real world: nothing simulated is under way for their actor, and no other
   * turn of it may run meanwhile and bring what they wait for. True when there was one.
   */
  #findOutsiders(): boolean {
    const { open } = this.behaviors
    let found = false
    for (const turn of open) {
      const { cell } = turn
      const scope = this.behaviors.scopeOf(cell)
      if (turn.ended || scope.thread.state !== 'running') {
        open.delete(turn)
        continue
      }
      const another = cell.loaded!.interleaves && cell.status === 'running'
      if (another || scope.waits.size > 0) continue
      found = true
      const name = turn.method.name
      const error = outsider(cell, name)
      this.outsider ??= error
      life.expire(cell, turn, error)
    }
    if (!found && this.#main.waits.size === 0 && !this.#options.heard()) {
      throw new NotSimulated(
        'the callback waits for something that is not simulated: a real timer, I/O, or a promise that nothing resolves',
      )
    }
    return found
  }

  #deadlock(): NotSimulated {
    return new NotSimulated(`nothing is left to happen, and the callback still waits: ${this.#whoWaits()}`)
  }

  #whoWaits(): string {
    const lines = [`the callback for ${listed(this.#main)}`]
    for (const { cell, method, ended } of this.behaviors.open) {
      if (!ended) lines.push(`${cell.address.id}.${method.name} for ${listed(this.behaviors.scopeOf(cell))}`)
    }
    return lines.join('; ')
  }

  /** A rejection that nobody handled: its actor's, as the core sees it, or the callback's own. */
  #blame(reason: unknown): void {
    const scope = currentScope()
    if (scope === this.#main) this.fail(reason)
    else if (scope?.thread.world === this) blame(scope.thread.core, reason)
  }
}

// a select without channels belongs to no system: in a simulation its time is that of whoever waits
const real = bareClock.after
bareClock.after = (ms, fire) => {
  const scope = currentScope()
  if (scope === undefined) return real(ms, fire)
  let live = true
  void scope.thread.world.sleep(ms).then(() => live && fire())
  return () => (live = false)
}
const chance = bareClock.random
bareClock.random = () => currentScope()?.thread.random() ?? chance()
bareClock.noted = promise => waiting('a select', promise)

/** The cheapest thing that comes after all microtasks, also those that they make: 1 to 2 µs. */
export function eventLoopTurns(): Promise<void> {
  return new Promise(done => setImmediate(done))
}

function outsider(cell: Cell, method: string): NotSimulated {
  const { id } = cell.address
  const text = `${id}.${method} waits for something that is not simulated: a real timer, I/O, or a promise that nothing in its actor resolves; put that behind an actor or a stub, or use sim.sleep()`
  return new NotSimulated(text, { actor: id, method, ran: 'unknown' })
}

function listed({ waits }: Scope): string {
  const names = [...waits].map(({ what }) => what)
  return names.length === 0 ? 'nothing simulated' : names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '')
}
