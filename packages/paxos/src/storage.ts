// What a replica has on disk, and what its effects make of it. A host with a store of its own does the same there: one row for the promise,
// one for the snapshot, one for each slot.
//
// Invariants: one effect is stored as a whole or not at all, and in the order in which effects came. Votes are without a gap, and begin at the latest behind the snapshot.
import type { Ballot } from './ballot.ts'
import type { StoredRecord } from './log-acceptor.ts'
import type { Entry } from './log-messages.ts'
import type { Vote } from './messages.ts'
import type { Snapshot } from './state-machine.ts'

/** Plain data; a new replica's is `emptyStore`. */
export interface Stored<Command> {
  readonly promised?: Ballot
  readonly snapshot?: Snapshot
  /** The slot of the first vote. */
  readonly first: number
  readonly votes: readonly Vote<Entry<Command>>[]
  /** Known to be decided. */
  readonly decided: number
}
export type StoreEffect<Command> =
  | { readonly do: 'persist'; readonly record: StoredRecord<Entry<Command>> }
  /** Store it in place of the last one; votes of slots below `first` are not needed any more. */
  | { readonly do: 'snapshot'; readonly snapshot: Snapshot; readonly first: number }

export const emptyStore: Stored<never> = { first: 1, votes: [], decided: 0 }

/** What is stored once an effect is done. */
export function stored<Command>(before: Stored<Command>, effect: StoreEffect<Command>): Stored<Command> {
  if (effect.do === 'snapshot') {
    const { snapshot, first } = effect
    return {
      ...before,
      snapshot,
      first,
      votes: before.votes.slice(first - before.first),
      decided: Math.max(before.decided, snapshot.slot),
    }
  }
  const { promised = before.promised, from, votes = [], decided } = effect.record
  const at = from === undefined ? 0 : from - before.first
  const all = votes.length === 0 ? before.votes : before.votes.toSpliced(at, votes.length, ...votes)
  return {
    ...before,
    ...(promised === undefined ? {} : { promised }),
    votes: all,
    decided: Math.max(before.decided, decided),
  }
}
