// What becomes of the actors of a thread that was lost, as the other threads see it. A successor may inherit from it: it
// revives what can be revived (revival.ts), and answers for all that was spawned there from then on.
//
// Invariants: between a loss and the word who inherits, whatever is sent there waits, in order, and so do watchers, names and
// children: nobody hears of an end that may be none. What the lost thread had not taken from its lanes goes to the heir. An
// heir knows what it answers for only when every survivor has said which of those actors live with it; until then it keeps
// frames for those that it does not know. Without an heir all of this ends as lost.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { ActorId } from './errors.ts'
import * as frame from './frame.ts'
import { FENCE, MOVED } from './handoff-frame.ts'
import { type HeldFrame, routedCopy, wordsOf } from './held-frame.ts'
import { revive } from './revival.ts'
import type { Stand } from './stand.ts'
import { requestStop } from './stopping.ts'
import * as watches from './watches.ts'

/** Instead of a thread: nobody inherits. */
export const NOBODY = -1

export class Heirs {
  readonly #core: Core
  /** By lost thread: its heir, or NOBODY. */
  readonly #heirs = new Map<number, number>()
  /** By lost thread whose heir is not known yet: what waits for it. */
  readonly #waiting = new Map<number, HeldFrame[]>()
  /** Asks of this thread that a lost one had not read. */
  readonly #unread = new Set<number>()
  /** Lost threads whose heirs have revived what they can. */
  readonly #done = new Set<number>()
  /** The threads that this one has inherited from. */
  readonly #mine = new Set<number>()
  /** What it has to revive, until that is done; the survivors that have not spoken, and frames for actors not known yet. */
  #task: Task | undefined = undefined
  #silent: Set<number> | undefined = undefined
  #unknown: HeldFrame[] = []

  constructor(core: Core) {
    this.#core = core
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
  /** Whether a thread is lost, and nobody stands in for it. */
  areNone(thread: number): boolean {
    return this.#heirs.size > 0 && this.#heirs.get(this.of(thread)) === NOBODY
  }
  /** Whether it is not known yet who inherits from a thread. */
  isOpen(thread: number): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(thread)
  }
  /** Keeps a frame for a thread that is lost, if it may have an heir; false if it can go. */
  keeps(thread: number, own: HeldFrame): boolean {
    const waiting = this.#waiting.get(thread)
    waiting?.push(own)
    return waiting !== undefined
  }

