// Tells how the replay is getting on: a bar that redraws itself on a terminal, now and then a plain line elsewhere.
//
// Invariants:
// - The bar never hides the cursor, never takes the terminal out of its mode and never wraps, so that the process may
//   end at any moment and leaves, at worst, one half-drawn line.
// - `update` is cheap while it is not yet time to draw; it may be called as often as one likes.
import { grouped, type Screen } from './screen.ts'

/** How far a replay is: flights landed, and the part of all work that is done, where that is known. */
export interface Standing {
  landed: number
  fraction: number | undefined
}

export interface Progress {
  update(standing: Standing): void
  /** Takes away what only made sense while the replay ran. */
  end(): void
}

/** For output that a program reads. */
export const silent: Progress = { update() {}, end() {} }

/** Milliseconds. */
const BAR_EVERY = 80
const LINE_EVERY = 500
const WIDEST_BAR = 28 // leaves room on 80 columns for any figures, so that it does not jump about as they grow
const NARROWEST_BAR = 8

/** `now` counts milliseconds; the first moment is that of this call. */
export function progressOn(screen: Screen, now: () => number): Progress {
  return screen.live ? new Bar(screen, now) : new Lines(screen, now)
}

/** The same, under a heading that is written with the first of it: what fails before has not begun. */
export function headed(progress: Progress, screen: Screen, heading: string): Progress {
  let begun = false
  return {
    update(standing) {
      if (!begun) screen.write(heading)
      begun = true
      progress.update(standing)
    },
    end: () => progress.end(),
  }
}

class Bar implements Progress {
  readonly #screen: Screen
  readonly #pace: Pace
  #drawn = false

  constructor(screen: Screen, now: () => number) {
    this.#screen = screen
    this.#pace = new Pace(now, BAR_EVERY)
  }

  update(standing: Standing): void {
    if (!this.#pace.due(standing)) return
    this.#drawn = true
    this.#screen.write(`\r${this.#picture(standing)}\x1b[K`)
  }

  end(): void {
    if (this.#drawn) this.#screen.write('\r\x1b[K')
    this.#drawn = false
  }

  /** One line, a column short of the screen's width: the last column would wrap. The bar gives way before figures do. */
  #picture(standing: Standing): string {
    const width = this.#screen.columns - 1
    const figures = figuresOf(standing, this.#pace.rate(standing.landed))
    const room = Math.min(width - figures.length - 2, WIDEST_BAR)
    if (room < NARROWEST_BAR || standing.fraction === undefined) return figures.slice(0, width)
    const done = Math.round(room * standing.fraction)
    const bar = this.#screen.paint('cyan', '█'.repeat(done)) + this.#screen.paint('dim', '░'.repeat(room - done))
    return `${bar}  ${figures}`
  }
}

class Lines implements Progress {
  readonly #screen: Screen
  readonly #pace: Pace

  constructor(screen: Screen, now: () => number) {
    this.#screen = screen
    this.#pace = new Pace(now, LINE_EVERY)
  }

  update(standing: Standing): void {
    if (this.#pace.due(standing)) this.#screen.write(`${figuresOf(standing, this.#pace.rate(standing.landed))}\n`)
  }

  end(): void {}
}

/** Says when a drawing is due, and the mean rate since the beginning: steady, and what the summary will say. */
class Pace {
  readonly #now: () => number
  readonly #every: number
  readonly #start: number
  #last: number

  constructor(now: () => number, every: number) {
    this.#now = now
    this.#every = every
    this.#start = this.#last = now()
  }

  /** Never before the first landing, until when there is nothing to tell. */
  due({ landed }: Standing): boolean {
    if (landed === 0) return false
    const now = this.#now()
    if (now - this.#last < this.#every) return false
    this.#last = now
    return true
  }

  rate(done: number): number {
    return Math.round(done / ((this.#last - this.#start) / 1_000))
  }
}

function figuresOf({ fraction, landed }: Standing, rate: number): string {
  const percent = fraction === undefined ? '' : `${String(Math.floor(fraction * 100)).padStart(3)}%  `
  return `${percent}${grouped(landed)} flights landed  ${grouped(rate)}/s`
}
