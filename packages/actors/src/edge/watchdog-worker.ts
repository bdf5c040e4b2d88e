// The thread that watches all others of a system: it looks, rests, and ends when it is told to. Users' code cannot block
// it, as none is ever loaded here.
//
// Invariant: it holds nothing and is waited for by nobody, so it may be ended at any moment.
import { workerData } from 'node:worker_threads'
import { QueueTime } from './queue-time.ts'
import { SharedMemory, type SharedParts } from './shared-memory.ts'
import { Watch, type WatchLimits } from './watch.ts'

/** What it is given to begin with. */
export interface WatchTask {
  readonly parts: SharedParts
  readonly limits: WatchLimits
  /** One word: 0 as long as it shall watch. */
  readonly stop: SharedArrayBuffer
}

function watch({ parts, limits, stop }: WatchTask): void {
  const queued = new QueueTime()
  const watching = new Watch(new SharedMemory(parts).board, limits, native => queued.of(native))
  const word = new Int32Array(stop)
  let last = performance.now()
  while (Atomics.wait(word, 0, 0, watching.rest) === 'timed-out') {
    const now = performance.now()
    watching.look(now - last)
    last = now
  }
}

watch(workerData as WatchTask)
