// The consumer's end of a lane: hands frames on in place, and puts frames that came as fragments together again.
//
// Invariants:
// - A record's room is given back (HEAD) only after its frame was handed on; where the reader stands (TAKEN) is stored
//   before. So a handler that throws, or a thread that ends, costs at most the frame in hand.
// - Room is given back at least each quarter of the ring, so that the producer goes on while the consumer reads.
// - A frame whose first part was taken by a predecessor, or whose rest never came, is not handed on but counted: `broken`.

import { FIRST, FRAGMENT_HEADER, HEAD, LAST, SKIP, SYSTEM, TAIL, TAKEN, WANT } from './lane.ts'
import type { Receive } from './lane.ts'
import type { SharedMemory } from './shared-memory.ts'
import type { ThreadBoard } from './thread-board.ts'

/** A frame of which some fragments are here. */
interface Partial {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  filled: number
}

export class LaneReader {
  readonly from: number
  /** Frames that can no longer be put together. */
  broken = 0
  readonly #fromSlot: number
  readonly #slot: number
  readonly #board: ThreadBoard
  readonly #header: Int32Array
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #mask: number
  readonly #quarter: number
  #at: number
  #released: number
  #user: Partial | undefined
  #system: Partial | undefined

  /** Of the lane from one thread to another, by their numbers. */
  constructor(memory: SharedMemory, from: number, to: number) {
    const { board } = memory
    this.from = from
    this.#fromSlot = board.slotOf(from)
    this.#slot = board.slotOf(to)
    this.#board = board
    const { header, words, bytes } = memory.lane(this.#fromSlot, this.#slot)
    this.#header = header
    this.#words = words
    this.#bytes = bytes
    this.#mask = bytes.length - 1
    this.#quarter = bytes.length >> 2
    this.#released = Atomics.load(header, HEAD)
    this.#at = Atomics.load(header, TAKEN)
  }

  /** How far the producer has come. */
  look(): number {
    return Atomics.load(this.#header, TAIL)
  }

  /** Hands on up to `budget` frames of those published by the last look; true when none of these is left. */
  read(receive: Receive, budget: number, tail = this.look()): boolean {
    const words = this.#words
    let left = budget
    while (this.#at !== tail && left > 0) {
      const at = this.#at & this.#mask
      const length = words[at >> 2] as number
      if (length > 0) {
        this.#take((length + 7) & ~7)
        receive(this.#bytes, words, at, length, this.from)
        left--
      } else if (length === SKIP) {
        this.#take(this.#mask + 1 - at)
      } else {
        this.#take((7 - length) & ~7)
        if (this.#join(at, -length, receive)) left--
      }
      if (((this.#at - this.#released) | 0) >= this.#quarter) this.#release(tail)
    }
    if (this.#at !== this.#released) this.#release(tail)
    return this.#at === tail
  }

  /** What came of frames that will not be completed: their sender is gone. They are counted as broken. */
  dropParts(): void {
    if (this.#user !== undefined) this.broken++
    if (this.#system !== undefined) this.broken++
    this.#user = this.#system = undefined
  }

  #take(size: number): void {
    this.#at = (this.#at + size) | 0
    this.#header[TAKEN] = this.#at
  }

  #release(tail: number): void {
    Atomics.store(this.#header, HEAD, this.#at)
    this.#released = this.#at
    if (Atomics.load(this.#header, WANT) === 0) return
    // Not for every quarter: the producer should find room for a good many frames when it comes. An empty ring is told
    // in any case.
    if (((tail - this.#at) | 0) > this.#quarter * 2) return
    Atomics.store(this.#header, WANT, 0)
    this.#board.signal(this.#fromSlot, this.#slot)
  }

  /** Adds the fragment at `at`; true when it was the last and the frame has been handed on. */
  #join(at: number, length: number, receive: Receive): boolean {
    const flags = this.#words[(at >> 2) + 1] as number
    const total = this.#words[(at >> 2) + 2] as number
    const system = (flags & SYSTEM) !== 0
    let part = system ? this.#system : this.#user
    if ((flags & FIRST) !== 0) {
      if (part !== undefined) this.broken++
      const words = new Int32Array((total + 3) >> 2)
      part = { words, bytes: new Uint8Array(words.buffer), filled: 0 }
    }
    const last = (flags & LAST) !== 0
    if (part !== undefined) {
      part.bytes.set(this.#bytes.subarray(at + FRAGMENT_HEADER, at + length), part.filled)
      part.filled += length - FRAGMENT_HEADER
    } else if (last) {
      this.broken++
    }
    if (system) this.#system = last ? undefined : part
    else this.#user = last ? undefined : part
    if (!last || part === undefined) return false
    if (part.filled !== total)
      throw new Error(
        `lane ${this.from}→${this.#board.lifeIn(this.#slot)}: ${part.filled} bytes of a frame of ${total}`,
      )
    receive(part.bytes, part.words, 0, total, this.from)
    return true
  }
}
