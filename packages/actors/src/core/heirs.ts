// What becomes of the actors of a thread that was lost, as the other threads see it. A successor may inherit from it: it
// revives what can be revived (revival.ts), and answers for all that was spawned there from then on.
//
// Invariants: between a loss and the word who inherits, whatever is sent there waits, in order, and so do watchers, names and
// children: nobody hears of an end that may be none. What the lost thread had not taken from its lanes goes to the heir. An
// heir knows what it answers for only when every survivor has said which of those actors live with it; until then it keeps
// frames for those that it does not know. Without an heir all of this ends as lost.
// Heirs are lost, too. What waits for one then waits for its own heir, and what one was to revive is left to that: so a lost
// thread is done with as soon as any of those that follow it is (`#isDone`). Only whoever answers for an actor says that it
// has ended, and not before it has heard from all who may know better.
import type { Address } from './address.ts'
import type { Core } from './core.ts'
import * as frame from './frame.ts'
import { ENDED, FENCE, MOVED } from './handoff-frame.ts'
import { type HeldFrame, routedCopy, wordsOf } from './held-frame.ts'
import { bereave, type Orphans, orphansOf } from './orphans.ts'
import { Revival, tellAll } from './revival.ts'
import type { Stand } from './stand.ts'
import { threadNumbers } from './thread-number.ts'

/** Instead of a thread: nobody inherits. */
export const NOBODY = -1

export class Heirs {
  readonly #core: Core
  /** By lost thread: its heir, or NOBODY. */
  readonly #heirs = new Map<number, number>()
  /** By lost thread whose heir is not known yet: what waits for it. */
  readonly #waiting = new Map<number, Waiting>()
  /** Asks of this thread that a lost one had not read. */
  readonly #unread = new Set<number>()
  /** Lost threads whose heirs have revived what they can. */
  readonly #done = new Set<number>()
  /** The threads that this one has inherited from. */
  readonly #mine = new Set<number>()
  /** Actors that had moved, and have ended here since the first loss that is not done with. */
  readonly #ended = new Set<Address>()
  readonly #revival: Revival

  constructor(core: Core) {
    this.#core = core
    this.#revival = new Revival(core)
  }

