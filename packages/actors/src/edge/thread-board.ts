// The words by which the threads of one system know of each other: state, wake word, dirty-lane bits and load of each.
//
// Invariants:
// - No locks: every change is one compare-and-swap, add or store, so a thread may end between any two of them. The most
//   that it can leave half done is a wake-up, and declaring its loss wakes everybody to look again.
// - A state word holds (epoch, state). The epoch counts the lives of a thread number; a thread changes its own state
//   only while the word still tells of its own life, so one that was declared lost cannot come back (it is fenced).
// - A thread that is asleep has found its dirty bits empty after saying so; whoever sets one after that wakes it.

import { InvalidCall } from '../core/errors.ts'

const STATES = ['absent', 'starting', 'running', 'spinning', 'asleep', 'ended', 'lost'] as const
/** `absent`: the number is free. `ended`: left by itself. `lost`: declared so by the thread that watches it. */
export type ThreadState = (typeof STATES)[number]
const ABSENT = 0
const STARTING = 1
export const RUNNING = 2
export const SPINNING = 3
export const ASLEEP = 4
const ENDED = 5
const LOST = 6
const STATE_BITS = 3
const STATE_MASK = 7

// Word offsets. Each block starts on its own cache lines (taken as 128 bytes: CPUs fetch them in pairs of 64), and so do
// the dirty bits, on which the owner spins and which all others set.
const CORES = 0
const DEPARTURES = 1
const GLOBAL_WORDS = 32
const STATE = 0
const WAKE = 1
const DIRTY = 32
const ACTORS = 64
const HEAP_USED = 65
const HEAP_LIMIT = 66
const BLOCK_WORDS = 96

export class ThreadBoard {
  readonly threads: number
  readonly words: Int32Array<SharedArrayBuffer>

  constructor(control: SharedArrayBuffer, threads: number) {
    this.threads = threads
    this.words = new Int32Array(control)
  }

  static reserve(threads: number, cores: number): SharedArrayBuffer {
    const control = new SharedArrayBuffer((GLOBAL_WORDS + threads * BLOCK_WORDS) * 4)
    new Int32Array(control)[CORES] = cores
    return control
  }

  // --- Lives

  state(thread: number): ThreadState {
    return STATES[Atomics.load(this.words, block(thread) + STATE) & STATE_MASK] ?? 'absent'
  }

  /** Which life of this thread number the board tells of; one more with each successor. */
  epoch(thread: number): number {
    return Atomics.load(this.words, block(thread) + STATE) >>> STATE_BITS
  }

  /** Whether the thread ended or was lost: nobody reads what is sent to it. */
  gone(thread: number): boolean {
    return (Atomics.load(this.words, block(thread) + STATE) & STATE_MASK) >= ENDED
  }

  /** Gives an absent number to a thread that is about to start; frames may be sent to it from here on. */
  announce(thread: number): void {
    if (this.turn(thread, this.epoch(thread), ABSENT, STARTING)) return
    throw new InvalidCall(`thread ${thread} cannot be started: it is ${this.state(thread)}`)
  }

  /** Said by the thread itself when it is there; returns its epoch, by which it changes its state from now on. */
  enter(thread: number): number {
    const epoch = this.epoch(thread)
    if (this.turn(thread, epoch, STARTING, RUNNING) || this.turn(thread, epoch, ABSENT, RUNNING)) return epoch
    throw new InvalidCall(`thread ${thread} cannot enter: it is ${this.state(thread)}`)
  }

  /** Own state from one to another; false when it was no longer `from`, because somebody woke or gave up the thread. */
  turn(thread: number, epoch: number, from: number, to: number): boolean {
    const was = (epoch << STATE_BITS) | from
    return Atomics.compareExchange(this.words, block(thread) + STATE, was, (epoch << STATE_BITS) | to) === was
  }

  /** Whether this life is over for all others, whatever the thread itself may still be doing. */
  fenced(thread: number, epoch: number): boolean {
    const word = Atomics.load(this.words, block(thread) + STATE)
    return word >>> STATE_BITS !== epoch || (word & STATE_MASK) >= ENDED
  }

  /** Said by the thread itself: it reads and sends nothing more. */
  end(thread: number): boolean {
    return this.#depart(thread, ENDED)
  }

