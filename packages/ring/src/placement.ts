// What a strategy is: it places keys on nodes, which it knows by their number in the ring's list. And which there are.
//
// Invariants: a placement never changes; `owner` is the first that `prefer` gives; `prefer` gives each node once. Those
// that keep places in a table show them as spans, and say where among them a key is; the others compute each answer.
import type { Hash, HashName } from './hash.ts'
import { Jump } from './jump.ts'
import type { Key } from './key-bytes.ts'
import { Ketama } from './ketama.ts'
import { Maglev } from './maglev.ts'
import type { RingNode } from './node.ts'
import { Rendezvous } from './rendezvous.ts'
import { RingError, shown } from './ring-error.ts'
import type { Spans } from './spans.ts'
import { VirtualNodes } from './virtual-nodes.ts'

export type Strategy = 'ring' | 'ketama' | 'rendezvous' | 'jump' | 'maglev'

/** What a ring is made with, complete. */
export interface Settings {
  readonly strategy: Strategy
  readonly hash: HashName
  /** Points of a node of weight 1; only of the strategy 'ring'. */
  readonly virtualNodes?: number
  /** Places in maglev's table. */
  readonly tableSize?: number
}

export interface Placement {
  owner(key: Key): number
  /** The nodes in the order in which the key prefers them, until `take` says that it is enough. */
  prefer(key: Key, take: (node: number) => boolean): void
  /** Memory held beside the nodes themselves. */
  readonly bytes: number
  /** Where keys are, if in a table. */
  readonly spans?: Spans
  position?(key: Key): number
}

export function placementOf(nodes: readonly RingNode[], hash: Hash, settings: Settings): Placement {
  const { strategy } = settings
  switch (strategy) {
    case 'ring':
      return new VirtualNodes(nodes, hash, settings.virtualNodes!)
    case 'ketama':
      return new Ketama(nodes)
    case 'rendezvous':
      return new Rendezvous(nodes, hash)
    case 'jump':
      return new Jump(nodes, hash)
    case 'maglev':
      return new Maglev(nodes, hash, settings.tableSize!)
    default:
      strategy satisfies never
      throw new RingError('bad-option', `there is no strategy ${shown(strategy)}`)
  }
}
