// An acceptor of all slots of a log: one promise for all of them, and a vote in each (Lamport: The Part-Time Parliament, 1998, section 3).
// In each ballot it accepts slot after slot, without a gap, beginning behind what it knows to be decided. So how far it is can be said in
// one number, what was lost shows, and a new leader never finds a gap that it would have to fill (as in Sequence Paxos: Haridi, Kroll, Carbone).
//
// Invariants: the promise never falls; no vote is of a later ballot than it. Up to `upTo(ballot)` each slot is accepted in that ballot, or
// decided. Nothing may be said of a promise or a vote before the record that its step gives is on disk.
import { type Ballot, compareBallots } from './ballot.ts'
import type { Log } from './log.ts'
import type { Vote } from './messages.ts'

/** What is to be stored: what is left out stays as it was. */
export interface StoredRecord<Value> {
  readonly promised?: Ballot
  /** Votes of the slots from `from` on; those behind them stay. */
  readonly from?: number
  readonly votes?: readonly Vote<Value>[]
  /** Known by now to be decided. It need not be stored at once: what is too low is learned again. */
  readonly decided: number
}
export interface LogAnswer<Value> {
  readonly record: StoredRecord<Value> | undefined
  readonly upTo: number
  readonly isMissing: boolean
}

export class LogAcceptor<Value> {
  readonly log: Log<Value>
  #promised: Ballot | undefined
  /** In which ballot it has accepted last in this life, and how far. */
  #ballot: Ballot | undefined = undefined
  #last = 0

  constructor(log: Log<Value>, promised: Ballot | undefined) {
    this.log = log
    this.#promised = promised
  }

  get promised(): Ballot | undefined {
    return this.#promised
  }
  upTo(ballot: Ballot): number {
    const isOfThis = compareBallots(this.#ballot, ballot) === 0
    return isOfThis ? Math.max(this.#last, this.log.decided) : this.log.decided
  }

  /** Undefined: a later one has been promised. A promise that is given again needs no record. */
  promise(ballot: Ballot): { readonly record: StoredRecord<Value> | undefined } | undefined {
    const order = compareBallots(ballot, this.#promised)
    if (order < 0) return undefined
    this.#promised = ballot
    return { record: order === 0 ? undefined : { promised: ballot, decided: this.log.decided } }
  }

  /** Undefined: a later ballot has been promised. */
  accept(ballot: Ballot, from: number, values: readonly Value[]): LogAnswer<Value> | undefined {
    const promise = this.promise(ballot)
    if (promise === undefined) return undefined
    const before = this.upTo(ballot)
    if (from > before + 1) return { record: promise.record, upTo: before, isMissing: true }
    const votes = values.slice(before + 1 - from).map(value => ({ ballot, value }))
    this.#ballot = ballot
    this.#last = before + votes.length
    if (votes.length === 0) return { record: promise.record, upTo: before, isMissing: false }
    this.log.write(before + 1, votes)
    return {
      record: { ...promise.record, from: before + 1, votes, decided: this.log.decided },
      upTo: this.#last,
      isMissing: false,
    }
  }
}