  /** Said by whoever watches the thread: it exited without a word, or is given up and fenced off. */
  declareLost(thread: number): boolean {
    return this.#depart(thread, LOST)
  }

  #depart(thread: number, how: number): boolean {
    const at = block(thread) + STATE
    for (;;) {
      const word = Atomics.load(this.words, at)
      if ((word & STATE_MASK) >= ENDED) return false
      if (Atomics.compareExchange(this.words, at, word, (word & ~STATE_MASK) | how) === word) break
    }
    Atomics.add(this.words, DEPARTURES, 1)
    // It may have set a dirty bit and gone before waking anyone: so wake all, whatever their states say.
    for (let other = 0; other < this.threads; other++) this.nudge(other)
    return true
  }

  /** Changes whenever a thread is gone, so that one load tells that there is nothing to notice. */
  get departures(): number {
    return Atomics.load(this.words, DEPARTURES)
  }

  /** The number of a gone thread becomes absent again, one epoch up. Called by `SharedMemory.vacate`. */
  vacate(thread: number): void {
    const at = block(thread)
    const word = Atomics.load(this.words, at + STATE)
    if ((word & STATE_MASK) < ENDED) throw new InvalidCall(`thread ${thread} is still ${this.state(thread)}`)
    this.words.fill(0, at + ACTORS, at + BLOCK_WORDS)
    Atomics.store(this.words, at + STATE, ((word >>> STATE_BITS) + 1) << STATE_BITS)
  }

  // --- Waking

  /** Where in `words` the thread's dirty bits begin: one for each thread that may write to it. */
  dirtyAt(thread: number): number {
    return block(thread) + DIRTY
  }

  /** Where in `words` the word is on which the thread sleeps. */
  wakeAt(thread: number): number {
    return block(thread) + WAKE
  }

  /**
   * Tells `to` that there is something for it from `from`, and wakes it if it sleeps. A bit that is set already was set
   * by an earlier call of the same sender, which saw to the waking; its owner clears it before reading the lane.
   */
  signal(to: number, from: number): void {
    const at = block(to) + DIRTY + (from >> 5)
    const bit = 1 << (from & 31)
    if ((Atomics.load(this.words, at) & bit) !== 0) return
    Atomics.or(this.words, at, bit)
    const word = Atomics.load(this.words, block(to) + STATE)
    if ((word & STATE_MASK) !== ASLEEP) return
    const running = (word & ~STATE_MASK) | RUNNING
    if (Atomics.compareExchange(this.words, block(to) + STATE, word, running) === word) this.nudge(to)
  }

  /** Resolves whatever the thread waits on; it looks, and sleeps again if there is nothing. */
  nudge(thread: number): void {
    Atomics.add(this.words, block(thread) + WAKE, 1)
    Atomics.notify(this.words, block(thread) + WAKE)
  }

  /** Whether more threads run or spin than there are cores: then spinning takes from those that work. */
  crowded(): boolean {
    const cores = this.words[CORES] as number
    let busy = 0
    for (let thread = 0; thread < this.threads; thread++) {
      const state = Atomics.load(this.words, block(thread) + STATE) & STATE_MASK
      if ((state === RUNNING || state === SPINNING) && ++busy > cores) return true
    }
    return false
  }

  // --- Load, by which placement chooses

  addActors(thread: number, count: number): void {
    Atomics.add(this.words, block(thread) + ACTORS, count)
  }

  actors(thread: number): number {
    return Atomics.load(this.words, block(thread) + ACTORS)
  }

  /** In KiB, so that a word holds terabytes. */
  setHeap(thread: number, used: number, limit: number): void {
    Atomics.store(this.words, block(thread) + HEAP_LIMIT, limit)
    Atomics.store(this.words, block(thread) + HEAP_USED, used)
  }

  /** How full the thread's heap is, from 0 to 1; 0 while it has not said. */
  heap(thread: number): number {
    const limit = Atomics.load(this.words, block(thread) + HEAP_LIMIT)
    return limit === 0 ? 0 : Atomics.load(this.words, block(thread) + HEAP_USED) / limit
  }
}

function block(thread: number): number {
  return GLOBAL_WORDS + thread * BLOCK_WORDS
}
