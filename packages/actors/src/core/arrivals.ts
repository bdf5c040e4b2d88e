// Actors that come to this thread: their copies are made ready, and become live when the source says so.
//
// Invariants: a copy runs nothing before its commit, and is dropped without one; its mailbox is here before that, as it was.
import { type Address, FIRST_FAR } from './address.ts'
import { type Arrived, stays } from './baggage.ts'
import type { Source } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { MoveFailed, packError, SystemClosed, type TroupeError } from './errors.ts'
import { words } from './failures.ts'
import * as say from './handoff-frame.ts'
import type { HandoffFrame } from './handoffs.ts'
import type { HeldFrame } from './held-frame.ts'
import * as life from './life.ts'
import { askAgain } from './orphans.ts'
import type { Protocol } from './protocol.ts'
import type { Stand } from './stand.ts'
import { numbersOf, type ThreadNumber } from './thread-number.ts'
import { unpack } from './unpacking.ts'

/** One that is coming. */
interface Arrival {
  readonly from: number
  readonly ticket: number
  readonly epoch: number
  cell: Cell | undefined
  /** Who has asked the way, as the commit said: it has come, and waits until its source has heard that. */
  knowers: number[] | undefined
  /** Calls and fences that came meanwhile: they find it here once it lives. */
  readonly waiting: HeldFrame[]
}

export class Arrivals {
  readonly #core: Core
  readonly #arrivals = new Map<Stand, Arrival>()
  /** Where the code of those is that may come: told by other threads, before they send one. */
  readonly sources = new Map<Protocol, Source>()

  constructor(core: Core) {
    this.#core = core
  }
  /** How many are not live yet. */
  get size(): number {
    return this.#arrivals.size
  }

