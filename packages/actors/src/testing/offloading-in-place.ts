// Functions that `run` is given, in a simulation or a probe: called in place, on the thread of the test, as there are no
// other threads. Values go there and back as they do in earnest.
//
// Invariants: a function takes no virtual time itself; `pause` is how long it waits before it is called, and its result
// before it comes. One that is cancelled before it is called never is; afterwards only its result can be lost. Nothing
// here is the machine's: how many run at once, and the order in which they do, are the same everywhere.
import type { Job, Outcome } from '../core/offload-job.ts'
import { perform } from '../core/offload-job.ts'
import { definedOffload } from '../core/offload-value.ts'
import type { Offloading } from '../core/platform.ts'
import { Codec } from '../edge/codec.ts'
import { SharedTable } from '../edge/shared-table.ts'

export class OffloadingInPlace implements Offloading {
  readonly width = 4
  readonly codec = new Codec(SharedTable.create({ entries: 256, units: 2 ** 12 }), [])
  readonly #pause: () => Promise<void>

  constructor(pause: () => Promise<void>) {
    this.#pause = pause
  }

  async run(job: Job, signal: AbortSignal): Promise<Outcome> {
    await this.#pause()
    signal.throwIfAborted()
    // whoever asks for it has it, and there is only this one process
    const outcome = await perform(definedOffload(job)!.work, job, this.codec)
    await this.#pause()
    signal.throwIfAborted()
    return outcome
  }
  async close(): Promise<void> {}
}
