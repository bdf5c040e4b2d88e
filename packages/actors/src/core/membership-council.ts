// The part of a node in what all decide together: the roster it knows, its votes, its quorum, and its turn as the chair.
//
// The chair is the most senior voter that is heard; it alone puts a new roster to the vote, when somebody has ended, was heard
// by nobody for too long, or wants to join. Two that both take themselves for it, as they do not hear each other, cost time
// and nothing else. One roster at a time: what is wanted meanwhile waits for the next.
//
// Invariant: a voter is left out only if it has ended, or nobody whom this node hears, directly or through others, hears it.
import { type Members, hasEnded } from './membership-members.ts'
import type { Peer } from './membership-peer.ts'
import { Quorum } from './membership-quorum.ts'
import { nameOf, type NodeId, type Roster, rosterAfter } from './membership-roster.ts'
import type { MembershipTimes } from './membership-times.ts'
import { type Motion, Votes } from './membership-votes.ts'

export class Council {
  readonly #self: NodeId
  readonly #members: Members
  readonly #peers: ReadonlyMap<NodeId, Peer>
  readonly #times: MembershipTimes
  readonly votes: Votes
  readonly quorum: Quorum
  roster: Roster | undefined = undefined

  constructor(self: NodeId, members: Members, peers: ReadonlyMap<NodeId, Peer>, times: MembershipTimes) {
    this.#self = self
    this.#members = members
    this.#peers = peers
    this.#times = times
    this.votes = new Votes(self)
    this.quorum = new Quorum(self, peers, times)
  }

  begin(roster: Roster): void {
    this.roster = roster
    this.votes.begin(roster.number)
    this.quorum.begin(roster)
  }
  get number(): number {
    return this.roster?.number ?? 0
  }
  counts(id: NodeId): boolean {
    return this.roster !== undefined && this.roster.voters.includes(id)
  }
  /** The roster, and the next one where this node has accepted it. */
  get rosters(): Roster[] {
    const next = this.votes.accepted?.roster
    return next ? [this.roster!, next] : [this.roster!]
  }

  /** For how long nobody has heard a voter, as far as this node knows, ms. */
  age(id: NodeId, now: number): number {
    if (id === this.#self) return 0
    const own = this.#peers.get(id)
    let least = own ? own.silence(now) : Infinity
    for (const peer of this.#peers.values()) {
      if (peer.id !== id && this.counts(peer.id) && !this.#members.ended(peer.id)) {
        least = Math.min(least, peer.age(id, now))
      }
    }
    return least
  }
  /** What a peer should know of voters that have been silent; of those that it asks about, exactly. */
  ages(peer: Peer, now: number): [NodeId, number][] {
    const ages: [NodeId, number][] = []
    for (const id of this.roster?.voters ?? []) {
      if (id === this.#self || id === peer.id) continue
      const own = this.#peers.get(id)?.silence(now) ?? Infinity
      if (own < 3 * this.#times.every && !peer.ages.has(id)) continue
      ages.push([id, Math.min(this.age(id, now), Number.MAX_SAFE_INTEGER / 4)])
    }
    return ages
  }

  /** Leases granted to those not heard lately: who, and for how long they still run. */
  readonly #granted = (now: number) => () => {
    const longest = this.#times.lease + this.#times.margin
    const late = longest - 3 * this.#times.every
    const left = (id: NodeId): number => Math.max(0, (this.#peers.get(id)?.granted ?? 0) - now)
    const quiet = this.roster!.voters.filter(id => id !== this.#self && left(id) <= late)
    return { quiet, wait: Math.max(0, ...quiet.map(left)) }
  }

  hear(motion: Motion, now: number): boolean {
    return this.counts(this.#self) && this.votes.merge(motion, now, this.#granted(now))
  }
  /** Only a voter's lease is a promise: others decide nothing. */
  mayGrant(peer: Peer): boolean {
    return (
      this.counts(this.#self) && this.counts(peer.id) && peer.number === this.number && this.votes.mayGrant(peer.id)
    )
  }

  /** The next roster, when it is decided. `spread`: everybody should hear of the vote at once. */
  govern(now: number, spread: () => void): Roster | undefined {
    if (this.roster === undefined || !this.counts(this.#self)) return undefined
    this.quorum.heed(this.rosters, id => this.#members.ended(id), now)
    if (this.#isChair()) this.#preside(now, spread)
    const longest = this.#times.lease + this.#times.margin
    const ended = (id: NodeId): boolean => this.#members.ended(id)
    const enough = (has: (id: NodeId) => boolean): boolean => this.#enough(has, now)
    return this.votes.decided(now, this.roster.voters, enough, ended, longest, this.quorum.settled(now))
  }
  #enough(has: (id: NodeId) => boolean, now: number): boolean {
    return this.quorum.test(this.roster!, has, now)
  }
  #heard(id: NodeId): boolean {
    if (id === this.#self) return true
    const peer = this.#peers.get(id)
    return peer !== undefined && peer.at >= 0 && !peer.detector.suspected && !this.#members.ended(id)
  }
  #isChair(): boolean {
    return this.roster!.voters.find(id => this.#heard(id)) === this.#self
  }
  #preside(now: number, spread: () => void): void {
    const { motion, since } = this.votes
    const mine = motion?.ballot.by === this.#self
    if (motion && mine && motion.value === null && this.#enough(id => motion.promised.includes(id), now)) {
      this.votes.put(
        () =>
          this.#wanted(now) ??
          rosterAfter(
            this.roster!,
            () => true,
            () => true,
            [],
            this.#self,
          ),
        now,
        this.#granted(now),
      )
      return spread()
    }
    if (motion && now - since < this.#times.vote) return
    const undecided = motion !== undefined && (motion.value !== null || motion.best !== null)
    if (!undecided && this.#wanted(now) === undefined) return
    if (!this.#enough(id => this.#heard(id), now)) return
    this.votes.open(now)
    if (this.#enough(id => id === this.#self, now)) return this.#preside(now, spread)
    spread()
  }

  /** The roster as it should be, if that is another one. */
  #wanted(now: number): Roster | undefined {
    const roster = this.roster!
    const stays = (id: NodeId): boolean => !this.#members.ended(id) && !this.#isGone(id, now)
    const newcomers = this.#members.all().filter(({ id, state }) => {
      const peer = this.#peers.get(id)
      const ready = peer !== undefined && peer.connected && peer.at >= 0 && !peer.detector.suspected
      return ready && !hasEnded(state) && !this.counts(id) && this.#members.named(nameOf(id))?.id === id
    })
    const ids = newcomers.map(({ id }) => id)
    const held = (id: NodeId): boolean => this.quorum.holds(id, now)
    const next = rosterAfter(roster, stays, held, ids, this.#self)
    return next.voters.join() === roster.voters.join() ? undefined : next
  }
  #isGone(id: NodeId, now: number): boolean {
    if (id === this.#self) return false
    const limit = this.#peers.get(id)?.detector.limit ?? this.#times.silence[0]
    return this.age(id, now) >= limit
  }
}
