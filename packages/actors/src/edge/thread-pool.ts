// The workers that host actors: those of one Piscina pool, each running one task that lasts as long as its thread lives.
//
// Invariants: whoever started a thread hears of its end once, whatever ended it, unless the end was expected; whether a
// worker has ended for good is known by its own `exit` event alone. A native call cannot be ended, nor can the process
// before it has returned: a worker that is stuck in one is not waited for, and keeps nothing but itself.
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { hostMark } from './host-mark.ts'
import type { SystemParts } from './system-parts.ts'
import type { Limits } from '../core/platform.ts'
import type { Upgrade } from '../core/upgrades.ts'

export interface ResourceLimits {
  maxOldGenerationSizeMb?: number
  maxYoungGenerationSizeMb?: number
  codeRangeSizeMb?: number
  stackSizeMb?: number
}

export interface PoolOptions {
  /** The module whose `host` they run. */
  readonly url: URL
  readonly count: number
  readonly resourceLimits: ResourceLimits | undefined
}

/** What a host thread is given to begin with. */
export interface HostTask {
  readonly thread: number
  /** Those lost threads whose place it takes. */
  readonly inherits: readonly number[]
  /** Actors that have ended their threads too often to be revived, by id. */
  readonly quarantined: readonly string[]
  /** The newer code that it is to run. */
  readonly upgrades: readonly Upgrade[]
  readonly parts: SystemParts
  readonly limits: Limits
}

/** ms after which a worker that was ended, and has not, is taken to be stuck in a native call. */
const STUCK_AFTER = 3_000

/** A program that has turned on Node's compile cache wants it on its threads too, which do not inherit it. */
export function compileCache(): { env: NodeJS.ProcessEnv } | undefined {
  const directory = getCompileCacheDir()
  // what it names lies one level below what it was given
  return directory === undefined ? undefined : { env: { ...process.env, NODE_COMPILE_CACHE: dirname(directory) } }
}

interface Running {
  readonly task: Promise<void>
  readonly abort: AbortController
}

export class ThreadPool {
  readonly #pool: Piscina
  readonly #running = new Map<number, Running>()
  /** By Node's `threadId`: workers that have not exited, and how that is heard. */
  readonly #workers = new Map<number, { readonly worker: Worker; readonly exit: Promise<void> }>()
  #ending = false

  constructor({ url, count, resourceLimits }: PoolOptions) {
    this.#pool = new Piscina({
      filename: url.href,
      // each task gets a worker of its own, made for it: none is at hand before, and none is left. In an upgrade a thread has two
      // lives, and workers take their time to end; a task that had to wait for one of them would wait for ever, as the
      // pool looks for tasks that wait only when a worker comes
      minThreads: 0,
      maxThreads: 4 * count,
      idleTimeout: Infinity,
      workerData: hostMark,
      ...compileCache(),
      ...(resourceLimits && { resourceLimits }),
    })
    this.#pool.on('workerCreate', () => this.#meetWorkers())
    // a worker without a task has ended: the next task gets another
    this.#pool.on('error', () => {})
  }

  /** Keeps hold of workers that are new, as the pool forgets those that it ends before they have. */
  #meetWorkers(): void {
    for (const worker of this.#pool.threads) {
      const id = worker.threadId
      if (id < 0 || this.#workers.has(id)) continue
      const exit = new Promise<void>(done => worker.once('exit', () => done()))
      this.#workers.set(id, { worker, exit })
      void exit.then(() => this.#workers.delete(id))
    }
  }

  /** Starts a host thread; `lost` hears of its end, unless that was expected. */
  start(task: HostTask, lost: (error: unknown) => void): void {
    const abort = new AbortController()
    const over = (error: unknown): void => {
      this.#running.delete(task.thread)
      if (!this.#ending && !abort.signal.aborted) lost(error)
    }
    const done = (this.#pool.run(task, { name: 'host', signal: abort.signal }) as Promise<void>).then(
      () => over(new Error('it ended by itself')),
      over,
    )
    this.#running.set(task.thread, { task: done, abort })
  }

  /** Ends a thread, whatever it does. */
  stop(thread: number): void {
    this.#meetWorkers()
    this.#running.get(thread)?.abort.abort()
  }

  /** Whether a worker has exited, by its `threadId`. */
  exited(worker: number): boolean {
    return !this.#workers.has(worker)
  }

  /** Resolves when a worker that was stopped has exited; with false when it is stuck: it holds the process no longer. */
  async isOver(worker: number): Promise<boolean> {
    const known = this.#workers.get(worker)
    if (known === undefined || (await this.#exits([known.exit]))) return true
    this.#abandon()
    return false
  }

  /** From here on threads end because they were asked to. */
  expectEnd(): void {
    this.#ending = true
  }

  /** Waits up to `ms` for the threads to end by themselves, then ends them. Gives the workers that are stuck, by `threadId`. */
  async end(ms: number): Promise<number[]> {
    this.#ending = true
    let timeout: NodeJS.Timeout | undefined
    const late = new Promise<void>(done => (timeout = setTimeout(done, ms)))
    await Promise.race([Promise.all([...this.#running.values()].map(({ task }) => task)), late])
    clearTimeout(timeout)
    this.#meetWorkers()
    void this.#pool.destroy() // waits for all workers to exit, and so for ever where one is stuck
    if (!(await this.#exits([...this.#workers.values()].map(({ exit }) => exit)))) this.#abandon()
    return [...this.#workers.keys()]
  }

  async #exits(exits: readonly Promise<void>[]): Promise<boolean> {
    let timeout: NodeJS.Timeout | undefined
    const late = new Promise<false>(done => (timeout = setTimeout(() => done(false), STUCK_AFTER)))
    const all = await Promise.race([Promise.all(exits).then(() => true), late])
    clearTimeout(timeout)
    return all
  }

  /** The pool makes a worker hold the process while it is being ended: not one that will not end. */
  #abandon(): void {
    const alive = new Set(this.#pool.threads)
    for (const { worker } of this.#workers.values()) if (!alive.has(worker)) worker.unref()
  }
}
