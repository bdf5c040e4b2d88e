// The thread that watches all others of a system: it looks, rests, and ends when it is told to. Users' code cannot block
// it, as none is ever loaded here.
//
// Invariant: it holds nothing and is waited for by nobody, so it may be ended at any moment.
import { readFileSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
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
  const watching = new Watch(new SharedMemory(parts).board, limits, waited)
  const word = new Int32Array(stop)
  let last = performance.now()
  while (Atomics.wait(word, 0, 0, watching.rest) === 'timed-out') {
    const now = performance.now()
    watching.look(now - last)
    last = now
  }
}

/**
 * ms for which a thread has been ready to run while others had the processors. Linux counts that; elsewhere nothing is
 * taken off but this thread's own lateness, which has to wait for the same processors.
 */
function waited(native: number): number {
  if (native === 0) return 0
  try {
    return Number(readFileSync(`/proc/self/task/${native}/schedstat`, 'utf8').split(' ')[1]) / 1e6 || 0
  } catch {
    return 0 // the thread has just ended, or the kernel does not count
  }
}

watch(workerData as WatchTask)
