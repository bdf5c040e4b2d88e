// What a node knows of all members: a table of facts that merges, in any order and however often, to the same.
//
// Invariants: the state of an incarnation only rises: joining < up < leaving < down < left. (`left` is above `down`: it is
// the node's own word, and corrects who took its silence for an end.) What a node tells of itself has versions, of which the newest
// counts. Each change has a number of this table's, so that a peer is told only what has changed since it last said
// what it had seen; news of what a node tells of itself is told by that node alone, as everybody is linked with it.
import { compareIds, nameOf, type NodeId } from './membership-roster.ts'

export type FactState = 'joining' | 'up' | 'leaving' | 'down' | 'left'

/** What travels of a member. */
export interface Fact {
  readonly id: NodeId
  readonly state: FactState
  /** Why it is in that state, for people. */
  readonly why: string
  readonly addresses: readonly string[]
  /** What the node tells of itself: membership only carries it. */
  readonly about: Uint8Array
  readonly version: number
}

const RANK: Record<FactState, number> = { joining: 0, up: 1, leaving: 2, down: 3, left: 4 }
/** Of those that have ended so many are remembered; an older one that turns up is known by the roster that it lacks. */
const REMEMBERED = 256

export const hasEnded = (state: FactState): boolean => state === 'down' || state === 'left'

interface Entry {
  fact: Fact
  changed: number
}

export interface FactChange {
  readonly fact: Fact
  readonly from: FactState | undefined
}

export class Members {
  readonly #entries = new Map<NodeId, Entry>()
  /** Counts the changes. */
  changes = 0

  get(id: NodeId): Fact | undefined {
    return this.#entries.get(id)?.fact
  }
  all(): Fact[] {
    return [...this.#entries.values()].map(({ fact }) => fact)
  }
  ended(id: NodeId): boolean {
    const fact = this.get(id)
    return fact !== undefined && hasEnded(fact.state)
  }
  /** The living member of that name, the earlier one where two try to join. */
  named(name: string): Fact | undefined {
    const living = this.all().filter(({ id, state }) => nameOf(id) === name && !hasEnded(state))
    return living.toSorted((a, b) => RANK[b.state] - RANK[a.state] || compareIds(a.id, b.id))[0]
  }
  /** The changes behind that number. */
  since(seen: number): Fact[] {
    return [...this.#entries.values()].filter(({ changed }) => changed > seen).map(({ fact }) => fact)
  }

  /** Takes in a fact; what its state was before, where that has changed. `told`: the node itself says so. */
  merge(theirs: Fact, told: boolean): FactChange | undefined {
    const entry = this.#entries.get(theirs.id)
    if (entry === undefined) {
      this.#entries.set(theirs.id, { fact: theirs, changed: ++this.changes })
      if (hasEnded(theirs.state)) this.#forget()
      return { fact: theirs, from: undefined }
    }
    const ours = entry.fact
    const rises = RANK[theirs.state] > RANK[ours.state]
    const newer = theirs.version > ours.version ? theirs : ours
    if (!rises && newer === ours) return undefined
    const { state, why } = rises ? theirs : ours
    const { addresses, about, version } = newer
    entry.fact = { id: ours.id, state, why, addresses, about, version }
    if (rises || !told) entry.changed = ++this.changes
    if (rises && hasEnded(state)) this.#forget()
    return rises ? { fact: entry.fact, from: ours.state } : undefined
  }
  /** Raises a member's state. */
  raise(id: NodeId, state: FactState, why: string): FactChange | undefined {
    const nothing = { addresses: [], about: new Uint8Array(), version: 0 }
    return this.merge({ ...nothing, ...this.get(id), id, state, why }, false)
  }
  /** What this node tells of itself, anew: everybody is to hear it. */
  tell(id: NodeId, about: Uint8Array): void {
    const entry = this.#entries.get(id)!
    entry.fact = { ...entry.fact, about, version: entry.fact.version + 1 }
    entry.changed = ++this.changes
  }

  /** A joiner that is not heard of any more: it has not ended, as far as anybody knows. */
  drop(id: NodeId): void {
    this.#entries.delete(id)
  }
  #forget(): void {
    const ended = [...this.#entries.values()].filter(({ fact }) => hasEnded(fact.state))
    const oldest = ended.toSorted((a, b) => a.changed - b.changed).slice(0, Math.max(0, ended.length - REMEMBERED))
    for (const { fact } of oldest) this.#entries.delete(fact.id)
  }
}
