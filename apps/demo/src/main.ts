// The demo's command: replays the flights, prints what came of it, and says by its exit code whether it was right.
//
// Invariants:
// - With --json standard output holds one JSON object and nothing else; what has to be said besides goes to stderr.
// - The process ends by itself once everything is closed, and Ctrl-C takes the same way out. Only a second Ctrl-C, for
//   whoever cannot wait, cuts it short.
import { enableCompileCache } from 'node:module'
import { basename } from 'node:path'
import { inspect } from 'node:util'
import { createSystem, TroupeError } from '@troupe/actors'
import { type Options, parseCommandLine, usage, UsageError } from './command-line.ts'
import { FlightFile, InputError } from './flight-file.ts'
import type { Flight } from './flights.ts'
import { dataFile, placesOf } from './places.ts'
import { progressOn, silent } from './progress.ts'
import { differences, Reference } from './reference.ts'
import { type Plan, replay } from './replay.ts'
import { counted, jsonReport, listed, type Outcome, report, verified } from './report.ts'
import { screenOn } from './screen.ts'
import { Timetable } from './timetable.ts'
import { Traffic, TrafficError } from './traffic.ts'

const DEFAULT_FLIGHTS = 'flights-20k.json'
const INTERRUPTED = 130

const now = (): number => performance.now()

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args)
  if (options.help) {
    process.stdout.write(usage)
    return 0
  }
  const interrupt = interruptible()
  try {
    return await demo(options, interrupt)
  } catch (error) {
    if (interrupt.aborted) return INTERRUPTED // before there was anything to show
    throw error
  }
}

async function demo(options: Options, interrupt: AbortSignal): Promise<number> {
  const screen = screenOn(process.stdout)
  const file = new FlightFile(options.input ?? dataFile(DEFAULT_FLIGHTS))
  const flights = file.flights(interrupt)
  const first = await flights.next() // a file that is no good is told of before any thread starts
  enableCompileCache() // so that host threads, which load the same TypeScript, start in half the time
  await using system = await createSystem({ threads: options.threads })
  if (!options.json) screen.write(heading(options, file))
  const outcome = await flown({
    traffic: new Traffic(system, now),
    reference: new Reference(),
    timetable: new Timetable(),
    file,
    repeat: options.repeat,
    flights: resumed(first, flights),
    progress: options.json ? silent : progressOn(screen, now),
    signal: interrupt,
  })
  if (options.json) tellPrograms(outcome)
  else screen.write(report(outcome, await placesOf(outcome.airports.keys()), screen))
  return outcome.differences === undefined ? INTERRUPTED : verified(outcome) ? 0 : 1
}

/** What the replay has come to, or what it had come to when it was interrupted. */
async function flown(plan: Plan): Promise<Outcome> {
  const { traffic, reference, repeat, progress, signal } = plan
  const start = now()
  try {
    await replay(plan)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    progress.end()
  }
  const seconds = Math.round(now() - start) / 1_000
  const airports = await traffic.figures()
  return {
    flights: [...airports.values()].reduce((sum, { landed }) => sum + landed, 0),
    seconds,
    airports,
    differences: signal.aborted ? undefined : differences(airports, reference.figures(repeat)),
  }
}

function tellPrograms(outcome: Outcome): void {
  process.stdout.write(jsonReport(outcome))
  const { differences } = outcome
  if (differences && differences.length > 0) process.stderr.write(`demo: ${listed(differences)}\n`)
}

function heading({ repeat, threads }: Options, file: FlightFile): string {
  const times = repeat === 1 ? '' : ` ${counted(repeat, 'time')}`
  return `Replaying ${basename(file.path)}${times} over ${threads === 0 ? 'the main thread' : counted(threads, 'thread')}\n`
}

/** Aborted by the first Ctrl-C. The second finds nobody listening, and ends the process on the spot. */
function interruptible(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  return controller.signal
}

async function* resumed(
  first: IteratorResult<Flight, void>,
  rest: AsyncIterable<Flight>,
): AsyncGenerator<Flight, void, undefined> {
  if (first.done) return
  yield first.value
  yield* rest
}

// Whoever reads our output may stop before its end (`| head`): then nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = error instanceof UsageError || error instanceof InputError ? 2 : 1
  process.stderr.write(`demo: ${told(error)}\n`)
}

/** One line for what users and machines do wrong; where we did, all that helps to find it. */
function told(error: unknown): string {
  const known = [UsageError, InputError, TrafficError, TroupeError].some(kind => error instanceof kind)
  if (!known) return inspect(error)
  const { message, cause } = error as Error
  return cause === undefined ? message : `${message}\n${inspect(cause)}`
}
