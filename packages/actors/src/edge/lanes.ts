// All lanes of one thread: posts frames to any other thread, flushes what was posted, and polls what others sent.
//
// Invariants:
// - A lane is opened by whoever needs it first, at either end, without asking anybody.
// - `poll` clears a dirty bit before it reads the lane, and keeps the bit of a lane that it did not empty for itself, so
//   nothing published is ever without a bit that somebody will look at.
// - No frame is handed on twice. A thread that is gone leaves its unread frames in the lanes towards it: each survivor
//   takes them out of its own (`forsake`), and one survivor out of those whose producer is gone too (`salvage`).
// - A thread that was itself declared lost touches no lane any more (`fenced`).

import { CLAIM } from './lane.ts'
import type { Receive } from './lane.ts'
import { LaneReader } from './lane-reader.ts'
import { LaneWriter } from './lane-writer.ts'
import type { LaneLimits } from './lane-writer.ts'
import { CLEARED } from './shared-memory.ts'
import type { SharedMemory } from './shared-memory.ts'

const DEFAULT_LIMITS: LaneLimits = { bytes: 16 * 1024 * 1024, messages: 65_536 }
/** Frames taken from one lane before the next lane's turn comes. */
const BUDGET = 512
const EVERYTHING = 0x3fff_ffff
/** A claim word is (life of the consumer, thread that reads in its place, plus one). */
const CLAIMER_BITS = 11
const CLAIMER_MASK = (1 << CLAIMER_BITS) - 1

export class Lanes {
  readonly memory: SharedMemory
  readonly self: number
  /** A refused thread's backlog is half empty again: senders may go on. */
  onRoom: ((to: number) => void) | undefined
  /** Another thread ended or was lost; all that it sent has been handed on. The place to call `forsake`. */
  onGone: ((thread: number, how: 'ended' | 'lost') => void) | undefined
  readonly #epoch: number
  readonly #limits: LaneLimits
  readonly #words: Int32Array
  readonly #dirtyAt: number
  readonly #dirtyWords: number
  readonly #writers: (LaneWriter | undefined)[]
  readonly #readers: (LaneReader | undefined)[]
  /** Bits that were cleared in shared memory and whose lanes are not empty yet. */
  readonly #pending: Int32Array
  readonly #touched: LaneWriter[] = []
  /** The scratch buffer posted from last, and its words: so a frame makes no view. */
  #scratch: Uint8Array = new Uint8Array(0)
  #scratchWords: Int32Array = new Int32Array(0)
  #departures = 0
  readonly #noticed: Int32Array

  constructor(memory: SharedMemory, self: number, limits: LaneLimits = DEFAULT_LIMITS) {
    this.memory = memory
    this.self = self
    this.#limits = limits
    this.#words = memory.board.words
    this.#dirtyAt = memory.board.dirtyAt(self)
    this.#dirtyWords = (memory.threads + 31) >> 5
    this.#writers = new Array<LaneWriter | undefined>(memory.threads).fill(undefined)
    this.#readers = new Array<LaneReader | undefined>(memory.threads).fill(undefined)
    this.#pending = new Int32Array(this.#dirtyWords)
    this.#noticed = new Int32Array(memory.threads).fill(-1)
    this.#epoch = memory.board.enter(self)
  }

