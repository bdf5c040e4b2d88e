// Whether threads still go on: looks at their pulses again and again, reports those that have not beaten for long, and
// declares them lost after longer. On a thread of its own (watchdog-worker.ts); pure but for the words that all share.
//
// Invariants:
// - A thread that beats is never reported, however busy it is: it beats with each slice of work, every few ms.
// - One that is asleep need not beat; it is asked to from time to time. So a loop that no message began is found too.
// - Time counts against a thread only if this one looked, in looks of limited length, and if it could have run: what it
//   waited for a processor is taken off, and while a debugger may hold it nothing counts.
// - The first thread is reported when it goes on again, as nobody would hear of it before; it is never declared lost.

import { HUB } from '../core/places.ts'
import { Pulse } from './pulse.ts'
import type { ThreadBoard } from './thread-board.ts'

export interface WatchLimits {
  /** ms after which a thread that does not go on is reported, and after which it is lost; Infinity: never. */
  readonly blockedAfter: number
  readonly endBlockedAfter: number
  /** Whether time counts while a debugger is open. */
  readonly endWhileInspected: boolean
}

/** ms between two looks, at most and at least; and how many there are at least within a limit. */
const LONGEST_REST = 250
const SHORTEST_REST = 10
const LOOKS = 8
/** A look counts for so many times its interval at most: what is above that, this thread itself was not scheduled. */
const LATENESS = 2
/** ms after which a sleeping thread is asked. */
const ASK_AFTER = 1_000

/** What is known of who sits in a slot. */
class Sitter {
  readonly pulse: Pulse
  life = -1
  beats = 0
  /** ms without a beat: those that count, and all; and those since it fell asleep. */
  still = 0
  whole = 0
  quiet = 0
  asked = false
  reported = false
  /** ms that it had waited for a processor when it was last looked at; NaN while it beats. */
  waited = Number.NaN
  constructor(pulse: Pulse) {
    this.pulse = pulse
  }
}

export class Watch {
  /** ms until the next look. */
  readonly rest: number
  readonly #board: ThreadBoard
  readonly #limits: WatchLimits
  readonly #sitters: Sitter[]
  readonly #waited: (native: number) => number

  /** `waited`: ms for which a thread, named as the operating system does, has been ready to run and did not. */
  constructor(board: ThreadBoard, limits: WatchLimits, waited: (native: number) => number) {
    this.#board = board
    this.#limits = limits
    this.#waited = waited
    this.#sitters = Array.from({ length: board.slots }, (_, slot) => new Sitter(new Pulse(board, slot)))
    const first = Math.min(limits.blockedAfter, limits.endBlockedAfter)
    this.rest = Math.max(SHORTEST_REST, Math.min(LONGEST_REST, first / LOOKS))
  }

  /** `elapsed`: ms since the last look. */
  look(elapsed: number): void {
    const free = this.#board.inspected && !this.#limits.endWhileInspected
    const counted = free ? 0 : Math.min(elapsed, this.rest * LATENESS)
    this.#sitters.forEach((sitter, slot) => this.#lookAt(sitter, slot, elapsed, counted))
  }

  #lookAt(sitter: Sitter, slot: number, elapsed: number, counted: number): void {
    const board = this.#board
    const life = board.lifeIn(slot)
    const state = board.stateIn(slot)
    if (life === HUB) return
    if (!(state === 'running' || state === 'spinning' || state === 'asleep')) return void (sitter.life = -1)
    const { beats } = sitter.pulse
    if (sitter.life !== life || sitter.beats !== beats) return this.#goesOn(sitter, life, beats)
    if (state === 'asleep' && !sitter.asked) {
      sitter.quiet += elapsed // also while nothing counts: the first thread is to say when that is over
      if (sitter.quiet < ASK_AFTER) return
      sitter.asked = true
      return board.nudge(slot)
    }
    const waited = this.#waited(sitter.pulse.native)
    const delay = Number.isNaN(sitter.waited) ? 0 : waited - sitter.waited
    sitter.waited = waited
    sitter.still += Math.max(0, counted - delay)
    sitter.whole += elapsed
    this.#judge(sitter, slot)
  }

  #goesOn(sitter: Sitter, life: number, beats: number): void {
    if (sitter.life === life && sitter.reported && life === 0) {
      sitter.pulse.tell(sitter.whole)
      this.#board.tellFirst()
    }
    sitter.life = life
    sitter.beats = beats
    sitter.still = sitter.whole = sitter.quiet = 0
    sitter.waited = Number.NaN
    sitter.asked = sitter.reported = false
  }

  #judge(sitter: Sitter, slot: number): void {
    const { blockedAfter, endBlockedAfter } = this.#limits
    const { life, pulse, still, whole } = sitter
    if (still >= blockedAfter && !sitter.reported) {
      sitter.reported = true
      pulse.keepTurn()
      if (life !== 0) pulse.tell(whole)
      if (life !== 0) this.#board.tellFirst()
    }
    if (life === 0 || still < endBlockedAfter || this.#board.stateIn(slot) === 'lost') return
    pulse.keepTurn()
    pulse.tell(whole)
    this.#board.declareLost(life)
  }
}
