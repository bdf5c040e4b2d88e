// What the airports must come to: a plain reduce over the rows, in one thread, without an actor in it.
//
// Invariants:
// - It shares no code with the airports that it checks, only the shape of their figures.
// - It sees each row once. Replaying a file n times multiplies its counts and sums by n and changes nothing else, so
//   that the figures of n replays follow from those of one.
import type { Figures } from './airport.ts'
import type { Flight } from './flights.ts'

export type AllFigures = Map<string, Figures>

interface Tally {
  landings: number
  delays: number
  worst: number | undefined
  departuresByHour: Map<number, number>
}

export class Reference {
  readonly #tallies = new Map<string, Tally>()

  add({ origin, destination, hour, delay }: Pick<Flight, 'origin' | 'destination' | 'hour' | 'delay'>): void {
    const { departuresByHour } = this.#at(origin)
    departuresByHour.set(hour, (departuresByHour.get(hour) ?? 0) + 1)
    const there = this.#at(destination)
    there.landings += 1
    there.delays += delay
    there.worst = Math.max(there.worst ?? delay, delay)
  }

  /** The figures after the rows have been replayed so many times over. */
  figures(times = 1): AllFigures {
    const figures: AllFigures = new Map()
    for (const [code, { landings, delays, worst, departuresByHour }] of this.#tallies) {
      const hours = [...departuresByHour].sort(([hour, n], [other, m]) => m - n || hour - other)
      figures.set(code, {
        departed: hours.reduce((sum, [, n]) => sum + n, 0) * times,
        landed: landings * times,
        delayTotal: delays * times + 0,
        longestDelay: worst ?? 0,
        busiestHour: hours[0]?.[0] ?? null,
      })
    }
    return figures
  }

  #at(code: string): Tally {
    let tally = this.#tallies.get(code)
    if (!tally) {
      tally = { landings: 0, delays: 0, worst: undefined, departuresByHour: new Map() }
      this.#tallies.set(code, tally)
    }
    return tally
  }
}

export interface Difference {
  airport: string
  figure: keyof Figures
  actors: number | null | undefined
  reference: number | null | undefined
}

const names = ['departed', 'landed', 'delayTotal', 'longestDelay', 'busiestHour'] as const satisfies (keyof Figures)[]

/** Every figure that differs, airports that only one side knows included. Empty: verified. */
export function differences(actors: AllFigures, reference: AllFigures): Difference[] {
  const found: Difference[] = []
  for (const airport of [...new Set([...reference.keys(), ...actors.keys()])].sort()) {
    const ours = actors.get(airport)
    const theirs = reference.get(airport)
    for (const figure of names) {
      if (!ours || !theirs || !Object.is(ours[figure], theirs[figure])) {
        found.push({ airport, figure, actors: ours?.[figure], reference: theirs?.[figure] })
      }
    }
  }
  return found
}

/** How many figures an airport has. */
export const figuresEach = names.length
