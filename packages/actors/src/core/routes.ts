// The ways to actors that have moved: which frame goes where, waits, or is taken in here. standing.ts decides; this file
// carries it out.
//
// Invariants: of an actor that has a standing here, or lives here though it was spawned elsewhere, there is one address
// that counts: `of` finds it for any other. Its `cell` is set only while what this thread sends may go straight into the
// mailbox. A frame that is held or passed on is in words 6 and 7 what frame.ts calls ROUTED. Frames of this thread travel as
// user frames, those that it passes on as system frames, which nobody refuses; so a fence, a user frame, is behind both.
import { type Address, FIRST_FAR } from './address.ts'
import type { Cell } from './cell.ts'
import * as frame from './frame.ts'
import { type HeldFrame, isMessage, routedCopy, wordsOf } from './held-frame.ts'
import { ENDED, FENCED, fenceFrame, KNOWN, MOVED, REVIVED, WHERE } from './handoff-frame.ts'
import { assertNever } from './platform.ts'
import { MovedAddresses } from './moved-addresses.ts'
import { Stand } from './stand.ts'
import { HOLD, NOWHERE, type Stream } from './stream.ts'
import type { Effect, FenceAnswer, FenceKind } from './handoff-states.ts'

/** How many bytes and frames may be held for one actor, beside what its lane may hold. */
const MOST_HELD = 65_536
/** ms between two looks for standings that are no longer used. */
const REST = 1_000

export class Routes extends MovedAddresses {
  readonly #stands = new Set<Stand>()
  /** Those that may have frames of others under way, frames that wait, or a fence; `settling` looks which have. */
  readonly busy = new Set<Stand>()
  #resting = false

  stands(): Iterable<Stand> {
    return this.#stands
  }

  /** Its standing, made if there is none. */
  stand(any: Address): Stand {
    const address = this.of(any)
    if (address.standing !== undefined) return address.standing
    const stand = this.make(address)
    const { cell } = address
    address.standing = stand
    this.#stands.add(stand)
    this.keep(address)
    if (address.home >= FIRST_FAR) this.core.nodes.meet(address.home) // which may be gone for long
    if (this.core.heirs.areNone(address.home)) stand.orphaned()
    else if (this.core.heirs.isOpen(stand.target)) stand.lost(stand.target)
    if (cell !== undefined) stand.begin((stand.cell = cell).extra?.epoch ?? 0)
    this.watch()
    return stand
  }
  protected make(address: Address): Stand {
    return new Stand(this.core.platform.thread, address, this.effect)
  }

  // ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A frame for an actor with a standing here, or one that is not here: whether it is to be taken in. If not, it has gone on, or waits. */
  arrives(address: Address, bytes: Uint8Array, words: Int32Array, start: number, from: number): boolean {
    const base = start >> 2
    if (address.standing === undefined && this.core.heirs.areNone(address.home)) {
      this.core.inbound.undeliverable(routedCopy(bytes, words, start, from), 'lost')
      return false
    }
    const stand = this.stand(address)
    const routed = (words[base + 1]! & (frame.ROUTED << 8)) !== 0
    const to = stand.pass(routed ? words[base + frame.STAMP]! : 0, from)
    if (to === NOWHERE) this.ended(stand.address)
    if (to === stand.self || to === NOWHERE) return true
    this.busy.add(stand)
    stand.marked = 0
    const own = routedCopy(bytes, words, start, from)
    if (to === HOLD) this.#hold(stand, own)
    else this.#post(to, own, stand.stamp, true)
    return false
  }