  // ── a loss ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A frame that a lost thread had not read, in the order in which they were sent; before `lost` is called. */
  returned(bytes: Uint8Array, words: Int32Array, start: number, thread: number): void {
    const core = this.#core
    const base = start >> 2
    const kind = (words[base + 1]! >>> 16) & 255
    const flags = (words[base + 1]! >>> 8) & 255
    const op = words[base + 4]! & 0xffff
    const toActor =
      kind === frame.TELL ||
      kind === frame.ASK ||
      (kind === frame.CALL && (flags & frame.ADDRESSED) !== 0) ||
      (kind === frame.HANDOFF && op === FENCE)
    if (!toActor) return core.inbound.returned(words, start)
    const own = routedCopy(bytes, words, start, core.platform.thread)
    const ownWords = wordsOf(own)
    if (core.handoffs.departures.isKept(core.inbound.target(words, base), ownWords[frame.STAMP]!)) return
    if (ownWords[frame.FIRST_SENDER] === core.platform.thread && words[base + 5]! >= 0)
      this.#unread.add(words[base + 5]!)
    if (!this.#waiting.has(thread)) this.#waiting.set(thread, [])
    this.#waiting.get(thread)!.push(own)
  }
  /** Whether the handler of an ask cannot have run, as the lost thread had not read it. */
  isUnread(number: number): boolean {
    return this.#unread.has(number)
  }

  /** A thread was lost; all that it had sent has been taken in, and what it had not read has come back. */
  lost(thread: number): void {
    if (!this.#waiting.has(thread)) this.#waiting.set(thread, [])
    for (const stand of [...this.#core.routes.stands()]) {
      stand.lost(thread)
      stand.fenceAgain()
    }
    this.spoken(thread)
  }

  /** It is known who inherits from a lost thread. */
  inherited(thread: number, heir: number): void {
    if (this.#heirs.has(thread)) return
    const core = this.#core
    if (this.#mine.has(heir) || heir === core.platform.thread) this.#mine.add(thread)
    const orphans = this.#orphans(thread)
    const waiting = this.#waiting.get(thread) ?? []
    if (heir !== NOBODY) core.names.inherited(thread, heir)
    this.#heirs.set(thread, heir)
    this.#waiting.delete(thread)
    const last = this.of(thread)
    if (heir === NOBODY || this.#heirs.get(last) === NOBODY) this.#end(thread, orphans, waiting)
    else if (core.hasLost(last)) this.#wait(thread, last, waiting)
    else this.#pass(thread, last, orphans, waiting)
    for (const own of waiting) this.#unread.delete(wordsOf(own)[5]!)
  }
  /** The heir is lost itself: all waits for the one after it. */
  #wait(thread: number, heir: number, waiting: readonly HeldFrame[]): void {
    this.#waiting.get(heir)?.unshift(...waiting)
    for (const stand of this.#core.routes.stands()) stand.inherited(thread, heir, true)
  }

  /** Those here that had to do with actors of the thread. */
  #orphans(thread: number): Orphans {
    const { routes, directory } = this.#core
    const orphans: Orphans = { watches: [], parentless: [], children: [] }
    for (const cell of directory) {
      const { extra, parent } = cell
      for (const { address } of extra?.watching?.values() ?? []) {
        if (routes.placeOf(address) === thread) orphans.watches.push([cell, address])
      }
      for (const child of extra?.away?.values() ?? []) {
        if (routes.placeOf(child) === thread) orphans.children.push([cell, child])
      }
      if (parent !== undefined && routes.placeOf(parent) === thread) orphans.parentless.push(cell)
    }
    return orphans
  }

  #pass(thread: number, heir: number, { watches, parentless, children }: Orphans, waiting: HeldFrame[]): void {
    const { routes, calls, inbound, platform } = this.#core
    if (heir !== platform.thread) this.#speak(thread, heir)
    for (const own of waiting) routes.dispatch(inbound.target(wordsOf(own), 0), own)
    for (const stand of [...routes.stands()]) this.#follow(stand, thread, heir)
    for (const [cell, address] of watches) calls.watch(address, cell.address)
    for (const cell of parentless) calls.orphaned(cell.parent!, cell)
    for (const [cell, child] of children) calls.parented(child, cell.address)
  }
  /** Tells an heir of all that lives here and that it might take for lost: what was spawned there, and what has ever moved. */
  #speak(thread: number, heir: number): void {
    const { directory, calls, outbound, platform } = this.#core
    for (const { address, extra } of directory) {
      const epoch = address.standing?.epoch ?? extra?.epoch ?? 0
      if (address.home === thread || epoch > 0) outbound.handoff(heir, address, MOVED, 0, epoch, platform.thread)
    }
    calls.send(heir, 'spoken', undefined)
  }

  #follow(stand: Stand, thread: number, heir: number): void {
    const { place, origin, self, epoch, address } = stand
    stand.inherited(thread, heir)
    this.#core.routes.settled(stand)
    if (place !== thread || stand.resident || origin === self || origin === thread) return
    // the lost thread itself may have had no time to tell the origin
    this.#core.outbound.handoff(stand.origin, address, MOVED, 0, epoch, thread)
  }

  /** An heir has revived what it can: whom this thread answers for, and has not heard of, has ended. */
  revived(lost: readonly number[]): void {
    const { routes } = this.#core
    for (const thread of lost) this.#done.add(thread)
    for (const stand of [...routes.stands()]) {
      if (lost.includes(stand.orphanOf) && stand.place === stand.orphanOf) routes.ended(stand.address, 'lost')
    }
  }
  /** An actor is believed to be on a thread that may be lost by now. */
  check(stand: Stand): void {
    const { place, address } = stand
    const core = this.#core
    if (stand.resident || !core.hasLost(place)) return
    stand.lost(place)
    const heir = this.#heirs.get(place)
    if (heir === undefined) return
    if (heir === NOBODY) return core.routes.ended(address, 'lost')
    this.#follow(stand, place, heir)
    if (this.#done.has(stand.orphanOf) && stand.place === stand.orphanOf) core.routes.ended(address, 'lost')
  }

  /** All that was there is gone for good. */
  #end(thread: number, { watches: watched, parentless, children }: Orphans, waiting: HeldFrame[]): void {
    const { routes, inbound } = this.#core
    for (const own of waiting) inbound.undeliverable(own, 'lost')
    for (const stand of [...routes.stands()]) {
      if (stand.place === thread && !stand.resident) routes.ended(stand.address)
      else stand.inherited(thread, NOBODY)
    }
    for (const [cell] of watched) watches.lostThread(cell, thread)
    for (const [cell, child] of children) cell.extra!.away!.delete(child.id)
    for (const cell of parentless) requestStop(cell, false)
    this.#core.names.lostThread(thread)
  }

  // ── the heir ────────────────────────────────────────────────────────────────────────────────────────────────

  /** This thread stands in for others from its start: it revives what it can, as soon as all survivors have spoken. */
  begin(lost: readonly number[], quarantined: readonly string[] = []): void {
    if (lost.length === 0) return
    for (const thread of lost) this.#mine.add(thread)
    this.#silent = new Set(this.#core.others().filter(thread => !lost.includes(thread)))
    this.#task = { lost, quarantined: new Set(quarantined as ActorId[]) }
    this.#checkSilent()
  }
  /** A thread has told of all that it hosts. */
  spoken(from: number): void {
    if (this.#silent?.delete(from)) this.#checkSilent()
  }
  /** Whether it is still to be found out which of the actors that it answers for live. */
  get isReviving(): boolean {
    return this.#task !== undefined
  }
  /** Keeps a frame for an actor that is not known here, while it may be revived. */
  keepsUnknown(own: () => HeldFrame): boolean {
    if (this.#task === undefined) return false
    this.#unknown.push(own())
    return true
  }
  #checkSilent(): void {
    if (this.#silent?.size !== 0) return
    this.#silent = undefined
    void this.#revive(this.#task!)
  }
  async #revive({ lost, quarantined }: Task): Promise<void> {
    const core = this.#core
    const names = await revive(core, lost, quarantined)
    this.#task = undefined
    for (const thread of core.others()) core.calls.send(thread, 'revived', [lost, names])
    const unknown = this.#unknown
    this.#unknown = []
    for (const own of unknown) core.routes.dispatch(core.inbound.target(wordsOf(own), 0), own)
  }
}

interface Orphans {
  readonly watches: [Cell, Address][]
  readonly parentless: Cell[]
  readonly children: [Cell, Address][]
}
interface Task {
  readonly lost: readonly number[]
  readonly quarantined: ReadonlySet<ActorId>
}
