// Reads that see all that was acknowledged before they came, without an entry in the log (Ongaro: Consensus, 2014, section 6.4). The leader notes
// how far the log is decided, asks a quorum whether it still leads, and answers when it does and has applied that much. A lease lets it
// answer at once: as long as a quorum keeps to it, nobody else can lead (Gray, Cheriton: Leases, SOSP 1989).
//
// Invariants: a question that confirms a read was asked after the read came. A leader counts its lease from when it asked, voters theirs from
// when they heard, so its own is over first, if clocks drift by no more than is stated.
import type { Ballot } from './ballot.ts'
import type { ReadMode, RequestId } from './replica-events.ts'

interface Read<Command> {
  readonly id: RequestId
  readonly query: Command
  /** To be applied first. */
  readonly slot: number
  /** The question that has to be answered. */
  readonly probe: number
}

/** Reads of one leader that wait, in the order in which they came. */
export class Reads<Command> {
  #waiting: Read<Command>[] = []

  get lastProbe(): number {
    return this.#waiting.at(-1)?.probe ?? 0
  }
  add(read: Read<Command>): void {
    this.#waiting.push(read)
  }
  /** Those that may be answered now. */
  take(probe: number, applied: number): Read<Command>[] {
    const end = this.#waiting.findIndex(read => read.probe > probe || read.slot > applied)
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }
  takeAll(): Read<Command>[] {
    return this.#waiting.splice(0)
  }
}

/** Both ends of a lease: the leader's, and that of a voter that keeps to it. */
export class Lease {
  readonly #mode: ReadMode
  #heldUntil = -Infinity
  #heldFor: string | undefined = undefined
  #until = -Infinity

  /** Whom an earlier life has kept to is not known: nobody is promised anything for that long. */
  constructor(mode: ReadMode, hasLived: boolean, now: number) {
    this.#mode = mode
    if (mode !== 'quorum' && hasLived) this.#heldUntil = now + mode.lease
  }
  /** A leader has been heard. */
  hold({ node }: Ballot, now: number): void {
    if (this.#mode === 'quorum') return
    this.#heldFor = node
    this.#heldUntil = now + this.#mode.lease
  }
  /** Whether this voter must keep to another leader than the ballot's. */
  keeps({ node }: Ballot, now: number): boolean {
    return now < this.#heldUntil && node !== this.#heldFor
  }
  /** The members change: whoever has led them knew that before anybody else. */
  release(): void {
    this.#heldUntil = -Infinity
    this.#until = -Infinity
  }

  /** A quorum has answered what this leader asked then. */
  extend(askedAt: number): void {
    if (this.#mode === 'quorum') return
    const { lease, drift } = this.#mode
    this.#until = Math.max(this.#until, askedAt + (lease * (1 - drift)) / (1 + drift))
  }
  isValid(now: number): boolean {
    return now < this.#until
  }
  /** It leads no longer, or not yet. */
  end(): void {
    this.#until = -Infinity
  }
}

/** How old the state of a replica may be, by its own clock. */
export class Freshness {
  #at = -Infinity
  /** Its leader has said so much to be decided, when it was asked then. */
  #next: { readonly decided: number; readonly at: number } | undefined = undefined

  told(decided: number, askedAt: number, applied: number): void {
    if (this.#next === undefined || decided <= applied) this.#next = { decided, at: askedAt }
    this.applied(applied)
  }
  applied(slot: number): void {
    if (this.#next === undefined || this.#next.decided > slot) return
    this.#at = Math.max(this.#at, this.#next.at)
    this.#next = undefined
  }
  age(now: number): number {
    return Math.max(0, now - this.#at)
  }
}
