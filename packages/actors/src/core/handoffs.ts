// Moves, as one thread sees them: those that leave (departures.ts), those that come (arrivals.ts), what they send meanwhile
// (senders.ts), and what other threads say about all of that.
//
// Invariant: of an actor that has ended, no thread begins to keep anything again.
import type { Receiver } from './actor-ref.ts'
import type { Address } from './address.ts'
import { Arrivals } from './arrivals.ts'
import type { Arrived } from './baggage.ts'
import type { Core } from './core.ts'
import { Departures } from './departures.ts'
import { FIRST_SENDER, PACKED, STAMP } from './frame.ts'
import * as say from './handoff-frame.ts'
import { Senders } from './senders.ts'
import type { FenceAnswer } from './handoff-states.ts'
import { readPrimitives } from './primitives.ts'

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

/** Reads a frame of kind HANDOFF that begins at word `base`; its bytes are lent. */
export function readHandoff(
  core: Core,
  address: Address,
  bytes: Uint8Array,
  words: Int32Array,
  base: number,
  end: number,
  from: number,
): HandoffFrame {
  const head = words[base + 1]!
  const op = words[base + 4]! & 0xffff
  const last = words[base + 8]!
  const state = (base + say.HANDOFF_WORDS) * 4
  const at = state + (op === say.OFFER ? last : 0)
  const list = (to: Receiver): unknown => {
    if ((head & 3) === PACKED) return core.platform.codec.decode(bytes, at, end, to)
    return readPrimitives(bytes, at, (head >>> 2) & 63)
  }
  const arrived = { state: { bytes, start: state, end: at }, rest: list as Arrived['rest'] } satisfies Arrived
  return {
    op,
    address,
    ticket: words[base + 5]!,
    epoch: words[base + STAMP]!,
    about: words[base + FIRST_SENDER]!,
    kind: say.FENCE_KINDS[last] ?? 'way',
    from,
    value: () => (op === say.OFFER ? arrived : list(core)),
  }
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
    return this.departures.leaving.length + this.arrivals.size + this.senders.pending
  }

  receive(message: HandoffFrame): void {
    const { op, address, ticket, epoch, about, kind, from } = message
    const { routes, heirs } = this.#core
    switch (op) {
      case say.OFFER:
        return this.arrivals.offered(message)
      case say.COMMIT:
        return this.arrivals.committed(message)
      case say.CANCEL:
        return this.arrivals.cancelled(address, from, ticket)
      case say.ARRIVED:
        return this.departures.arrived(message)
      case say.CONFIRMED:
        return this.arrivals.confirmed(address, from, ticket)
      case say.READY:
      case say.REFUSED:
        return this.departures.answered(message)
      case say.MOVED:
        return this.#moved(message)
      case say.KNOWN:
        return routes.of(address).standing?.known(epoch)
      case say.FENCED:
        return routes.answered(address, kind, ticket, about, epoch)
      case say.ENDED:
        heirs.endedElsewhere(address)
        return void routes.endedElsewhere(address)
      case say.SETTLED:
        return this.senders.settled(address)
      case say.WHERE:
        return this.#asked(message)
      case say.MARK:
        return routes.mark(address, about, ticket)
      case say.FORWARDED:
        return this.#core.forwarded(ticket, address)
    }
  }
  /** Another thread wants to know where an actor is: it holds what it has for it, and asks again until there is an answer. */
  #asked({ address, epoch, about: asker }: HandoffFrame): void {
    const { routes, heirs, outbound, platform } = this.#core
    const known = routes.of(address)
    const { standing, cell, local } = known
    if (asker === platform.thread || standing?.phase === 'given') return
    const tell = (op: number, own: number, place: number): void => outbound.handoff(asker, known, op, 0, own, place)
    if (cell !== undefined || standing?.resident === true) {
      return tell(say.MOVED, standing?.epoch ?? cell!.extra?.epoch ?? 0, platform.thread)
    }
    if (standing !== undefined && standing.epoch > epoch && !standing.guessed && standing.phase === 'away') {
      return tell(say.MOVED, standing.epoch, standing.place)
    }
    if (!local) {
      const home = heirs.of(known.home)
      if (!this.#core.hasLost(home)) outbound.handoff(home, known, say.WHERE, 0, epoch, asker)
      return
    }
    // it is believed to be with the asker, who knows that it is not: it has ended there, while its origin was lost
    const back = standing?.phase === 'away' && standing.place === asker && standing.epoch === epoch && heirs.isSettled
    if (!back && !routes.isGone(known)) return
    tell(say.ENDED, 0, 0)
    if (back) routes.ended(known)
  }
  flushing(op: number, ticket: number, from: number): void {
    if (op === say.FLUSH) this.senders.flush(from, ticket)
    else this.senders.flushed(from, ticket)
  }
  marked(ticket: number): void {
    this.senders.marked(ticket)
  }

  #moved({ address, about: place, epoch, ticket, from }: HandoffFrame): void {
    const { routes, heirs, platform } = this.#core
    const revived = ticket === say.REVIVED
    const known = routes.of(address)
    if (place === platform.thread) return known.standing?.outdated(epoch)
    if (heirs.hasEndedElsewhere(known)) return
    // of one that has ended, the origin has no standing; and whoever has it knows better
    if ((!revived && routes.isGone(known)) || (known.standing === undefined && known.cell !== undefined)) return
    const stand = routes.stand(known)
    // who is told where it is about to be tells others: that its copy is live over there, only that one can say
    if (stand.phase === 'given' && stand.epoch === epoch && from !== place) return
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
