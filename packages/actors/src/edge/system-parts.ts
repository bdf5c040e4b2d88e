// What the threads of one system share, made by the first thread and handed to each as plain data.
//
// Invariant: claims and vaults lie by slot (thread-board.ts), as what a thread was doing there may outlast it; texts by
// their numbers, alike for all threads.
import { CLAIMS } from '../core/claims.ts'
import { defaultLimits } from '../core/platform.ts'
import { Clock, type Origin } from './clock.ts'
import { MOST_SHAPES } from './record-shapes.ts'
import { SharedMemory, type SharedParts } from './shared-memory.ts'
import { SharedTable } from './shared-table.ts'
import { reserveVault } from './vault.ts'

/** Plain data, for workerData or a task. */
export interface SystemParts {
  readonly origin: Origin
  /** How many threads there are at a time. */
  readonly threads: number
  /** Undefined in a system of one thread. */
  readonly memory: SharedParts | undefined
  readonly methods: SharedArrayBuffer
  readonly protocols: SharedArrayBuffer
  readonly shapes: SharedArrayBuffer
  /** For selects that wait on several threads. */
  readonly claims: SharedArrayBuffer
  /** What survives each thread, by its slot; thread 0 has none. */
  readonly vaults: readonly (SharedArrayBuffer | undefined)[]
}

/** With room for a successor of each thread while those before are still in the way: stuck, or not cleared away yet. */
export function createParts(threads: number, cores: number, vault = defaultLimits.vault): SystemParts {
  const memory = threads === 1 ? undefined : SharedMemory.create(threads, { cores, spare: threads })
  const slots = memory?.slots ?? 1
  return {
    origin: new Clock().origin,
    threads,
    memory: memory?.parts,
    methods: SharedTable.create({ entries: 65_536, units: 2 ** 20 }).memory,
    protocols: SharedTable.create({ entries: 65_536, units: 2 ** 23 }).memory,
    shapes: SharedTable.create({ entries: MOST_SHAPES, units: 2 ** 18 }).memory,
    claims: new SharedArrayBuffer(4 * CLAIMS * slots),
    vaults: Array.from({ length: slots }, (_, slot) => (slot === 0 ? undefined : reserveVault(vault))),
  }
}
