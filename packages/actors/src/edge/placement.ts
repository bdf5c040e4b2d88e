// Which thread takes the next actor: the least loaded of those that users know, each as the life that is there now.
//
// Invariants: the first thread takes none that it was not asked to while another can; a thread with a full heap takes none
// while one has room; one that has yet to start in a lost one's place, none while one is there. Equals take turns.
import { Pulse } from './pulse.ts'
import { NOBODY, type ThreadBoard } from './thread-board.ts'

/** A heap fuller than this takes no new actors. */
export const FULL_HEAP = 0.85

// How willingly one is taken, the least first.
const FREE = 0
const STARTING = 1
const FULL = 2
const AWAITED = 3
const NEVER = 4

export class Placement {
  readonly #board: ThreadBoard
  /** How many there are beside the first. */
  readonly #count: number
  /** By what users call it: its current life, as far as known. */
  readonly #lives: number[]
  /** By slot. */
  readonly #pulses: Pulse[]
  /** Which of these was taken last. */
  #last = 0

  constructor(board: ThreadBoard, count: number) {
    this.#board = board
    this.#count = count
    this.#pulses = Array.from({ length: board.slots }, (_, slot) => new Pulse(board, slot))
    this.#lives = Array.from({ length: count + 1 }, (_, thread) => thread)
  }

  /** Its number; of a lost thread, if only such are left and somebody is still to take over; 0 if not even that. */
  next(): number {
    let best = 0
    let chosen = 0
    let lowest = NEVER
    let fewest = Infinity
    for (let i = 0; i < this.#count; i++) {
      // starting with another one each time, so that equals take turns
      const line = 1 + ((this.#last + i) % this.#count)
      const life = (this.#lives[line] = this.#board.current(this.#lives[line]!))
      const rank = this.#rank(life, line)
      const { actors } = this.#pulseOf(life)
      if (rank === NEVER || rank > lowest || (rank === lowest && actors >= fewest)) continue
      best = life
      chosen = line
      lowest = rank
      fewest = actors
    }
    this.#last = chosen
    return best
  }

  #rank(life: number, line: number): number {
    const board = this.#board
    if (board.gone(life)) return board.heir(life) === NOBODY ? NEVER : AWAITED
    // those that start with the system are all alike
    if (life !== line && !board.entered(life)) return STARTING
    return this.#pulseOf(life).heap > FULL_HEAP ? FULL : FREE
  }
  #pulseOf(life: number): Pulse {
    return this.#pulses[this.#board.slotOf(life)]!
  }
}
