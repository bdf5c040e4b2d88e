// Which actor's turn it is: one queue of the actors that have something to do, each served for a batch of turns, then
// put at the end again.
//
// Invariants: a cell is in the queue at most once (`cell.queued`); every cell that can run is in it. The platform says
// until when a slice lasts, so that timers, sockets and other threads' frames are served; it is measured between turns. A
// batch ends after BATCH turns, so that a full mailbox delays the next actor by no more than those.
import type { Cell } from './cell.ts'
import type { Platform } from './platform.ts'

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
  #untilLook = LOOK
  #running = false
  #sole: Cell | undefined = undefined
  #several = false
  /** The clock as of its last look: late by at most LOOK turns while turns run. */
  now = 0
  /** Runs when a slice ends: what was put off to then. */
  readonly #after: () => void

  constructor(platform: Platform, after: () => void) {
    this.#platform = platform
    this.#after = after
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
    this.#untilLook = this.#look
    try {
      while (this.#count > 0) {
        const cell = this.#queue[this.#first]!
        this.#queue[this.#first] = undefined
        this.#first = (this.#first + 1) & (this.#queue.length - 1)
        this.#count--
        cell.queued = false
        this.#note(cell)
        cell.run()
        if (this.now >= until) break
      }
    } finally {
      this.#running = false
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

  /** Counts a turn; true when the slice is over. */
  turn(): boolean {
    if (--this.#untilLook > 0) return false
    const now = this.#platform.now()
    this.#look = now - this.now > LONG ? 1 : LOOK
    this.#untilLook = this.#look
    this.now = now
    return now >= this.#until
  }

  #grow(): void {
    const old = this.#queue
    const grown = new Array<Cell | undefined>(old.length * 2).fill(undefined)
    for (let i = 0; i < old.length; i++) grown[i] = old[(this.#first + i) & (old.length - 1)]
    this.#queue = grown
    this.#first = 0
  }
}
