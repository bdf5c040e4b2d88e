// What the demo says at its end: for people a table and a verdict, for programs one JSON object.
//
// Invariant: nothing is called verified but figures that were compared with the plain reduce, all of them; and nothing
// accounted for that a lost thread does not explain.
import type { Accounts } from './accounts.ts'
import type { Moved } from './moves.ts'
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
  /** Undefined where none were wanted. */
  moves: MovesMade | undefined
  /** Undefined where no thread was to be lost, or none was. */
  loss: ThreadLoss | undefined
}

/** A thread that was lost half-way, and what that has cost. */
export interface ThreadLoss {
  readonly thread: number
  /** The thread that has taken its place, and how many milliseconds later. */
  readonly by: number
  readonly ms: number
  /** Airports that were on it, and have come back. */
  readonly revived: number
  /** Undefined when the replay did not get to its end. */
  readonly accounts: Accounts | undefined
}

export interface MovesMade extends Moved {
  /** Of each move: the milliseconds for which its airport took no message. */
  readonly pauses: readonly number[]
  /** Processes that they went between, or within. */
  readonly nodes: number
}

const SHOWN_AIRPORTS = 12
const SHOWN_DIFFERENCES = 20
const WIDEST = 100

export function verified({ differences }: Outcome): boolean {
  return differences?.length === 0
}

/** Whether all is as it should be: every figure right, or what a lost thread has cost told to the last flight. */
export function right(outcome: Outcome): boolean {
  const { accounts } = outcome.loss ?? {}
  return verified(outcome) || (accounts !== undefined && accounts.unexplained.length === 0)
}

export function jsonReport(outcome: Outcome): string {
  const { flights, seconds, airports, moves, loss } = outcome
  const said = {
    flights,
    seconds,
    verified: verified(outcome),
    airports: Object.fromEntries(airports),
    moves: moves && plain(moves),
    loss: loss && plainLoss(loss), // what is undefined is left out
  }
  return `${JSON.stringify(said)}\n`
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
    ...(outcome.moves === undefined ? [] : movesTold(outcome.moves)),
    ...(outcome.loss === undefined ? [] : lossTold(outcome.loss)),
    verdict(outcome, screen),
    '',
  ].join('\n')
}

function plain({ wanted, done, failed, pauses }: MovesMade): object {
  return { wanted, done, failed, pause: { p50: quantile(pauses, 0.5), p99: quantile(pauses, 0.99) } }
}

function plainLoss({ thread, by, ms, revived, accounts }: ThreadLoss): object {
  if (accounts === undefined) return { thread, by, ms: Math.round(ms), revived }
  const { unexplained, ...counts } = accounts
  return { thread, by, ms: Math.round(ms), revived, ...counts, accountedFor: unexplained.length === 0 }
}

function movesTold({ wanted, done, failed, pauses, nodes }: MovesMade): string[] {
  const reasons = Object.entries(failed)
  const failures = reasons.reduce((sum, [, count]) => sum + count, 0)
  const of = done + failures < wanted ? ` of ${grouped(wanted)}` : ''
  const [half, most] = [0.5, 0.99].map(part => quantile(pauses, part)?.toFixed(2))
  const paused = half === undefined ? '' : `: a pause of ${half} ms (p50), ${most} ms (p99)`
  const between = nodes === 1 ? 'threads' : `${grouped(nodes)} nodes`
  const lines = [`${counted(done, 'move')}${of} between ${between}${paused}.`]
  if (failures === 0) return lines
  const why = reasons.map(([reason, count]) => `${grouped(count)} ${reason}`).join(', ')
  return [...lines, `${counted(failures, 'move')} did not take place: ${why}.`]
}

/** To a hundredth; null where there is none. */
function quantile(sample: readonly number[], part: number): number | null {
  const at = sample.toSorted((a, b) => a - b)[Math.ceil(sample.length * part) - 1]
  return at === undefined ? null : Math.round(at * 100) / 100
}

function lossTold({ thread, by, ms, revived, accounts }: ThreadLoss): string[] {
  const lines = [
    `Thread ${thread} was lost half-way; thread ${by} took its place after ${Math.round(ms)} ms,`,
    `and ${counted(revived, 'airport')} came back as they were.`,
  ]
  if (accounts === undefined) return lines
  const { notDeparted, notLanded } = accounts
  const all = `${counted(notDeparted + notLanded, 'flight')} lost with it`
  return [...lines, `${all}: ${grouped(notDeparted)} not departed, ${grouped(notLanded)} not landed.`]
}

function accounted({ unexplained, complete }: Accounts, airports: number, screen: Screen): string {
  if (unexplained.length > 0) return screen.paint('red', `NOT accounted for. ${unexplainedListed(unexplained)}`)
  const of = `${grouped(complete)} of ${counted(airports, 'airport')}`
  return screen.paint(
    'green',
    `Accounted for: nothing else is missing, and nothing is there twice.\n${of} have all their flights, and the figures of a plain reduce.`,
  )
}

/** What a lost thread does not explain, a line each. */
export function unexplainedListed(unexplained: readonly string[]): string {
  const lines = unexplained.slice(0, SHOWN_DIFFERENCES).map(line => `  ${line}`)
  if (unexplained.length > lines.length) lines.push(`  and ${grouped(unexplained.length - lines.length)} more`)
  return ['The lost thread does not explain:', ...lines].join('\n')
}

function verdict({ differences, airports, loss }: Outcome, screen: Screen): string {
  const all = grouped(airports.size * figuresEach)
  if (loss?.accounts !== undefined && differences?.length !== 0) return accounted(loss.accounts, airports.size, screen)
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
