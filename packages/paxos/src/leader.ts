// Who leads the log with one ballot: the proposer of all slots at once (Lamport: Paxos Made Simple, 2001, section 3). The first phase is run
// once, for all slots behind the decided ones; what the promises tell of is proposed again, and new entries follow behind it.
//
//   preparing ─ a quorum has promised ─▶ leading ─ a later ballot leads, or no quorum is heard: the replica lets go of it
//
// Invariants: one entry a slot in this ballot. Nothing is proposed behind an entry that changes the members: others decide there. Entries
// are sent to each voter in order; how far it has all of them is known by its answers, and what a quorum has is decided.
import { type Ballot, compareBallots } from './ballot.ts'
import type { Accept, Accepted, Entry, Promised } from './log-messages.ts'
import type { Log } from './log.ts'
import type { Vote } from './messages.ts'
import type { Quorums } from './quorum.ts'

interface Follower {
  /** The next slot to be sent. */
  next: number
  /** Up to here it has all. */
  acked: number
  /** The latest question that it has answered. */
  probe: number
  /** Where it has been sent from again, since the last tick. */
  resent: number
}
export interface LeaderLimits {
  /** Entries in one message at most. */
  readonly batch: number
  /** Entries sent to one voter and not yet acknowledged at most. */
  readonly window: number
}

export class Leader<Command> {
  readonly ballot: Ballot
  readonly #member: string
  readonly #quorums: Quorums
  readonly #limits: LeaderLimits
  readonly #promises = new Map<string, Promised<Command>>()
  readonly #followers = new Map<string, Follower>()
  #isLeading = false
  #last = 0
  /** All that may have been decided before this ballot lies up to here. */
  #recovered = 0
  #isClosed = false
  #probe = 0
  readonly #probedAt = new Map<number, number>()