  /**
   * Sends the first `length` bytes of a scratch buffer, whose first word is that length, and which must be 4-aligned.
   * False when the frame was refused: too much waits for that thread, or it is gone (`memory.board.gone`).
   */
  post(to: number, frame: Uint8Array, length: number, system: boolean): boolean {
    const writer = this.#writers[to] ?? this.#open(to)
    if (writer === undefined) return false
    if (frame !== this.#scratch) this.#adopt(frame)
    if (!writer.touched) {
      writer.touched = true
      this.#touched.push(writer)
    }
    return writer.post(this.#scratchWords, frame, length, system)
  }

  /** The same, shown at once, with what was posted to that thread before. */
  send(to: number, frame: Uint8Array, length: number, system: boolean): boolean {
    const writer = this.#writers[to] ?? this.#open(to)
    if (writer === undefined || this.fenced) return false
    if (frame !== this.#scratch) this.#adopt(frame)
    const posted = writer.post(this.#scratchWords, frame, length, system)
    writer.flush()
    return posted
  }
  /** Whether something for that thread waits for room. */
  stalledTo(to: number): boolean {
    return this.#writers[to]?.stalled === true
  }

  /** Shows others what was posted since the last flush, and wakes those who sleep. */
  flush(): void {
    if (this.#touched.length === 0 || this.fenced) return
    for (const writer of this.#touched) {
      writer.touched = false
      writer.flush()
      if (writer.hasRoomAgain()) this.onRoom?.(writer.to)
    }
    this.#touched.length = 0
  }

  /** Hands on what others sent, up to `budget` frames of each; true when there is more. */
  poll(receive: Receive, budget = BUDGET): boolean {
    if (this.fenced) return false
    if (this.memory.board.departures !== this.#departures) this.#notice(receive)
    let more = false
    for (let word = 0; word < this.#dirtyWords; word++) {
      let bits = this.#collect(word)
      while (bits !== 0) {
        const index = 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        if (this.#serve((word << 5) + index, receive, budget))
          this.#pending[word] = this.#pending[word]! & ~(1 << index)
        else more = true
      }
    }
    return more
  }

  /** Whether a poll would find anything: one load for up to 32 threads. */
  hasWork(): boolean {
    for (let word = 0; word < this.#dirtyWords; word++) {
      if (this.#pending[word] !== 0 || Atomics.load(this.#words, this.#dirtyAt + word) !== 0) return true
    }
    return this.memory.board.departures !== this.#departures
  }

  /** What waits for a thread because its lane is full. */
  backlog(to: number): { messages: number; bytes: number } {
    const writer = this.#writers[to]
    return { messages: writer?.messages ?? 0, bytes: writer?.backlogBytes ?? 0 }
  }

  /** Whether anything waits for any thread. */
  get stalled(): boolean {
    return this.#writers.some(writer => writer?.stalled === true)
  }

  /** Large frames from others that can never be put together, because their sender or an earlier reader is gone. */
  get broken(): number {
    return this.#readers.reduce((sum, reader) => sum + (reader?.broken ?? 0), 0)
  }

  /** Whether this thread was declared lost, or has ended: it must stop, for its place may be taken. */
  get fenced(): boolean {
    return this.memory.board.fenced(this.self, this.#epoch)
  }

  /** Own state, from one to the other; false when it was not `from` any more. */
  turn(from: number, to: number): boolean {
    return this.memory.board.turn(this.self, this.#epoch, from, to)
  }

  /** Nothing more is read or sent from here: what still lies in the lanes towards this thread is for the others. */
  end(): void {
    this.flush()
    if (!this.fenced) this.memory.board.end(this.self)
  }

  // --- Threads that are gone

  /**
   * Takes out what this thread had sent and the gone one had not read: out of the lane, then out of the backlog. Later
   * posts to it are refused until it has a successor. Returns how many large frames had been read in part.
   */
  forsake(gone: number, report: Receive): number {
    this.#assertGone(gone)
    const writer = this.#writers[gone]
    this.#writers[gone] = undefined
    writer?.publish()
    const broken = this.#clear(this.self, gone, report)?.broken ?? 0
    writer?.abandon(report)
    return broken
  }

  /** The same for what threads that are gone too had sent to it: any survivor may call, one alone gets the frames. */
  salvage(gone: number, report: Receive): number {
    this.#assertGone(gone)
    const { board, threads } = this.memory
    let broken = 0
    for (let from = 0; from < threads; from++) {
      if (from === gone || from === this.self || !(board.gone(from) || board.state(from) === 'absent')) continue
      const reader = this.#clear(from, gone, report)
      reader?.dropParts()
      broken += reader?.broken ?? 0
    }
    return broken
  }

  /**
   * Reads a lane in place of its gone consumer. The claim word names who does it and for which life of the consumer; a
   * claimer that is gone too has stored how far it came, so the next one goes on from there.
   */
  #clear(from: number, gone: number, report: Receive): LaneReader | undefined {
    const { header } = this.memory.lane(from, gone)
    const life = this.memory.board.epoch(gone) + 1
    if (Atomics.load(header, CLEARED) === life) return undefined
    const claim = Atomics.load(header, CLAIM)
    const claimer = (claim & CLAIMER_MASK) - 1
    if (claim >>> CLAIMER_BITS === life && claimer !== this.self && !this.memory.board.gone(claimer)) return undefined
    const mine = (life << CLAIMER_BITS) | (this.self + 1)
    if (Atomics.compareExchange(header, CLAIM, claim, mine) !== claim) return undefined
    const reader = new LaneReader(this.memory, from, gone)
    while (!reader.read(report, EVERYTHING));
    Atomics.store(header, CLEARED, life)
    return reader
  }

  #assertGone(thread: number): void {
    if (!this.memory.board.gone(thread))
      throw new Error(`thread ${thread} is ${this.memory.board.state(thread)}, not gone`)
  }

  /** Finds who is gone since the last look, and hands on what they published, also without having set a bit. */
  #notice(receive: Receive): void {
    const { board, threads } = this.memory
    this.#departures = board.departures
    for (let thread = 0; thread < threads; thread++) {
      const state = board.state(thread)
      if (thread === this.self || (state !== 'ended' && state !== 'lost')) continue
      const epoch = board.epoch(thread)
      if (this.#noticed[thread] === epoch) continue
      this.#noticed[thread] = epoch
      this.#serve(thread, receive, EVERYTHING)
      this.#reader(thread).dropParts()
      this.onGone?.(thread, state)
    }
  }

  // --- One lane

  /** Dirty bits of one word: those kept, and those set since; cleared before their lanes are read. */
  #collect(word: number): number {
    const kept = this.#pending[word] as number
    if (Atomics.load(this.#words, this.#dirtyAt + word) === 0) return kept
    return (this.#pending[word] = kept | Atomics.exchange(this.#words, this.#dirtyAt + word, 0))
  }

  /** Reads from one thread, and goes on sending to it if that had stopped for want of room; true when it is all read. */
  #serve(thread: number, receive: Receive, budget: number): boolean {
    const writer = this.#writers[thread]
    if (writer?.stalled === true) {
      writer.flush()
      if (writer.hasRoomAgain()) this.onRoom?.(thread)
    }
    return this.#reader(thread).read(receive, budget)
  }

  #reader(from: number): LaneReader {
    return (this.#readers[from] ??= new LaneReader(this.memory, from, this.self))
  }

  #open(to: number): LaneWriter | undefined {
    const { board, threads } = this.memory
    if (to === this.self || !(to >= 0 && to < threads)) throw new Error(`no lane from thread ${this.self} to ${to}`)
    if (board.gone(to)) return undefined
    return (this.#writers[to] = new LaneWriter(this.memory, this.self, to, this.#limits))
  }

  #adopt(frame: Uint8Array): void {
    if (((frame.byteOffset | frame.byteLength) & 3) !== 0) throw new Error('a scratch buffer must be 4-aligned')
    this.#scratchWords = new Int32Array(frame.buffer, frame.byteOffset, frame.byteLength >> 2)
    this.#scratch = frame
  }
}
