// The threads that functions run on: a Piscina pool of its own, beside the one that hosts actors.
//
// Invariants: a thread runs one function at a time, and ends when it has had none for a while; one whose run is aborted is
// ended at once, in the middle of a loop if need be. A thread that ends by itself fails its run, and the next run gets a
// new one. What a function throws is an outcome: if Piscina rejects, the thread has ended. It is never given more runs than
// there are threads (run-queue.ts), as those that it keeps waiting are stranded when a thread ends.
import { Piscina } from 'piscina'
import { ThreadLost } from '../core/errors.ts'
import { words } from '../core/failures.ts'
import { buffersOf, type Job, type Outcome, type Stray } from '../core/offload-job.ts'
import type { Codec } from './codec.ts'
import { hostMark } from './host-mark.ts'
import { compileCache } from './thread-pool.ts'

export interface PoolOptions {
  readonly threads: number
  /** The record shapes that the system's threads share. */
  readonly shapes: SharedArrayBuffer
  readonly codec: Codec
  /** Hears of rejections that nobody handled. */
  readonly stray: (error: Error) => void
  /** ms that a thread waits for its next run. */
  readonly idle?: number
}

const IDLE = 10_000

export class OffloadPool {
  readonly #pool: Piscina
  /** Why no thread could start. */
  #broken: Error | undefined = undefined

  constructor({ threads, shapes, codec, stray, idle = IDLE }: PoolOptions) {
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
    this.#pool = new Piscina({
      filename: new URL(`./offload-worker${extension}`, import.meta.url).href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: idle,
      recordTiming: false,
      // whole programs are loaded here too, and end at their createSystem as on host threads
      workerData: { ...hostMark, shapes },
      ...compileCache(),
    })
    const left = (cause: unknown): void =>
      stray(new Error(`a function that was run left behind: ${words(cause)}`, { cause }))
    this.#pool.on('message', (message: Partial<Stray> | null) => {
      // a function may post messages too, which are for nobody
      if (message?.kind !== 'troupe:stray') return
      const { packed } = message as Stray
      left(codec.decode(packed, 0, packed.length, undefined))
    })
    this.#pool.on('error', error => {
      // a thread without a run has ended; if one waits now, that thread was for it, and could not start
      if (this.#pool.queueSize > 0) void this.#fail(error)
      else left(error)
    })
  }

  /** Rejects all runs; Piscina would keep them waiting. Those that come later have a new try. */
  async #fail(cause: Error): Promise<void> {
    this.#broken = cause
    await this.#pool.destroy()
    this.#broken = undefined
  }

  async run(job: Job, signal: AbortSignal): Promise<Outcome> {
    try {
      // Piscina's type of a transferList is that of another function's options
      const transferList = buffersOf(job) as never
      return (await this.#pool.run(job, { name: 'run', signal, transferList })) as Outcome
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const cause = this.#broken ?? error
      const text = `run '${job.name}': the thread for it has ended: ${words(cause)}`
      throw new ThreadLost(text, { method: job.name, ran: 'unknown', cause })
    }
  }

  /** How many threads there are at the moment. */
  get threads(): number {
    return this.#pool.threads.length
  }

  /** Ends all threads, whatever they do. */
  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}
