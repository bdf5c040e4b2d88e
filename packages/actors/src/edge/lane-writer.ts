// The producer's end of a lane, with the backlog that takes what the ring has no room for.
//
// Invariants:
// - Frames of one class leave in the order in which they were posted: as soon as one of them waits, later ones of its
//   class wait behind it. System frames (replies and the like) go ahead of waiting user frames and are never refused;
//   user frames are refused past the limits, except one alone, so that any frame can be sent.
// - What is written is seen by the consumer at the latest at `flush`, and earlier once BATCH bytes have gathered.
// - After `flush`, either nothing waits or WANT is set, so that the consumer will signal when it has made room.

import { Backlog, copyFrame, padded } from './backlog.ts'
import { FIRST, FRAGMENT_HEADER, HEAD, LAST, SKIP, SYSTEM, TAIL, WANT, wholeLimit } from './lane.ts'
import type { Receive } from './lane.ts'
import type { SharedMemory } from './shared-memory.ts'
import type { ThreadBoard } from './thread-board.ts'

/** What may wait for one thread, in user frames. */
export interface LaneLimits {
  readonly bytes: number
  readonly messages: number
}

const BATCH_BYTES = 8 * 1024
/** While a backlog stands, a post looks for room only every so often: the look takes the consumer's cache line. */
const LOOK_EVERY = 32

export class LaneWriter {
  readonly from: number
  readonly to: number
  /** Whether `Lanes` has this lane on its list for the next flush. */
  touched = false
  /** Whether any frame waits: the one question on the hot path. */
  stalled = false
  readonly #fromSlot: number
  readonly #toSlot: number
  readonly #board: ThreadBoard
  readonly #limits: LaneLimits
  readonly #header: Int32Array
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #ring: number
  readonly #mask: number
  readonly #whole: number
  readonly #batch: number
  readonly #system = new Backlog()
  readonly #user = new Backlog()
  /** Where the next record goes; TAIL as last stored; HEAD as last seen. */
  #tail: number
  #published: number
  #head: number
  #posts = 0
  #refused = false

