// All that one thread sends to one actor that moves, its own frames and those that it passes on: their *stream*. With what
// the thread knows of where the actor is, this is most of a standing; the states of a move are in standing.ts.
//
// Invariants: a stream changes its way only while it is clean, that is, while all of it has been taken in. So it is first in,
// first out, whatever moves. How that is done stands below.

// - A fence is sent down the old way, and what comes meanwhile is held until the fence has been answered.
// - Each frame carries the epoch by which its last sender chose the way (`stamp`). One that was sent for this very stay is
//   taken in at once; one that was sent for an earlier stay goes the way of the thread's own stream, as others before it
//   may have. Waits therefore lead from lower to higher epochs only, and never in a circle.
// - A stream that is clean may be forgotten with its standing: it begins again by way of the origin, which always knows.
import { type Effect, type FenceKind, type Phase, type Step, steps } from './handoff-states.ts'

/** Instead of a thread: the frame waits behind a fence. */
export const HOLD = -1

export abstract class Stream<Held = unknown> {
  readonly self: number
  /** The thread that always knows: where it was spawned, or that one's heir. */
  origin: number
  phase: Phase = 'away'
  /** The highest heard of, and where the actor was with it. */
  epoch: number
  place: number
  /** The way of the stream (this thread itself, while the actor is here), and the epoch by which it was chosen. */
  via: number
  stamp: number
  /** Whether all that has gone that way is known to have been taken in. */
  clean: boolean
  /** The ticket of the stream's fence; 0 while none is out. */
  fence = 0
  readonly held: Held[] = []
  /** Frames of others have gone out since the stream was last known to be clean. */
  passed = false
  /** The lost thread by way of which it went, or where the actor was, until its heir is known; -1 unless it is so. */
  orphanOf = -1
  /** Something has gone out since it was last looked at. */
  used = false
  /** Those who have asked the way: told of each move. The live actor takes them along. */
  knowers: number[] = []
  fences = 0
  /** The epoch that an arriving actor is to have: frames that were sent for that stay are of its mailbox. */
  coming = 0
  /** The highest epoch by which the origin's stream is known to go. */
  originGoes = 0
  /** By thread: the epoch that it was last told of. */
  readonly told = new Map<number, number>()
  readonly #out: (effect: Effect, of: Stream<Held>) => void

  /** As this thread knows nothing of it: what it has sent, if it has, went by way of the origin. */
  constructor(self: number, origin: number, out: (effect: Effect, of: Stream<Held>) => void) {
    this.self = self
    this.origin = origin
    this.#out = out
    this.place = this.via = origin
    this.epoch = this.stamp = 0
    this.clean = self === origin
  }

  get resident(): boolean {
    return this.phase === 'here' || this.phase === 'leaving'
  }
  /** Whether a move can begin: frames of this thread's must not be on their way to here. */
  get settled(): boolean {
    return this.via === this.self && this.fence === 0
  }
  /** Makes it so, as soon as it can be. */
  settle(): void {
    if (!this.resident || this.fence !== 0 || this.via === this.self) return
    if (this.clean) this.turn(this.self)
    else this.#fenceOff('way')
  }

  protected step(step: Step): void {
    const next = steps[this.phase][step]
    if (next === undefined) throw new Error(`handoff: ${step} while ${this.phase}`)
    this.phase = next
  }

  // ── the stream ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Where a frame of this thread's goes: to a thread, to this one (it is taken in), or HOLD. */
  send(): number {
    if (this.fence !== 0 || this.orphanOf >= 0) return HOLD
    const to = this.resident ? this.self : this.place
    if (this.via !== to || this.stamp !== this.epoch) {
      if (!this.clean) {
        this.#fenceOff('way')
        return HOLD
      }
      this.turn(to)
    }
    this.clean = to === this.self
    this.used = true
    return to
  }

  /** The same for a frame that has come from a thread, which chose its way by `stamp`. */
  pass(stamp: number, from: number): number {
    if (this.resident ? stamp >= this.epoch : this.phase === 'arriving' && stamp === this.coming) return this.self
    if (!this.resident && stamp < this.epoch) this.hint(from)
    else if (stamp > this.epoch) this.outdated(stamp)
    const to = this.send()
    if (to !== this.self) this.passed = true
    return to
  }

