// What the watchdog reports of threads, as it is passed on: each report once.
//
// Invariant: reports are counted by slot, from 0 for each life that sits there.
import type { ThreadEvents } from './host-threads-parts.ts'
import { Pulse } from './pulse.ts'
import type { ThreadBoard } from './thread-board.ts'

export class Reports {
  readonly #board: ThreadBoard
  readonly #events: ThreadEvents
  readonly #passed: number[] = []

  constructor(board: ThreadBoard, events: ThreadEvents) {
    this.#board = board
    this.#events = events
  }

  /** A life begins there. */
  begin(slot: number): void {
    this.#passed[slot] = 0
  }

  /** Tells what is new of these threads. */
  pass(threads: readonly number[]): void {
    for (const thread of threads) {
      const slot = this.#board.slotOf(thread)
      const { reports, report } = new Pulse(this.#board, slot)
      if (reports === (this.#passed[slot] ?? 0)) continue
      this.#passed[slot] = reports
      // that of a loss comes with the loss
      if (!this.#board.gone(thread)) this.#events.blocked(thread, report)
    }
  }
}
