// What a replica does with a ballot of its own: it stands for it, leads with it, and lets go of it; and what clients want of it meanwhile.
//
//   stand ─▶ candidate ─ promises of a quorum ─▶ leader
//   candidate, leader ─ a later ballot, no quorum, other members ─▶ let go
//
// Invariants: its own ballot is on disk before anybody is asked for a promise, and its own promise and votes go the way of all others,
// behind the disk. Reads wait until it leads: before that it does not know what was decided. Once it lets go, nothing of it waits.
import { type Ballot, compareBallots } from './ballot.ts'
import { Leader, type LeaderLimits } from './leader.ts'
import type { Learner } from './learner.ts'
import type { LogAcceptor } from './log-acceptor.ts'
import type { Accepted, Entry, Promised } from './log-messages.ts'
import type { Outbox } from './outbox.ts'
import { type Freshness, type Lease, Reads } from './reads.ts'
import type { ReplicaEvent, RequestId } from './replica-events.ts'
import { Requests } from './requests.ts'

/** What the parts of one replica share. */
export interface Parts<Command, Reply> {
  readonly member: string
  readonly learner: Learner<Command, Reply>
  readonly acceptor: LogAcceptor<Entry<Command>>
  readonly lease: Lease
  readonly freshness: Freshness
  readonly outbox: Outbox<Command, Reply>
  readonly limits: LeaderLimits & { readonly electionTimeout: number }
}
type Request<Command> = Exclude<ReplicaEvent<Command>, { on: 'tick' | 'message' }>

export class Leadership<Command, Reply> {
  readonly #parts: Parts<Command, Reply>
  readonly #requests: Requests<Command, Reply>
  readonly #reads = new Reads<Command>()
  #leader: Leader<Command> | undefined = undefined

