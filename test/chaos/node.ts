// One process of the cluster that `pnpm chaos nodes` does things to: told which node to be, it says when it is one, leaves when it is told
// to, and ends with the first process, or when the others have declared it down.
import { createSystem, type NodeOptions } from '@troupe/actors'
import { EXPELLED, LEFT } from './processes.ts'
import './node-actors.ts'

process.once('disconnect', () => process.exit())
process.on('SIGINT', () => {}) // of a terminal, to all of them: the first process sees to it
if (!process.connected) process.exit()
const node = JSON.parse(process.argv[2]!) as NodeOptions
const system = await createSystem({ threads: 1, node })
system.on('expelled', () => process.exit(EXPELLED))
// what is lost, and with whom, is counted by the first process
for (const event of ['nodeChanged', 'deadLetter', 'minority', 'moveFailed'] as const) system.on(event, () => {})
system.on('fault', ({ actor, method, error }) => process.send?.(`${actor} failed at ${method}: ${String(error)}`))
system.on('linkFailed', ({ error }) => process.send?.(error.message))
process.once('message', () => void system.leave({ deadline: 2_000 }).then(() => process.exit(LEFT)))
process.send?.('ready')
