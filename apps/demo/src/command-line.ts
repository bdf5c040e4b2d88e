// The command line: what may be said on it, and the one line that says what is wrong with it.
//
// Invariant: what comes out is complete and in range; nobody behind this file checks an option again.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export interface Options {
  /** The file that was named; undefined for the flights that come with the demo. */
  input: string | undefined
  /** How many times the file is replayed. */
  repeat: number
  /** Threads beside the main one; 0 puts every actor on it. */
  threads: number
  /** How many times an airport moves to another thread while flights are in the air. */
  moves: number
  /** Whether a thread is lost half-way. */
  killThread: boolean
  json: boolean
  help: boolean
}

/** The command line makes no sense; the message is one line for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const MAX_REPEAT = 1_000_000
const MAX_THREADS = 64
const MAX_MOVES = 1_000_000

export const usage = `Replays real flights as messages between actors, one actor an airport, over all
cores, and checks every figure against a plain single-threaded reduce.

Usage: pnpm demo [options]

  --input FILE   flights as a JSON array of objects, or as CSV with a header,
                 with the columns date, delay, distance, origin, destination
                 (default: 20,000 flights of 2001, from vega-datasets)
  --repeat N     replay the file N times (default: 1)
  --threads N    threads to spread the airports over; 0: the main thread alone
                 (default: one a core, here ${availableParallelism()})
  --moves N      meanwhile move airports, picked at random, N times to other
                 threads (default: 0)
  --kill-thread  end a thread half-way; its airports come back as they were, and
                 what is lost is told
  --json         print one JSON object and nothing else
  --help         print this

Exit code: 0 all figures verified, 1 some differ or the replay failed,
2 bad option or input file, 130 interrupted.
`

const options = {
  input: { type: 'string' },
  repeat: { type: 'string' },
  threads: { type: 'string' },
  moves: { type: 'string' },
  'kill-thread': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export function parseCommandLine(args: readonly string[]): Options {
  // Package managers pass the -- that ends their own options on to the script.
  const own = args[0] === '--' ? args.slice(1) : [...args]
  // Not strict: its messages run over several lines, and it takes the -1 of `--repeat -1` for an option.
  const { tokens } = parseArgs({ args: own, options, strict: false, tokens: true })
  const said: Options = {
    input: undefined,
    repeat: 1,
    threads: Math.min(availableParallelism(), MAX_THREADS),
    moves: 0,
    killThread: false,
    json: false,
    help: false,
  }
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional')
      throw new UsageError(`unexpected argument '${token.value}'; a file is given by --input FILE`)
    const { name, rawName, value } = token
    switch (name) {
      case 'input':
        said.input = text(rawName, value, 'a file')
        break
      case 'repeat':
        said.repeat = whole(rawName, value, 1, MAX_REPEAT)
        break
      case 'threads':
        said.threads = whole(rawName, value, 0, MAX_THREADS)
        break
      case 'moves':
        said.moves = whole(rawName, value, 0, MAX_MOVES)
        break
      case 'json':
      case 'help':
      case 'kill-thread':
        if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
        said[name === 'kill-thread' ? 'killThread' : name] = true
        break
      default:
        throw new UsageError(`unknown option ${rawName}; --help lists them`)
    }
  }
  if (said.moves > 0 && said.threads === 0)
    throw new UsageError('--moves needs somewhere to move to: --threads 1 or more')
  if (said.killThread && said.threads === 0)
    throw new UsageError('--kill-thread needs a thread that can end: --threads 1 or more')
  if (said.killThread && said.moves > 0)
    throw new UsageError(
      '--kill-thread and --moves exclude each other: it must be known which airports were on the thread',
    )
  return said
}

function text(option: string, value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new UsageError(`${option} needs ${what}`)
  return value
}

function whole(option: string, value: string | undefined, least: number, most: number): number {
  const range = `a whole number from ${least} to ${most}`
  const digits = text(option, value, range)
  const number = /^\d+$/.test(digits) ? Number(digits) : NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`${option} must be ${range}, not '${digits}'`)
}
