// A system: the user's handle, and the place where core and edge come together on the first thread.
//
// Invariants: an open system keeps the process alive; a closed one leaves nothing open. Closing goes in order: no new
// actors, all actors stopped on all threads, asks that still wait rejected, threads ended.
import { availableParallelism } from 'node:os'
import { EventEmitter } from 'eventemitter3'
import { checkParts, inWords } from './core/behavior-value.ts'
import { blame } from './core/blame.ts'
import { Core } from './core/core.ts'
import { GRACE, rejectAsks } from './core/ending.ts'
import { InvalidCall } from './core/errors.ts'
import { host, SystemHosting } from './core/hosting.ts'
import { defaultLimits, type Limits } from './core/platform.ts'
import { halt, isHostThread } from './edge/host-mark.ts'
import { createParts, NodePlatform } from './edge/node-platform.ts'
import { onStrayRejection } from './edge/stray-rejections.ts'
import type { ResourceLimits, ThreadPool } from './edge/thread-pool.ts'
import type { AnyBehavior, Behavior, InitOf } from './behavior.ts'
import { type Events, Printer } from './events.ts'
import type { Hosting, SpawnArgs } from './hosting.ts'
import type { Ref } from './ref.ts'

export interface SystemOptions {
  /** Threads beside the calling one; 0 keeps everything on it. As many as there are cores, less one, but at least one. */
  threads?: number
  /** ms that an ask waits for its reply; 5,000. */
  askDeadline?: number
  /** ms that a turn may take; 30,000. */
  turnLimit?: number
  /** A mailbox's limits where a behavior sets none; 65,536 messages and 16 MiB. */
  mailbox?: { capacity?: number; bytes?: number }
  /** For each host thread, as `new Worker` takes them. Buffers do not count. */
  resourceLimits?: ResourceLimits
}

/** A behavior, or later a hosted one; what spawning it gives. */
export type HandleOf<T> = T extends Behavior<infer I, infer S, infer H> ? Ref<Behavior<I, S, H>> : never

export interface System extends Omit<Hosting, 'spawn'>, AsyncDisposable {
  /**
   * Resolves when the actor has started. Rejects with SpawnFailed, NameTaken, BehaviorUnavailable,
   * NotSendable, MailboxFull, InvalidCall, ThreadLost or SystemClosed.
   */
  spawn<T extends AnyBehavior>(what: T, ...args: SpawnArgs<InitOf<T>>): Promise<HandleOf<T>>
  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this
  off<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this
  /** Stops all actors, children first, after their current turns; then ends the threads. */
  close(): Promise<void>
}

/** Whatever T offers is there. */
export type Methods<T> = { readonly [K in keyof T]: unknown }

/** ms for all threads to say that their actors have stopped. */
const CLOSE_WITHIN = GRACE + 1_000
/** ms for host threads to end by themselves once their actors have stopped. */
const END_WITHIN = 1_000

/** On a host thread, where a whole program may be loaded for its behaviors, this never resolves. */
export function createSystem(options: SystemOptions = {}): Promise<System> {
  return isHostThread() ? halt() : create(options)
}

async function create(options: SystemOptions): Promise<System> {
  const wanted = checked(options)
  // Piscina is for the thread that has the pool; host threads load this module too, and start faster without it.
  const pool = wanted.threads === 0 ? undefined : await import('./edge/thread-pool.ts')
  return new LocalSystem(wanted, pool?.ThreadPool) as unknown as System
}

/** Its calls are typed by System; core knows no types of users. */
class LocalSystem extends SystemHosting implements Methods<System> {
  readonly #events = new EventEmitter()
  readonly #printer = new Printer()
  readonly #core: Core
  readonly #platform: NodePlatform
  readonly #pool: ThreadPool | undefined
  readonly #threads: number
  /** Why threads were lost. */
  readonly #reasons = new Map<number, unknown>()
  #closing: Promise<void> | undefined
  readonly #endListening: () => void

