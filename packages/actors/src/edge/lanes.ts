// All lanes of one thread: posts frames to any other thread, flushes what was posted, and polls what others sent. Threads
// go by their numbers here; the slots in which they sit are known to the board and to the ends of the lanes.
//
// Invariants:
// - A lane is opened by whoever needs it first, at either end, without asking anybody.
// - `poll` clears a dirty bit before it reads the lane, and keeps the bit of a lane that it did not empty for itself, so
//   nothing published is ever without a bit that somebody will look at.
// - What a gone thread published is handed on before anything that was sent by somebody who knew of its end: see `#serve`.
// - No frame is handed on twice, and none of a thread after its end has been told. A gone thread leaves its unread frames
//   in the lanes towards it: each survivor takes them out of its own (`forsake`), one out of the others (`salvage`).

import { HUB } from '../core/places.ts'
import type { Receive } from './lane.ts'
import { clearLane, salvage } from './lane-clearing.ts'
import { LaneReader } from './lane-reader.ts'
import { LaneWriter } from './lane-writer.ts'
import type { LaneLimits } from './lane-writer.ts'
import type { SharedMemory } from './shared-memory.ts'

const DEFAULT_LIMITS: LaneLimits = { bytes: 16 * 1024 * 1024, messages: 65_536 }
/** Frames taken from one lane before the next lane's turn comes. */
const BUDGET = 512
const EVERYTHING = 0x3fff_ffff

export class Lanes {
  readonly memory: SharedMemory
  readonly self: number
  readonly slot: number
  /** A refused thread's backlog is half empty again: senders may go on. */
  onRoom: ((to: number) => void) | undefined
  /** Another thread ended or was lost; all that it sent has been handed on. The place to call `forsake`. */
  onGone: ((thread: number, how: 'ended' | 'lost') => void) | undefined
  /** Who takes over from a thread of which `onGone` has told; NOBODY: nobody will. */
  onHeir: ((lost: number, heir: number) => void) | undefined
  /** Threads have come, gone or been followed; all that there is to tell has been told. */
  onChange: (() => void) | undefined
  readonly #limits: LaneLimits
  readonly #words: Int32Array
  readonly #dirtyAt: number
  readonly #dirtyWords: number
  /** By number; and by slot. */
  readonly #writers: (LaneWriter | undefined)[]
  readonly #readers: (LaneReader | undefined)[]
  /** Bits that were cleared in shared memory and whose lanes are not empty yet. */
  readonly #pending: Int32Array
  readonly #touched: LaneWriter[] = []
  /** The scratch buffer posted from last, and its words: so a frame makes no view. */
  #scratch: Uint8Array = new Uint8Array(0)
  #scratchWords: Int32Array = new Int32Array(0)
  /** The board's count of changes as last noticed; whose end, and whose heir, has been told. */
  #changes: number
  #broken = 0
  readonly #toldGone: boolean[] = []
  readonly #toldHeir: boolean[] = []

  constructor(memory: SharedMemory, self: number, limits: LaneLimits = DEFAULT_LIMITS) {
    this.memory = memory
    this.self = self
    this.slot = memory.board.enter(self)
    this.#limits = limits
    this.#words = memory.board.words
    this.#dirtyAt = memory.board.dirtyAt(this.slot)
    this.#dirtyWords = (memory.slots + 31) >> 5
    this.#writers = new Array<LaneWriter | undefined>(HUB + 1).fill(undefined)
    this.#readers = new Array<LaneReader | undefined>(memory.slots).fill(undefined)
    this.#pending = new Int32Array(this.#dirtyWords)
    // a thread that comes later has to be told of those that are gone
    this.#changes = memory.board.allGone().length > 0 ? -1 : memory.board.changes(this.slot)
  }

