// A thread of the offload pool: the task that Piscina runs there for each run.
//
// Invariants: nothing of a system is here but the table of record shapes; whatever the user's function does, short of
// ending the thread, `run` resolves. The event loop turns once after each function, so that a rejection that it left
// unhandled is found now, not in the time of another one; such a rejection is told to the first thread and ends nothing.
import { parentPort, workerData } from 'node:worker_threads'
import { definedOffload } from '../core/offload-value.ts'
import { buffersOf, failed, type Job, type Outcome, packedError, perform, type Stray } from '../core/offload-job.ts'
import { Codec } from './codec.ts'
import { ModuleLoader } from './module-loader.ts'
import { SharedTable } from './shared-table.ts'

/** Below this, copying a result is cheaper than transferring it. */
const TRANSFER_BYTES = 16 * 1024

const codec = new Codec(new SharedTable((workerData as { shapes: SharedArrayBuffer }).shapes), [])
const loader = new ModuleLoader(codec)

process.on('unhandledRejection', reason => {
  const stray: Stray = { kind: 'troupe:stray', packed: packedError(reason, codec) }
  parentPort!.postMessage(stray)
})

export async function run(job: Job): Promise<Outcome> {
  let outcome: Outcome
  try {
    const { work } = definedOffload(job) ?? (await loader.loadOffload(job))
    outcome = await perform(work, job, codec)
  } catch (error) {
    outcome = failed(error, codec)
  }
  await new Promise(setImmediate)
  return await sent(outcome)
}

/** Large results change hands. */
async function sent(outcome: Outcome): Promise<Outcome> {
  const buffers = buffersOf(outcome)
  if (buffers.every(({ byteLength }) => byteLength < TRANSFER_BYTES)) return outcome
  // loaded by the thread that needs it: it takes 10 ms
  const { move, transferableSymbol, valueSymbol } = await import('piscina')
  return move({ [transferableSymbol]: buffers, [valueSymbol]: outcome } as never) as never
}
