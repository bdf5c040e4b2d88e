// `simulate(seed, async sim => …)`: a whole system on a virtual clock, whose every delay and order is the seed's choice.
//
// Invariants: one seed, one course of events (`sim.trace` is its hash), as long as the code under test takes time and
// chance from the framework. Whatever goes wrong is thrown with the seed that brings it back. The system is closed when
// the callback is through, and closing is part of the simulation.
import { EventEmitter } from 'eventemitter3'
import { balanceSettings, startBalancing } from '../core/balancing.ts'
import { checkParts } from '../core/behavior-value.ts'
import type { Core } from '../core/core.ts'
import { GRACE, rejectAsks } from '../core/ending.ts'
import { InvalidCall } from '../core/errors.ts'
import { host, SystemHosting } from '../core/hosting.ts'
import { Rollout, type Upgraded, type UpgradeOptions } from '../core/rollout.ts'
import type { Events } from '../events.ts'
import { aboveZero, checkLimits, limitOptions } from '../limit-options.ts'
import type { Methods, System, SystemOptions } from '../system.ts'
import { checkThreadOptions, threadOptions } from '../thread-options.ts'
import { Course, type CourseOptions } from './course.ts'
import type { SimThread } from './sim-thread.ts'
import { waiting } from './waiting.ts'
import { World, type WorldOptions } from './world.ts'

export interface SimulationOptions extends Omit<SystemOptions, 'resourceLimits' | 'endWhileInspected' | 'node'> {
  /** ms of virtual time that a message to another thread, or a pause of a thread, takes at most; 10. Most take far less. */
  latency?: number
  /** The simulation fails after so many steps, so that one that goes round in circles ends; 1,000,000. */
  steps?: number
}

/** A system in virtual time. Whatever a System offers works here, and nothing of it touches the real clock or threads. */
export interface Simulation extends System {
  readonly seed: number
  /** A hash of all that has happened so far: the same for the same seed. */
  readonly trace: string
  /** Milliseconds of virtual time since the simulation began. */
  now(): number
  /** In [0, 1), from the seed. */
  random(): number
  /** Resolves in `ms` of virtual time. In a handler it stands in for slow I/O. */
  sleep(ms: number): Promise<void>
  /**
   * Thread `n` ends at once, as if it had run out of memory: all that it held, and some of what it last sent, is gone. Some
   * time later another one takes its place, unless `replaceThreads` is false.
   */
  loseThread(n: number): void
  /** Thread `n` does nothing more, as in an endless loop, and is lost after `endBlockedAfter` ms. */
  hangThread(n: number): void
}

/** What went wrong in a simulation: `cause` is the error itself. */
export class SimulationFailed extends Error {
  readonly seed: number
  constructor(seed: number, at: number, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause)
    super(`simulate(seed ${seed}), at ${at.toFixed(3)} ms: ${what}; replay with simulate(${seed}, …)`, { cause })
    this.seed = seed
  }
  override get name(): string {
    return 'SimulationFailed'
  }
}

/**
 * Runs a system on simulated threads and virtual time, all of it decided by `seed`, and gives what the callback returns.
 * Rejects with SimulationFailed, which names the seed, when the callback throws, when a turn waits for real time or I/O,
 * or when nothing is left to happen and the callback still waits.
 */
export async function simulate<T>(
  seed: number,
  run: (sim: Simulation) => Promise<T> | T,
  options: SimulationOptions = {},
): Promise<T> {
  if (!Number.isSafeInteger(seed)) throw new InvalidCall(`simulate: the seed is a whole number, not ${String(seed)}`)
  const balance = balanceSettings('simulate', options.balance)
  return await runWorld({ seed, ...checked(options) }, (sim, world) => {
    if (balance !== undefined) startBalancing(world.threads[0]!.core, balance)
    return run(sim)
  })
}

/** What it takes to simulate one process. */
export type WorldParts = Omit<WorldOptions, 'emit' | 'node'> & Omit<CourseOptions, 'heard'>

/** The same over a world as given: how a test breaks it on purpose, or looks into it. */
export async function runWorld<T>(
  parts: WorldParts,
  run: (sim: Simulation, world: World) => Promise<T> | T,
): Promise<T> {
  const events = new EventEmitter()
  const emit = (event: string, data: unknown): void => {
    try {
      events.emit(event, data)
    } catch (error) {
      course.fail(error)
    }
  }
  const course = new Course({ ...parts, heard: () => events.eventNames().length > 0 })
  const world = new World(course, { ...parts, emit })
  const sim = new SimulatedSystem(world, events, parts.seed) as unknown as Simulation
  try {
    const value = await course.go(async () => await run(sim, world))
    await course.go(() => sim.close())
    if (course.outsider !== undefined) throw course.outsider
    return value
  } catch (error) {
    throw new SimulationFailed(parts.seed, course.now, error)
  }
}