  constructor(parts: Parts<Command, Reply>) {
    this.#parts = parts
    this.#requests = new Requests((id, outcome) => parts.outbox.reply(id, outcome))
  }
  /** The ballot that it leads with, or stands for. */
  get ballot(): Ballot | undefined {
    return this.#leader?.ballot
  }
  get isLeading(): boolean {
    return this.#leader?.isLeading === true
  }
  get acked(): ReadonlyMap<string, number> {
    return this.#leader?.acked ?? new Map()
  }
  get requests(): Requests<Command, Reply> {
    return this.#requests
  }
  get #decided(): number {
    return this.#parts.learner.log.decided
  }

  // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────
  want(event: Request<Command>, now: number): void {
    const leader = this.#leader
    const isEntry = event.on === 'propose' || event.on === 'open'
    if (leader === undefined || !(isEntry || leader.isLeading)) return this.#refuse(event)
    switch (event.on) {
      case 'propose':
        for (const call of event.calls) this.#requests.command(call, now)
        return
      case 'open':
        return this.#requests.open(event.id, now)
      case 'read':
        return this.#read(event.id, event.query, leader, now)
      case 'reconfigure': {
        const { electionTimeout, batch } = this.#parts.limits
        const { isClosed } = leader
        const known = { decided: this.#decided, lag: batch, since: now - electionTimeout, now, isClosed }
        return this.#requests.reconfigure(event, this.#parts.learner.state.members, known)
      }
      default:
        return unknownEvent(event)
    }
  }
  #refuse(event: Request<Command>): void {
    const { outbox } = this.#parts
    const leader = outbox.leader === this.#parts.member ? undefined : outbox.leader
    const ids = event.on === 'propose' ? event.calls.map(({ id }) => id) : [event.id]
    for (const id of ids) outbox.reply(id, { kind: 'not-leader', leader })
  }
  /** What has come goes out in one message, and to disk in one record; what is sent need not wait for that. */
  propose(): void {
    const leader = this.#leader
    if (leader === undefined || !leader.isLeading || leader.isClosed) return
    const from = leader.last + 1
    const entries = this.#requests.take(from)
    if (entries.length === 0) return
    leader.append(entries)
    this.#write(leader, from, entries)
  }
  #write(leader: Leader<Command>, from: number, entries: readonly Entry<Command>[]): void {
    const { acceptor, outbox } = this.#parts
    const answer = acceptor.accept(leader.ballot, from, entries)
    if (answer === undefined) throw new Error('a leader has promised a later ballot than its own')
    for (const other of leader.others) this.#replicate(leader, other)
    outbox.persist(answer.record)
    this.#acknowledge(leader)
  }
  #acknowledge({ ballot, probe }: Leader<Command>): void {
    const { member, acceptor, outbox } = this.#parts
    outbox.send(member, { kind: 'accepted', ballot, upTo: acceptor.upTo(ballot), isMissing: false, probe })
  }
  #replicate(leader: Leader<Command>, to: string): void {
    const { learner, outbox } = this.#parts
    if (leader.needsSnapshot(to, learner.log.first)) {
      const lacking = learner.answer({ decided: learner.log.first - 2 })
      if (lacking?.kind !== 'install') return
      outbox.send(to, lacking)
      leader.skip(to, lacking.snapshot.slot)
    }
    for (const message of leader.toSend(to, learner.log)) outbox.send(to, message, true)
  }
  #read(id: RequestId, query: Command, leader: Leader<Command>, now: number): void {
    if (this.#parts.lease.isValid(now) && this.#decided >= leader.recovered) return this.#answer(id, query)
    const isIdle = leader.confirmed().probe === leader.probe
    this.#reads.add({ id, query, slot: Math.max(this.#decided, leader.recovered), probe: leader.probe + 1 })
    if (isIdle) this.#ask(leader, now)
  }
  #answer(id: RequestId, query: Command): void {
    const { learner, outbox } = this.#parts
    outbox.reply(id, { kind: 'read', reply: learner.state.query(query), age: 0 })
  }

  // ── leading ───────────────────────────────────────────────────────────────────────────────────────────────────
  stand(ballot: Ballot, now: number): void {
    const { acceptor, learner, lease, limits, member, outbox } = this.#parts
    this.#letGoOfReads()
    const promise = acceptor.promise(ballot)
    if (promise === undefined) return this.letGo()
    lease.hold(ballot, now)
    this.#leader = new Leader(member, ballot, learner.state.members.quorums, limits)
    outbox.persist(promise.record)
    this.#prepare(this.#leader)
  }
  #prepare(leader: Leader<Command>): void {
    const { learner, member, outbox } = this.#parts
    const { ballot } = leader
    for (const other of leader.others) {
      if (!leader.hasPromised(other)) outbox.send(other, { kind: 'prepare', ballot, decided: this.#decided })
    }
    outbox.send(member, learner.promise(ballot, this.#decided))
  }
  /** Whether a promise is what it waits for. */
  awaits({ ballot }: Promised<Command>): boolean {
    return this.#leader !== undefined && !this.#leader.isLeading && compareBallots(this.#leader.ballot, ballot) === 0
  }
  /** What the promise says to be decided is learned by now, unless something is missing. */
  promised(from: string, promise: Promised<Command>, now: number): void {
    if (this.#leader === undefined || !this.awaits(promise) || this.#decided < promise.decided) return
    const leader = this.#leader
    const entries = leader.promised(from, promise, this.#decided)
    if (entries === undefined) return
    this.#parts.outbox.setLeader(this.#parts.member)
    this.#write(leader, this.#decided + 1, entries)
    this.#ask(leader, now)
  }
  /** A voter has answered: how far the log is decided now. */
  heard(from: string, message: Accepted): number | undefined {
    return this.#leader?.heard(from, message) === true ? this.#leader.decided() : undefined
  }
  /** And that is applied: what comes next for this voter, and for reads. */
  goOn(from: string, ballot: Ballot, now: number): void {
    const leader = this.#leader
    if (leader === undefined || compareBallots(ballot, leader.ballot) !== 0) return
    if (from !== this.#parts.member) this.#replicate(leader, from)
    this.#confirm(leader, now)
  }
  /** A round of heartbeats is over, and it may go on. What was lost is sent again. */
  beat(now: number): void {
    const leader = this.#leader
    if (leader === undefined) return
    if (!leader.isLeading) return this.#prepare(leader)
    this.#acknowledge(leader)
    this.#ask(leader, now)
  }
  #ask(leader: Leader<Command>, now: number): void {
    leader.ask(now)
    this.tell()
    this.#confirm(leader, now)
  }
  /** How far the log is decided, to all voters; and whether it still leads. */
  tell(): void {
    const leader = this.#leader
    if (leader === undefined || !leader.isLeading) return
    for (const other of leader.others) this.#parts.outbox.send(other, leader.question(other, this.#decided), true)
  }
  /** What a quorum has answered by now. */
  #confirm(leader: Leader<Command>, now: number): void {
    const { probe, askedAt } = leader.confirmed()
    if (askedAt !== undefined) {
      this.#parts.lease.extend(askedAt)
      this.#parts.freshness.told(Math.max(this.#decided, leader.recovered), askedAt, this.#decided)
    }
    for (const { id, query } of this.#reads.take(probe, this.#decided)) this.#answer(id, query)
    if (probe === leader.probe && this.#reads.lastProbe > probe) this.#ask(leader, now)
  }

  /** A ballot is about. */
  giveWay(ballot: Ballot): void {
    if (this.#leader !== undefined && compareBallots(ballot, this.#leader.ballot) > 0) this.letGo()
  }
  letGo(): void {
    const { lease, member, outbox } = this.#parts
    this.#leader = undefined
    if (outbox.leader === member) outbox.setLeader(undefined)
    lease.end()
    this.#letGoOfReads()
    this.#requests.letGo()
  }
  #letGoOfReads(): void {
    for (const { id } of this.#reads.takeAll()) this.#parts.outbox.reply(id, { kind: 'not-leader', leader: undefined })
  }
}

function unknownEvent(event: never): never {
  throw new TypeError(`an event '${(event as { on: string }).on}' is not known`)
}
