// A learner: applies what is decided, takes snapshots, forgets what they hold, and tells others what they lack.
//
// Invariants: what is decided is applied at once, in order. A snapshot is kept that reaches at least to the slot in front of the log's first
// one, so that a replica that knows less than that can be given it.
import type { Ballot } from './ballot.ts'
import type { Entry, Fetch, Install, Learn, Promised } from './log-messages.ts'
import { Log } from './log.ts'
import type { StoredRecord } from './log-acceptor.ts'
import type { Vote } from './messages.ts'
import type { Applied, Snapshot, StateMachine } from './state-machine.ts'
import type { Stored, StoreEffect } from './storage.ts'

export interface LearnerLimits {
  readonly compactAfter: number
  readonly retain: number
  readonly batch: number
}

export class Learner<Command, Reply> {
  readonly log: Log<Entry<Command>>
  readonly state: StateMachine<Command, Reply>
  readonly #limits: LearnerLimits
  #snapshot: Snapshot | undefined

  constructor(state: StateMachine<Command, Reply>, stored: Stored<Command>, limits: LearnerLimits) {
    this.state = state
    this.#limits = limits
    this.#snapshot = stored.snapshot
    if (stored.snapshot !== undefined) state.restore(stored.snapshot)
    this.log = new Log(stored.first, stored.votes, stored.decided)
    for (let slot = state.slot + 1; slot <= stored.decided; slot++) state.apply(slot, this.log.at(slot).value)
  }

  /** The next slot is decided. */
  decideNext(): Applied<Reply> {
    const slot = this.log.decided + 1
    this.log.decide(slot)
    return this.state.apply(slot, this.log.at(slot).value)
  }
  /** These slots are decided: takes over those that are next, to be stored and then applied. */
  learn(
    from: number,
    votes: readonly Vote<Entry<Command>>[],
  ): (StoredRecord<Entry<Command>> & { readonly from: number }) | undefined {
    const next = this.log.decided + 1
    const news = from > next ? [] : votes.slice(next - from)
    if (news.length === 0) return undefined
    this.log.write(next, news)
    return { from: next, votes: news, decided: next + news.length - 1 }
  }
  /** Undefined: it is known already. */
  install(snapshot: Snapshot): StoreEffect<Command> | undefined {
    if (snapshot.slot <= this.log.decided) return undefined
    this.state.restore(snapshot)
    this.log.skip(snapshot.slot)
    this.#snapshot = snapshot
    return { do: 'snapshot', snapshot, first: this.log.first }
  }
  /** A snapshot, if it is time for one. */
  compact(): StoreEffect<Command> | undefined {
    const { compactAfter, retain } = this.#limits
    if (this.log.decided - (this.#snapshot?.slot ?? 0) < compactAfter) return undefined
    const snapshot = this.state.snapshot()
    this.#snapshot = snapshot
    this.log.drop(snapshot.slot - retain)
    return { do: 'snapshot', snapshot, first: this.log.first }
  }

  /** A promise to who knows so much: all votes behind that, or behind the snapshot, which it has to be given first. */
  promise(ballot: Ballot, decided: number): Promised<Command> {
    const from = Math.max(decided + 1, this.log.first)
    return { kind: 'promise', ballot, decided: this.log.decided, from, votes: this.log.slice(from, this.log.end) }
  }
  /** What a replica lacks that knows so much; undefined: nothing that is known here. */
  answer({ decided }: Pick<Fetch, 'decided'>): Learn<Command> | Install | undefined {
    if (decided >= this.log.decided) return undefined
    if (decided + 1 < this.log.first) return { kind: 'install', snapshot: this.#snapshot! }
    const to = Math.min(this.log.decided, decided + this.#limits.batch)
    return { kind: 'learn', from: decided + 1, votes: this.log.slice(decided + 1, to), decided: this.log.decided }
  }
}
