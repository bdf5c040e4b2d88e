// Actors that come to this thread: their copies are made ready, and become live when the source says so.
//
// Invariants: a copy runs nothing before its commit, and is dropped without one; its mailbox is here before that, as it was.
import type { Address } from './address.ts'
import { type Baggage, stays, unpack } from './baggage.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { MoveFailed, packError, SystemClosed, type TroupeError } from './errors.ts'
import { words } from './failures.ts'
import * as say from './handoff-frame.ts'
import type { HandoffFrame } from './handoffs.ts'
import * as life from './life.ts'
import type { Stand } from './stand.ts'

/** One that is coming. */
interface Arrival {
  readonly from: number
  readonly ticket: number
  readonly epoch: number
  cell: Cell | undefined
}

export class Arrivals {
  readonly #core: Core
  readonly #arrivals = new Map<Stand, Arrival>()

  constructor(core: Core) {
    this.#core = core
  }
  /** How many are not live yet. */
  get size(): number {
    return this.#arrivals.size
  }

  async offered({ address, from, ticket, epoch, value }: HandoffFrame): Promise<void> {
    const core = this.#core
    // it has ended, and the offer, which was taken back, is late
    if (core.routes.isGone(address)) return
    const stand = core.routes.stand(address)
    const refuse = (error: TroupeError): void =>
      core.outbound.handoff(from, address, say.REFUSED, ticket, epoch, 0, {
        value: packError(core.failures.own(error)),
      })
    if (core.closing) return refuse(new SystemClosed(`${address.id}: the system is closed`, { actor: address.id }))
    if (!stand.offered(epoch)) return refuse(stays(address, 'gone', 'it has moved already'))
    const arrival: Arrival = { from, ticket, epoch, cell: undefined }
    this.#arrivals.set(stand, arrival)
    try {
      const cell = await unpack(core, stand.address, value() as Baggage)
      if (this.#arrivals.get(stand) !== arrival) return
      arrival.cell = stand.cell = cell
      core.outbound.handoff(from, address, say.READY, ticket, epoch, core.platform.thread)
      this.installed(stand)
    } catch (error) {
      if (this.#arrivals.get(stand) !== arrival) return
      this.#drop(stand)
      refuse(
        error instanceof MoveFailed
          ? error
          : stays(address, 'state', `it cannot be made again there: ${words(error)}`, error),
      )
    }
  }
  /** It stands ready. */
  protected installed(_stand: Stand): void {}

  cancelled(address: Address, from: number, ticket: number): void {
    const stand = this.#core.routes.of(address).standing
    const arrival = stand && this.#arrivals.get(stand)
    if (arrival?.from !== from || arrival.ticket !== ticket) return
    this.#drop(stand!)
  }

  /** The actor has ended, before its copy became live. */
  ended(stand: Stand): void {
    this.#arrivals.delete(stand)
  }

  committed({ address, from, ticket, epoch, value }: HandoffFrame): void {
    const core = this.#core
    const stand = core.routes.of(address).standing
    const arrival = stand && this.#arrivals.get(stand)
    if (arrival?.from !== from || arrival.ticket !== ticket) return
    this.#arrivals.delete(stand!)
    const cell = arrival.cell!
    stand!.committed(epoch, value() as number[], from)
    core.arrived(cell)
    core.handoffs.senders.arrived(cell, from)
    for (const timer of cell.extra?.timers?.values() ?? []) if (!timer.idle) core.timers.set(timer, timer.due)
    for (const thread of interestedIn(cell))
      core.outbound.handoff(thread, cell.address, say.MOVED, 0, epoch, stand!.self)
    core.routes.settled(stand!)
    core.routes.watch()
    core.checkpoints.arrived(cell)
    life.arrive(cell, true)
    if (core.closing) void core.stop(cell.address, false)
  }

  /** The thread that it was to come from has ended. */
  lost(thread: number): void {
    for (const [stand, { from }] of [...this.#arrivals]) if (from === thread) this.#drop(stand)
  }
  #drop(stand: Stand): void {
    this.#arrivals.delete(stand)
    stand.cancelled()
    stand.cell = undefined
    this.#core.checkClosed()
  }
}

/** The threads of those who must know where it is, to hear of the loss of its thread. */
export function interestedIn({ core, parent, extra }: Cell): Set<number> {
  const threads = new Set<number>()
  if (extra?.name !== undefined) threads.add(0)
  if (parent !== undefined) threads.add(core.routes.placeOf(parent))
  for (const watcher of extra?.watchers?.values() ?? []) threads.add(core.routes.placeOf(watcher))
  for (const child of extra?.away?.values() ?? []) threads.add(core.routes.placeOf(child))
  threads.delete(core.platform.thread)
  return threads
}
