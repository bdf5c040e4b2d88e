// The words by which the threads of one system know of each other: lives, wake words, dirty-lane bits.
//
// A thread's *number* is a life. A *slot* is a place in shared memory, for one life after another.
//   number: unused ─ seat ─▶ starting ─ enter ─▶ running ⇄ spinning ⇄ asleep ─ end, declareLost ─▶ ended, lost: for ever
//   slot:   empty ─ seat ─▶ taken ─ its life gone, its worker exited, no lane to it holds anything ─ vacate ─▶ empty
// Invariants:
// - No locks: every change is one compare-and-swap, add or store, so a thread may end between any two of them. The most
//   that it can leave half done is a wake-up, and declaring its loss wakes everybody to look again.
// - A slot's state word names its life, and a thread changes its own state only while it does: who was declared lost is
//   fenced, and cannot come back. A thread asleep has found no dirty bit after saying so; who sets one then wakes it.

import { InvalidCall } from '../core/errors.ts'
import { HUB } from '../core/places.ts'
/** Numbers of threads lie below; the next one is the hub's, which is no life of a line. */
export const MOST_LIVES = HUB
export const MOST_SLOTS = 2048

const STATES = ['empty', 'starting', 'running', 'spinning', 'asleep', 'ended', 'lost'] as const
/** `empty`: no such thread yet. `ended`: left by itself. `lost`: declared so by the thread that watches it. */
export type ThreadState = (typeof STATES)[number]
const EMPTY = 0
const STARTING = 1
export const RUNNING = 2
export const SPINNING = 3
export const ASLEEP = 4
const ENDED = 5
const LOST = 6
const STATE_BITS = 3
const STATE_MASK = 7

/** Instead of a number: nobody will ever take over. */
export const NOBODY = -1
/** The successor has entered: it is the heir. */
const CONFIRMED = 1 << 12
const NUMBER = CONFIRMED - 1

// Word offsets. Each block starts on its own cache lines (taken as 128 bytes: CPUs fetch them in pairs of 64), and so do
// in it the dirty bits, on which the owner spins and which all others set, and what the owner alone writes all the time.
const CORES = 0
const CHANGES = 1
const FIRST_CHANGES = 2
const LIVES = 3
const INSPECTED = 4
const SLOTS = 32
const SUCCESSORS = SLOTS + HUB + 1
const GLOBAL_WORDS = SUCCESSORS + HUB + 1
const STATE = 0
const WAKE = 1
const DIRTY = 32
const PULSE = 96
const BLOCK_WORDS = 192

export class ThreadBoard {
  readonly slots: number
  readonly words: Int32Array<SharedArrayBuffer>

  constructor(control: SharedArrayBuffer, slots: number) {
    this.slots = slots
    this.words = new Int32Array(control)
  }

  static reserve(slots: number, cores: number): SharedArrayBuffer {
    const control = new SharedArrayBuffer((GLOBAL_WORDS + slots * BLOCK_WORDS) * 4)
    new Int32Array(control)[CORES] = cores
    return control
  }

  // --- Lives

  /** How many numbers have been given: all below. */
  get lives(): number {
    return Atomics.load(this.words, LIVES)
  }

  /** Where the life sits, or sat; -1 for a number not given yet. */
  slotOf(thread: number): number {
    return Atomics.load(this.words, SLOTS + thread) - 1
  }

  /** The life that sits in a slot, or that was the last to. */
  lifeIn(slot: number): number {
    return Atomics.load(this.words, block(slot) + STATE) >>> STATE_BITS
  }

  state(thread: number): ThreadState {
    return STATES[this.#state(thread)] as ThreadState
  }

  stateIn(slot: number): ThreadState {
    return STATES[Atomics.load(this.words, block(slot) + STATE) & STATE_MASK] as ThreadState
  }

  /** Whether the thread ended or was lost: nobody reads what is sent to it. */
  gone(thread: number): boolean {
    return this.#state(thread) >= ENDED
  }

  /** All threads that are gone by now. */
  allGone(): number[] {
    return Array.from({ length: this.lives }, (_, thread) => thread).filter(thread => this.gone(thread))
  }

  /** Whether it has been there. */
  entered(thread: number): boolean {
    return this.#state(thread) >= RUNNING
  }

  #state(thread: number): number {
    const slot = this.slotOf(thread)
    if (slot < 0) return EMPTY
    const word = Atomics.load(this.words, block(slot) + STATE)
    return word >>> STATE_BITS === thread && (word & STATE_MASK) !== EMPTY ? word & STATE_MASK : LOST
  }

