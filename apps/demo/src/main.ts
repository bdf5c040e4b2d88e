// The demo's command: replays the flights, prints what came of it, and says by its exit code whether it was right.
//
// Invariants:
// - With --json standard output holds one JSON object and nothing else; what has to be said besides goes to stderr.
// - The process ends by itself once everything is closed, and Ctrl-C takes the same way out: it stops the reading, and what
//   has been read lands. Only a second Ctrl-C, for whoever cannot wait, cuts it short.
import { enableCompileCache } from 'node:module'
import { basename } from 'node:path'
import { inspect } from 'node:util'
import { createSystem, TroupeError } from '@troupe/actors'
import { accountsOf } from './accounts.ts'
import { type Options, parseCommandLine, usage, UsageError } from './command-line.ts'
import { BAD_FILE } from './flight-file.ts'
import { type Replaced, replacedThread } from './losses.ts'
import { Nodes } from './nodes.ts'
import { dataFile, placesOf } from './places.ts'
import { headed, type Progress, progressOn, silent } from './progress.ts'
import { differences } from './reference.ts'
import { replay, type Replayed } from './replay.ts'
import {
  counted,
  jsonReport,
  listed,
  type Outcome,
  report,
  right,
  type ThreadLoss,
  unexplainedListed,
} from './report.ts'
import { screenOn } from './screen.ts'

const DEFAULT_FLIGHTS = 'flights-20k.json'
const INTERRUPTED = 130

const now = (): number => performance.now()

async function main(args: readonly string[]): Promise<number> {
  const options = parseCommandLine(args)
  if (options.help) {
    process.stdout.write(usage)
    return 0
  }
  const path = options.input ?? dataFile(DEFAULT_FLIGHTS)
  const screen = screenOn(process.stdout)
  const progress = options.json ? silent : headed(progressOn(screen, now), screen, heading(options, path))
  const outcome = await flown({ ...options, path }, progress).finally(() => progress.end())
  if (outcome.airports.size === 0) return INTERRUPTED // before there was anything to show
  if (options.json) tellPrograms(outcome)
  else screen.write(report(outcome, await placesOf(outcome.airports.keys()), screen))
  return outcome.differences === undefined ? INTERRUPTED : right(outcome) ? 0 : 1
}

/** What the replay has come to, or what it had come to when it was interrupted. */
async function flown(options: Options & { path: string }, progress: Progress): Promise<Outcome> {
  enableCompileCache() // so that host threads, which load the same TypeScript, start in half the time
  await using nodes = new Nodes(options.nodes, options.threads)
  await using system = await createSystem({ threads: options.threads, ...nodes.self })
  await nodes.together(system)
  const start = now()
  const pauses: number[] = []
  system.on('moved', ({ ms }) => void pauses.push(ms))
  nodes.listen(what => what.kind === 'moved' && pauses.push(what.ms))
  const plan = { ...options, nodes }
  const { done, stop } = replay(system, plan, standing => progress.update(standing))
  process.once('SIGINT', stop)
  const replaced = replacedThread(system, now)
  const { airports, reference, moved } = await done
  return {
    flights: [...airports.values()].reduce((sum, { landed }) => sum + landed, 0),
    seconds: Math.round(now() - start) / 1_000,
    airports,
    differences: reference && differences(airports, reference),
    moves: plan.moves === 0 ? undefined : { ...moved, pauses, nodes: options.nodes },
    loss: lossOf(replaced(), await done),
  }
}

function lossOf(heard: Replaced | undefined, { airports, reference, struck }: Replayed): ThreadLoss | undefined {
  if (heard === undefined) return undefined
  const accounts = reference && accountsOf(airports, reference, new Set(struck))
  return { ...heard, revived: struck.length, accounts }
}

function tellPrograms(outcome: Outcome): void {
  process.stdout.write(jsonReport(outcome))
  if (right(outcome)) return
  const { differences, loss } = outcome
  if (loss?.accounts !== undefined) process.stderr.write(`demo: ${unexplainedListed(loss.accounts.unexplained)}\n`)
  else if (differences !== undefined) process.stderr.write(`demo: ${listed(differences)}\n`)
}

function heading({ repeat, threads, nodes }: Options, path: string): string {
  const times = repeat === 1 ? '' : ` ${counted(repeat, 'time')}`
  const each = nodes === 1 ? '' : `${counted(nodes, 'node')}, each with `
  const over = threads === 0 ? `${nodes === 1 ? 'the' : 'its'} main thread` : counted(threads, 'thread')
  return `Replaying ${basename(path)}${times} over ${each}${over}\n`
}

// Whoever reads our output may stop before its end (`| head`): then nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = error instanceof UsageError || (error instanceof TroupeError && error.code === BAD_FILE) ? 2 : 1
  process.stderr.write(`demo: ${told(error)}\n`)
}

/** One line for what users and machines do wrong; where we did, all that helps to find it. */
function told(error: unknown): string {
  if (!(error instanceof UsageError || error instanceof TroupeError)) return inspect(error)
  const { message, cause } = error
  return cause === undefined ? message : `${message}\n${inspect(cause)}`
}
