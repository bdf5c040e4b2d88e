// `pnpm bench [subject] [--json]`: runs one subject, or all, and prints what came out. What counts is ratios to peers in the
// same run; docs/benchmarks.md says how they are taken and what each row gives.
//
// Invariants: standard output holds the table or the JSON and nothing else; progress goes to standard error, and only to
// a terminal. Exit code 1: a trial failed. 2: the command line makes no sense. A missed goal is a result, not a failure.

import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { balance } from './balance.ts'
import { channels } from './channels.ts'
import { runSubject, type Report, type Subject } from './harness.ts'
import { local } from './local.ts'
import { lock } from './lock.ts'
import { FULL, QUICK } from './measure.ts'
import { moving } from './moving.ts'
import { processes } from './processes.ts'
import { ring } from './ring.ts'
import { spawn } from './spawn.ts'
import { start } from './start.ts'
import { table } from './table.ts'
import { threads } from './threads.ts'

const subjects: Readonly<Record<string, Subject>> = {
  threads,
  local,
  spawn,
  start,
  channels,
  moving,
  balance,
  processes,
  ring,
  lock,
}

const USAGE = `pnpm bench [subject …] [options]

subjects: ${Object.keys(subjects).join(', ')}; all of them when none is named

  --json         one object for one subject: { subject, rows: [{ work, name, unit, median, spread, ratio }] };
                 an array of them for several
  --rounds N     how often each contender runs each work (7)
  --only TEXT    only the works whose id contains TEXT, as in --only thread-ask
  --quick        tiny counts, one round: shows that everything runs, measures nothing
  --help         this text`

interface Options {
  readonly subjects: readonly Subject[]
  readonly rounds: number
  readonly quick: boolean
  readonly json: boolean
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) return
  const reports: Report[] = []
  for (const subject of options.subjects) {
    const plan = options.quick ? QUICK : FULL
    const report = await runSubject(subject, { rounds: options.rounds, plan, progress })
    progress('')
    if (!options.json) process.stdout.write(`${reports.length === 0 ? machine() : ''}\n${table(report)}\n`)
    reports.push(report)
  }
  if (options.json)
    process.stdout.write(`${JSON.stringify(reports.length === 1 ? plain(reports[0]!) : reports.map(plain))}\n`)
  for (const { failures } of reports) {
    if (failures.length === 0) continue
    if (options.json) process.stderr.write(`failed:\n${failures.join('\n')}\n`)
    process.exitCode = 1
  }
}

/** Undefined when there is nothing to run: help was asked for, or the command line makes no sense. */
function readOptions(args: string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string', default: '' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(`${USAGE}\n`)
      return undefined
    }
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 7))
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a whole number from 1 on`)
    return {
      subjects: chosen(positionals, values.only),
      rounds,
      quick: values.quick,
      json: values.json,
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`)
    process.exitCode = 2
    return undefined
  }
}

function chosen(names: readonly string[], only: string): Subject[] {
  const wanted = names.length === 0 ? Object.keys(subjects) : names
  const found = wanted.map((name): Subject => {
    const subject = subjects[name]
    if (!subject) throw new Error(`there is no subject ${name}`)
    return { ...subject, works: subject.works.filter(work => work.id.includes(only)) }
  })
  if (found.every(subject => subject.works.length === 0)) throw new Error(`no work's id contains ${only}`)
  return found
}

/** What others read; verdicts are for people. */
function plain({ subject, rows }: Report): Pick<Report, 'subject' | 'rows'> {
  return { subject, rows }
}

/** Where it ran. Two threads that share a core with somebody else's work cannot show what they can do on two. */
function machine(): string {
  const cores = availableParallelism()
  const load = loadavg()[0]!
  const busy = load > cores / 2 ? ' (others are at work here: mind the spread, and doubt the rows across threads)' : ''
  const { node } = process.versions
  return `Node ${node}, ${process.platform} ${process.arch}, ${cores} cores, load ${load.toFixed(1)}${busy}\n`
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`)
}

await main()