  offered({ address, from, ticket, epoch, value }: HandoffFrame): void {
    const core = this.#core
    // it has ended, and the offer, which was taken back, is late
    if (core.routes.isGone(address)) return
    const stand = core.routes.stand(address)
    const arrival: Arrival = { from, ticket, epoch, cell: undefined, knowers: undefined, waiting: [] }
    if (core.closing) {
      return this.#refuse(
        stand,
        arrival,
        new SystemClosed(`${address.id}: the system is closed`, { actor: address.id }),
      )
    }
    if (!stand.offered(epoch)) return this.#refuse(stand, arrival, stays(address, 'gone', 'it has moved already'))
    this.#arrivals.set(stand, arrival)
    const failed = (error: unknown): void => this.#failed(stand, arrival, error)
    try {
      const cell = unpack(core, stand.address, value() as Arrived)
      if (cell instanceof Promise) void cell.then(made => this.#ready(stand, arrival, made)).catch(failed)
      else this.#ready(stand, arrival, cell)
    } catch (error) {
      failed(error)
    }
  }
  #ready(stand: Stand, arrival: Arrival, cell: Cell): void {
    if (this.#arrivals.get(stand) !== arrival) return
    const { outbound, platform } = this.#core
    arrival.cell = stand.cell = cell
    outbound.handoff(arrival.from, stand.address, say.READY, arrival.ticket, arrival.epoch, platform.thread)
    this.installed(stand)
  }
  #failed(stand: Stand, arrival: Arrival, error: unknown): void {
    if (this.#arrivals.get(stand) !== arrival) return
    this.#drop(stand)
    const text = `it cannot be made again there: ${words(error)}`
    this.#refuse(stand, arrival, error instanceof MoveFailed ? error : stays(stand.address, 'state', text, error))
  }
  #refuse({ address }: Stand, { from, ticket, epoch }: Arrival, error: TroupeError): void {
    const { outbound, failures } = this.#core
    outbound.handoff(from, address, say.REFUSED, ticket, epoch, 0, { value: packError(failures.own(error)) })
  }
  /** It stands ready. */
  protected installed(_stand: Stand): void {}

  cancelled(address: Address, from: number, ticket: number): void {
    const stand = this.#core.routes.of(address).standing
    const arrival = stand && this.#arrivals.get(stand)
    if (arrival?.from !== from || arrival.ticket !== ticket) return
    this.#drop(stand!)
  }

  /** Keeps a call or fence for one that is not live yet: its copy can take in messages, and nothing else. */
  defers(stand: Stand, own: () => HeldFrame): boolean {
    return this.#arrivals.get(stand)?.waiting.push(own()) !== undefined
  }

  /** The actor has ended, before its copy became live. */
  ended(stand: Stand): void {
    const arrival = this.#arrivals.get(stand)
    this.#arrivals.delete(stand)
    for (const own of arrival?.waiting ?? []) this.#core.inbound.undeliverable(own)
  }

  /** The copy here is the live one, as soon as its source cannot take that back. */
  committed({ address, from, ticket, epoch, value }: HandoffFrame): void {
    const core = this.#core
    const stand = core.routes.of(address).standing
    const arrival = stand && this.#arrivals.get(stand)
    if (arrival?.from !== from || arrival.ticket !== ticket) return
    arrival.knowers = numbersOf(value() as ThreadNumber[])
    // a commit may be lost with a node that is only cut off, and be taken back: so nothing runs before the source knows
    if (from < FIRST_FAR) this.#begin(stand!, arrival)
    else core.outbound.handoff(from, stand!.address, say.ARRIVED, ticket, epoch, core.platform.thread)
  }
  /** The source, on another node, has heard that the commit has come. */
  confirmed(address: Address, from: number, ticket: number): void {
    const stand = this.#core.routes.of(address).standing
    const arrival = stand && this.#arrivals.get(stand)
    if (arrival?.from === from && arrival.ticket === ticket && arrival.knowers !== undefined)
      this.#begin(stand!, arrival)
  }
  /** It is live here. */
  #begin(stand: Stand, { from, epoch, knowers, cell: made, waiting }: Arrival): void {
    const core = this.#core
    const cell = made!
    this.#arrivals.delete(stand)
    stand.address.learn(cell.loaded!.protocol)
    stand.committed(epoch, knowers!, from)
    core.arrived(cell)
    core.handoffs.senders.arrived(cell, from)
    for (const timer of cell.extra?.timers?.values() ?? []) if (!timer.idle) core.timers.set(timer, timer.due)
    for (const thread of interestedIn(cell))
      core.outbound.handoff(thread, cell.address, say.MOVED, 0, epoch, stand.self)
    if (from >= FIRST_FAR && cell.extra?.name !== undefined)
      core.names.moved(cell.extra.name, stand.address, stand.self)
    core.routes.settled(stand)
    core.routes.watch()
    core.checkpoints.arrived(cell)
    life.arrive(cell, true)
    for (const own of waiting) core.inbound.takeIn(own, cell)
    if (core.closing) void core.stop(cell.address, false)
    if (core.someLost) askAgain(cell, from >= FIRST_FAR)
  }

  /** The thread that it was to come from has ended. What had been committed cannot be taken back any more. */
  lost(thread: number): void {
    for (const [stand, arrival] of [...this.#arrivals]) {
      if (arrival.from !== thread) continue
      if (arrival.knowers === undefined) this.#drop(stand)
      else this.#begin(stand, arrival)
    }
  }
  #drop(stand: Stand): void {
    this.#arrivals.delete(stand)
    stand.cancelled()
    stand.cell = undefined
    this.#core.heirs.check(stand) // where it was may have been lost meanwhile
    this.#core.checkClosed()
  }
}

/** The threads of those who must know where it is, to hear of the loss of its thread. */
export function interestedIn({ core, parent, extra }: Cell): Set<number> {
  const threads = new Set<number>()
  if (extra?.name !== undefined) threads.add(core.names.keeper)
  if (parent !== undefined) threads.add(core.routes.placeOf(parent))
  for (const watcher of extra?.watchers?.values() ?? []) threads.add(core.routes.placeOf(watcher))
  for (const child of extra?.away?.values() ?? []) threads.add(core.routes.placeOf(child))
  threads.delete(core.platform.thread)
  return threads
}
