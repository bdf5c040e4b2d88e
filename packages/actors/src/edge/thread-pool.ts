// The host threads of a system: workers of one Piscina pool, each hosting actors in one task that lasts as long as the
// system.
//
// Invariants: a thread that ends before it was asked to is declared lost on the board, whatever ended it; `end` resolves
// when no worker is left.
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Piscina } from 'piscina'
import { hostMark } from './host-mark.ts'
import type { SystemParts } from './node-platform.ts'
import type { Limits } from '../core/platform.ts'

export interface ResourceLimits {
  maxOldGenerationSizeMb?: number
  maxYoungGenerationSizeMb?: number
  codeRangeSizeMb?: number
  stackSizeMb?: number
}

/** What a host thread is given to begin with. */
export interface HostTask {
  readonly thread: number
  readonly parts: SystemParts
  readonly limits: Limits
}

/** A program that has turned on Node's compile cache wants it on its threads too, which do not inherit it. */
export function compileCache(): { env: NodeJS.ProcessEnv } | undefined {
  const directory = getCompileCacheDir()
  // what it names lies one level below what it was given
  return directory === undefined ? undefined : { env: { ...process.env, NODE_COMPILE_CACHE: dirname(directory) } }
}

export class ThreadPool {
  readonly #pool: Piscina
  readonly #tasks: Promise<void>[] = []
  readonly #abort: AbortController[] = []
  #ending = false

  constructor(count: number, host: URL, resourceLimits: ResourceLimits | undefined) {
    this.#pool = new Piscina({
      filename: host.href,
      minThreads: count,
      maxThreads: count,
      idleTimeout: Infinity,
      workerData: hostMark,
      ...compileCache(),
      ...(resourceLimits && { resourceLimits }),
    })
  }

  /** Starts a host thread; `lost` hears of its end, unless `end` was called before. */
  start(task: HostTask, lost: (error: unknown) => void): void {
    const abort = new AbortController()
    const done = (this.#pool.run(task, { name: 'host', signal: abort.signal }) as Promise<void>).then(
      () => {
        if (!this.#ending) lost(new Error('it ended by itself'))
      },
      (error: unknown) => {
        if (!this.#ending) lost(error)
      },
    )
    this.#tasks.push(done)
    this.#abort[task.thread] = abort
  }

  /** From here on threads end because they were asked to. */
  expectEnd(): void {
    this.#ending = true
  }
  /** Waits up to `ms` for the threads to end by themselves, then ends them. */
  async end(ms: number): Promise<void> {
    this.#ending = true
    let timeout: NodeJS.Timeout | undefined
    const late = new Promise<void>(done => (timeout = setTimeout(done, ms)))
    await Promise.race([Promise.all(this.#tasks), late])
    clearTimeout(timeout)
    for (const abort of this.#abort) abort?.abort()
    await Promise.all(this.#tasks)
    await this.#pool.destroy()
  }
}
