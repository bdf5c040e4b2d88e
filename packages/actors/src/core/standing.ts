// What one thread knows of one actor that moves, and what becomes of it with each event: the pure part of the handoff.
// handoff-states.ts has the states, stream.ts how frames find their way meanwhile.
//
// Invariants: at most one thread is `here` or `leaving`, or has given the actor away and not heard of it yet. Epochs count an
// actor's moves; a thread believes the highest. The mailbox goes ahead of the commit, as nobody may send to the new place by
// another way before what is in it: a stream that is clean has been taken in where the actor was, maybe into this mailbox.
import { BereftStream } from './bereft-stream.ts'

export class Standing<Held = unknown> extends BereftStream<Held> {
  /** The actor is live here already, after so many moves, and all that this thread sends to it goes straight there. */
  begin(epoch: number): void {
    this.phase = 'here'
    this.fence = 0
    this.orphanOf = -1
    this.guessed = false
    this.epoch = epoch
    this.place = this.self
    this.clean = true
    this.known(epoch)
    this.turn(this.self)
  }

  /** Its origin is lost, and nobody stands in for that: what this thread had sent that way is over. */
  orphaned(): void {
    const { origin } = this
    this.lost(origin)
    this.inherited(origin, -1)
  }

  // ── the move ────────────────────────────────────────────────────────────────────────────────────────────────

  /** The source: the actor is packed and waits. */
  offer(): void {
    this.step('offer')
  }
  /** The source: it goes on here as if nothing had been. */
  rollBack(): void {
    this.step('rollBack')
  }
  /** The source: the copy on `to` is the live one from now on. */
  commit(to: number): void {
    this.step('commit')
    this.epoch++
    this.place = to
    this.clean = true
    this.turn(to)
    this.knowers = []
  }
  /** The source: its target is lost and had not taken the commit, so this copy is the live one again, a move later. */
  returned(): void {
    this.step('returned')
    this.doubted = false
    this.orphanOf = -1
    this.epoch++
    this.place = this.self
    this.clean = true
    this.turn(this.self)
    this.hint(this.origin)
  }

  /** The target. False for an offer that news have overtaken. */
  offered(epoch: number): boolean {
    if (this.phase !== 'away' || epoch <= this.epoch) return false
    this.step('offered')
    this.coming = epoch
    return true
  }
  /** The target: it has become live here. Those who shall know are told. */
  committed(epoch: number, knowers: readonly number[], giver: number): void {
    this.step('committed')
    this.guessed = false
    this.epoch = epoch
    this.place = this.self
    this.knowers = knowers.filter(thread => thread !== this.self && thread !== this.origin && !this.isLost(thread))
    for (const to of new Set([giver, this.origin, ...this.knowers])) if (to !== this.self) this.hint(to)
    this.adopted()
    if (this.fence === 0 && this.clean) this.turn(this.self)
  }
  cancelled(): void {
    this.step('cancelled')
    this.follow()
  }
}
