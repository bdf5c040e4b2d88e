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
  /** Processes that the airports are spread over, this one included. */
  nodes: number
  /** How many times an airport moves to another thread, or node, while flights are in the air. */
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
const MAX_NODES = 16

export const usage = `Replays real flights as messages between actors, one actor an airport, over all
cores, and checks every figure against a plain single-threaded reduce.

Usage: pnpm demo [options]

  --input FILE   flights as a JSON array of objects, or as CSV with a header,
                 with the columns date, delay, distance, origin, destination
                 (default: 20,000 flights of 2001, from vega-datasets)
  --repeat N     replay the file N times (default: 1)
  --threads N    threads to spread the airports over; 0: the main thread alone
                 (default: one a core, here ${availableParallelism()})
  --nodes N      spread the airports over N processes, this one included, each
                 with that many threads (default: 1, and with more of them
                 their share of the cores in threads, but at least one)
  --moves N      meanwhile move airports, picked at random, N times to other
                 threads and nodes (default: 0)
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
  nodes: { type: 'string' },
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
  const said: Omit<Options, 'threads'> & { threads: number | undefined } = {
    input: undefined,
    repeat: 1,
    threads: undefined,
    nodes: 1,
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
      case 'nodes':
        said.nodes = whole(rawName, value, 1, MAX_NODES)
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
  const checked = { ...said, threads: said.threads ?? share(said.nodes) }
  checkTogether(checked)
  return checked
}

/** Threads of each of so many nodes, if nothing is said: one a core, and at least one. */
function share(nodes: number): number {
  return Math.min(Math.max(1, Math.floor(availableParallelism() / nodes)), MAX_THREADS)
}

/** What makes sense by itself may not make sense together. */
function checkTogether({ moves, threads, nodes, killThread }: Options): void {
  if (moves > 0 && threads === 0 && nodes === 1)
    throw new UsageError('--moves needs somewhere to move to: --threads 1 or more, or --nodes 2 or more')
  if (killThread && threads === 0)
    throw new UsageError('--kill-thread needs a thread that can end: --threads 1 or more')
  if (killThread && moves > 0)
    throw new UsageError(
      '--kill-thread and --moves exclude each other: it must be known which airports were on the thread',
    )
  if (killThread && nodes > 1)
    throw new UsageError('--kill-thread and --nodes exclude each other: what is lost is told of threads of one process')
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
