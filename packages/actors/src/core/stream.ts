// All that one thread sends to one actor that moves, its own frames and those that it passes on: their *stream*. With what
// the thread knows of where the actor is, this is most of a standing; the states of a move are in standing.ts.
//
// Invariants: a stream changes its way only while it is clean, that is, while all of it has been taken in. So it is first in,
// first out, whatever moves:
// - A fence is sent down the old way, and what comes meanwhile is held until the fence has been answered.
// - Each frame carries the epoch by which its last sender chose the way (`stamp`). One that was sent for this very stay is
//   taken in at once; one that was sent for an earlier stay goes the way of the thread's own stream, as others before it
//   may have. Waits therefore lead from lower to higher epochs only, and never in a circle.
// - A stream that is clean may be forgotten with its standing: it begins again by way of the origin, which always knows.
import { Losses } from './losses.ts'
import { type Effect, type FenceKind, type Phase, type Step, steps } from './handoff-states.ts'

/** Instead of a thread: the frame waits behind a fence; or the actor has ended. */
export const HOLD = -1
export const NOWHERE = -2

export abstract class Stream<Held = unknown> extends Losses {
  readonly self: number
  /** The thread that always knows: where it was spawned, or that one's heir. */
  origin: number
  phase: Phase = 'away'
  /** The highest heard of, and where the actor was with it; that thread may be lost by now. */
  epoch: number
  place: number
  /** It was told of the epoch, and not of the place: that is the origin, which knows. */
  guessed = false
  /** The way of the stream (this thread itself, while the actor is here), and the epoch by which it was chosen. */
  via: number
  stamp: number
  /** Whether all that has gone that way is known to have been taken in. */
  clean: boolean
  fence = 0 // the ticket of the stream's; 0 while none is out
  readonly held: Held[] = []
  /** Frames of others have gone out since the stream was last known to be clean. */
  passed = false
  /** The lost thread by way of which it went, or would go, until it is known who stands in for it; -1 unless it is so. */
  orphanOf = -1
  /** It has been given to a node that cannot be reached: nothing goes out until it is known whether it has come there. */
  doubted = false
  used = false // since it was last looked at
  /** The epoch with which the actor last answered a fence. */
  vouched = -1
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
    super()
    this.self = self
    this.origin = origin
    this.#out = out
    this.place = this.via = origin
    this.epoch = this.stamp = 0
    this.clean = self === origin
  }

  protected out(effect: Effect): void {
    this.#out(effect, this)
  }

  get resident(): boolean {
    return this.phase === 'here' || this.phase === 'leaving'
  }
  /** Whether nobody can be asked who always knows: its origin is lost, and nobody stands in for that, or not yet. */
  get isOrphan(): boolean {
    return this.origin < 0 || this.isOpen(this.origin)
  }
  /** Whether a move can begin: frames of this thread's must not be on their way to here. */
  get settled(): boolean {
    return this.via === this.self && this.fence === 0
  }
  /** Where its frames belong; they wait while that is lost, until there is news. */
  get target(): number {
    return this.resident ? this.self : this.place
  }
  // Frames that went to the heir instead would go on by the heir's own stream, which may wait for this one; a question waits for nothing.
  /** Whether it has to ask where the actor is: its place is lost, and others know what has become of it. */
  get seeks(): boolean {
    const { self, origin, place } = this
    return !this.resident && self !== origin && ![place, self].includes(this.standIn(place))
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
    if (this.fence !== 0 || this.orphanOf >= 0 || this.doubted) return HOLD
    const to = this.target
    // an heir may have heard nothing of it yet but that somebody was about to give it
    if (this.isLost(to) || (to === this.self && !this.resident)) {
      this.orphanOf = to
      this.ask()
      return HOLD
    }
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
    // whoever has it would not send this back; it has ended there, while its origin was lost and could not be told
    const back = this.self === this.origin && this.phase === 'away' && from === this.place
    if (back && stamp === this.epoch) return NOWHERE
    if (this.resident ? stamp >= this.epoch : this.phase === 'arriving' && stamp === this.coming) return this.self
    if (!this.resident && stamp < this.epoch) this.hint(from)
    else if (stamp > this.epoch) this.outdated(stamp)
    const to = this.send()
    if (to !== this.self) this.passed = true
    return to
  }

  protected turn(to: number): void {
    const first = this.stamp !== this.epoch
    this.via = to
    this.stamp = this.epoch
    this.passed = false
    if (first && this.self === this.origin && to !== this.self) this.out({ do: 'known', to, epoch: this.stamp })
  }
  #fenceOff(kind: FenceKind): void {
    this.fence = ++this.fences
    this.out({ do: 'fence', to: this.via, stamp: this.stamp, kind, ticket: this.fence })
  }
  protected hint(to: number): void {
    // nobody has inherited from an origin that was lost; and of a commit that may not arrive nobody is told
    if (to < 0 || to === this.self || this.phase === 'given' || this.told.get(to) === this.epoch) return
    this.told.set(to, this.epoch)
    this.out({ do: 'tell', to, place: this.place, epoch: this.epoch })
  }

  /**
   * The actor has met a fence of thread `from`: all that went before it has been taken in. Gives what to answer: an `end` is
   * no end yet while the origin's stream goes by way of an earlier stay. What others still send to the thread would go from
   * there to the origin, and from the origin, maybe, to that thread again.
   */
  met(kind: FenceKind, from: number): FenceKind {
    if (kind === 'mark' || from === this.self) return kind
    if (kind === 'end' && (this.isOrphan || !this.#originFollows)) return 'way'
    if (kind === 'end') this.tellNoMore(from)
    // the origin is told of each move anyway, and would never ask for an end
    else if (from !== this.origin && !this.isLost(from) && !this.knowers.includes(from)) this.knowers.push(from)
    return kind
  }
  protected tellNoMore(thread: number): void {
    const at = this.knowers.indexOf(thread)
    if (at >= 0) this.knowers.splice(at, 1)
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
    this.vouched = this.epoch
    if (!this.isLost(this.target)) this.orphanOf = -1
    else if (this.phase === 'away') this.orphanOf = this.place
    const wanted = this.held.length > 0
    // the actor itself may have come meanwhile, or be about to
    if (kind === 'end' && !wanted && this.phase === 'away') return this.out({ do: 'forget' })
    if (this.orphanOf >= 0) return this.ask()
    this.turn(this.target)
    // what was held may be others', and goes out now
    this.passed = wanted && !this.resident
    // one that is wanted after all must be told of moves again
    if (kind === 'end' && wanted && !this.resident) this.#fenceOff('way')
    else this.out({ do: 'flush' })
  }

  /** News of where it is: a higher epoch wins. */
  heard(place: number, epoch: number): void {
    const given = this.phase === 'given'
    if (epoch < this.epoch || (epoch === this.epoch && !given && !this.guessed)) return
    const { resident, doubted } = this
    this.#learn(place, epoch)
    if (given || resident) {
      this.step(given ? 'heard' : 'superseded')
      this.doubted = false
      this.out({ do: 'drop' })
    }
    this.adopted()
    this.follow()
    if (doubted) this.out({ do: 'flush' }) // ahead of whatever is sent from now on
  }
  /**
   * Others believe that it is here, by an epoch that this thread has not heard of: it was, and has ended, or gone on, and
   * was forgotten. What this thread believes is older still, so it asks the origin.
   */
  outdated(epoch: number): void {
    const { phase, self, origin } = this
    if (phase === 'away' && origin >= 0 && self !== origin && epoch > this.epoch) this.askOrigin(epoch)
  }
  protected askOrigin(epoch: number): void {
    this.heard(this.origin, epoch)
    this.guessed = true
    this.ask()
  }
  /** Whether a fence is the stream's own, which has come back to where the actor is not: and so has all that was ahead of it. */
  isBack(ticket: number): boolean {
    return this.phase === 'away' && this.fence === ticket
  }
  /** The stream takes the way that has been heard of, as soon as it can. */
  protected follow(): void {
    if (this.phase !== 'away' || this.fence !== 0 || this.stamp === this.epoch || this.isLost(this.place)) return
    if (this.clean) this.turn(this.target)
    else this.#fenceOff('way')
  }
  #learn(place: number, epoch: number): void {
    if (epoch < this.epoch || (epoch === this.epoch && !this.guessed)) return
    this.epoch = epoch
    this.place = place
    this.guessed = false
  }

  /** From time to time: what has not been used since the last look is let go. Whether another look will be needed. */
  rest(): boolean {
    const { used } = this
    this.used = false
    this.ask()
    const moves = this.phase !== 'here' && this.phase !== 'away'
    if (used || moves || this.fence !== 0 || this.orphanOf >= 0) return true
    if (this.phase === 'here') {
      this.settle()
      if (!this.settled || (!this.isOrphan && !this.#originFollows)) return true
      if (this.knowers.length === 0) this.out({ do: 'forget' })
      return false
    }
    // where nobody else always knows, it is kept, once it is certain that the actor has not ended
    if (this.self === this.origin) return false
    if (this.isOrphan && this.vouched === this.epoch) return this.origin >= 0
    this.#fenceOff('end')
    return true
  }

  /** Asks where it is, if others may know; again and again, until there is news. */
  ask(): void {
    const { epoch, guessed, orphanOf, seeks } = this
    if (guessed || (orphanOf >= 0 && seeks)) this.out({ do: 'ask', to: this.standIn(this.place), epoch })
  }
  /** What it has waited for may be known. */
  protected adopted(): void {
    if (this.orphanOf < 0) return
    const { target, via } = this
    // what has come back from there goes first
    this.orphanOf = this.isOpen(via) ? this.standIn(via) : this.isLost(target) ? target : -1
    this.ask()
    if (this.orphanOf >= 0 || this.fence !== 0) return
    if (this.clean) this.turn(target)
    this.out({ do: 'flush' })
  }
}