  /**
   * Sends the first `length` bytes of a scratch buffer, whose first word is that length, and which must be 4-aligned.
   * False when the frame was refused: too much waits for that thread, or it is gone (`memory.board.gone`).
   */
  post(to: number, frame: Uint8Array, length: number, system: boolean, kept = false): boolean {
    const writer = this.#writers[to] ?? this.#open(to)
    if (writer === undefined) return false
    if (frame !== this.#scratch) this.#adopt(frame)
    if (!writer.touched) {
      writer.touched = true
      this.#touched.push(writer)
    }
    return writer.post(this.#scratchWords, frame, length, system, kept)
  }

  /** The same, shown at once, with what was posted to that thread before. */
  send(to: number, frame: Uint8Array, length: number, system: boolean): boolean {
    const writer = this.#writers[to] ?? this.#open(to)
    if (writer === undefined || this.fenced) return false
    if (frame !== this.#scratch) this.#adopt(frame)
    const posted = writer.post(this.#scratchWords, frame, length, system, false)
    writer.flush()
    return posted
  }
  /** How many numbers threads have had: all below; and whether one of them is gone. */
  get lives(): number {
    return this.memory.board.lives
  }
  gone(thread: number): boolean {
    return this.memory.board.gone(thread)
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
    if (this.memory.board.changes(this.slot) !== this.#changes) this.#notice(receive)
    return more
  }

  /** Whether a poll would find anything: one load for up to 32 threads. */
  hasWork(): boolean {
    for (let word = 0; word < this.#dirtyWords; word++) {
      if (this.#pending[word] !== 0 || Atomics.load(this.#words, this.#dirtyAt + word) !== 0) return true
    }
    return this.memory.board.changes(this.slot) !== this.#changes
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
    return this.#readers.reduce((sum, reader) => sum + (reader?.broken ?? 0), this.#broken)
  }

  /** Whether this thread was declared lost, or has ended: it must stop, for its place may be taken. */
  get fenced(): boolean {
    return this.memory.board.fenced(this.slot, this.self)
  }

  /** Own state, from one to the other; false when it was not `from` any more. */
  turn(from: number, to: number): boolean {
    return this.memory.board.turn(this.slot, this.self, from, to)
  }

  /** Nothing more is read or sent from here: what still lies in the lanes towards this thread is for the others. */
  end(): void {
    this.flush()
    if (!this.fenced) this.memory.board.end(this.self)
  }

  // --- Threads that are gone

  /**
   * Takes out what this thread had sent and the gone one had not read: out of the lane, then out of the backlog. Later
   * posts to it are refused. Returns how many large frames had been read in part.
   */
  forsake(gone: number, report: Receive): number {
    this.#assertGone(gone)
    const writer = this.#writers[gone]
    this.#writers[gone] = undefined
    writer?.publish()
    const broken = this.#sits(gone) ? (clearLane(this.memory, this.self, this.self, gone, report)?.broken ?? 0) : 0
    writer?.abandon(report)
    return broken
  }

  /** The same for what threads that are gone too had sent to it, or it to them: any survivor may, one gets the frames. */
  salvage(gone: number, report: Receive): number {
    this.#assertGone(gone)
    return this.#sits(gone) ? salvage(this.memory, this.self, gone, report) : 0
  }

  #assertGone(thread: number): void {
    if (!this.memory.board.gone(thread))
      throw new Error(`thread ${thread} is ${this.memory.board.state(thread)}, not gone`)
  }

  /** Whether the slot of a gone thread is still its own: if not, all of this has been done before. */
  #sits(gone: number): boolean {
    const { board } = this.memory
    const slot = board.slotOf(gone)
    return board.lifeIn(slot) === gone && board.stateIn(slot) !== 'empty'
  }

  /** Finds who is gone or followed since the last look; hands on what they published, also without having set a bit. */
  #notice(receive: Receive): void {
    const { board } = this.memory
    this.#changes = board.changes(this.slot)
    for (let thread = 0; thread < board.lives; thread++) {
      if (thread === this.self || !board.gone(thread)) continue
      if (this.#toldGone[thread] !== true) this.#tellGone(thread, receive)
      const heir = this.#toldHeir[thread] === true ? 0 : board.heir(thread)
      if (heir === 0) continue
      this.#toldHeir[thread] = true
      this.onHeir?.(thread, heir)
    }
    this.onChange?.()
  }

  #tellGone(thread: number, receive: Receive): void {
    const { board } = this.memory
    const slot = board.slotOf(thread)
    if (this.#sits(thread)) {
      const reader = (this.#readers[slot] ??= new LaneReader(this.memory, thread, this.self))
      while (!reader.read(receive, EVERYTHING));
      reader.dropParts()
      this.#broken += reader.broken
      this.#readers[slot] = undefined
    }
    this.#toldGone[thread] = true
    this.onGone?.(thread, board.state(thread) === 'ended' ? 'ended' : 'lost')
  }

  // --- One lane

  /** Dirty bits of one word: those kept, and those set since; cleared before their lanes are read. */
  #collect(word: number): number {
    const kept = this.#pending[word] as number
    if (Atomics.load(this.#words, this.#dirtyAt + word) === 0) return kept
    return (this.#pending[word] = kept | Atomics.exchange(this.#words, this.#dirtyAt + word, 0))
  }

  /**
   * Reads from one slot, and goes on sending there if that had stopped for want of room; true when it is all read. First
   * it sees how far to read, and then who is gone: so whatever a sender published after it knew of a thread's end is read
   * only when that one's last frames have been.
   */
  #serve(slot: number, receive: Receive, budget: number): boolean {
    const reader = this.#readers[slot] ?? this.#reader(slot)
    if (reader === undefined) return true
    const published = reader.look()
    if (this.memory.board.changes(this.slot) !== this.#changes) {
      this.#notice(receive)
      if (this.#readers[slot] !== reader) return true
    }
    const writer = this.#writers[reader.from]
    if (writer?.stalled === true) {
      writer.flush()
      if (writer.hasRoomAgain()) this.onRoom?.(reader.from)
    }
    return reader.read(receive, budget, published)
  }

  /** Undefined where nobody sits who may still be heard: a thread may go on writing after it was declared lost. */
  #reader(slot: number): LaneReader | undefined {
    const { board } = this.memory
    const life = board.lifeIn(slot)
    if (board.stateIn(slot) === 'empty' || this.#toldGone[life] === true) return undefined
    return (this.#readers[slot] = new LaneReader(this.memory, life, this.self))
  }

  #open(to: number): LaneWriter | undefined {
    const { board } = this.memory
    if (to === this.self || !((to >= 0 && to < board.lives) || to === HUB))
      throw new Error(`no lane from thread ${this.self} to ${to}`)
    if (board.gone(to)) return undefined
    return (this.#writers[to] = new LaneWriter(this.memory, this.self, to, this.#limits))
  }

  #adopt(frame: Uint8Array): void {
    if (((frame.byteOffset | frame.byteLength) & 3) !== 0) throw new Error('a scratch buffer must be 4-aligned')
    this.#scratchWords = new Int32Array(frame.buffer, frame.byteOffset, frame.byteLength >> 2)
    this.#scratch = frame
  }
}
