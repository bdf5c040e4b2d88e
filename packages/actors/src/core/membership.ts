// Who is in the cluster, as one node sees it: a pure protocol, (state, event, time) → effects, driven by whoever owns the links.
//
// Everybody is linked with everybody. Heartbeats carry what the other has not seen yet of the table of members, leases, and
// votes. A member is down on evidence (it was connected, and its address refuses), which any node may see; or
// because the voters decided on a roster without it (membership-council.ts), which takes a quorum, and its leases to run out. A
// connection that closed, or is silent, is this node's own suspicion and no more.
//
// Invariants: effects come in the order in which they are to be carried out; each change is said once. After `expelled` this
// node does nothing more. No clock but the one it is given: a step that comes late excuses all silence until then.
import { Council } from './membership-council.ts'
import type { Member, MembershipEffect, MembershipEvent, MembershipSettings } from './membership-events.ts'
import { type Fact, hasEnded, Members } from './membership-members.ts'
import type { Beat, MembershipMessage } from './membership-messages.ts'
import { type Objection, objectionTo, strangeIn } from './membership-objections.ts'
import { Peer } from './membership-peer.ts'
import { type NodeId, nodeIdOf, type Roster } from './membership-roster.ts'
import { Seeds } from './membership-seeds.ts'
import { MEMBERSHIP_TIMES, type MembershipTimes } from './membership-times.ts'
import { View } from './membership-view.ts'
import { assertNever } from './platform.ts'

const MOST_MEMBERS = 1_024
/** A joiner that has been silent for so long is forgotten, ms. */
const GIVEN_UP = 10_000
/** What two heartbeats are apart at least, ms. */
const TICK = 1 / 1_024

export class Membership {
  readonly id: NodeId
  readonly #times: MembershipTimes
  readonly #members = new Members()
  readonly #peers = new Map<NodeId, Peer>()
  readonly #council: Council
  readonly #seeds: Seeds
  readonly #view: View
  readonly #refusals = new Set<string>()
  #effects: MembershipEffect[] = []
  /** Who is to hear from this node at once. */
  readonly #urgent = new Set<NodeId>()
  #now: number
  #beatAt: number
  /** Of the last heartbeats: each has a later time. */
  #at = 0
  #left = false
  #over = false

  constructor(settings: MembershipSettings, now: number) {
    const { name, incarnation, addresses, join, about } = settings
    this.id = nodeIdOf(name, incarnation)
    this.#times = { ...MEMBERSHIP_TIMES, ...settings.times }
    this.#council = new Council(this.id, this.#members, this.#peers, this.#times)
    this.#view = new View(this.#members, this.#peers, this.#council, this.#times)
    this.#seeds = new Seeds(this.id, addresses, join, this.#times, now)
    this.#members.merge({ id: this.id, state: 'joining', why: 'it starts', addresses, about, version: 1 }, true)
    this.#now = now
    this.#beatAt = now
  }

