// `pnpm chaos SUBJECT --seconds N --seed S [--json]`: a system on real threads, or several in real processes, under load, to which everything happens
// that may; afterwards it is checked that what must hold has held. Exit code 1: it has not. 2: the command line makes no sense.
import { parseArgs } from 'node:util'
import { moving } from './moving.ts'
import { leaving, nodes } from './nodes.ts'

/** `signal`: it is to end early. */
export interface Options {
  readonly seconds: number
  readonly seed: number
  readonly signal: AbortSignal
}
const subjects: Readonly<Record<string, (options: Options) => Promise<Outcome>>> = { moving, nodes, leaving }

/** What was counted, and each thing that must not be. */
export interface Outcome {
  readonly counts: Readonly<Record<string, number | Readonly<Record<string, number>>>>
  readonly violations: readonly string[]
}

const USAGE = `pnpm chaos SUBJECT [--seconds N] [--seed S] [--json]

subjects: ${Object.keys(subjects).join(', ')}

  --seconds N    how long (60)
  --seed S       what happens when (a random one, which is printed)
  --json         one object on standard output: { subject, seed, seconds, counts, violations }

Ctrl-C ends it early: it comes to rest, and says what it has found. Once more ends it at once.`

interface Command {
  subject: string
  seconds: number
  seed: number
  json: boolean
}

function readCommand(): Command | string {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return USAGE
  const [subject = 'none'] = positionals
  const seconds = Number(values.seconds ?? 60)
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  if (!Object.hasOwn(subjects, subject)) throw new Error(`there is no subject '${subject}'`)
  if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: a number above 0`)
  if (!Number.isInteger(seed)) throw new Error(`--seed ${values.seed}: a whole number`)
  return { subject, seconds, seed, json: values.json === true }
}

async function main(): Promise<void> {
  let command: Command | string
  try {
    command = readCommand()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`)
    process.exitCode = 2
    return
  }
  if (typeof command === 'string') return void process.stdout.write(`${command}\n`)
  const { subject, seconds, seed, json } = command
  const signal = interrupted(json)
  if (!json) process.stdout.write(`chaos ${subject}: ${seconds} s, seed ${seed}\n`)
  const { counts, violations } = await subjects[subject]!({ seconds, seed, signal })
  if (json) process.stdout.write(`${JSON.stringify({ subject, seed, seconds, counts, violations })}\n`)
  else process.stdout.write(inLines(counts, violations))
  if (violations.length > 0) process.exitCode = 1
}

/** Aborted by Ctrl-C. */
function interrupted(silent: boolean): AbortSignal {
  const early = new AbortController()
  process.once('SIGINT', () => {
    early.abort()
    if (!silent) process.stdout.write('\n  it comes to rest; once more ends it at once\n')
  })
  return early.signal
}

function inLines(counts: Outcome['counts'], violations: readonly string[]): string {
  const lines = Object.entries(counts).map(([name, count]) => {
    const parts = typeof count === 'number' ? [] : Object.entries(count).map(([part, n]) => `${part} ${n}`)
    return `  ${name.padEnd(22)} ${typeof count === 'number' ? count.toLocaleString('en') : parts.join(', ') || 'none'}`
  })
  const verdict = violations.length === 0 ? 'nothing that must hold was broken' : `${violations.length} violations:`
  return [...lines, verdict, ...violations.slice(0, 50).map(line => `  ${line}`), ''].join('\n')
}

await main()