  /** A frame of this thread's own that does not leave it now. False when too much waits already. `kept`: it may not be refused. */
  waits(stand: Stand, way: number, own: HeldFrame, kept: boolean): boolean {
    if (way === stand.self) this.core.inbound.takeIn(own, stand.cell!)
    else if (!kept && stand.held.length >= MOST_HELD) return false
    else {
      this.busy.add(stand)
      this.#hold(stand, own)
    }
    return true
  }
  /** Whoever waits for an answer is not kept waiting for the end of a doubt. */
  #hold(stand: Stand, own: HeldFrame): void {
    if (stand.doubted && frame.kindIn(wordsOf(own)[1]!) === frame.ASK) this.core.inbound.undeliverable(own, 'doubt')
    else stand.held.push(own)
  }
  /** Whether it has arrived where it was sent is in doubt. */
  doubted({ address }: Stand): void {
    const { asks, failures } = this.core
    for (const ask of [...asks]) {
      if (ask.target.equals(address)) ask.fail(failures.undelivered(address, ask.method, 'doubt', ask.ran))
    }
  }
  /** The same for a frame that has waited, and must go now; false where it is refused, as it is not `kept`. */
  dispatch(any: Address, own: HeldFrame, kept = true): boolean {
    const address = this.of(any)
    const core = this.core
    const { standing } = address
    const to = standing?.send()
    if (to !== undefined) {
      if (to === HOLD || to === standing!.self) return this.waits(standing!, to, own, kept)
      return this.#post(to, own, standing!.stamp, false, kept)
    }
    if (address.cell !== undefined) core.inbound.takeIn(own, address.cell)
    else if (address.local) core.inbound.undeliverable(own)
    else return this.toHome(address, own, kept)
    return true
  }
  /** A frame of an actor's mailbox goes ahead of it: nobody may refuse it. */
  goesAhead(stand: Stand, to: number, own: HeldFrame): void {
    this.#post(to, own, stand.epoch + 1, true)
  }

  /** To where it was spawned, or who has inherited that. */
  toHome(address: Address, own: HeldFrame, kept = true): boolean {
    const { heirs } = this.core
    const home = heirs.of(address.home)
    return heirs.keeps(home, own) || this.#post(home, own, 0, false, kept)
  }

  #post(to: number, own: HeldFrame, stamp: number, system: boolean, kept = true): boolean {
    wordsOf(own)[frame.STAMP] = stamp
    return this.core.platform.post(to, own, own.length, system, false, kept)
  }

  // ── what standings ask for ──────────────────────────────────────────────────────────────────────────────────

  readonly effect = (effect: Effect, of: Stream<HeldFrame>): void => {
    const stand = of as Stand
    const { outbound, handoffs } = this.core
    switch (effect.do) {
      case 'fence':
        this.busy.add(stand)
        return void this.#post(
          effect.to,
          fenceFrame(stand.address, effect.kind, stand.self, effect.ticket),
          effect.stamp,
          false,
        )
      case 'tell':
        return outbound.handoff(effect.to, stand.address, MOVED, 0, effect.epoch, effect.place)
      case 'ask':
        if (!this.core.hasLost(effect.to))
          outbound.handoff(effect.to, stand.address, WHERE, 0, effect.epoch, stand.self)
        return
      case 'known':
        return outbound.handoff(effect.to, stand.address, KNOWN, 0, effect.epoch, stand.self)
      case 'flush':
        return this.flush(stand)
      case 'forget':
        return this.forget(stand)
      case 'drop':
        this.watch()
        return handoffs.departures.dropped(stand)
      default:
        return assertNever(effect)
    }
  }

  /** Tells thread `to`, by the ticket, when all that this thread has sent to the actor until now has been taken in. */
  mark(any: Address, to: number, ticket: number): void {
    const { standing } = this.of(any)
    if (standing !== undefined && to === standing.self) standing.marked = ticket
    this.dispatch(any, fenceFrame(any, 'mark', to, ticket))
  }

  /** A fence has come to where its actor is, or was when it ended. */
  met(address: Address, kind: FenceKind, fencer: number, ticket: number): void {
    const { standing } = address
    const core = this.core
    const self = core.platform.thread
    const ended = standing === undefined && address.cell === undefined && kind !== 'mark'
    // of an orphan nobody else always knows where it is
    const lasting = kind === 'end' && this.isOrphan(address) ? 'way' : kind
    const answer: FenceAnswer = ended ? 'gone' : (standing?.met(kind, fencer) ?? lasting)
    if (answer === 'end') this.watch()
    const epoch = standing?.epoch ?? address.cell?.extra?.epoch ?? 0
    if (fencer !== self) core.outbound.handoff(fencer, address, FENCED, ticket, epoch, self, { kind: answer })
    else this.answered(address, answer, ticket, self, epoch)
  }
  /** Sees to a fence that has come back to the thread whose it is, though the actor is not here. */
  isBack({ standing }: Address, kind: FenceKind, fencer: number, ticket: number): boolean {
    if (fencer !== this.core.platform.thread || kind === 'mark' || standing?.isBack(ticket) !== true) return false
    standing.answered(ticket, 'way', standing.place, standing.epoch)
    return true
  }
  answered(address: Address, kind: FenceAnswer, ticket: number, place: number, epoch: number): void {
    const { standing } = this.of(address)
    if (kind === 'gone') {
      if (this.endedElsewhere(address)) return
      ;[kind, place, epoch] = ['way', this.core.platform.thread, standing?.epoch ?? 0]
    }
    if (kind === 'mark') {
      if (standing?.marked === ticket) standing.passed = false
      return this.core.handoffs.marked(ticket)
    }
    standing?.answered(ticket, kind, place, epoch)
    if (standing !== undefined) this.settled(standing)
  }

  /** Sends what is held, as far as it can go. */
  flush(stand: Stand): void {
    const { held } = stand
    let gone = 0
    for (; gone < held.length; gone++) {
      const to = stand.send()
      if (to === HOLD) break
      const own = held[gone]!
      if (to === stand.self) this.core.inbound.takeIn(own, stand.cell!)
      else this.core.outbound.resend(to, own, stand.stamp)
    }
    held.splice(0, gone) // at once: there may be very many
  }

  /** Looks whether what is sent here may go straight into the mailbox. */
  settled(stand: Stand): void {
    if (!stand.resident || !stand.settled || stand.held.length > 0) return
    stand.address.cell = stand.cell
    this.core.handoffs.departures.consider(stand.cell!)
  }

  forget(stand: Stand): void {
    const { address, cell } = stand
    if (address.standing !== stand) return
    this.#drop(stand)
    if (stand.resident && cell !== undefined) {
      cell.more.epoch = stand.epoch
      address.cell = cell
      if (address.home !== this.core.platform.thread) return
    }
    this.letGo(address)
  }
  #drop(stand: Stand): void {
    stand.address.standing = undefined
    this.#stands.delete(stand)
    this.busy.delete(stand)
  }
  /** It has been revived here: whatever was believed of it before is over. */
  revived(cell: Cell): void {
    const { address } = cell
    const known = this.of(address)
    const stand = known.standing ?? this.stand(address)
    stand.cell = cell
    stand.begin(cell.extra!.epoch)
    this.flush(stand)
    this.settled(stand)
  }

  /** An actor of this thread has ended. */
  finished(address: Address): void {
    const { standing, local } = address
    if (standing === undefined && local) return
    const { heirs, nodes } = this.core
    heirs.endedHere(address)
    const told = new Set(this.isOrphan(address) ? nodes.everywhere : standing?.knowers)
    if (!local) told.add(heirs.of(address.home))
    for (const thread of told) this.core.outbound.handoff(thread, address, ENDED, 0, 0, 0)
    this.ended(address)
  }
  /** Another thread says that it has ended: whether it has. One that lives here was taken for lost by its origin, which is told. */
  endedElsewhere(any: Address): boolean {
    const address = this.of(any)
    const { standing, cell } = address
    const { heirs, outbound, platform } = this.core
    const ended = cell === undefined && standing?.resident !== true
    if (ended) this.ended(address)
    const epoch = standing?.epoch ?? cell?.extra?.epoch ?? 0
    const origin = heirs.of(address.home)
    if (!ended && origin !== platform.thread) outbound.handoff(origin, address, MOVED, REVIVED, epoch, platform.thread)
    return ended
  }
  /** The actor has ended, here or elsewhere: messages are told first, while it is known where it was. */
  ended(address: Address, reason: 'stopped' | 'lost' = 'stopped'): void {
    const { standing } = address
    if (standing !== undefined) {
      for (const own of standing.held) if (isMessage(own)) this.core.inbound.undeliverable(own, reason)
      this.#drop(standing)
      this.core.handoffs.arrivals.ended(standing)
      for (const own of standing.held) if (!isMessage(own)) this.core.inbound.undeliverable(own, reason)
    }
    this.letGo(address)
  }

  /** Something has changed: a look will be needed for standings that are no longer used. */
  watch(): void {
    if (this.#resting) return
    this.#resting = true
    this.core.later(REST, () => {
      this.#resting = false
      let again = false
      for (const stand of [...this.stands()]) if (stand.rest()) again = true
      if (again) this.watch()
    })
  }
}
