// What the threads of one system share, made by the first thread and handed to each as plain data.
//
// Invariant: claims and vaults lie by slot (thread-board.ts), as what a thread was doing there may outlast it; texts by
// their numbers, alike for all threads.
import { FIRST_FAR } from '../core/address.ts'
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
  /** Of a process that is a node of a cluster. */
  readonly node: NodeParts | undefined
  /** For selects that wait on several threads. */
  readonly claims: SharedArrayBuffer
  /** What survives each thread, by its slot; thread 0 has none. */
  readonly vaults: readonly (SharedArrayBuffer | undefined)[]
}

export interface NodeParts {
  /** `name~incarnation` */
  readonly id: string
  /** What threads of other nodes are called (core/places.ts). */
  readonly places: SharedArrayBuffer
  /** A word for each of those threads: 1 while no more user frames are to be sent to it. */
  readonly stops: SharedArrayBuffer
}
const MOST_PLACES = 65_536 - FIRST_FAR

/** With room for a successor of each thread while those before are still in the way: stuck, or not cleared away yet. */
export function createParts(threads: number, cores: number, vault = defaultLimits.vault, node?: string): SystemParts {
  const hub = node !== undefined
  const memory = threads === 1 && !hub ? undefined : SharedMemory.create(threads, { cores, spare: threads, hub })
  const slots = memory?.slots ?? 1
  return {
    origin: new Clock().origin,
    threads,
    memory: memory?.parts,
    methods: SharedTable.create({ entries: 65_536, units: 2 ** 20 }).memory,
    protocols: SharedTable.create({ entries: 65_536, units: 2 ** 23 }).memory,
    shapes: SharedTable.create({ entries: MOST_SHAPES, units: 2 ** 18 }).memory,
    node: node === undefined ? undefined : createNode(node),
    claims: new SharedArrayBuffer(4 * CLAIMS * slots),
    vaults: Array.from({ length: slots }, (_, slot) => (slot === 0 ? undefined : reserveVault(vault))),
  }
}

function createNode(id: string): NodeParts {
  return {
    id,
    places: SharedTable.create({ entries: MOST_PLACES, units: 2 ** 22 }).memory,
    stops: new SharedArrayBuffer(4 * MOST_PLACES),
  }
}