  protected turn(to: number): void {
    const { epoch } = this
    const first = this.stamp !== epoch
    this.via = to
    this.stamp = epoch
    this.passed = false
    if (first && this.self === this.origin && to !== this.self) this.#out({ do: 'known', to, epoch }, this)
  }
  #fenceOff(kind: FenceKind): void {
    this.fence = ++this.fences
    this.#out({ do: 'fence', to: this.via, stamp: this.stamp, kind, ticket: this.fence }, this)
  }
  protected hint(to: number): void {
    // nobody has inherited from an origin that was lost
    if (to < 0 || to === this.self || this.told.get(to) === this.epoch) return
    this.told.set(to, this.epoch)
    this.#out({ do: 'tell', to, place: this.place, epoch: this.epoch }, this)
  }

  /**
   * The actor has met a fence of thread `from`: all that went before it has been taken in. Gives what to answer: an `end` is
   * no end yet while the origin's stream goes by way of an earlier stay. What others still send to the thread would go from
   * there to the origin, and from the origin, maybe, to that thread again.
   */
  met(kind: FenceKind, from: number): FenceKind {
    if (kind === 'mark' || from === this.self) return kind
    if (kind === 'end' && !this.#originFollows) return 'way'
    const at = this.knowers.indexOf(from)
    // the origin is told of each move anyway, and would never ask for an end
    if (kind === 'way' && at < 0 && from !== this.origin) this.knowers.push(from)
    else if (kind === 'end' && at >= 0) this.knowers.splice(at, 1)
    return kind
  }
  /** The origin's stream goes by this epoch. */
  known(epoch: number): void {
    if (epoch > this.originGoes) this.originGoes = epoch
  }
  get #originFollows(): boolean {
    return (this.self === this.origin ? this.stamp : this.originGoes) >= this.epoch
  }

  /** The stream's own fence was answered from where the actor was. */
  answered(ticket: number, kind: FenceKind, place: number, epoch: number): void {
    if (ticket !== this.fence) return
    this.fence = 0
    this.clean = true
    this.passed = false
    this.#learn(place, epoch)
    if (this.place !== this.orphanOf) this.orphanOf = -1
    const wanted = this.held.length > 0
    // the actor itself may have come meanwhile, or be about to
    if (kind === 'end' && !wanted && this.phase === 'away') return this.#out({ do: 'forget' }, this)
    this.turn(this.resident ? this.self : this.place)
    // what was held may be others', and goes out now
    this.passed = wanted && !this.resident
    // one that is wanted after all must be told of moves again
    if (kind === 'end' && wanted && !this.resident) this.#fenceOff('way')
    else this.#out({ do: 'flush' }, this)
  }

  /** News of where it is: a higher epoch wins. */
  heard(place: number, epoch: number): void {
    const given = this.phase === 'given'
    if (epoch < this.epoch || (epoch === this.epoch && !given)) return
    const { resident } = this
    this.#learn(place, epoch)
    if (given || resident) {
      this.step(given ? 'heard' : 'superseded')
      this.#out({ do: 'drop' }, this)
    }
    if (this.orphanOf >= 0 && this.place !== this.orphanOf) this.#adopted()
    this.follow()
  }
  /**
   * Others believe that it is here, by an epoch that this thread has not heard of: it was, and has ended, or gone on, and
   * was forgotten. What this thread believes is older still, so it asks the origin.
   */
  outdated(epoch: number): void {
    if (this.phase === 'away' && this.self !== this.origin) this.heard(this.origin, epoch)
  }
  /** Whether a fence is the stream's own, which has come back to where the actor is not: and so has all that was ahead of it. */
  isBack(ticket: number): boolean {
    return this.phase === 'away' && this.fence === ticket
  }
  /** The stream takes the way that has been heard of, as soon as it can. */
  protected follow(): void {
    if (this.phase !== 'away' || this.fence !== 0 || this.stamp === this.epoch) return
    if (this.clean) this.turn(this.place)
    else this.#fenceOff('way')
  }
  #learn(place: number, epoch: number): void {
    if (epoch <= this.epoch) return
    this.epoch = epoch
    this.place = place
  }

  /** Looked at from time to time: what has not been used since the last look is let go. Whether another look will be needed. */
  rest(): boolean {
    const { used } = this
    this.used = false
    if (
      used ||
      this.fence !== 0 ||
      this.orphanOf >= 0 ||
      this.phase === 'leaving' ||
      this.phase === 'given' ||
      this.phase === 'arriving'
    )
      return true
    if (this.phase === 'here') {
      this.settle()
      if (!this.settled || !this.#originFollows) return true
      if (this.knowers.length === 0) this.#out({ do: 'forget' }, this)
      return false
    }
    if (this.self === this.origin) return false
    this.#fenceOff('end')
    return true
  }

  // ── threads that are lost ───────────────────────────────────────────────────────────────────────────────────

  /** A thread has ended. What had gone by way of it is over: it has come back by now, or is lost. */
  lost(thread: number): void {
    const at = this.knowers.indexOf(thread)
    if (at >= 0) this.knowers.splice(at, 1)
    if (this.via === thread) {
      this.fence = 0
      this.clean = true
      this.passed = false
    }
    if (this.via === thread || (this.place === thread && !this.resident)) this.orphanOf = thread
  }
  /** The fence that is out may have been lost with a thread. */
  fenceAgain(): void {
    if (this.fence === 0 || this.orphanOf >= 0) return
    this.#out({ do: 'fence', to: this.via, stamp: this.stamp, kind: 'way', ticket: this.fence }, this)
  }
  /** Another one stands in for it from now on; `lost`: which is lost itself by now. */
  inherited(thread: number, heir: number, lost = false): void {
    if (this.origin === thread) this.origin = heir
    // whether it was revived, and where, its origin will hear; and this is told of it by what it sends there
    if (this.place === thread && this.self !== this.origin) this.place = this.origin
    else if (this.place === thread && lost) this.place = heir
    if (this.orphanOf !== thread) return
    if (lost) this.orphanOf = heir
    else if (this.place !== thread) this.#adopted()
  }
  #adopted(): void {
    this.orphanOf = -1
    if (this.fence !== 0) return
    this.turn(this.resident ? this.self : this.place)
    this.#out({ do: 'flush' }, this)
  }
}
