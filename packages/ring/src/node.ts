// A node as users write it, and as a ring keeps it: checked, with its weight and zone filled in.
//
// Invariant: nodes are sorted by id, unless their order means something (jump), so that rings of the same nodes are equal.
// A node without a zone is a zone of its own: nothing is known to fail together with it.
import { RingError, shown } from './ring-error.ts'

/** An id alone, or with a weight (1 where left out: its share of the keys, against the others') and a zone. */
export type NodeSpec = string | { readonly id: string; readonly weight?: number; readonly zone?: string }

export interface RingNode {
  readonly id: string
  readonly weight: number
  readonly zone: string | undefined
}

/** A node is 16 bits in a table. */
const MOST = 65_535

export function nodesOf(specs: readonly NodeSpec[], inOrder: boolean): RingNode[] {
  if (!Array.isArray(specs)) throw new RingError('bad-node', `a ring is made of an array of nodes, not ${shown(specs)}`)
  if (specs.length === 0)
    throw new RingError('no-nodes', 'a ring needs at least one node: there is nobody to own a key')
  if (specs.length > MOST)
    throw new RingError('too-many-nodes', `a ring has at most ${MOST} nodes, not ${specs.length}`)
  const nodes = specs.map(checked)
  const ids = new Set<string>()
  for (const { id } of nodes) {
    if (ids.has(id)) {
      const advice = 'to change its weight or zone, take it out first: ring.without(id).with(…)'
      throw new RingError('duplicate-node', `there are two nodes ${shown(id)}: ${advice}`)
    }
    ids.add(id)
  }
  return inOrder ? nodes : nodes.sort((a, b) => (a.id < b.id ? -1 : 1))
}

function checked(spec: NodeSpec): RingNode {
  if (typeof spec === 'string') return checked({ id: spec })
  if (typeof spec !== 'object' || spec === null || typeof spec.id !== 'string' || spec.id === '')
    throw new RingError(
      'bad-node',
      `a node is an id, or { id, weight, zone } with an id that is a text, not ${shown(spec)}`,
    )
  const { id, weight = 1, zone } = spec
  if (!(typeof weight === 'number' && weight > 0 && weight < Infinity)) {
    const advice = weight === 0 ? 'leave out a node that is to get nothing' : 'it is a number above 0'
    throw new RingError('bad-node', `node ${shown(id)} has the weight ${shown(weight)}: ${advice}`)
  }
  if (zone !== undefined && typeof zone !== 'string')
    throw new RingError('bad-node', `node ${shown(id)} has the zone ${shown(zone)}: it is a text, or left out`)
  return { id, weight, zone }
}