/** As a real system has them. */
const CLOSE_WITHIN = GRACE + 1_000
const END_WITHIN = 1_000

/** The system of one world. */
export class SimulatedSystem extends SystemHosting implements Methods<Simulation> {
  readonly seed: number
  readonly #world: World
  readonly #events: EventEmitter
  readonly #rollout: Rollout
  #closing: Promise<void> | undefined

  constructor(world: World, events: EventEmitter, seed: number) {
    super()
    this.#world = world
    this.#events = events
    this.seed = seed
    this.#rollout = new Rollout(this.#core, world.lines)
  }

  nodes(): [] {
    return []
  }
  drain(): Promise<never> {
    return Promise.reject(new InvalidCall('drain: a simulated process is no node'))
  }
  leave(): Promise<never> {
    return this.drain()
  }
  [host](): Core {
    return this.#core
  }
  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this {
    this.#events.on(event, listener)
    return this
  }
  off<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this {
    this.#events.off(event, listener)
    return this
  }

  upgrade(module: string | URL, options?: UpgradeOptions): Promise<Upgraded> {
    return waiting('the upgrade', this.#rollout.upgrade(module, options))
  }

  close(): Promise<void> {
    return waiting('the close of the system', (this.#closing ??= this.#close()))
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
  /** In the order of a real system's close. */
  async #close(): Promise<void> {
    const world = this.#world
    const core = this.#core
    core.closing = true
    world.lines.close()
    const others = world.threads.slice(1).filter(({ gone }) => !gone)
    const stopped = others.map(({ thread }) => core.calls.ask(thread, 'close', undefined))
    await Promise.race([Promise.allSettled([core.closeHere(), ...stopped]), core.sleep(CLOSE_WITHIN)])
    rejectAsks(core)
    await core.offloads.close()
    const ended = others.map(
      other =>
        new Promise<void>(done => {
          if (other.gone) return done()
          other.core.onEnd = () => {
            other.end('ended')
            done()
          }
          core.calls.send(other.thread, 'end', undefined)
        }),
    )
    await Promise.race([Promise.all(ended), core.sleep(END_WITHIN)])
    for (const other of others) other.end('ended')
    core.deadLetters.publish()
  }

  get trace(): string {
    return this.#world.trace.hash
  }
  now(): number {
    return this.#world.now
  }
  random(): number {
    return this.#world.random.unit()
  }
  sleep(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) throw new InvalidCall(`sim.sleep(${ms}): that makes no sense in ms`)
    return this.#world.course.sleep(ms)
  }
  loseThread(n: number): void {
    this.#world.lines.lose(this.#hostThread('loseThread', n), new Error('lost by the simulation'))
  }
  hangThread(n: number): void {
    this.#world.lines.hang(this.#hostThread('hangThread', n))
  }
  /** The thread that is there now where thread `n` was. */
  #hostThread(call: string, n: number): SimThread {
    const { threads, lines, count } = this.#world
    if (n === 0 || threads[n] === undefined) {
      throw new InvalidCall(`sim.${call}(${n}): there are threads 1 to ${count - 1} that can be lost`)
    }
    return threads[lines.current(n)]!
  }
  get #core(): Core {
    return this.#world.threads[0]!.core
  }
}

const OPTIONS = [
  'threads',
  ...limitOptions,
  'balance',
  'latency',
  'steps',
  ...threadOptions,
] satisfies (keyof SimulationOptions)[]

function checked(options: SimulationOptions): Omit<WorldParts, 'seed'> {
  checkParts('simulate', options, OPTIONS)
  const { threads = 2 } = options
  if (!Number.isInteger(threads) || threads < 0 || threads > 63) {
    throw new InvalidCall(`simulate: threads is ${threads}; it must be a whole number from 0 to 63`)
  }
  const limits = checkLimits('simulate', options)
  const latency = aboveZero('simulate', 'latency', options.latency, 10)
  const steps = aboveZero('simulate', 'steps', options.steps, 1_000_000)
  return { count: threads + 1, limits, latency, steps, rules: checkThreadOptions('simulate', options) }
}
