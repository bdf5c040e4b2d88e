// How a real thread has functions run beside the actors: through a pool that is made when the first of them comes.
//
// Invariant: until then it costs nothing but this object. Thread 0 alone gets runs; the others use only the codec.
import { availableParallelism } from 'node:os'
import type { Job, Outcome } from '../core/offload-job.ts'
import type { Offloading } from '../core/platform.ts'
import { Codec } from './codec.ts'
import type { OffloadPool } from './offload-pool.ts'
import type { SharedTable } from './shared-table.ts'

export class PoolOffloading implements Offloading {
  readonly width = availableParallelism()
  readonly #shapes: SharedTable
  readonly #stray: (error: Error) => void
  #codec: Codec | undefined
  #pool: Promise<OffloadPool> | undefined

  /** `stray`: hears of rejections that nobody on the pool's threads has handled. */
  constructor(shapes: SharedTable, stray: (error: Error) => void) {
    this.#shapes = shapes
    this.#stray = stray
  }

  get codec(): Codec {
    return (this.#codec ??= new Codec(this.#shapes, []))
  }

  async run(job: Job, signal: AbortSignal): Promise<Outcome> {
    const pool = await (this.#pool ??= this.#open())
    return await pool.run(job, signal)
  }
  async close(): Promise<void> {
    await (await this.#pool)?.close()
  }

  async #open(): Promise<OffloadPool> {
    // Piscina takes 10 ms to load, which only those shall pay who need it
    const { OffloadPool } = await import('./offload-pool.ts')
    return new OffloadPool({ threads: this.width, shapes: this.#shapes.memory, codec: this.codec, stray: this.#stray })
  }
}
