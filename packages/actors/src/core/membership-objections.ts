// Why a node is not talked with: before its handshake is over, by its id alone, or when it shows that it is none of this cluster.
//
// What stands here is read by people on the other side, and says what they can do. Invariant: a name belongs to one living
// incarnation; the one that was there first keeps it.
import { hasEnded, type Members } from './membership-members.ts'
import { type Beat, isNodeName } from './membership-messages.ts'
import { compareIds, nameOf, type NodeId, type Roster } from './membership-roster.ts'

/** `expelled`: it was a member, and will never be one again; `refused`: it cannot become one now. */
export interface Objection {
  readonly kind: 'expelled' | 'refused'
  readonly why: string
}

export function objectionTo(id: NodeId, self: NodeId, members: Members): Objection | undefined {
  const name = nameOf(id)
  if (id === self) return undefined
  if (!isNodeName(name)) {
    const why = `a node's name has 1 to 64 letters, digits, "_", "." and "-": ${JSON.stringify(name)} is none`
    return { kind: 'refused', why }
  }
  const state = members.get(id)?.state
  if (state !== undefined && hasEnded(state)) {
    return { kind: 'expelled', why: `${id} was declared ${state}: create a new system, which has a new incarnation` }
  }
  const other = name === nameOf(self) ? members.get(self) : members.named(name)
  if (other === undefined || other.id === id) return undefined
  if (other.state === 'joining' && compareIds(id, other.id) < 0) return undefined
  const what = 'choose another name, or wait until that one has ended'
  return { kind: 'refused', why: `the name ${name} is taken by ${other.id}, which is ${other.state}: ${what}` }
}

/** What its heartbeat shows: another cluster, the younger of two; or a roster of a time when it was still a member. */
export function strangeIn(
  from: NodeId,
  { cluster, number }: Beat,
  roster: Roster | undefined,
  members: Members,
): Objection | undefined {
  if (roster === undefined || cluster === '') return undefined
  if (cluster !== roster.cluster) {
    if (compareIds(cluster, roster.cluster) < 0) return undefined
    const apart = `the cluster that ${cluster} founded and the older one of ${roster.cluster} do not mix`
    return { kind: 'expelled', why: `${apart}: create a new system, which joins the older one` }
  }
  const state = members.get(from)?.state
  const was = state === 'up' || state === 'leaving'
  if (!was || number >= roster.number || roster.voters.includes(from)) return undefined
  return {
    kind: 'expelled',
    why: `the members went on without ${from}: create a new system, which has a new incarnation`,
  }
}
