// One other node, as this one is in touch with it: its connection, when it was heard, and the leases both ways.
//
// A lease is a promise: for so long the one that granted it decides nothing without the one that holds it. It runs from
// when the heartbeat was sent that asked for it, on the holder's clock, and for a margin longer from when that was received,
// on the granter's; so it ends for the holder first, as long as the two clocks run at the same speed, within the margin.
//
// Invariants: `lease` and `granted` are in real time, also where this process did not run; only silence is excused. A peer
// that hears nothing of what this node sends (`reached`) counts as silent, though it is heard: nothing can be decided with it.
import { FailureDetector } from './failure-detector.ts'
import type { MembershipTimes } from './membership-times.ts'
import type { Beat } from './membership-messages.ts'
import { compareIds, type NodeId } from './membership-roster.ts'

export class Peer {
  readonly id: NodeId
  readonly #times: MembershipTimes
  readonly detector: FailureDetector
  connected = false
  /** There was a connection with this incarnation: if its address refuses the next one, it has ended. */
  met = false
  dialing = false
  /** When to connect again. */
  retryAt: number
  #backoff = 0
  /** Its newest heartbeat's time, by its clock. */
  at = -1
  /** Whether that one got a lease. */
  #grants = false
  /** When this node sent the newest heartbeat that it has heard. */
  reached: number
  /** Until when this node has its lease; until when it has this node's. */
  lease = 0
  granted = 0
  /** Until when it has a quorum. */
  quorum = 0
  /** Its changes that this node has taken in, and this node's that it has. */
  seen = 0
  told = 0
  number = 0
  cluster: NodeId = ''
  founds = false
  /** It has heard this node. */
  knows = false
  ages: ReadonlyMap<NodeId, number> = new Map()

  /** The later one dials, so that there is one connection in the end; the earlier one does if nothing comes of that. */
  constructor(id: NodeId, self: NodeId, times: MembershipTimes, now: number) {
    this.id = id
    this.#times = times
    this.detector = new FailureDetector({ every: times.every, silence: times.silence, steady: times.steady }, now)
    this.reached = now
    this.retryAt = compareIds(self, id) > 0 ? now : now + times.retry[1]
  }

  connect(now: number): void {
    if (!this.met) this.#beginAnew(now)
    this.connected = true
    this.met = true
    this.dialing = false
    this.#backoff = 0
  }
  #beginAnew(now: number): void {
    this.detector.heard(now)
    this.reached = Math.max(this.reached, now)
  }
  close(now: number): void {
    if (this.connected) this.detector.cut()
    this.connected = false
    if (!this.dialing) this.retryAt = now
  }
  dial(): void {
    this.dialing = true
  }
  failed(now: number): void {
    const [first, longest] = this.#times.retry
    this.dialing = false
    this.#backoff = Math.min(longest, this.#backoff === 0 ? first : 2 * this.#backoff)
    this.retryAt = now + this.#backoff
  }

  /** A heartbeat. `grants`: whether it gets a lease for it, if it hears this node at all. False: it is an older one. */
  hear(beat: Beat, now: number): boolean {
    if (beat.at <= this.at) return false
    this.at = beat.at
    this.detector.heard(now)
    this.reached = Math.max(this.reached, Math.min(beat.heard, now))
    if (beat.echo >= 0) this.lease = Math.max(this.lease, Math.min(beat.echo, now) + this.#times.lease)
    this.quorum = beat.quorum > 0 && beat.heard >= 0 ? Math.min(beat.heard, now) + beat.quorum : 0
    this.told = beat.seen
    this.number = beat.number
    this.cluster = beat.cluster
    this.founds = beat.founds
    this.knows ||= beat.heard >= 0
    this.ages = new Map(beat.ages)
    return true
  }
  grant(may: boolean, now: number): void {
    this.#grants = may && now - this.reached < this.#times.lease
    if (this.#grants) this.granted = now + this.#times.lease + this.#times.margin
  }
  /** The time of the heartbeat for which it has a lease. */
  get echo(): number {
    return this.#grants ? this.at : -1
  }

  excuse(ms: number): void {
    this.detector.excuse(ms)
    this.reached += ms
  }
  /** For how long it has not been heard, or has not heard this node, ms. */
  silence(now: number): number {
    return Math.max(this.detector.silence(now), now - this.reached - 2 * this.#times.every)
  }
  /** For how long a voter has not been heard by it, as far as this node knows, ms. */
  age(id: NodeId, now: number): number {
    return (this.ages.get(id) ?? 0) + this.detector.silence(now)
  }
}