  constructor({ threads, limits, resourceLimits }: Checked, Pool: typeof ThreadPool | undefined) {
    super()
    this.#threads = threads
    const parts = createParts(threads + 1, availableParallelism())
    this.#platform = new NodePlatform(parts, 0, (event, data) => this.#emit(event, data))
    this.#core = new Core(this.#platform, limits)
    this.#platform.onGone = thread => this.#core.lostThread(thread, this.#reasons.get(thread))
    this.#endListening = onStrayRejection(reason => this.#takeRejection(reason))
    this.#platform.start(this.#core)
    if (Pool === undefined) return
    const host = new URL(`./host${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
    this.#pool = new Pool(threads, host, resourceLimits)
    for (let thread = 1; thread <= threads; thread++) {
      this.#pool.start({ thread, parts, limits }, error => this.#lost(thread, error))
    }
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

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const core = this.#core
    core.closing = true
    const others = []
    for (let thread = 1; thread <= this.#threads; thread++) {
      if (!core.hasLost(thread)) others.push(core.calls.ask(thread, 'close', undefined))
    }
    // a handler that never lets go of its thread says nothing: that thread is ended below, whatever it does
    await Promise.race([Promise.allSettled([core.closeHere(), ...others]), core.sleep(CLOSE_WITHIN)])
    rejectAsks(core)
    await core.offloads.close()
    this.#pool?.expectEnd()
    for (let thread = 1; thread <= this.#threads; thread++) {
      if (!core.hasLost(thread)) core.calls.send(thread, 'end', undefined)
    }
    await this.#pool?.end(END_WITHIN)
    // one that had to be ended has not said so: what is sent there from now on would wait for ever
    for (let thread = 1; thread <= this.#threads; thread++) core.lostThread(thread)
    core.deadLetters.publish()
    this.#platform.close()
    this.#endListening()
  }

  #lost(thread: number, error: unknown): void {
    this.#reasons.set(thread, error)
    if (this.#platform.lanes!.memory.board.declareLost(thread)) this.#emit('threadLost', { thread, error })
  }

  #emit(event: string, data: unknown): void {
    try {
      if (!this.#events.emit(event, data)) this.#printer.print(event as keyof Events, data)
    } catch (error) {
      // A listener's error is the program's, not that of the actor whose turn this happens to be.
      queueMicrotask(() => {
        throw error
      })
    }
  }

  /** Not an actor's, and nobody listens: then it is not for this system. */
  #takeRejection(reason: unknown): boolean {
    const heard = this.#events.listenerCount('unhandledRejection') > 0
    if (!heard && this.#core.scheduler.suspect === undefined) return false
    blame(this.#core, reason)
    return true
  }
}

interface Checked {
  threads: number
  limits: Limits
  resourceLimits: ResourceLimits | undefined
}

function checked(options: SystemOptions): Checked {
  checkParts('createSystem', options, ['threads', 'askDeadline', 'turnLimit', 'mailbox', 'resourceLimits'])
  const { threads = Math.max(1, availableParallelism() - 1), resourceLimits, mailbox = {} } = options
  checkParts('createSystem: mailbox', mailbox, ['capacity', 'bytes'])
  if (!Number.isInteger(threads) || threads < 0 || threads > 1_023) {
    throw new InvalidCall(`createSystem: threads is ${inWords(threads)}; it must be a whole number from 0 to 1023`)
  }
  const limits: Limits = {
    askDeadline: options.askDeadline ?? defaultLimits.askDeadline,
    turnLimit: options.turnLimit ?? defaultLimits.turnLimit,
    capacity: mailbox.capacity ?? defaultLimits.capacity,
    bytes: mailbox.bytes ?? defaultLimits.bytes,
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!(typeof value === 'number' && value > 0))
      throw new InvalidCall(`createSystem: ${name} is ${inWords(value)}; it must be a number above 0`)
  }
  return { threads, limits, resourceLimits }
}
