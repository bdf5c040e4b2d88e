// The watching thread as the first thread sees it: starts it when a system has been open for a moment, and ends it.
//
// Invariants: a system's start does not wait for it, and a program that is over sooner never has one; it keeps no process
// alive. If it fails, the system goes on unwatched, and says so.
import { Worker } from 'node:worker_threads'
import type { SharedParts } from './shared-memory.ts'
import { compileCache } from './thread-pool.ts'
import type { WatchTask } from './watchdog-worker.ts'
import type { WatchLimits } from './watch.ts'

/** ms after which it starts: then the threads that it watches have started, and nobody waits for the processors. */
const START_AFTER = 500

export class Watchdog {
  readonly #task: WatchTask
  readonly #failed: (error: Error) => void
  readonly #timeout: NodeJS.Timeout
  #worker: Worker | undefined
  #ended: Promise<void> | undefined

  /** `failed` hears why there is no watching thread any more. */
  constructor(parts: SharedParts, limits: WatchLimits, failed: (error: Error) => void) {
    this.#task = { parts, limits, stop: new SharedArrayBuffer(4) }
    this.#failed = failed
    this.#timeout = setTimeout(() => this.#start(), START_AFTER).unref()
  }

  #start(): void {
    const url = new URL(`./watchdog-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
    const { NODE_COMPILE_CACHE } = compileCache()?.env ?? {}
    // nothing of the program's own arguments and options: what they load could block it
    const env = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }
    const worker = new Worker(url, { workerData: this.#task, execArgv: [], env, name: 'watchdog' })
    worker.unref()
    worker.on('error', cause =>
      this.#failed(new Error('threads are no longer watched: their watchdog failed', { cause })),
    )
    this.#ended = new Promise(done => worker.once('exit', () => done()))
    this.#worker = worker
  }

  /** Resolves when it has ended. */
  async close(): Promise<void> {
    clearTimeout(this.#timeout)
    const word = new Int32Array(this.#task.stop)
    Atomics.store(word, 0, 1)
    Atomics.notify(word, 0)
    // waited for, it holds the process as any thread does
    this.#worker?.ref()
    await this.#ended
  }
}
