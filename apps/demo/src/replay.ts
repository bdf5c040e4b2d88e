// A replay: the reader and the feeder, each a goroutine, and the channels that join them.
//
//   file ─▶ reader ─ batches ─▶ feeder ─ messages ─▶ airports      standings go out of the feeder, losses come into it
//
// Invariants:
// - Backpressure is the channel's: while the feeder waits for the airports the reader reads on, but only a few batches.
// - Stopped, it ends as it does at the end of the file: the reader closes its channel, and what it has sent lands.
// - What one of the two throws rejects `done`; the other one ends with the system.
// - Both stand on the first thread, where nothing else computes; elsewhere they would take their time from the airports.
import { ActorStopped, type Receiver, type System, thread } from '@troupe/actors'
import type { Batch } from './batch.ts'
import { feeder, type Strike } from './feeder.ts'
import { strike } from './lightning.ts'
import { firstLossOf } from './losses.ts'
import type { Moved } from './moves.ts'
import type { Nodes } from './nodes.ts'
import type { Standing } from './progress.ts'
import { reader } from './reader.ts'
import type { AllFigures } from './reference.ts'
import { spotsOf } from './spots.ts'

export interface Plan {
  readonly path: string
  readonly repeat: number
  /** As many as the system has beside the first. */
  readonly threads: number
  /** The processes that have the airports; left out, this one has them. */
  readonly nodes?: Nodes
  /** How many times an airport moves to another thread, or node, meanwhile. */
  readonly moves: number
  /** Whether a thread is lost half-way; the airports are kept ones then. */
  readonly killThread: boolean
}

export interface Replayed {
  readonly airports: AllFigures
  /** What the plain reduce has come to; undefined when the replay was stopped before the last batch was read. */
  readonly reference: AllFigures | undefined
  readonly moved: Moved
  /** The codes of the airports that were on the thread that was lost. */
  readonly struck: readonly string[]
}

export interface Replay {
  /** Rejects with the refusal of the reader, whose file is no good, or of the feeder, whose flights are lost. */
  readonly done: Promise<Replayed>
  stop(): void
}

/** Batches between the reader and the feeder. */
const AHEAD = 4

/** `show` is told how far it is, again and again. */
export function replay(
  system: System,
  { path, repeat, threads, moves, killThread, nodes }: Plan,
  show: (standing: Standing) => void = () => {},
): Replay {
  const on = thread(0)
  const batches = system.channel<Batch>({ capacity: AHEAD })
  const standings = system.channel<Standing>({ capacity: 1 })
  const reading = system.go(reader(path, repeat, batches), { on })
  const losses = firstLossOf(system, killThread, lose => {
    nodes?.listen(what => what.kind === 'lost' && lose(what.loss))
  })
  const struck = killThread ? halfWay(system, threads) : undefined
  const feeding = system.go(feeder(batches, standings, losses, spotsOf(threads, nodes?.names), moves, struck), { on })
  const done = Promise.all([feeding.done, reading.done.catch(nothingIfStopped), shown(standings, show)])
  return {
    done: done.then(([flown, reference]) => ({ ...flown, reference })),
    stop: () => void reading.stop(),
  }
}

/** Ends a thread when the feeder says that it is time. */
function halfWay(system: System, at: number): Strike {
  const due = system.channel<null>()
  const done = system.channel<null>()
  const struck = async (): Promise<void> => {
    if ((await due.receive()).done) return
    await strike(system, at)
    await done.send(null)
  }
  struck().catch(() => done.close()) // the system has closed meanwhile, or what ails it is a loss, of which the feeder hears
  return { thread: at, due: due.sender, done: done.receiver }
}

async function shown(standings: Receiver<Standing>, show: (standing: Standing) => void): Promise<void> {
  for await (const standing of standings) show(standing)
}

function nothingIfStopped(error: unknown): undefined {
  if (!(error instanceof ActorStopped)) throw error
}
