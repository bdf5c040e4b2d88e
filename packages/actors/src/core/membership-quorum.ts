// Whether this node has a quorum, and until when: it holds leases of one, or the lease of a node that has one.
//
// Nodes that are known to have ended count no more, but not at once: leases that they had granted to others still run. So
// they are left out when those have run out, or everybody else is on this node's side anyway; and only by a node
// that had a quorum when it heard of the end, as otherwise things may have been decided that it does not know of.
//
// Invariants: of any two nodes with a quorum at one time the sets of members whose leases they hold overlap.
import type { Peer } from './membership-peer.ts'
import { isQuorum, type NodeId, type Roster } from './membership-roster.ts'
import type { MembershipTimes } from './membership-times.ts'

export class Quorum {
  readonly #self: NodeId
  readonly #peers: ReadonlyMap<NodeId, Peer>
  readonly #times: MembershipTimes
  /** When this node, with a quorum, heard that a voter had ended. */
  readonly #ends = new Map<NodeId, number>()
  /** Who has ended, whether this node had a quorum then or not; and when it last heard of one. */
  readonly #known = new Set<NodeId>()
  #lastEnd = -Infinity

  constructor(self: NodeId, peers: ReadonlyMap<NodeId, Peer>, times: MembershipTimes) {
    this.#self = self
    this.#peers = peers
    this.#times = times
  }

  /** Whether this node holds that member's lease at that time. */
  holds(id: NodeId, at: number): boolean {
    return id === this.#self || (this.#peers.get(id)?.lease ?? 0) > at
  }
  /** Whether those for whom `has` holds are a quorum, as far as this node may say. */
  test(roster: Roster, has: (id: NodeId) => boolean, at: number): boolean {
    const alone = roster.voters.every(id => this.#ends.has(id) || this.holds(id, at))
    const longest = this.#times.lease + this.#times.margin
    return isQuorum(roster.voters, has, id => {
      const end = this.#ends.get(id)
      return end !== undefined && (alone || at >= end + longest)
    })
  }
  /** Of all of these rosters, as one that is being decided on may be decided already: also the one that leaves this node out. */
  #direct(rosters: readonly Roster[], at: number): boolean {
    return this.#isIn(rosters) && rosters.every(roster => this.test(roster, id => this.holds(id, at), at))
  }

  #isIn(rosters: readonly Roster[]): boolean {
    return rosters.every(({ voters }) => voters.includes(this.#self))
  }

  /** Takes note of voters that have ended, if this node may. */
  heed(rosters: readonly Roster[], ended: (id: NodeId) => boolean, now: number): void {
    const news = rosters[0]!.voters.filter(id => !this.#ends.has(id) && ended(id))
    for (const id of news) {
      if (this.#known.has(id)) continue
      this.#known.add(id)
      this.#lastEnd = now
    }
    if (news.length > 0 && this.#direct(rosters, now)) for (const id of news) this.#ends.set(id, now)
  }
  /** Who is in no roster any more, is forgotten. */
  begin(roster: Roster): void {
    for (const id of this.#known) {
      if (roster.voters.includes(id)) continue
      this.#known.delete(id)
      this.#ends.delete(id)
    }
  }
  /** Whether no lease of one that has ended runs any more: until then somebody may rely on it, and on whose it had. */
  settled(now: number): boolean {
    return now >= this.#lastEnd + this.#times.lease + this.#times.margin
  }

  /** Whose leases it holds, if these are a quorum. */
  side(rosters: readonly Roster[], now: number): NodeId[] | undefined {
    return this.#direct(rosters, now) ? rosters[0]!.voters.filter(id => this.holds(id, now)) : undefined
  }
  /** Until when this node has a quorum, if no lease is renewed; 0: it has none. */
  until(rosters: readonly Roster[], now: number): number {
    return this.#isIn(rosters) ? Math.max(this.#directUntil(rosters, now), this.#through(now)) : 0
  }
  #directUntil(rosters: readonly Roster[], now: number): number {
    if (!this.#direct(rosters, now)) return 0
    const longest = now + this.#times.lease
    const ends = rosters[0]!.voters.map(id => this.#peers.get(id)?.lease ?? 0).filter(end => end > now && end < longest)
    return ends.toSorted((a, b) => a - b).find(end => !this.#direct(rosters, end)) ?? longest
  }
  #through(now: number): number {
    let until = 0
    for (const { lease, quorum } of this.#peers.values()) {
      if (lease > now && quorum > now) until = Math.max(until, Math.min(lease, quorum))
    }
    return until
  }
}
