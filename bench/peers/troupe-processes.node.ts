// The other process of troupe-processes.ts: so many nodes as it is told of, each of which joins the cluster of the first one.

import { createSystem, type NodeOptions } from '@troupe/actors'
import './troupe.actors.ts'
import './troupe.movers.ts'

for (const node of JSON.parse(process.argv[2]!) as NodeOptions[]) {
  const system = await createSystem({ threads: 0, node })
  // a trial that is over ends its nodes without a word
  system.on('nodeChanged', () => {})
}
process.send?.('ready')
process.once('disconnect', () => process.exit())