  constructor(member: string, ballot: Ballot, quorums: Quorums, limits: LeaderLimits) {
    this.#member = member
    this.ballot = ballot
    this.#quorums = quorums
    this.#limits = limits
  }
  get isLeading(): boolean {
    return this.#isLeading
  }
  /** Nothing may be proposed any more: the members change. */
  get isClosed(): boolean {
    return this.#isClosed
  }
  get last(): number {
    return this.#last
  }
  get recovered(): number {
    return this.#recovered
  }
  /** The latest question, and the latest that a quorum has answered. */
  get probe(): number {
    return this.#probe
  }
  get others(): string[] {
    return this.#quorums.members.filter(member => member !== this.#member)
  }
  /** How far each voter is known to be. */
  get acked(): ReadonlyMap<string, number> {
    return new Map([...this.#followers].map(([member, { acked }]) => [member, acked]))
  }
  hasPromised(member: string): boolean {
    return this.#promises.has(member)
  }

  /**
   * A voter has promised; its decided slots are known here by now. Gives what is to be proposed again, behind the decided ones, once a
   * quorum has promised.
   */
  promised(from: string, promise: Promised<Command>, decided: number): Entry<Command>[] | undefined {
    if (!this.#quorums.members.includes(from) || promise.from > decided + 1) return undefined
    if (this.#isLeading) return undefined
    this.#followers.set(from, { next: promise.decided + 1, acked: promise.decided, probe: 0, resent: -1 })
    this.#promises.set(from, promise)
    if (this.#promises.size < this.#quorums.prepare) return undefined
    this.#isLeading = true
    const entries = adopted([...this.#promises.values()], decided + 1, this.ballot)
    for (const member of this.#quorums.members) {
      if (!this.#followers.has(member))
        this.#followers.set(member, { next: decided + 1, acked: 0, probe: 0, resent: -1 })
    }
    this.#recovered = decided + entries.length
    this.#promises.clear()
    this.#last = decided
    this.append(entries)
    return entries
  }
  /** These take the next slots; whoever calls has stored, or will store, them there. */
  append(entries: readonly Entry<Command>[]): void {
    if (this.#isClosed) throw new Error('nothing can be proposed behind a change of members')
    this.#last += entries.length
    const last = entries.at(-1)
    this.#isClosed = last !== undefined && endsEpoch(last, this.ballot)
  }

  /** What a voter is to be sent now. One that answers no longer gets no more than the window holds. */
  toSend(to: string, log: Log<Entry<Command>>): Accept<Command>[] {
    const follower = this.#followers.get(to)!
    const messages: Accept<Command>[] = []
    const end = Math.min(this.#last, Math.max(follower.acked, log.first - 1) + this.#limits.window)
    while (follower.next <= end && follower.next >= log.first) {
      const votes = log.slice(follower.next, Math.min(end, follower.next + this.#limits.batch - 1))
      messages.push(
        this.#accept(
          follower.next,
          votes.map(({ value }) => value),
          log.decided,
        ),
      )
      follower.next += votes.length
    }
    return messages
  }
  /** Without entries: whether it is still the leader, and how far all is decided. */
  question(to: string, decided: number): Accept<Command> {
    return this.#accept(this.#followers.get(to)!.next, [], decided)
  }
  /** A voter whose next slot is in a snapshot only has been sent that. */
  skip(to: string, slot: number): void {
    this.#followers.get(to)!.next = slot + 1
  }
  needsSnapshot(to: string, first: number): boolean {
    return this.#followers.get(to)!.next < first
  }
  #accept(from: number, entries: readonly Entry<Command>[], decided: number): Accept<Command> {
    return { kind: 'accept', ballot: this.ballot, from, entries, decided, probe: this.#probe }
  }

  /** An answer; whether it may be worth while to look what is decided, and what to send. */
  heard(from: string, { ballot, upTo, isMissing, probe }: Accepted): boolean {
    const follower = this.#followers.get(from)
    if (!this.#isLeading || follower === undefined || compareBallots(ballot, this.ballot) !== 0) return false
    follower.probe = Math.max(follower.probe, probe)
    follower.acked = Math.max(follower.acked, Math.min(upTo, this.#last))
    follower.next = Math.max(follower.next, follower.acked + 1)
    // each message behind a lost one says so: one of them is enough
    if (isMissing && follower.resent !== upTo) {
      follower.resent = upTo
      follower.next = upTo + 1
    }
    return true
  }
  /** Up to where a quorum has all. */
  decided(): number {
    return this.#ofQuorum(({ acked }) => acked)
  }

  /** Asks all whether it leads, from now on. */
  ask(now: number): void {
    this.#probedAt.set(++this.#probe, now)
    for (const follower of this.#followers.values()) follower.resent = -1
  }
  /** The latest question that a quorum has answered, this replica among them, and when it was asked. */
  confirmed(): { readonly probe: number; readonly askedAt: number | undefined } {
    const self = this.#followers.get(this.#member)
    if (self !== undefined) self.probe = this.#probe
    const probe = this.#ofQuorum(follower => follower.probe)
    for (const old of this.#probedAt.keys()) if (old < probe) this.#probedAt.delete(old)
    return { probe, askedAt: this.#probedAt.get(probe) }
  }
  #ofQuorum(of: (follower: Follower) => number): number {
    const all = [...this.#followers.values()].map(of).sort((a, b) => b - a)
    return all[this.#quorums.accept - 1] ?? 0
  }
}

/** A change of an epoch that is over may be left in a log, where it was never decided: it changes nothing now. */
function endsEpoch<Command>(entry: Entry<Command>, { epoch = 0 }: Ballot): boolean {
  return entry.kind === 'members' && entry.members.epoch === epoch + 1
}
/** In each slot the entry of the latest ballot that a promise tells of; nothing behind a change of members, as that would be for others to decide. */
function adopted<Command>(promises: readonly Promised<Command>[], from: number, ballot: Ballot): Entry<Command>[] {
  const entries: Entry<Command>[] = []
  for (let slot = from; ; slot++) {
    let latest: Vote<Entry<Command>> | undefined
    for (const promise of promises) {
      const vote = promise.votes[slot - promise.from]
      if (vote !== undefined && compareBallots(vote.ballot, latest?.ballot) > 0) latest = vote
    }
    if (latest === undefined) return entries
    entries.push(latest.value)
    if (endsEpoch(latest.value, ballot)) return entries
  }
}
