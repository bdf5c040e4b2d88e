// What a thread shows of itself: its load, by which placement chooses; and its beat, so that another one can see whether it
// goes on, and where it stands if it does not. And what the watching thread reports of it.
//
// Invariants: the thread itself writes its pulse, with plain stores to cache lines that nobody else writes; the watching
// thread alone writes reports, and counts them last, so that whoever sees the count finds the report. Both last until the
// slot is given to another life.
import { type NotedTurn, notedTurn, TURN_WORDS } from '../core/turn-words.ts'
import type { ThreadBoard } from './thread-board.ts'

// Words; what is read by all others, what is written all the time, and reports begin on cache lines of their own.
const ACTORS = 0
const HEAP_USED = 1
const HEAP_LIMIT = 2
const BEAT = 32
const TURN = BEAT + 1
const WORKER = TURN + TURN_WORDS
const NATIVE = WORKER + 1
const REPORTS = 64
const MS = REPORTS + 1
const CULPRIT = MS + 1

/** A thread has not gone on for so many ms; and which turn it was in, as far as it can be known. */
export interface Report {
  readonly ms: number
  readonly turn: NotedTurn | undefined
}

export class Pulse {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #at: number
  #beats: number

  /** Of whoever sits in a slot. */
  constructor(board: ThreadBoard, slot: number) {
    this.#words = board.words
    this.#at = board.pulseAt(slot)
    this.#beats = this.beats
  }

  // --- By the thread itself

  /** It goes on. Nobody may write these words but the thread that sits there. */
  beat(): void {
    this.#words[this.#at + BEAT] = ++this.#beats
  }

  /** Where it notes the turn that it is in (core/turn-words.ts). */
  get turnWords(): Int32Array {
    return this.#words.subarray(this.#at + TURN, this.#at + TURN + TURN_WORDS)
  }

  /** Who it is to Node.js (`threadId`), and to the operating system; 0 where that is not known. */
  introduce(worker: number, native: number): void {
    Atomics.store(this.#words, this.#at + WORKER, worker)
    Atomics.store(this.#words, this.#at + NATIVE, native)
  }

  addActors(count: number): void {
    Atomics.add(this.#words, this.#at + ACTORS, count)
  }
  /** In bytes; kept in KiB, so that a word holds terabytes. */
  setHeap(used: number, limit: number): void {
    Atomics.store(this.#words, this.#at + HEAP_LIMIT, limit / 1024)
    Atomics.store(this.#words, this.#at + HEAP_USED, used / 1024)
  }

  // --- By others

  get actors(): number {
    return Atomics.load(this.#words, this.#at + ACTORS)
  }
  /** How full its heap is, from 0 to 1; 0 while it has not said. */
  get heap(): number {
    const limit = Atomics.load(this.#words, this.#at + HEAP_LIMIT)
    return limit === 0 ? 0 : Atomics.load(this.#words, this.#at + HEAP_USED) / limit
  }
  get beats(): number {
    return Atomics.load(this.#words, this.#at + BEAT)
  }
  get worker(): number {
    return Atomics.load(this.#words, this.#at + WORKER)
  }
  get native(): number {
    return Atomics.load(this.#words, this.#at + NATIVE)
  }

  /** How many reports there have been. */
  get reports(): number {
    return Atomics.load(this.#words, this.#at + REPORTS)
  }
  get report(): Report {
    return {
      ms: Atomics.load(this.#words, this.#at + MS),
      turn: notedTurn(this.#words, this.#at + CULPRIT),
    }
  }

  /** Keeps the turn that the thread is in now, for a report. Makes sense only while it stands still. */
  keepTurn(): void {
    const from = this.#at + TURN
    this.#words.copyWithin(this.#at + CULPRIT, from, from + TURN_WORDS)
  }
  /** Reports the turn that was kept. */
  tell(ms: number): void {
    Atomics.store(this.#words, this.#at + MS, Math.min(Math.round(ms), 2 ** 31 - 1))
    Atomics.add(this.#words, this.#at + REPORTS, 1)
  }
}
