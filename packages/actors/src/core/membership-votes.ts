// How the next roster is decided: a motion, which is one round of Paxos (Lamport's single decree) among the voters of the
// last one. All that is known of a motion is one record that travels in heartbeats and merges, so order, loss and
// duplication do not matter, and a voter that the proposer cannot reach votes through others. Pure.
//
// Who accepts a motion grants no lease to a voter that has not; and says for how long those that it had granted still run
// (`wait`). A roster is decided when a quorum has accepted it and everybody else is dead or has no lease left of any of these.
//
// Invariants: one roster of each number is decided. Whoever holds leases of a quorum has accepted every roster that is
// decided meanwhile. Memory is enough: a process that ends is never this voter again.
import type { NodeId, Roster } from './membership-roster.ts'

export interface Ballot {
  readonly round: number
  readonly by: NodeId
}
export interface Proposal {
  readonly ballot: Ballot
  readonly roster: Roster
}
export interface Acceptance {
  readonly by: NodeId
  /** Voters that it has not heard lately; the leases of these run for `wait` ms at most, those of others may be as good as new. */
  readonly quiet: readonly NodeId[]
  readonly wait: number
}
export interface Motion {
  /** Number of the roster whose voters vote. */
  readonly base: number
  readonly ballot: Ballot
  readonly promised: readonly NodeId[]
  /** What those who promised had accepted in the highest ballot before. */
  readonly best: Proposal | null
  /** What is voted on, when a quorum has promised. */
  readonly value: Roster | null
  readonly accepted: readonly Acceptance[]
}

/** Below 0 where the first is lower. */
function compareBallots(a: Ballot, b: Ballot): number {
  return a.round - b.round || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0)
}
const higher = (a: Proposal | null, b: Proposal | null): Proposal | null =>
  a === null || (b !== null && compareBallots(b.ballot, a.ballot) > 0) ? b : a

/** What a voter can say of the leases that it has granted. */
export type Granted = () => { quiet: NodeId[]; wait: number }

export class Votes {
  readonly #self: NodeId
  #base = 0
  motion: Motion | undefined = undefined
  /** When this motion's ballot was first heard of. */
  since = 0
  /** What this voter has accepted last, and who else had when it last looked: these get leases. */
  accepted: (Proposal & { readonly with: ReadonlySet<NodeId> }) | undefined = undefined
  /** When an acceptance was first heard of. */
  readonly #known = new Map<NodeId, number>()

  constructor(self: NodeId) {
    this.#self = self
  }

  /** A roster has been decided: what was voted on before is over. */
  begin(base: number): void {
    this.#base = base
    this.motion = undefined
    this.accepted = undefined
    this.#known.clear()
  }

  /** A ballot higher than all that were seen. */
  open(now: number): void {
    const round = (this.motion?.ballot.round ?? 0) + 1
    const ballot = { round, by: this.#self }
    const best = this.accepted ? { ballot: this.accepted.ballot, roster: this.accepted.roster } : null
    this.#adopt({ base: this.#base, ballot, promised: [this.#self], best, value: null, accepted: [] }, now)
  }
  /** With a quorum of promises: puts what was accepted before to the vote, or else what is wanted now. */
  put(wanted: () => Roster, now: number, granted: Granted): void {
    const motion = this.motion!
    this.motion = { ...motion, value: motion.best?.roster ?? wanted() }
    this.#accept(now, granted)
  }

  /** Takes in what another knows. True if this voter has voted, which the proposer should hear of soon. */
  merge(theirs: Motion, now: number, granted: Granted): boolean {
    if (theirs.base !== this.#base) return false
    const order = this.motion ? compareBallots(theirs.ballot, this.motion.ballot) : 1
    if (order < 0) return false
    if (order > 0) this.#adopt(theirs, now)
    else this.#join(theirs, now)
    const promising = !this.motion!.promised.includes(this.#self)
    if (promising) this.#promise()
    return this.#accept(now, granted) || promising
  }
  #adopt(motion: Motion, now: number): void {
    this.motion = motion
    this.since = now
    this.#known.clear()
    this.#note(now)
  }
  #join(theirs: Motion, now: number): void {
    const ours = this.motion!
    this.motion = {
      ...ours,
      promised: [...new Set([...ours.promised, ...theirs.promised])],
      best: higher(ours.best, theirs.best),
      value: ours.value ?? theirs.value,
      accepted: [...ours.accepted, ...theirs.accepted.filter(({ by }) => !ours.accepted.some(one => one.by === by))],
    }
    this.#note(now)
  }
  #note(now: number): void {
    const motion = this.motion!
    for (const { by } of motion.accepted) if (!this.#known.has(by)) this.#known.set(by, now)
    if (this.accepted && compareBallots(this.accepted.ballot, motion.ballot) === 0) {
      this.accepted = { ...this.accepted, with: new Set(motion.accepted.map(({ by }) => by)) }
    }
  }
  #promise(): void {
    const motion = this.motion!
    const mine = this.accepted ? { ballot: this.accepted.ballot, roster: this.accepted.roster } : null
    this.motion = { ...motion, promised: [...motion.promised, this.#self], best: higher(motion.best, mine) }
  }
  #accept(now: number, granted: Granted): boolean {
    const motion = this.motion!
    if (motion.value === null || motion.accepted.some(({ by }) => by === this.#self)) return false
    this.motion = { ...motion, accepted: [...motion.accepted, { by: this.#self, ...granted() }] }
    this.accepted = { ballot: motion.ballot, roster: motion.value, with: new Set() }
    this.#note(now)
    return true
  }

  /** Whether a voter that has accepted may give this one a lease: it goes the same way. */
  mayGrant(id: NodeId): boolean {
    return this.accepted === undefined || this.accepted.with.has(id)
  }

  /**
   * The roster that this motion has decided. `longest`: how long a lease runs for those who granted it, in ms. `settled`: no
   * lease of those who are dead runs any more.
   */
  decided(
    now: number,
    voters: readonly NodeId[],
    quorum: (has: (id: NodeId) => boolean) => boolean,
    dead: (id: NodeId) => boolean,
    longest: number,
    settled: boolean,
  ): Roster | undefined {
    const motion = this.motion
    if (motion === undefined || motion.value === null) return undefined
    const accepted = motion.accepted.filter(({ by }) => !dead(by))
    if (!quorum(id => accepted.some(({ by }) => by === id))) return undefined
    const runs = ({ by, quiet, wait }: Acceptance, id: NodeId): boolean =>
      now < this.#known.get(by)! + (quiet.includes(id) ? wait : longest)
    for (const id of voters) {
      if (dead(id) || motion.accepted.some(({ by }) => by === id)) continue
      if (!settled || accepted.some(one => runs(one, id))) return undefined
    }
    return motion.value
  }
}