  // ── what others can see ─────────────────────────────────────────────────────────────────────────────────────
  members(): Member[] {
    return this.#view.members()
  }
  /** Until when that node decides nothing without this one. */
  leaseUntil(id: NodeId): number {
    return this.#peers.get(id)?.lease ?? 0
  }
  /** Until when this node has a quorum, if it hears nothing more; 0: it has none. */
  quorumUntil(now: number): number {
    const ready = !this.#over && !this.#left && this.#council.counts(this.id)
    return ready ? this.#council.quorum.until(this.#council.rosters, now) : 0
  }
  /** Whose leases it holds, where these are a quorum by themselves. */
  side(now: number): NodeId[] | undefined {
    if (this.#over || this.#left || !this.#council.counts(this.id)) return undefined
    return this.#council.quorum.side(this.#council.rosters, now)
  }
  get roster(): Roster | undefined {
    return this.#council.roster
  }
  /** Why a node must not be talked with, for people on both sides of a handshake; undefined: it may. */
  objection(id: NodeId): Objection | undefined {
    return objectionTo(id, this.id, this.#members)
  }

  // ── events ──────────────────────────────────────────────────────────────────────────────────────────────────
  step(event: MembershipEvent, now: number): MembershipEffect[] {
    if (this.#over) return []
    this.#pass(now)
    this.#take(event)
    if (!this.#over) this.#settle()
    const effects = this.#effects
    this.#effects = []
    return effects
  }
  #pass(now: number): void {
    const pause = now - this.#now - this.#times.tick
    if (pause > 2 * this.#times.tick) for (const peer of this.#peers.values()) peer.excuse(pause)
    this.#now = Math.max(this.#now, now)
  }
  #take(event: MembershipEvent): void {
    switch (event.kind) {
      case 'tick':
        return
      case 'connected':
        if (event.address !== undefined) this.#seeds.connected(event.address, event.id)
        return this.#connected(event.id)
      case 'closed':
        return this.#peers.get(event.id)?.close(this.#now)
      case 'failed':
        return this.#failed(event)
      case 'received':
        return this.#receive(event.from, event.message)
      case 'about':
        return this.#members.tell(this.id, event.about)
      case 'leave':
        return this.#announce('leaving', 'it leaves')
      case 'left':
        this.#announce('left', 'it has left')
        this.#left = true
        return
      default:
        assertNever(event)
    }
  }
  #announce(state: 'leaving' | 'left', why: string): void {
    this.#members.raise(this.id, state, why)
    this.#spread()
  }
  #spread(): void {
    for (const id of this.#peers.keys()) this.#urgent.add(id)
  }

  #connected(id: NodeId): void {
    const objection = this.objection(id)
    if (objection !== undefined) return this.#turnAway(id, objection)
    this.#peerOf(id).connect(this.#now)
    this.#urgent.add(id)
  }
  #turnAway(id: NodeId, { kind, why }: Objection): void {
    this.#effects.push({ kind: 'send', to: id, message: { kind, by: this.id, why } }, { kind: 'disconnect', id, why })
  }
  #peerOf(id: NodeId): Peer {
    let peer = this.#peers.get(id)
    if (peer === undefined) this.#peers.set(id, (peer = new Peer(id, this.id, this.#times, this.#now)))
    return peer
  }
  #failed({ id, address, why, reason }: Extract<MembershipEvent, { kind: 'failed' }>): void {
    if (address !== undefined) this.#seeds.failed(address, why === 'refused', this.#now)
    if (why === 'expelled') return this.#expel(id ?? this.id, reason ?? 'the other node gave no reason')
    if (why === 'rejected') this.#refused(undefined, reason ?? 'the other node gave no reason')
    const peer = id === undefined ? undefined : this.#peers.get(id)
    if (peer === undefined) return
    peer.failed(this.#now)
    const gone = why === 'replaced' || (why === 'refused' && peer.met)
    const said = `its connection closed, and ${why === 'refused' ? 'nobody' : 'another'} answers there`
    if (gone && !peer.connected && this.#members.raise(peer.id, 'down', said)) this.#spread()
  }
  #refused(by: NodeId | undefined, why: string): void {
    if (this.#members.get(this.id)!.state !== 'joining' || this.#refusals.has(why)) return
    this.#refusals.add(why)
    this.#effects.push({ kind: 'refused', by, why })
  }

  // ── messages ────────────────────────────────────────────────────────────────────────────────────────────────
  #receive(from: NodeId, message: MembershipMessage): void {
    const { kind } = message
    if (kind === 'expelled') return this.#expel(message.by, message.why)
    if (kind === 'refused') return this.#refused(message.by, message.why)
    const objection = this.objection(from) ?? strangeIn(from, message, this.#council.roster, this.#members)
    if (objection !== undefined) {
      if (objection.kind === 'expelled') this.#members.raise(from, 'down', objection.why)
      return this.#turnAway(from, objection)
    }
    const peer = this.#peers.get(from)
    if (peer === undefined || !peer.connected || !peer.hear(message, this.#now)) return
    if (message.roster !== null) this.#adopt(message.roster)
    for (const fact of message.facts) this.#learn(fact, from)
    if (this.#over) return
    if (message.since <= peer.seen) peer.seen = message.version
    if (message.motion !== null && this.#council.hear(message.motion, this.#now)) {
      const { by } = message.motion.ballot
      this.#urgent.add(this.#peers.get(by)?.connected === true ? by : from)
    }
    peer.grant(this.#council.mayGrant(peer), this.#now)
  }
  #learn(fact: Fact, from: NodeId): void {
    const known = this.#members.get(fact.id)
    if (fact.id === this.id) {
      if (hasEnded(fact.state) && !this.#left) this.#expel(from, fact.why)
    } else if (known !== undefined || this.#members.all().length < MOST_MEMBERS) {
      const change = this.#members.merge(fact, fact.id === from)
      if (change === undefined || hasEnded(fact.state)) return
      this.#peerOf(fact.id)
      if (fact.id === from) this.#spread()
    }
  }
  #expel(by: NodeId, why: string): void {
    if (this.#over || this.#left) return
    this.#over = true
    this.#effects.push({ kind: 'expelled', by, why })
  }

  // ── what follows ────────────────────────────────────────────────────────────────────────────────────────────
  #adopt(roster: Roster): void {
    const before = this.#council.roster
    if (before && (roster.number <= before.number || roster.cluster !== before.cluster)) return
    if (!roster.voters.includes(this.id) && this.#council.counts(this.id)) {
      return this.#expel(roster.by, `the members decided to go on without it: they had not heard it for too long`)
    }
    this.#council.begin(roster)
    for (const id of roster.voters) this.#members.raise(id, 'up', `admitted by ${roster.by}`)
    for (const id of roster.voters) if (id !== this.id && !this.#members.ended(id)) this.#peerOf(id)
    for (const id of before?.voters ?? []) {
      if (!roster.voters.includes(id)) this.#members.raise(id, 'down', `not heard for too long, says ${roster.by}`)
    }
  }

  #settle(): void {
    if (this.#council.roster === undefined) this.#mayFound()
    for (const peer of this.#peers.values()) this.#attend(peer)
    const linked = (id: NodeId): boolean => this.#peers.get(id)?.connected === true
    this.#effects.push(...this.#seeds.dial(linked, this.#council.counts(this.id), this.#now))
    for (;;) {
      const roster = this.#council.govern(this.#now, () => this.#spread())
      if (roster === undefined) break
      const spreads = this.#council.votes.motion?.ballot.by === this.id
      this.#adopt(roster)
      if (this.#over) return
      if (spreads) this.#spread()
    }
    this.#effects.push(...this.#view.changes(this.#now))
    if (!this.#left) this.#effects.push(...this.#view.quorum(this.quorumUntil(this.#now), this.#now))
    this.#beat()
  }
  #mayFound(): void {
    if (!this.#seeds.mayFound(this.#peers, id => this.#members.ended(id), this.#now)) return
    this.#adopt({ cluster: this.id, number: 1, voters: [this.id], by: this.id })
    this.#spread()
  }
  #attend(peer: Peer): void {
    const { id } = peer
    if (this.#members.ended(id)) {
      if (this.#council.counts(id) && !peer.connected) return
      const { state, why } = this.#members.get(id)!
      if (peer.connected && state === 'down') this.#turnAway(id, { kind: 'expelled', why })
      else if (peer.connected) this.#effects.push({ kind: 'disconnect', id, why })
      peer.close(this.#now)
      if (!this.#council.counts(id)) this.#peers.delete(id)
      return
    }
    peer.detector.judge(this.#now, peer.silence(this.#now))
    const { state, addresses } = this.#members.get(id) ?? { state: 'joining', addresses: [] }
    if (state === 'joining' && !this.#council.counts(id) && peer.silence(this.#now) > GIVEN_UP)
      return this.#giveUp(peer)
    if (peer.connected || peer.dialing || this.#now < peer.retryAt || addresses.length === 0) return
    peer.dial()
    this.#effects.push({ kind: 'connect', id, addresses })
  }

  /** It may come back, or be a member already, of a roster that this node does not know: nothing is said of it to others. */
  #giveUp({ id, connected }: Peer): void {
    if (connected) this.#effects.push({ kind: 'disconnect', id, why: `${id} never finished joining` })
    this.#members.drop(id)
    this.#peers.delete(id)
  }
  #beat(): void {
    const due = this.#now >= this.#beatAt
    if (due) this.#beatAt = this.#now + this.#times.every
    this.#at = Math.max(this.#now, this.#at + TICK)
    const until = due || this.#urgent.size > 0 ? this.quorumUntil(this.#now) : 0
    for (const peer of this.#peers.values()) {
      if (!peer.connected || (!due && !this.#urgent.has(peer.id))) continue
      this.#effects.push({ kind: 'send', to: peer.id, message: this.#beatFor(peer, Math.max(0, until - this.#now)) })
    }
    this.#urgent.clear()
  }
  #beatFor(peer: Peer, quorum: number): Beat {
    const { roster, number, votes } = this.#council
    return {
      kind: 'beat',
      cluster: roster?.cluster ?? '',
      founds: roster === undefined && this.#seeds.mine,
      number,
      at: this.#at,
      heard: peer.at,
      echo: peer.echo,
      quorum,
      version: this.#members.changes,
      since: peer.told,
      seen: peer.seen,
      facts: this.#members.since(peer.told),
      ages: this.#council.ages(peer, this.#now),
      roster: peer.number < number ? roster! : null,
      motion: votes.motion ?? null,
    }
  }
}
