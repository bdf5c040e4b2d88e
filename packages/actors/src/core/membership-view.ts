// Members as users see them: the table, together with this node's own opinion of its connections; and what changes in that.
//
// Invariants: every change is told once, with the state from which it came; minority and majority take turns. The first thing
// that is said of a quorum is that there is one.
import type { Council } from './membership-council.ts'
import type { Member, MembershipEffect, MemberState } from './membership-events.ts'
import { type Fact, hasEnded, type Members } from './membership-members.ts'
import type { Peer } from './membership-peer.ts'
import { incarnationOf, nameOf, type NodeId } from './membership-roster.ts'
import type { MembershipTimes } from './membership-times.ts'

export class View {
  readonly #members: Members
  readonly #peers: ReadonlyMap<NodeId, Peer>
  readonly #council: Council
  /** What was told of each. */
  readonly #shown = new Map<NodeId, MemberState>()
  #majority = false
  readonly #times: MembershipTimes

  constructor(members: Members, peers: ReadonlyMap<NodeId, Peer>, council: Council, times: MembershipTimes) {
    this.#members = members
    this.#peers = peers
    this.#council = council
    this.#times = times
  }

  members(): Member[] {
    return this.#members.all().map(fact => this.#member(fact))
  }
  #member(fact: Fact): Member {
    const { id, why, addresses, about, version } = fact
    const place = hasEnded(fact.state) ? -1 : (this.#council.roster?.voters.indexOf(id) ?? -1)
    const seniority = place < 0 ? undefined : place
    const state = this.#stateOf(fact)
    return { id, name: nameOf(id), incarnation: incarnationOf(id), state, why, addresses, seniority, about, version }
  }
  #stateOf({ id, state }: Fact): MemberState {
    return state === 'up' && this.#peers.get(id)?.detector.suspected === true ? 'suspect' : state
  }

  /** What has changed of the members since the last time. */
  *changes(now: number): Generator<MembershipEffect> {
    for (const fact of this.#members.all()) {
      const to = this.#stateOf(fact)
      const from = this.#shown.get(fact.id)
      if (from === to) continue
      this.#shown.set(fact.id, to)
      const why =
        to === 'suspect' ? this.#suspicion(fact.id, now) : from === 'suspect' && to === 'up' ? 'heard again' : fact.why
      yield { kind: 'changed', member: this.#member(fact), from, to, why }
    }
    for (const id of this.#shown.keys()) if (this.#members.get(id) === undefined) this.#shown.delete(id)
  }
  #suspicion(id: NodeId, now: number): string {
    const peer = this.#peers.get(id)!
    return peer.connected ? `not heard for ${Math.round(peer.silence(now))} ms` : 'its connection has closed'
  }

  /** Whether this node is with the majority, when that has changed. A quorum that is about to end is not told of as a new one. */
  *quorum(until: number, now: number): Generator<MembershipEffect> {
    const has = until - now > (this.#majority ? 0 : 2 * this.#times.every)
    if (has === this.#majority) return
    this.#majority = has
    const { roster, quorum } = this.#council
    const of = roster?.voters.length ?? 0
    const heard = roster?.voters.filter(id => quorum.holds(id, now)).length ?? 0
    const why = `this node is in touch with ${heard} of the ${of} members that count, itself included, which is no majority: what needs one waits`
    yield has ? { kind: 'majority', heard, of } : { kind: 'minority', heard, of, why }
  }
}
