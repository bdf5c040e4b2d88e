// workerpool: like piscina, a pool of workers that run one function call each; calls go by `postMessage`.
//
// Settings: worker threads, a fixed number of them, otherwise its defaults. No identity, no state, no order.

import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'
import { fanOut, inFlight, oneAtATime, type Trials } from '../measure.ts'

const SCRIPT = fileURLToPath(new URL('./workerpool.worker.ts', import.meta.url))

function calls(threads: number, method: 'add' | 'crunch'): (n: number) => PromiseLike<number> {
  const pool = workerpool.pool(SCRIPT, { minWorkers: threads, maxWorkers: threads, workerType: 'thread' })
  return n => pool.exec(method, [n]) as PromiseLike<number>
}

export const trials: Trials = {
  'thread-ask': plan => oneAtATime(plan, calls(1, 'add')),
  'thread-asks': plan => inFlight(plan, 512, calls(1, 'add')),
  'thread-fan-out': plan => fanOut(plan, [calls(1, 'crunch')], [calls(2, 'crunch')]),
}
