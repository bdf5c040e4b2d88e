// The sender's fence, carried out: what actors that have just moved here send, and what this thread tells others about those
// that have left. settling.ts decides.
//
// Invariants: tickets of marks tell by their lowest bit whom they are for: a round of settling, or what one moved actor holds
// for one target. A moved actor is settled once, and then costs nothing.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { ActorId } from './errors.ts'
import { FLUSH, FLUSHED, MARK, SETTLED } from './handoff-frame.ts'
import type { HeldFrame } from './held-frame.ts'
import { Settling, Waking } from './settling.ts'

type Wakes = Waking<Address, HeldFrame>

export class Senders {
  readonly #core: Core
  readonly #settling: Settling<Address>
  /** By ticket: which actor's mark. */
  readonly #marks = new Map<number, { readonly waking: Wakes; readonly ticket: number; readonly target: Address }>()
  /** Those that have moved here and are not settled; they may have ended since. */
  readonly #waking = new Map<ActorId, { readonly waking: Wakes; readonly cell: Cell }>()
  #tickets = 0

  constructor(core: Core) {
    this.#core = core
    const { routes, outbound } = core
    this.#settling = new Settling<Address>({
      others: () => [...core.others(), ...core.nodes.met],
      askFlush: (thread, ticket) => outbound.handoff(thread, undefined, FLUSH, ticket, 0, 0, { ordered: true }),
      answerFlush: (thread, ticket) => outbound.handoff(thread, undefined, FLUSHED, ticket, 0, 0),
      mark: (ticket, own) => {
        let marks = 0
        for (const stand of [...routes.busy]) {
          const waits = stand.passed || stand.held.length > 0
          if (!waits && stand.fence === 0) routes.busy.delete(stand)
          if (!waits && !(own && stand.fence !== 0)) continue
          marks++
          routes.mark(stand.address, core.platform.thread, ticket * 2)
        }
        return marks
      },
      settled: (actor, thread) => outbound.handoff(thread, actor, SETTLED, 0, 0, 0),
    })
  }

  /** What is still to be heard about actors that have moved; 0 once all are settled. */
  get pending(): number {
    return this.#settling.debts.size + this.#waking.size + this.#marks.size
  }
  /** An actor has left for a thread. */
  left(address: Address, to: number): void {
    this.#settling.left(address, to)
  }
  flush(from: number, ticket: number): void {
    this.#settling.asked(from, ticket)
  }
  flushed(from: number, ticket: number): void {
    this.#settling.answered(from, ticket)
  }

  /** An actor has come from a thread. */
  arrived(cell: Cell, from: number): void {
    const { outbound, routes, platform } = this.#core
    const waking: Wakes = this.wake(
      from,
      (target, ticket) => {
        const mark = ++this.#tickets
        this.#marks.set(mark, { waking, ticket, target })
        outbound.handoff(from, target, MARK, mark * 2 + 1, 0, platform.thread)
      },
      (target, held) => {
        for (const own of held) routes.dispatch(target, own)
      },
      // each ref may have an address of its own
      ({ id }) => id,
    )
    cell.more.waking = waking
    this.#waking.set(cell.address.id, { waking, cell })
  }
  protected wake(...parts: ConstructorParameters<typeof Waking<Address, HeldFrame>>): Wakes {
    return new Waking(...parts)
  }

  marked(ticket: number): void {
    if ((ticket & 1) === 0) return this.#settling.marked(ticket / 2)
    const mark = this.#marks.get((ticket - 1) / 2)
    this.#marks.delete((ticket - 1) / 2)
    mark?.waking.marked(mark.ticket)
  }

  settled(address: Address): void {
    const { id } = address
    const found = this.#waking.get(id)
    if (found === undefined) return
    const { waking, cell } = found
    this.#waking.delete(id)
    cell.extra!.waking = undefined
    // a mark may have been lost with a thread, and would be waited for
    for (const [mark, one] of this.#marks) if (one.waking === waking) this.#marks.delete(mark)
    waking.settled()
    this.#core.handoffs.departures.consider(cell)
  }

  /** What a lost thread had, it has taken along; what it may have had is asked for again. */
  lost(thread: number): void {
    this.#settling.lost(thread)
    const { outbound, platform } = this.#core
    for (const [mark, { waking, target }] of this.#marks) {
      if (waking.from !== thread) outbound.handoff(waking.from, target, MARK, mark * 2 + 1, 0, platform.thread)
    }
    for (const { waking, cell } of [...this.#waking.values()]) if (waking.from === thread) this.settled(cell.address)
  }
}
