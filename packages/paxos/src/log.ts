// The slots that a replica remembers: in each the entry that it has accepted last, and in which ballot; and how far they are decided.
//
// Invariants: slots count from 1, and those from `first` to `end` are there without a gap. All up to `decided` are decided and stay as
// they are; those behind it may be accepted again, in later ballots. What is in front of `first` is in a snapshot: first <= decided + 1.
import type { Vote } from './messages.ts'

export class Log<Value> {
  #first: number
  #votes: Vote<Value>[]
  #decided: number

  constructor(first: number, votes: readonly Vote<Value>[], decided: number) {
    this.#first = first
    this.#votes = [...votes]
    this.#decided = decided
    if (decided < first - 1 || decided > this.end)
      throw new RangeError(`a log of slots ${first} to ${this.end} cannot be decided up to ${decided}`)
  }

  get first(): number {
    return this.#first
  }
  /** The last slot; first - 1 where there is none. */
  get end(): number {
    return this.#first + this.#votes.length - 1
  }
  get decided(): number {
    return this.#decided
  }
  at(slot: number): Vote<Value> {
    const vote = this.#votes[slot - this.#first]
    if (vote === undefined) throw new RangeError(`slot ${slot} is not among ${this.#first} to ${this.end}`)
    return vote
  }
  /** Both ends belong to it; what is in front of `first` or behind `end` is left out. */
  slice(from: number, to: number): Vote<Value>[] {
    return this.#votes.slice(Math.max(0, from - this.#first), Math.max(0, to + 1 - this.#first))
  }

  /** Accepts these, from slot `from` on; what is behind them stays. */
  write(from: number, votes: readonly Vote<Value>[]): void {
    if (from <= this.#decided || from > this.end + 1)
      throw new RangeError(`slot ${from} cannot follow ${this.end}, of which ${this.#decided} are decided`)
    for (const [at, vote] of votes.entries()) this.#votes[from + at - this.#first] = vote
  }
  decide(slot: number): void {
    if (slot < this.#decided || slot > this.end)
      throw new RangeError(`slot ${slot} cannot be decided: ${this.#decided} are, and ${this.end} is the last`)
    this.#decided = slot
  }
  /** Forgets all up to there, which is in a snapshot now. */
  drop(slot: number): void {
    if (slot < this.#first) return
    if (slot > this.#decided) throw new RangeError(`slot ${slot} is needed: only ${this.#decided} are decided`)
    this.#votes = this.#votes.slice(slot + 1 - this.#first)
    this.#first = slot + 1
  }
  /** A snapshot goes further than is decided here: what is behind it stays, if it is next to it. */
  skip(slot: number): void {
    this.#votes = slot < this.end ? this.#votes.slice(slot + 1 - this.#first) : []
    this.#first = slot + 1
    this.#decided = slot
  }
}
