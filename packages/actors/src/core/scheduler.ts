// Which actor's turn it is: one queue of the actors that have something to do, each served for a batch of turns, then
// put at the end again.
//
// Invariants: a cell is in the queue at most once (`cell.queued`); every cell that can run is in it. The platform says
// until when a slice lasts, so that timers, sockets and other threads' frames are served; it is measured between turns. A
// batch ends after BATCH turns, so that a full mailbox delays the next actor by no more than those. While `sampling`, the
// turn that begins next is looked at, and the clock right behind it.
import type { Cell } from './cell.ts'
import type { Context } from './context.ts'
import type { Platform } from './platform.ts'
import type { Sampler } from './sampling.ts'
import { type Hook, hookWord, METHOD, NO_TURN, noteActor, TURN_WORDS } from './turn-words.ts'

export type { Hook }

/** Turns of one actor before the next one's. */
export const BATCH = 64
/** Turns between two looks at the clock, which costs about as much as a turn; 1 as soon as turns turn out to be long. */
const LOOK = 16
const LONG = 0.25

export class Scheduler {
  readonly #platform: Platform
  #queue: (Cell | undefined)[] = new Array<Cell | undefined>(64).fill(undefined)
  #first = 0
  #count = 0
  #until = 0
  #look = LOOK
  /** Turns from the last look to the next one, and those of them that are left. */
  #span = LOOK
  #untilLook = LOOK
  #running = false
  #sole: Cell | undefined = undefined
  #several = false
  /** The clock as of its last look: late by at most LOOK turns while turns run. */
  now = 0
  /** Finds out what actors cost, where somebody wants to know. */
  sampler: Sampler | undefined = undefined
  sampling = false
  /** Runs when a slice ends: what was put off to then. */
  readonly #after: () => void
  readonly #words: Int32Array
  /** What they say of the message, where that is known to be so. */
  #noted = NO_TURN

  constructor(platform: Platform, after: () => void) {
    this.#platform = platform
    this.#after = after
    this.#words = platform.turnWords ?? new Int32Array(TURN_WORDS)
    this.#words[METHOD] = NO_TURN
    this.now = platform.now()
  }

  get running(): boolean {
    return this.#running
  }
  /** How many actors wait for their turn. */
  get ready(): number {
    return this.#count
  }

  enqueue(cell: Cell): void {
    if (cell.queued) return
    cell.queued = true
    if (this.#count === this.#queue.length) this.#grow()
    this.#queue[(this.#first + this.#count) & (this.#queue.length - 1)] = cell
    this.#count++
    if (this.#count === 1 && !this.#running) this.#platform.wake()
  }

  /** Runs turns until none is ready or the clock says `until`; true when more are ready. */
  run(until: number): boolean {
    this.#running = true
    this.now = this.#platform.now()
    this.#until = until
    if (this.sampler === undefined) this.#untilLook = this.#look
    else this.#lookAfter(this.#span - this.#untilLook, this.sampler)
    try {
      while (this.#count > 0) {
        const cell = this.#queue[this.#first]!
        this.#queue[this.#first] = undefined
        this.#first = (this.#first + 1) & (this.#queue.length - 1)
        this.#count--
        cell.queued = false
        this.#note(cell)
        noteActor(this.#words, cell.address)
        this.#noted = NO_TURN
        cell.run()
        if (this.now >= until) break
      }
    } finally {
      this.#running = false
      this.#words[METHOD] = this.#noted = NO_TURN
      this.#after()
    }
    return this.#count > 0
  }

  /** The only actor that has run since `settled`, if there is only one: whose a stray rejection must be. */
  get suspect(): Cell | undefined {
    return this.#several ? undefined : this.#sole
  }
  /** What ran until now has no part in what happens next. */
  settled(): void {
    this.#sole = undefined
    this.#several = false
  }
  #note(cell: Cell): void {
    if (this.#sole === undefined) this.#sole = cell
    else if (this.#sole !== cell) this.#several = true
  }

  /** A turn begins, of the actor that was given its time last. `head`: its message's. */
  begins(head: number): void {
    if (head !== this.#noted) this.#words[METHOD] = this.#noted = head
  }
  /** An actor's state is made, in no turn. */
  beginsState(cell: Cell): void {
    this.#says(cell, 'state')
  }
  #says({ address }: Cell, hook: Hook): void {
    noteActor(this.#words, address)
    this.#words[METHOD] = this.#noted = hookWord(hook)
  }
  /** Runs a hook, perhaps in the middle of somebody's turn. */
  inHook(cell: Cell, hook: Hook, run: (ctx: Context) => unknown): unknown {
    const outer = this.#words.slice()
    this.#says(cell, hook)
    try {
      return run(cell.context!)
    } finally {
      this.#words.set(outer)
      this.#noted = outer[METHOD]!
    }
  }

  /** Counts a turn; true when the slice is over. */
  turn(): boolean {
    if (--this.#untilLook > 0) return false
    const now = this.#platform.now()
    this.#look = now - this.now > LONG ? 1 : LOOK
    this.now = now
    if (this.sampler === undefined) this.#untilLook = this.#look
    else this.#lookAfter(this.#span, this.sampler)
    return now >= this.#until
  }

  /** Chooses when to look at the clock next; so many turns have passed since that was last done. */
  #lookAfter(passed: number, sampler: Sampler): void {
    if (this.sampling && passed > 0) sampler.end(this.now)
    else sampler.until -= passed
    this.sampling = sampler.until <= 0
    this.#span = this.#untilLook = this.sampling ? 1 : Math.min(this.#look, sampler.until)
  }

  #grow(): void {
    const old = this.#queue
    const grown = new Array<Cell | undefined>(old.length * 2).fill(undefined)
    for (let i = 0; i < old.length; i++) grown[i] = old[(this.#first + i) & (old.length - 1)]
    this.#queue = grown
    this.#first = 0
  }
}
