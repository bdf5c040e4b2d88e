// What the demo says at its end: for people a table and a verdict, for programs one JSON object.
//
// Invariant: nothing is called verified but figures that were compared with the plain reduce, all of them.
import type { Place } from './places.ts'
import { type AllFigures, type Difference, figuresEach } from './reference.ts'
import { grouped, type Screen } from './screen.ts'
import { busiest, table } from './table.ts'

export interface Outcome {
  /** Flights that have landed. */
  flights: number
  seconds: number
  airports: AllFigures
  /** What the comparison with the plain reduce found; undefined when the replay did not get to its end. */
  differences: readonly Difference[] | undefined
}

const SHOWN_AIRPORTS = 12
const SHOWN_DIFFERENCES = 20
const WIDEST = 100

export function verified({ differences }: Outcome): boolean {
  return differences?.length === 0
}

export function jsonReport(outcome: Outcome): string {
  const { flights, seconds, airports } = outcome
  return `${JSON.stringify({ flights, seconds, verified: verified(outcome), airports: Object.fromEntries(airports) })}\n`
}

export function report(outcome: Outcome, places: ReadonlyMap<string, Place>, screen: Screen): string {
  const { flights, seconds, airports } = outcome
  const rows = busiest(airports, SHOWN_AIRPORTS).map(([code, figures]) => ({
    code,
    place: places.get(code),
    ...figures,
  }))
  const rate = seconds > 0 ? `, ${grouped(Math.round(flights / seconds))} a second` : ''
  return [
    '',
    table(rows, screen, Math.min(screen.columns, WIDEST)),
    screen.paint('dim', 'Delays in minutes, the mean and the longest; peak: the hour of most departures.'),
    '',
    `${counted(flights, 'flight')} landed at ${counted(airports.size, 'airport')} in ${seconds.toFixed(2)} s${rate}.`,
    verdict(outcome, screen),
    '',
  ].join('\n')
}

function verdict({ differences, airports }: Outcome, screen: Screen): string {
  const all = grouped(airports.size * figuresEach)
  if (differences === undefined)
    return screen.paint('yellow', 'Interrupted: these figures are partial, and not verified.')
  if (differences.length > 0) return screen.paint('red', `NOT verified. ${listed(differences)}`)
  return screen.paint('green', `Verified: all ${all} figures equal a plain single-threaded reduce of the file.`)
}

/** The figures that differ, a line each. */
export function listed(differences: readonly Difference[]): string {
  const lines = differences
    .slice(0, SHOWN_DIFFERENCES)
    .map(
      ({ airport, figure, actors, reference }) =>
        `  ${airport} ${figure}: ${said(actors)} by the actors, ${said(reference)} by the reduce`,
    )
  if (differences.length > lines.length) lines.push(`  and ${grouped(differences.length - lines.length)} more`)
  const differ = differences.length === 1 ? 'differs' : 'differ'
  return [`${counted(differences.length, 'figure')} ${differ} from the plain reduce:`, ...lines].join('\n')
}

function said(figure: number | null | undefined): string {
  return figure === undefined ? 'no such airport' : figure === null ? 'none' : grouped(figure)
}

export function counted(n: number, what: string): string {
  return `${grouped(n)} ${what}${n === 1 ? '' : 's'}`
}
