// The course of a simulation: its virtual time, its randomness, and what happens next, in one process or in several.
//
// Invariants: everything that happens is a step of one thread, hub or link, or a sleep that ends, in order of virtual time;
// the seed chooses among what is due together. Time goes on only when the event loop has turned, so that every microtask has
// run. Nothing reads the machine's clock; nothing that real time brings is waited for: a turn that waits for it is found when
// time goes on without anything simulated being under way for its actor (`#findOutsiders`).
import { setImmediate } from 'node:timers'
import { blame } from '../core/blame.ts'
import type { Cell } from '../core/cell.ts'
import { type ErrorAbout, TroupeError } from '../core/errors.ts'
import * as life from '../core/life.ts'
import { bareClock } from '../core/select-call.ts'
import { Random } from './random.ts'
import { SimThread } from './sim-thread.ts'
import { Trace } from './trace.ts'
import { currentScope, Scope, waiting, within } from './waiting.ts'
import type { World } from './world.ts'

/** A turn, or a simulation's callback, waits for something that is not simulated: `code` is 'not-simulated'. */
export class NotSimulated extends TroupeError {
  constructor(message: string, about?: ErrorAbout) {
    super('not-simulated', message, about)
  }
}

export interface CourseOptions {
  readonly seed: number
  /** Steps after which the simulation goes round in circles. */
  readonly steps: number
  /** Called after each step: a test looks at all threads at once. */
  readonly onStep?: () => void
  /** Whether somebody listens to events, so that the callback may be waiting for one. */
  heard(): boolean
}

/** What does something at times: a thread, a hub, a link. */
export interface Stepper {
  /** When it next has something to do; Infinity when nothing is on its way. */
  readonly next: number
  step(): void
}

interface Sleep {
  readonly at: number
  /** Undefined for the callback. */
  readonly thread: SimThread | undefined
  readonly done: () => void
}

const SLEEP = 5

export class Course {
  now = 0
  readonly random: Random
  readonly trace = new Trace()
  /** The first turn that waited for the real world. */
  outsider: NotSimulated | undefined
  readonly #options: CourseOptions
  readonly #worlds: World[] = []
  /** Beside the worlds' threads. */
  readonly #others: Stepper[] = []
  #main!: Scope
  readonly #sleeps: Sleep[] = []
  #last!: SimThread
  #failed: { reason: unknown } | undefined
  /** What all waits for without time going on. */
  #outside: Promise<unknown> | undefined

  constructor(options: CourseOptions) {
    this.#options = options
    this.random = new Random(options.seed)
  }

  /** A process begins; the callback's calls are those of the first one. */
  add(world: World): void {
    this.#worlds.push(world)
    if (this.#worlds.length > 1) return
    this.#last = world.threads[0]!
    this.#main = new Scope(this.#last)
  }
  addStepper(stepper: Stepper): void {
    this.#others.push(stepper)
  }

  /** Resolves in `ms` of virtual time, as far as the thread lives. */
  after(ms: number, thread: SimThread | undefined): Promise<void> {
    return new Promise(done => this.#sleeps.push({ at: this.now + ms, thread, done }))
  }
  /** The same for whoever calls it, which waits for that. */
  sleep(ms: number): Promise<void> {
    const scope = currentScope() ?? this.#main
    return waiting(`${ms} ms`, this.after(ms, scope === this.#main ? undefined : scope.thread))
  }
  /** All stands still until that has settled. */
  waitFor(outside: Promise<unknown>): void {
    this.#outside = outside.catch(() => {})
  }

  /** Goes on until what `run` returns has settled; gives its result, or rejects with what went wrong. */
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
    const due: (Stepper | Sleep)[] = []
    for (const { threads } of this.#worlds) {
      for (const thread of threads) if (thread.next <= this.now) due.push(thread)
    }
    for (const other of this.#others) if (other.next <= this.now) due.push(other)
    for (const sleep of this.#sleeps) if (sleep.at <= this.now) due.push(sleep)
    const chosen = due[this.random.below(due.length)]!
    if ('done' in chosen) this.#wakeUp(chosen)
    else {
      if (chosen instanceof SimThread) this.#last = chosen
      chosen.step()
    }
    this.#options.onStep?.()
  }
  #wakeUp(sleep: Sleep): void {
    this.trace.step(SLEEP, sleep.thread?.thread ?? 0, this.now)
    this.#sleeps.splice(this.#sleeps.indexOf(sleep), 1)
    if (sleep.thread?.state !== 'lost') sleep.done()
  }

  #next(): number {
    let next = Infinity
    for (const { threads } of this.#worlds) for (const thread of threads) next = Math.min(next, thread.next)
    for (const other of this.#others) next = Math.min(next, other.next)
    for (const { at } of this.#sleeps) next = Math.min(next, at)
    return next
  }

  // ── what waits in vain ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Ends turns that can only be waiting for the real world: nothing simulated is under way for their actor, and no other
   * turn of it may run meanwhile and bring what they wait for. True when there was one.
   */
  #findOutsiders(): boolean {
    let found = false
    for (const { behaviors } of this.#worlds) {
      for (const turn of behaviors.open) {
        const { cell } = turn
        const scope = behaviors.scopeOf(cell)
        if (turn.ended || scope.thread.state !== 'running') {
          behaviors.open.delete(turn)
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
    for (const { behaviors } of this.#worlds) {
      for (const { cell, method, ended } of behaviors.open) {
        if (!ended) lines.push(`${cell.address.id}.${method.name} for ${listed(behaviors.scopeOf(cell))}`)
      }
    }
    return lines.join('; ')
  }

  /** A rejection that nobody handled: its actor's, as the core sees it, or the callback's own. */
  #blame(reason: unknown): void {
    const scope = currentScope()
    if (scope === this.#main) this.fail(reason)
    else if (scope?.thread.world.course === this) blame(scope.thread.core, reason)
  }
}

// a select without channels belongs to no system: in a simulation its time is that of whoever waits
const real = bareClock.after
bareClock.after = (ms, fire) => {
  const scope = currentScope()
  if (scope === undefined) return real(ms, fire)
  let live = true
  void scope.thread.world.course.sleep(ms).then(() => live && fire())
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
