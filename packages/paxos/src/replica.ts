// A replica of a log: acceptor, learner, and leader if it is elected, as one step from an event to effects in order. Whoever hosts it has
// the network, the disk and the clock. The parts are pure too: log-acceptor.ts, learner.ts, leadership.ts, election.ts, reads.ts.
//
// Invariants: what is decided is applied within the same step, and nothing else is. It takes part in ballots of its own epoch only. A leader
// learns of its own quorum alone what is decided: if others know better it is none any more, and finds out by heartbeats. It lets go of a
// ballot once, and leads again with a later one.
import { type Ballot, compareBallots } from './ballot.ts'
import { Election, type ElectionView } from './election.ts'
import { Leadership } from './leadership.ts'
import { Learner } from './learner.ts'
import { LogAcceptor } from './log-acceptor.ts'
import type { Accept, Accepted, Alive, Entry, LogMessage, Prepare, Promised } from './log-messages.ts'
import { founders, isVoter } from './membership.ts'
import type { Vote } from './messages.ts'
import { Outbox } from './outbox.ts'
import { Freshness, Lease } from './reads.ts'
import type { ReplicaEffect, ReplicaEvent, ReplicaOptions } from './replica-events.ts'
import { type Snapshot, StateMachine } from './state-machine.ts'
import { emptyStore } from './storage.ts'

/** What can be looked at from outside. */
export interface ReplicaStatus {
  readonly role: 'leader' | 'candidate' | 'follower' | 'learner'
  readonly leader: string | undefined
  readonly promised: Ballot | undefined
  readonly epoch: number
  readonly voters: readonly string[]
  readonly decided: number
  /** The slots that are in the log, and not only in a snapshot. */
  readonly first: number
  readonly last: number
  readonly sessions: number
  /** Of a leader: how far each voter is known to be. */
  readonly acked: ReadonlyMap<string, number>
}

const DEFAULTS = { electionTimeout: 1_000, compactAfter: 10_000, retain: 1_000, batch: 1_000, window: 10_000 }
/** Rounds of heartbeats in an election timeout. */
const ROUNDS = 2

export class Replica<Command, Reply> {
  readonly #options: ReplicaOptions<Command, Reply> & typeof DEFAULTS
  readonly #member: string
  readonly #learner: Learner<Command, Reply>
  readonly #acceptor: LogAcceptor<Entry<Command>>
  readonly #election: Election
  readonly #lease: Lease
  readonly #freshness = new Freshness()
  readonly #outbox = new Outbox<Command, Reply>()
  readonly #leadership: Leadership<Command, Reply>
  #roundAt = -Infinity
  #roundEnds: number
  /** How far the log was decided when this round began, and the one before. */
  #atRound = -1
  #before = -1
  /** What it lacked when it last asked for it, in this round. */
  #fetched = -1

