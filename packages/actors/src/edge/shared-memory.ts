// All memory that the threads of one system share, made at once by the first thread and handed to each as plain data.
//
// `control` holds the words of the thread board (thread-board.ts); `rings` holds a fixed place for the lane of every pair
// of slots (lane.ts), first all headers, then all rings. So opening a lane needs nobody, not even its other end, and
// pages that are never touched cost nothing.
//
// Invariants:
// - What lanes may ever take is reserved here and stated (`memoryTotal`); nothing is added later.
// - No locks: a thread may end between any two instructions and leave nothing held.
// - A slot that is empty has nothing in any lane to it or from it, and nobody who would still write there.

import { InvalidCall } from '../core/errors.ts'
import { HEAD, TAIL, TAKEN, WANT } from './lane.ts'
import { MOST_SLOTS, ThreadBoard } from './thread-board.ts'

const MAX_THREADS = 1024
/** Header words of a lane: two pairs of cache lines, what the producer writes and what the consumer writes. */
export const LANE_HEADER_BYTES = 256
/** Header word: the number (plus one) of the gone reader whose unread frames have been taken out. */
export const CLEARED = 49
const LARGEST_LANE = 256 * 1024
const SMALLEST_LANE = 16 * 1024
const DEFAULT_TOTAL = 256 * 1024 * 1024

/** Plain data that names the memory: goes to every thread in its workerData. */
export interface SharedParts {
  readonly slots: number
  readonly laneBytes: number
  readonly control: SharedArrayBuffer
  readonly rings: SharedArrayBuffer
}

export interface SharedMemoryOptions {
  /** Cores that threads may keep busy by spinning. */
  readonly cores: number
  /**
   * Bytes that the lanes of as many threads as there are at a time may take; a lane is never under 16 KiB, so more than 127
   * threads take more.
   */
  readonly total?: number | undefined
  /**
   * Slots for successors while their predecessors are still in the way; 0. Address space alone, until one is used, and
   * fewer where there is not that much.
   */
  readonly spare?: number | undefined
  /** Whether there is a hub, which has the last slot. */
  readonly hub?: boolean | undefined
}

/** The views of one lane: its header's words, and the ring behind it both ways. */
export interface LaneMemory {
  readonly header: Int32Array<SharedArrayBuffer>
  readonly words: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
}

export class SharedMemory {
  readonly parts: SharedParts
  readonly slots: number
  readonly board: ThreadBoard

  constructor(parts: SharedParts) {
    this.parts = parts
    this.slots = parts.slots
    this.board = new ThreadBoard(parts.control, parts.slots)
  }

  /** Lays out memory, and seats threads 0 to `threads` - 1: they are about to start. */
  static create(threads: number, options: SharedMemoryOptions): SharedMemory {
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS)
      throw new InvalidCall(`threads is ${threads}: it must be a whole number from 1 to ${MAX_THREADS}`)
    const laneBytes = laneBytesFor(threads * (threads - 1), options.total ?? DEFAULT_TOTAL)
    const hub = options.hub === true ? 1 : 0
    const { slots, rings } = reserve(threads + hub, Math.min(options.spare ?? 0, MOST_SLOTS - threads - hub), laneBytes)
    const control = ThreadBoard.reserve(slots, options.cores)
    const memory = new SharedMemory({ slots, laneBytes, control, rings })
    for (let slot = 0; slot < threads; slot++) memory.board.seat(slot)
    if (hub > 0) memory.board.seatHub(slots - 1)
    return memory
  }

  /** Bytes reserved for good: the bound on what lanes ever take. Resident is only what has been touched. */
  get memoryTotal(): number {
    return this.parts.control.byteLength + this.parts.rings.byteLength
  }

  /** The lane from one slot to another. */
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
   * A slot for the next life; undefined when none is free at the moment. One that was used before is taken first, so that
   * no more memory is touched. `free`: whether a life has left for good, and nothing of it is needed.
   */
  findSlot(free: (thread: number) => boolean): number | undefined {
    const { board } = this
    let empty: number | undefined
    for (let slot = 1; slot < this.slots; slot++) {
      const life = board.lifeIn(slot)
      if (board.stateIn(slot) === 'empty') {
        if (life !== 0) return slot
        empty ??= slot
      } else if (board.gone(life) && free(life) && this.vacate(slot)) return slot
    }
    return empty
  }

  /**
   * Empties the slot of a thread that ended or was lost. False while another thread has yet to clear its lane towards it
   * (`Lanes.forsake`). Only for a thread that has exited: one that was given up on while it still ran would write into
   * its successor's lanes.
   */
  vacate(slot: number): boolean {
    const { board } = this
    const others = [...Array(this.slots).keys()].filter(other => other !== slot)
    const isCleared = (other: number): boolean =>
      board.stateIn(other) === 'empty' || Atomics.load(this.#header(other, slot), CLEARED) === board.lifeIn(slot) + 1
    if (!others.every(isCleared)) return false
    // What it wrote after its loss had been noticed is read by nobody.
    for (const other of others) {
      const header = this.#header(slot, other)
      const tail = Atomics.load(header, TAIL)
      for (const word of [HEAD, TAKEN]) Atomics.store(header, word, tail)
      Atomics.store(header, WANT, 0)
    }
    board.vacate(slot)
    return true
  }

  get #lanes(): number {
    return this.slots * (this.slots - 1)
  }

  #index(from: number, to: number): number {
    return from * (this.slots - 1) + (to > from ? to - 1 : to)
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

/** Rings for so many threads; with fewer spare slots where the machine does not grant that much address space. */
function reserve(threads: number, spare: number, laneBytes: number): { slots: number; rings: SharedArrayBuffer } {
  const slots = threads + spare
  const bytes = slots * (slots - 1) * (laneBytes + LANE_HEADER_BYTES)
  try {
    return { slots, rings: new SharedArrayBuffer(bytes) }
  } catch (cause) {
    if (spare > 0) return reserve(threads, spare >> 1, laneBytes)
    const what = `${Math.ceil(bytes / 1024 / 1024)} MiB of address space for the lanes of ${threads} threads`
    throw new InvalidCall(`this machine does not grant ${what}: use fewer threads`, { cause })
  }
}