  /** The thread that stands in for one: itself, while it lives; the lost one, while that is not known. */
  of(thread: number): number {
    if (this.answersFor(thread)) return this.#core.platform.thread
    if (this.#heirs.size === 0) return thread
    let heir = thread
    for (let next = this.#heirs.get(heir); next !== undefined && next !== NOBODY; next = this.#heirs.get(heir))
      heir = next
    return heir
  }
  /** Whether this thread answers for what was spawned on another, as it has inherited from it. */
  answersFor(home: number): boolean {
    return this.#mine.size > 0 && this.#mine.has(home)
  }
  /** The same, of one that was lost: nobody knows how those of its actors ended that it does not know. */
  answersForLost(home: number): boolean {
    return this.answersFor(home) && !this.#core.hasRetired(home)
  }
  /** Whether a thread is lost, and nobody stands in for it. */
  areNone(thread: number): boolean {
    return this.#heirs.size > 0 && this.#heirs.get(this.of(thread)) === NOBODY
  }
  /** Whether it is not known yet who inherits from it. */
  isOpen(thread: number): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(thread)
  }
  /** Whether it is lost, and what is for its actors does not wait for anybody who stands in for it. */
  isGone(thread: number): boolean {
    return this.#core.hasLost(thread) && !this.isOpen(thread)
  }
  /** Keeps a frame for a thread that is lost, if it may have an heir; false if it can go. */
  keeps(thread: number, own: HeldFrame): boolean {
    return this.#waiting.get(thread)?.frames.push(own) !== undefined
  }

  // ── a loss ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A frame that a lost thread had not read (`doubtful`: or had, and nobody knows), in the order in which they were sent. */
  returned(bytes: Uint8Array, words: Int32Array, start: number, thread: number, doubtful = false): void {
    const core = this.#core
    const base = start >> 2
    const kind = frame.kindIn(words[base + 1]!)
    const flags = (words[base + 1]! >>> 8) & 255
    const toActor =
      kind === frame.TELL ||
      kind === frame.ASK ||
      (kind === frame.CALL && (flags & frame.ADDRESSED) !== 0) ||
      (kind === frame.HANDOFF && (words[base + 4]! & 0xffff) === FENCE)
    if (!toActor) return core.inbound.returned(words, start)
    const own = routedCopy(bytes, words, start, core.platform.thread)
    const ownWords = wordsOf(own)
    const stamp = ownWords[frame.STAMP]!
    const to = core.inbound.target(words, base)
    if (core.handoffs.departures.isKept(to, stamp)) return
    // what may have been passed on from there, or was in the mailbox of one that has been taken back, must not be handled twice
    const old = stamp !== 0 && core.hasLost(thread) && stamp < (to.standing?.epoch ?? 0)
    if ((doubtful || old) && (kind === frame.TELL || kind === frame.ASK)) return core.inbound.returned(words, start)
    if (this.#heirs.has(thread)) return this.#goesOn(own)
    const ask = kind === frame.HANDOFF ? -1 : words[base + 5]! // of a fence it is a ticket
    if (ask >= 0 && ownWords[frame.FIRST_SENDER] === core.platform.thread) this.#unread.add(ask)
    this.#waitingFor(thread).frames.push(own)
  }
  #waitingFor(thread: number): Waiting {
    const waiting = this.#waiting.get(thread) ?? { frames: [], orphans: [] }
    this.#waiting.set(thread, waiting)
    return waiting
  }
  /** Whether the handler of an ask cannot have run, as the lost thread had not read it. */
  isUnread(number: number): boolean {
    return this.#unread.has(number)
  }

  /** A thread was lost; all that it had sent has been taken in, and what it had not read has come back. */
  lost(thread: number): void {
    this.#waitingFor(thread)
    for (const stand of [...this.#core.routes.stands()]) {
      stand.lost(thread)
      stand.fenceAgain()
    }
    this.#revival.lost(thread)
  }

  /** It is known who inherits from a lost thread. */
  inherited(thread: number, heir: number): void {
    if (this.#heirs.has(thread)) return
    const core = this.#core
    const isMine = this.#mine.has(heir) || heir === core.platform.thread
    if (isMine && !this.#mine.has(thread)) {
      // whoever inherits from an heir answers for all that it did
      const lost = [thread, ...this.#before(thread)]
      // in an upgrade the heir has been there before, and learns with the others that it is one
      if (core.platform.past?.has(thread) === true) for (const one of lost) this.#mine.add(one)
      else this.begin(lost)
    }
    const waiting = this.#waitingFor(thread)
    waiting.orphans.push(orphansOf(core, thread))
    if (heir !== NOBODY) core.names.inherited(thread, heir)
    this.#heirs.set(thread, heir)
    this.#waiting.delete(thread)
    const last = this.of(thread)
    if (heir === NOBODY || this.#heirs.get(last) === NOBODY) this.#end(thread, waiting)
    else if (core.hasLost(last)) return this.#wait(thread, last, waiting)
    else this.#pass(thread, last, waiting)
    for (const own of waiting.frames) this.#unread.delete(wordsOf(own)[5]!)
    this.#conclude()
  }
  /** Those whose heir it was, and those whose heirs they were, as far as that is known yet. */
  #before(thread: number): number[] {
    return [...this.#heirs].flatMap(([lost, heir]) => (heir === thread ? [lost, ...this.#before(lost)] : []))
  }
  /** The heir is lost itself: all waits for the one after it. */
  #wait(thread: number, heir: number, { frames, orphans }: Waiting): void {
    const waiting = this.#waitingFor(heir)
    waiting.frames.unshift(...frames)
    waiting.orphans.unshift(...orphans)
    for (const stand of [...this.#core.routes.stands()]) this.#follow(stand, thread, heir)
  }

  #pass(thread: number, heir: number, { frames, orphans }: Waiting): void {
    const core = this.#core
    const { routes, calls, inbound } = core
    if (heir !== core.platform.thread) this.#revival.speaksTo(heir, () => this.#speak(heir))
    for (const own of frames) routes.dispatch(inbound.target(wordsOf(own), 0), own)
    for (const stand of [...routes.stands()]) this.#follow(stand, thread, heir)
    for (const { watches, unsure, parentless, children } of orphans) {
      for (const [cell, address] of [...watches, ...unsure]) calls.watch(address, cell.address)
      for (const cell of parentless) calls.orphaned(cell.parent!, cell)
      for (const [cell, child] of children) calls.parented(child, cell.address)
    }
  }
  #speak(heir: number): void {
    tellAll(this.#core, heir)
    for (const address of this.#ended) this.#core.outbound.handoff(heir, address, ENDED, 0, 0, 0)
    this.#core.calls.send(heir, 'spoken', [threadNumbers(this.#lost()), threadNumbers(this.#done)])
  }

  #follow(stand: Stand, thread: number, heir: number): void {
    const { place, origin, self, epoch, address } = stand
    stand.inherited(thread, heir)
    this.#core.routes.settled(stand)
    if (place !== thread || stand.resident || origin < 0 || origin === self || origin === thread) return
    // the lost thread itself may have had no time to tell the origin
    this.#core.outbound.handoff(stand.origin, address, MOVED, 0, epoch, thread)
  }

  /** An heir has revived what it can: whom this thread answers for, and has not heard of, has ended. */
  revived(lost: readonly number[]): void {
    for (const thread of lost) this.#done.add(thread)
    this.#conclude()
  }
  #conclude(): void {
    const { routes } = this.#core
    if (this.#waiting.size === 0 && this.open().length === 0) this.#ended.clear()
    for (const stand of [...routes.stands()]) {
      if (this.#hasEnded(stand)) routes.ended(stand.address, 'lost')
      else stand.ask()
    }
  }
  #hasEnded({ place, orphanOf, self, phase, seeks }: Stand): boolean {
    if (this.isReviving || seeks || phase === 'arriving') return false
    if (place === self) return phase === 'away'
    return orphanOf === place && this.#heirs.has(place) && this.#isDone(place)
  }
  #isDone(thread: number): boolean {
    for (let next: number | undefined = thread; next !== undefined; next = this.#heirs.get(next)) {
      if (this.#done.has(next)) return true
    }
    return false
  }
  /** An actor that had moved has ended here: what a lost thread may have of it must not be revived. */
  endedHere(address: Address): void {
    if (this.#waiting.size > 0 || (this.#heirs.size > 0 && this.open().length > 0)) this.#ended.add(address)
  }
  endedElsewhere({ id }: Address): void {
    this.#revival.ended(id)
  }
  /** Whether that is known: others may not have heard of it when they told where it lives. */
  hasEndedElsewhere({ id }: Address): boolean {
    return this.isReviving && this.#revival.hasEnded(id)
  }
  /** Lost threads of which others may revive actors still. */
  open(): number[] {
    return this.#lost().filter(thread => !this.#mine.has(thread) && !this.#isDone(thread) && !this.areNone(thread))
  }
  #lost = (): number[] => [...new Set([...this.#waiting.keys(), ...this.#heirs.keys()])]
  /** There is news of an actor: its place may be lost by now. */
  check(stand: Stand): void {
    if (!stand.resident && this.#core.hasLost(stand.place)) this.#checkLost(stand)
    this.#revival.known(stand.address.id)
  }
  #checkLost(stand: Stand): void {
    const { place, address } = stand
    const core = this.#core
    stand.lost(place)
    const heir = this.#heirs.get(place)
    if (heir === undefined || stand.phase === 'arriving') return
    if (heir === NOBODY || this.areNone(place)) return core.routes.ended(address, 'lost')
    this.#follow(stand, place, heir)
    if (this.#hasEnded(stand)) core.routes.ended(address, 'lost')
  }

  /** What came back from a thread goes elsewhere, or nowhere. */
  #goesOn(own: HeldFrame): void {
    const { routes, inbound } = this.#core
    const to = inbound.target(wordsOf(own), 0)
    if (this.areNone(routes.placeOf(to))) inbound.undeliverable(own, 'lost')
    else routes.dispatch(to, own)
  }
  /** All that was there is gone for good. */
  #end(thread: number, { frames, orphans }: Waiting): void {
    const { routes } = this.#core
    for (const own of frames) this.#goesOn(own)
    this.#core.names.lostThread(thread) // while it is known whose actors were there
    for (const stand of [...routes.stands()]) {
      stand.inherited(thread, NOBODY)
      routes.settled(stand)
      if (stand.phase === 'away' && this.areNone(stand.place) && !stand.unplaced()) routes.ended(stand.address, 'lost')
    }
    for (const one of orphans) bereave(this.#core, one)
  }

  // ── the heir ────────────────────────────────────────────────────────────────────────────────────────────────

  /** This thread stands in for others: it revives what it can, as soon as all survivors have spoken. */
  begin(lost: readonly number[], quarantined: readonly string[] = []): void {
    if (lost.length === 0) return
    for (const thread of lost) this.#mine.add(thread)
    this.#revival.begin(lost, quarantined)
  }
  /** A thread has told of all that it knows; it has read all that these lost ones had sent, and some of them are done. */
  spoken(from: number, lost: readonly number[], done: readonly number[]): void {
    for (const thread of done) this.#done.add(thread)
    this.#revival.spoken(from, lost)
  }
  /** Whether nothing waits for an heir here, and nobody for this one. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && !this.isReviving
  }
  /** Whether it is still to be found out which of the actors that it answers for live. */
  get isReviving(): boolean {
    return this.#revival.isOpen
  }
  /** Whether nobody is about to revive anybody, as far as is known here. */
  get isSettled(): boolean {
    return !this.isReviving && this.open().length === 0
  }
  /** Keeps a frame for an actor that is not known here, while it may be revived. */
  keepsUnknown(address: Address, own: () => HeldFrame): boolean {
    return this.#revival.keepsUnknown(address, own)
  }
}

/** What waits for an heir; its frames in order. */
interface Waiting {
  readonly frames: HeldFrame[]
  readonly orphans: Orphans[]
}
