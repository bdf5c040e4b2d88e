// All memory that the threads of one system share, made at once by the first thread and handed to each as plain data.
//
// `control` holds the words of the thread board (thread-board.ts); `rings` holds a fixed place for the lane of every pair
// of threads (lane.ts), first all headers, then all rings. So opening a lane needs nobody, not even its other end, and
// pages that are never touched cost nothing.
//
// Invariants:
// - What lanes may ever take is reserved here and stated (`memoryTotal`); nothing is added later.
// - No locks: a thread may end between any two instructions and leave nothing held.

import { InvalidCall } from '../core/errors.ts'
import { ThreadBoard } from './thread-board.ts'

const MAX_THREADS = 1024
/** Header words of a lane: two pairs of cache lines, what the producer writes and what the consumer writes. */
export const LANE_HEADER_BYTES = 256
/** Header word: the epoch (plus one) of the gone reader whose unread frames have been taken out. */
export const CLEARED = 49
const LARGEST_LANE = 256 * 1024
const SMALLEST_LANE = 16 * 1024
const DEFAULT_TOTAL = 256 * 1024 * 1024

/** Plain data that names the memory: goes to every thread in its workerData. */
export interface SharedParts {
  readonly threads: number
  readonly laneBytes: number
  readonly control: SharedArrayBuffer
  readonly rings: SharedArrayBuffer
}

export interface SharedMemoryOptions {
  /** Cores that threads may keep busy by spinning. */
  readonly cores: number
  /** Bytes that all lanes together may take; a lane is never under 16 KiB, so more than 127 threads take more. */
  readonly total?: number | undefined
}

/** The views of one lane: its header's words, and the ring behind it both ways. */
export interface LaneMemory {
  readonly header: Int32Array<SharedArrayBuffer>
  readonly words: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
}

export class SharedMemory {
  readonly parts: SharedParts
  readonly threads: number
  readonly board: ThreadBoard

  constructor(parts: SharedParts) {
    this.parts = parts
    this.threads = parts.threads
    this.board = new ThreadBoard(parts.control, parts.threads)
  }

  /** Lays out memory for threads 0 to `threads` - 1, all of them absent still. */
  static create(threads: number, options: SharedMemoryOptions): SharedMemory {
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS)
      throw new InvalidCall(`threads is ${threads}: it must be a whole number from 1 to ${MAX_THREADS}`)
    const lanes = threads * (threads - 1)
    const laneBytes = laneBytesFor(lanes, options.total ?? DEFAULT_TOTAL)
    const control = ThreadBoard.reserve(threads, options.cores)
    const rings = reserve(lanes * (laneBytes + LANE_HEADER_BYTES), threads)
    return new SharedMemory({ threads, laneBytes, control, rings })
  }

  /** Bytes reserved for good: the bound on what lanes ever take. Resident is only what has been touched. */
  get memoryTotal(): number {
    return this.parts.control.byteLength + this.parts.rings.byteLength
  }

  lane(from: number, to: number): LaneMemory {
    const { laneBytes, rings } = this.parts
    const ring = this.#lanes * LANE_HEADER_BYTES + this.#index(from, to) * laneBytes
    return {
      header: this.#header(from, to),
      words: new Int32Array(rings, ring, laneBytes >> 2),
      bytes: new Uint8Array(rings, ring, laneBytes),
    }
  }

  /**
   * Frees the number of a thread that ended or was lost for a successor, one epoch up. False while another thread has
   * yet to clear its lane towards it (`Lanes.forsake`). Only for a thread that has exited: one that was given up on
   * while it still ran would write into its successor's lanes.
   */
  vacate(thread: number): boolean {
    for (let other = 0; other < this.threads; other++) {
      if (other === thread || this.board.state(other) === 'absent') continue
      if (Atomics.load(this.#header(other, thread), CLEARED) !== this.board.epoch(thread) + 1) return false
    }
    this.board.vacate(thread)
    return true
  }

  get #lanes(): number {
    return this.threads * (this.threads - 1)
  }

  #index(from: number, to: number): number {
    return from * (this.threads - 1) + (to > from ? to - 1 : to)
  }

  #header(from: number, to: number): Int32Array<SharedArrayBuffer> {
    return new Int32Array(this.parts.rings, this.#index(from, to) * LANE_HEADER_BYTES, LANE_HEADER_BYTES >> 2)
  }
}

/** The largest power of two with which all lanes stay within the total. */
function laneBytesFor(lanes: number, total: number): number {
  let bytes = LARGEST_LANE
  while (bytes > SMALLEST_LANE && lanes * (bytes + LANE_HEADER_BYTES) > total) bytes >>= 1
  return bytes
}

function reserve(bytes: number, threads: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes)
  } catch (cause) {
    const what = `${Math.ceil(bytes / 1024 / 1024)} MiB of address space for the lanes of ${threads} threads`
    throw new InvalidCall(`this machine does not grant ${what}: use fewer threads`, { cause })
  }
}