  /**
   * Gives the next number to a thread that is about to start, and an empty slot to it; frames may be sent to it from here
   * on. Undefined when all numbers have been given. Called by the first thread alone.
   */
  seat(slot: number): number | undefined {
    const thread = this.lives
    if (thread >= MOST_LIVES) return undefined
    this.#seat(slot, thread)
    Atomics.store(this.words, LIVES, thread + 1)
    return thread
  }
  seatHub(slot: number): void {
    this.#seat(slot, HUB)
  }
  #seat(slot: number, thread: number): void {
    const at = block(slot) + STATE
    const word = Atomics.load(this.words, at)
    if ((word & STATE_MASK) !== EMPTY) throw new InvalidCall(`slot ${slot} is taken by thread ${word >>> STATE_BITS}`)
    Atomics.store(this.words, at, (thread << STATE_BITS) | STARTING)
    Atomics.store(this.words, SLOTS + thread, slot + 1)
  }

  /** Said by the thread itself when it is there; gives its slot. */
  enter(thread: number): number {
    const slot = this.slotOf(thread)
    if (slot < 0 || !this.turn(slot, thread, STARTING, RUNNING))
      throw new InvalidCall(`thread ${thread} cannot enter: it is ${this.state(thread)}`)
    this.tellFirst()
    return slot
  }

  /** Own state from one to another; false when it was no longer `from`, because somebody woke or gave up the thread. */
  turn(slot: number, thread: number, from: number, to: number): boolean {
    const was = (thread << STATE_BITS) | from
    return Atomics.compareExchange(this.words, block(slot) + STATE, was, (thread << STATE_BITS) | to) === was
  }

  /** Whether this life is over for all others, whatever the thread itself may still be doing. */
  fenced(slot: number, thread: number): boolean {
    const word = Atomics.load(this.words, block(slot) + STATE)
    return word >>> STATE_BITS !== thread || (word & STATE_MASK) >= ENDED
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
    const at = block(this.slotOf(thread)) + STATE
    for (;;) {
      const word = Atomics.load(this.words, at)
      const state = word & STATE_MASK
      if (word >>> STATE_BITS !== thread || state === EMPTY || state >= ENDED) return false
      if (Atomics.compareExchange(this.words, at, word, (word & ~STATE_MASK) | how) === word) break
    }
    // It may have set a dirty bit and gone before waking anyone: so wake all, whatever their states say.
    this.#tellAll()
    return true
  }

  /** The slot of a gone thread becomes empty again. Called by `SharedMemory.vacate`. */
  vacate(slot: number): void {
    const at = block(slot)
    const word = Atomics.load(this.words, at + STATE)
    if ((word & STATE_MASK) < ENDED) throw new InvalidCall(`slot ${slot} is still ${this.stateIn(slot)}`)
    this.words.fill(0, at + PULSE, at + BLOCK_WORDS)
    Atomics.store(this.words, at + STATE, word & ~STATE_MASK)
  }

  // --- Who takes over

  /** `by` is to take over what users knew as `lost`, or NOBODY is. The first thread alone says so, and `confirm`s it. */
  follow(lost: number, by: number): void {
    Atomics.store(this.words, SUCCESSORS + lost, by)
    this.#tellAll()
  }

  /** The successor has entered, and is the heir from now on. */
  confirm(lost: number): void {
    Atomics.or(this.words, SUCCESSORS + lost, CONFIRMED)
    this.#tellAll()
  }

  /** Who has taken over from a thread that is gone: 0 as long as nobody has, NOBODY when nobody will. */
  heir(lost: number): number {
    const word = Atomics.load(this.words, SUCCESSORS + lost)
    return word === NOBODY ? NOBODY : (word & CONFIRMED) === 0 ? 0 : word & NUMBER
  }

  /**
   * The life that is meant by a number of old: the last of those that took over, or are about to. It may be gone too. One
   * may have taken over already from a life that is to end, and has not.
   */
  current(thread: number): number {
    for (let life = thread; ;) {
      const word = Atomics.load(this.words, SUCCESSORS + life)
      if (word <= 0 || ((word & CONFIRMED) === 0 && !this.gone(life))) return life
      life = word & NUMBER
    }
  }

  /**
   * Changes whenever a thread is gone or followed, and for the first thread also when one enters or is reported: one load
   * tells that there is nothing to notice.
   */
  changes(slot: number): number {
    return Atomics.load(this.words, slot === 0 ? FIRST_CHANGES : CHANGES)
  }

  // --- Waking

  /** Where in `words` the dirty bits of who sits in a slot begin: one for each slot that may write to it. */
  dirtyAt(slot: number): number {
    return block(slot) + DIRTY
  }

  /** Where in `words` the word is on which who sits in a slot sleeps. */
  wakeAt(slot: number): number {
    return block(slot) + WAKE
  }

  /**
   * Tells slot `to` that there is something for it from slot `from`, and wakes who sleeps there. A bit that is set
   * already was set by an earlier call of the same sender, which saw to the waking; its owner clears it before reading.
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
  nudge(slot: number): void {
    Atomics.add(this.words, block(slot) + WAKE, 1)
    Atomics.notify(this.words, block(slot) + WAKE)
  }
  /** For the first thread to notice. */
  tellFirst(): void {
    Atomics.add(this.words, FIRST_CHANGES, 1)
    this.nudge(0)
  }
  #tellAll(): void {
    Atomics.add(this.words, FIRST_CHANGES, 1)
    Atomics.add(this.words, CHANGES, 1)
    for (let slot = 0; slot < this.slots; slot++) this.nudge(slot)
  }

  /** Whether more threads run or spin than there are cores: then spinning takes from those that work. */
  crowded(): boolean {
    const cores = this.words[CORES] as number
    let busy = 0
    for (let slot = 0; slot < this.slots; slot++) {
      const state = Atomics.load(this.words, block(slot) + STATE) & STATE_MASK
      if ((state === RUNNING || state === SPINNING) && ++busy > cores) return true
    }
    return false
  }

  /** Whether a debugger may hold any thread at any moment. Said by the first thread. */
  get inspected(): boolean {
    return Atomics.load(this.words, INSPECTED) !== 0
  }
  set inspected(yes: boolean) {
    Atomics.store(this.words, INSPECTED, yes ? 1 : 0)
  }

  /** Where in `words` the pulse of who sits in a slot is (pulse.ts): whole cache lines, empty at first. */
  pulseAt(slot: number): number {
    return block(slot) + PULSE
  }
}

function block(slot: number): number {
  return GLOBAL_WORDS + slot * BLOCK_WORDS
}