  /** Begins where `stored` ends. Throws `bad-members` and `bad-quorum`. */
  constructor(options: ReplicaOptions<Command, Reply>, now: number) {
    const { member, machine, sessions, stored = emptyStore, reads = 'quorum' } = options
    this.#options = { ...DEFAULTS, ...options }
    this.#member = member
    const state = new StateMachine(machine, founders(options.founders, options.quorums), sessions)
    this.#learner = new Learner(state, stored, this.#options)
    this.#acceptor = new LogAcceptor(this.#learner.log, stored.promised)
    this.#election = new Election(member, stored.promised)
    this.#lease = new Lease(reads, stored.promised !== undefined, now)
    this.#leadership = new Leadership({
      member,
      learner: this.#learner,
      acceptor: this.#acceptor,
      lease: this.#lease,
      freshness: this.#freshness,
      outbox: this.#outbox,
      limits: this.#options,
    })
    this.#roundEnds = now
  }

  /** When the next `tick` does something, by the clock of `now`. */
  get deadline(): number {
    return this.#roundEnds
  }
  get status(): ReplicaStatus {
    const { epoch, quorums } = this.#learner.state.members
    const { ballot, isLeading, acked } = this.#leadership
    const other = this.#isVoter ? 'follower' : 'learner'
    return {
      role: isLeading ? 'leader' : ballot === undefined ? other : 'candidate',
      leader: this.#outbox.leader,
      promised: this.#acceptor.promised,
      epoch,
      voters: quorums.members,
      decided: this.#learner.log.decided,
      first: this.#learner.log.first,
      last: this.#learner.log.end,
      sessions: this.#learner.state.sessions,
      acked,
    }
  }

  /** `now`: ms, by one clock that does not jump within a life. A jump costs time, and with a lease more: see `ReadMode`. */
  step(event: ReplicaEvent<Command>, now: number): ReplicaEffect<Command, Reply>[] {
    if (event.on === 'message') this.#receive(event.from, event.message, now)
    else if (event.on === 'tick') this.#tick(now)
    else if (event.on === 'read' && event.isStale === true) {
      const reply = this.#learner.state.query(event.query)
      this.#outbox.reply(event.id, { kind: 'read', reply, age: this.#freshness.age(now) })
    } else this.#leadership.want(event, now)
    this.#leadership.propose()
    return this.#outbox.take()
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────
  get #decided(): number {
    return this.#learner.log.decided
  }
  get #epoch(): number {
    return this.#learner.state.members.epoch
  }
  get #isVoter(): boolean {
    return isVoter(this.#learner.state.members, this.#member)
  }
  get #view(): ElectionView {
    const { members } = this.#learner.state
    return { members, promised: this.#acceptor.promised, leads: this.#leadership.ballot, decided: this.#decided }
  }
  #receive(from: string, message: LogMessage<Command>, now: number): void {
    switch (message.kind) {
      case 'prepare':
        return this.#prepared(from, message, now)
      case 'promise':
        return this.#promised(from, message, now)
      case 'accept':
        return this.#asked(from, message, now)
      case 'accepted':
        return this.#accepted(from, message, now)
      case 'heartbeat':
        this.#leadership.requests.seen(from, message.decided, now)
        return this.#outbox.send(from, this.#election.answer(message.round, this.#view), true)
      case 'alive':
        return this.#alive(from, message)
      case 'fetch':
        return this.#catchUp(from, message.decided)
      case 'learn': {
        // a leader has proposed entries of its own for slots that others may know better
        if (this.#leadership.isLeading) return
        this.#learn(message.from, message.votes, now)
        return this.#decided < message.decided ? this.#fetch(from) : undefined
      }
      case 'install':
        return this.#leadership.isLeading ? undefined : this.#install(message.snapshot, now)
      default:
        return unknownMessage(message)
    }
  }

  #prepared(from: string, { ballot, decided }: Prepare, now: number): void {
    if (!this.#isOfThisEpoch(from, ballot, decided) || this.#lease.keeps(ballot, now)) return
    const promise = this.#acceptor.promise(ballot)
    if (promise === undefined) return
    this.#leadership.giveWay(ballot)
    this.#outbox.persist(promise.record)
    if (decided + 1 < this.#learner.log.first) this.#catchUp(from, decided)
    this.#outbox.send(from, this.#learner.promise(ballot, decided))
  }
  #promised(from: string, promise: Promised<Command>, now: number): void {
    if (!this.#leadership.awaits(promise)) return
    this.#learn(promise.from, promise.votes.slice(0, Math.max(0, promise.decided + 1 - promise.from)), now)
    this.#leadership.promised(from, promise, now)
  }
  #asked(from: string, { ballot, from: slot, entries, decided, probe }: Accept<Command>, now: number): void {
    if (!this.#isOfThisEpoch(from, ballot, decided)) return
    const answer = this.#acceptor.accept(ballot, slot, entries)
    if (answer === undefined) return
    this.#leadership.giveWay(ballot)
    this.#lease.hold(ballot, now)
    this.#outbox.setLeader(ballot.node)
    const { record, upTo, isMissing } = answer
    this.#outbox.persist(record)
    this.#outbox.send(from, { kind: 'accepted', ballot, upTo, isMissing, probe })
    this.#decide(Math.min(decided, upTo), now)
  }
  #accepted(from: string, message: Accepted, now: number): void {
    const decided = this.#leadership.heard(from, message)
    if (decided === undefined) return
    this.#decide(decided, now)
    this.#leadership.goOn(from, message.ballot, now)
  }
  /** Whether it may vote in that ballot. Who is behind is helped, this replica or the other one. */
  #isOfThisEpoch(from: string, { epoch = 0 }: Ballot, decided: number): boolean {
    if (epoch > this.#epoch) this.#fetch(from)
    if (epoch < this.#epoch) this.#catchUp(from, decided)
    return epoch === this.#epoch && this.#isVoter
  }

  // ── learning ──────────────────────────────────────────────────────────────────────────────────────────────────
  #decide(upTo: number, now: number): void {
    while (this.#decided < upTo) {
      const epoch = this.#epoch
      this.#leadership.requests.applied(this.#decided + 1, this.#learner.decideNext())
      if (this.#epoch !== epoch) this.#enter(now)
    }
    this.#freshness.applied(this.#decided)
    const snapshot = this.#learner.compact()
    if (snapshot !== undefined) this.#outbox.add(snapshot)
  }
  #learn(from: number, votes: readonly Vote<Entry<Command>>[], now: number): void {
    const record = this.#learner.learn(from, votes)
    this.#outbox.persist(record)
    if (record !== undefined) this.#decide(record.decided, now)
  }
  #install(snapshot: Snapshot, now: number): void {
    const epoch = this.#epoch
    const effect = this.#learner.install(snapshot)
    if (effect === undefined) return
    this.#outbox.add(effect)
    this.#freshness.applied(this.#decided)
    if (this.#epoch !== epoch) this.#enter(now)
  }
  #catchUp(to: string, decided: number): void {
    const lacking = this.#learner.answer({ decided })
    if (lacking !== undefined) this.#outbox.send(to, lacking)
  }
  #fetch(from: string): void {
    if (this.#fetched === this.#decided) return
    this.#fetched = this.#decided
    this.#outbox.send(from, { kind: 'fetch', decided: this.#decided })
  }

  /** Others vote from now on. Who has led up to here goes on, if it is one of them. */
  #enter(now: number): void {
    const { isLeading } = this.#leadership
    this.#leadership.tell()
    this.#outbox.add({ do: 'members', members: this.#learner.state.members })
    this.#lease.release()
    const ballot = this.#election.begin(this.#epoch, isLeading && this.#isVoter)
    if (ballot === undefined) this.#leadership.letGo()
    else this.#leadership.stand(ballot, now)
  }

  // ── rounds of heartbeats ──────────────────────────────────────────────────────────────────────────────────────
  #tick(now: number): void {
    const round = this.#options.electionTimeout / ROUNDS
    // a clock that has gone back would make it wait for long
    if (now < this.#roundEnds && now >= this.#roundEnds - round) return
    this.#judge(now)
    this.#fetched = -1
    this.#before = this.#atRound
    this.#atRound = this.#decided
    this.#roundAt = now
    this.#roundEnds = now + round
    const heartbeat = this.#election.ask(this.#decided)
    const others = new Set([...this.#learner.state.members.quorums.members, ...(this.#options.contacts ?? [])])
    others.delete(this.#member)
    for (const other of others) this.#outbox.send(other, heartbeat, true)
  }
  #judge(now: number): void {
    const verdict = this.#election.judge(this.#view)
    const { ballot } = this.#leadership
    const goesOn = ballot !== undefined && compareBallots(verdict.ballot, ballot) === 0
    if (ballot !== undefined && !goesOn) this.#leadership.letGo()
    if (verdict.kind === 'follow') this.#outbox.setLeader(verdict.ballot.node)
    if (verdict.kind !== 'lead') return
    if (goesOn) this.#leadership.beat(now)
    else this.#leadership.stand(verdict.ballot, now)
  }
  #alive(from: string, alive: Alive): void {
    this.#election.heard(from, alive)
    const { epoch, ballot, stands, follows, decided } = alive
    if (stands && compareBallots(follows, ballot) === 0) {
      this.#freshness.told(decided, this.#roundAt, this.#decided)
      // nobody else tells a learner who leads now
      if (!this.#isVoter && epoch >= this.#epoch) this.#outbox.setLeader(from)
    }
    if (this.#leadership.isLeading || decided <= this.#decided) return
    // a voter is told by its leader; only if that does not happen, it asks
    if (epoch > this.#epoch || !this.#isVoter || this.#decided === this.#before) this.#fetch(from)
  }
}

function unknownMessage(message: never): never {
  throw new TypeError(
    `a message of kind '${(message as { kind: string }).kind}' is not known here: update this replica`,
  )
}
