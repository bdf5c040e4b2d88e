// One of the other processes of `--nodes`: a member of the cluster, which has imported what can be spawned here. It tells the first
// one of moves, and of what makes it impossible that all flights land, as only that process prints anything.
//
// Invariant: it ends with the first process, however that ends: the channel between the two closes then. Ctrl-C, of which the
// terminal tells all processes, is for the first one alone.
import { rmSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { createSystem, type NodeOptions } from '@troupe/actors'
import './airport.ts'
import { firstLossOf, type Loss } from './losses.ts'

/** What is told to it, as JSON on its command line. */
export interface NodeTask {
  readonly threads: number
  readonly node: NodeOptions
  /** Of all sockets. */
  readonly folder: string
}
/** What it tells. `ms`: for how long an airport that has moved here took no message. */
export type FromNode = { readonly kind: 'moved'; readonly ms: number } | { readonly kind: 'lost'; readonly loss: Loss }

const { threads, node, folder } = JSON.parse(process.argv[2]!) as NodeTask
process.on('SIGINT', () => {})
process.once('disconnect', end)
if (!process.connected) end() // while this program was loaded

enableCompileCache()
const system = await createSystem({ threads, node })
// the first process sees for itself who is there, and says so
for (const event of ['nodeChanged', 'minority', 'expelled'] as const) system.on(event, () => {})
system.on('moved', ({ ms }) => tell({ kind: 'moved', ms }))
const { value: loss } = await firstLossOf(system).receive()
if (loss !== undefined) tell({ kind: 'lost', loss: { ...loss, text: `${node.name}: ${loss.text}` } })

function tell(what: FromNode): void {
  // nobody listens any more if the first process has ended: then this one is about to
  process.send!(what, undefined, undefined, () => {})
}

function end(): never {
  rmSync(folder, { recursive: true, force: true })
  process.exit()
}
