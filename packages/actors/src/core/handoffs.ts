// Moves, as one thread sees them: those that leave (departures.ts), those that come (arrivals.ts), what they send meanwhile
// (senders.ts), and what other threads say about all of that.
//
// Invariant: of an actor that has ended, no thread begins to keep anything again.
import type { Address } from './address.ts'
import { Arrivals } from './arrivals.ts'
import type { Core } from './core.ts'
import { Departures } from './departures.ts'
import * as say from './handoff-frame.ts'
import { Senders } from './senders.ts'
import type { FenceAnswer } from './handoff-states.ts'

/** What a frame of kind HANDOFF says. */
export interface HandoffFrame {
  readonly op: number
  readonly address: Address
  readonly ticket: number
  readonly epoch: number
  readonly about: number
  readonly kind: FenceAnswer
  readonly from: number
  readonly value: () => unknown
}

export class Handoffs {
  readonly #core: Core
  readonly departures: Departures
  readonly arrivals: Arrivals
  readonly senders: Senders

  constructor(core: Core) {
    this.#core = core
    this.departures = new Departures(core)
    this.arrivals = new Arrivals(core)
    this.senders = new Senders(core)
  }

  /** Moves that are under way here, and what is still to be heard of earlier ones; 0 once all have come to rest. */
  get pending(): number {
    return this.departures.size + this.arrivals.size + this.senders.pending
  }

  receive(message: HandoffFrame): void {
    const { op, address, ticket, epoch, about, kind, from } = message
    const { routes } = this.#core
    switch (op) {
      case say.OFFER:
        return void this.arrivals.offered(message)
      case say.COMMIT:
        return this.arrivals.committed(message)
      case say.CANCEL:
        return this.arrivals.cancelled(address, from, ticket)
      case say.READY:
      case say.REFUSED:
        return this.departures.answered(message)
      case say.MOVED:
        return this.#moved(address, about, epoch, ticket === say.REVIVED)
      case say.KNOWN:
        return routes.of(address).standing?.known(epoch)
      case say.FENCED:
        return routes.answered(address, kind, ticket, about, epoch)
      case say.ENDED:
        return routes.ended(routes.of(address))
      case say.SETTLED:
        return this.senders.settled(address)
      case say.MARK:
        return routes.mark(address, about, ticket)
    }
  }
  flushing(op: number, ticket: number, from: number): void {
    if (op === say.FLUSH) this.senders.flush(from, ticket)
    else this.senders.flushed(from, ticket)
  }
  marked(ticket: number): void {
    this.senders.marked(ticket)
  }

  #moved(address: Address, place: number, epoch: number, revived: boolean): void {
    const { routes, heirs, platform } = this.#core
    const known = routes.of(address)
    if (place === platform.thread) return known.standing?.outdated(epoch)
    // of one that has ended, the origin has no standing; and whoever has it knows better
    if ((!revived && routes.isGone(known)) || (known.standing === undefined && known.cell !== undefined)) return
    const stand = routes.stand(known)
    stand.heard(place, epoch)
    heirs.check(stand)
  }

  /** A thread has ended. */
  lost(thread: number): void {
    this.departures.lost(thread)
    this.arrivals.lost(thread)
    this.senders.lost(thread)
  }
}