  /** Of the lane from one thread to another, by their numbers. */
  constructor(memory: SharedMemory, from: number, to: number, limits: LaneLimits) {
    const { board } = memory
    this.from = from
    this.to = to
    this.#fromSlot = board.slotOf(from)
    this.#toSlot = board.slotOf(to)
    this.#board = board
    const { header, words, bytes } = memory.lane(this.#fromSlot, this.#toSlot)
    this.#limits = limits
    this.#header = header
    this.#words = words
    this.#bytes = bytes
    this.#ring = bytes.length
    this.#mask = bytes.length - 1
    this.#whole = wholeLimit(bytes.length)
    this.#batch = Math.min(BATCH_BYTES, this.#whole)
    this.#tail = this.#published = Atomics.load(header, TAIL)
    this.#head = Atomics.load(header, HEAD)
  }

  get messages(): number {
    return this.#system.messages + this.#user.messages
  }
  get backlogBytes(): number {
    return this.#system.bytes + this.#user.bytes
  }

  /** Takes a frame from the start of a scratch buffer; false when it is refused. */
  post(words: Int32Array, bytes: Uint8Array, length: number, system: boolean, kept: boolean): boolean {
    const free = !this.stalled || (system && this.#system.messages === 0)
    if (free && length <= this.#whole && this.#write(words, bytes, 0, length)) {
      if (((this.#tail - this.#published) | 0) >= this.#batch) this.publish()
      return true
    }
    return this.#queue(words, bytes, length, system, kept)
  }

  /** Shows the consumer what has been written, and wakes it; nothing more when this thread has been declared lost. */
  publish(): void {
    if (this.#tail === this.#published || this.#board.fenced(this.#fromSlot, this.from)) return
    Atomics.store(this.#header, TAIL, this.#tail)
    this.#published = this.#tail
    this.#board.signal(this.#toSlot, this.#fromSlot)
  }

  flush(): void {
    if (this.stalled && !this.pump()) {
      Atomics.store(this.#header, WANT, 1)
      this.pump()
    }
    this.publish()
  }

  /** Moves what waits into the ring, as far as there is room; true when nothing waits any more. */
  pump(): boolean {
    this.stalled = !(this.#drain(this.#system, SYSTEM) && this.#drain(this.#user, 0))
    this.publish()
    return !this.stalled
  }

  /** Once after a refusal: whether half of what may wait is free again. */
  hasRoomAgain(): boolean {
    if (!this.#refused) return false
    const { messages, bytes } = this.#user
    if (messages * 2 > this.#limits.messages || bytes * 2 > this.#limits.bytes) return false
    this.#refused = false
    return true
  }

  /** Gives up what waits, whole frames all of them, system frames first. */
  abandon(report: Receive): void {
    for (const queue of [this.#system, this.#user]) {
      while (queue.messages > 0) {
        report(queue.frontBytes, queue.frontWords, queue.frontAt, queue.frontLength, this.from)
        queue.shift()
      }
    }
    this.stalled = false
  }

  #queue(words: Int32Array, bytes: Uint8Array, length: number, system: boolean, kept: boolean): boolean {
    const queue = system ? this.#system : this.#user
    if (!system && !kept && this.#exceeds(length)) {
      this.pump()
      if (this.#exceeds(length)) {
        this.#refused = true
        return false
      }
    }
    queue.push(words, bytes, length)
    if (!this.stalled || (++this.#posts & (LOOK_EVERY - 1)) === 0) this.pump()
    return true
  }

  #exceeds(length: number): boolean {
    const { messages, bytes } = this.#user
    return messages > 0 && (messages >= this.#limits.messages || bytes + padded(length) > this.#limits.bytes)
  }

  #drain(queue: Backlog, flag: number): boolean {
    while (queue.messages > 0) {
      const length = queue.frontLength
      const sent =
        length <= this.#whole
          ? this.#write(queue.frontWords, queue.frontBytes, queue.frontAt, length)
          : this.#writeFragments(queue, length, flag)
      if (!sent) return false
      queue.shift()
    }
    return true
  }

  #write(words: Int32Array, bytes: Uint8Array, from: number, length: number): boolean {
    const at = this.#make(padded(length))
    if (at < 0) return false
    copyFrame(words, bytes, from, this.#words, this.#bytes, at, length)
    this.#words[at >> 2] = length
    return true
  }

  #writeFragments(queue: Backlog, length: number, flag: number): boolean {
    while (queue.sent < length) {
      const part = Math.min(length - queue.sent, this.#whole - FRAGMENT_HEADER)
      const at = this.#make(padded(FRAGMENT_HEADER + part))
      if (at < 0) return false
      const flags = flag | (queue.sent === 0 ? FIRST : 0) | (queue.sent + part === length ? LAST : 0)
      this.#words[at >> 2] = -(FRAGMENT_HEADER + part)
      this.#words[(at >> 2) + 1] = flags
      this.#words[(at >> 2) + 2] = length
      const from = queue.frontAt + queue.sent
      this.#bytes.set(queue.frontBytes.subarray(from, from + part), at + FRAGMENT_HEADER)
      queue.sent += part
    }
    return true
  }

  /** Makes a place of `size` bytes in one piece and returns where it is; -1 without room. */
  #make(size: number): number {
    const at = this.#tail & this.#mask
    const rest = this.#ring - at
    const need = size <= rest ? size : rest + size
    if (need > this.#free()) {
      this.#head = Atomics.load(this.#header, HEAD)
      if (need > this.#free()) return -1
    }
    this.#tail = (this.#tail + need) | 0
    if (size <= rest) return at
    this.#words[at >> 2] = SKIP
    return 0
  }

  #free(): number {
    return this.#ring - ((this.#tail - this.#head) | 0)
  }
}
