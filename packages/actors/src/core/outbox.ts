// What the turns of an actor with checkpoint 'turn' have sent, and nobody may see before the checkpoint at their end.
//
// Invariants: what is in it leaves in the order in which it came, and before anything else that the actor sends; none of it
// stays once no turn is open. What the turn may wait for takes it along: an ask, a wait at a channel, for a goroutine, for
// room; and so do a stop, a spawn on another thread, whose number must not come late, and what does not fit any more.
// Values are copied when they are sent, as always.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { HeldFrame, Holder } from './held-frame.ts'
import type { From } from './mailbox.ts'

/** As much as may wait for another thread. */
const MOST = 65_536
const MOST_BYTES = 16 * 1024 * 1024

export class Outbox implements Holder {
  readonly #owner: Cell
  #waiting: (() => void)[] = []
  #bytes = 0

  constructor(owner: Cell) {
    this.#owner = owner
  }

  get owner(): Address {
    return this.#owner.address
  }
  /** Whether what the actor sends now belongs to a turn. */
  get open(): boolean {
    const { turn, extra } = this.#owner
    return turn !== undefined || (extra!.beside !== undefined && extra!.beside.size > 0)
  }

  add(bytes: number, send: () => void): void {
    this.#waiting.push(send)
    this.#bytes += bytes
    if (this.#waiting.length >= MOST || this.#bytes >= MOST_BYTES) this.release()
  }
  /** A message for an actor that is here; the argument is its own. */
  send(to: Address, cell: Cell, head: number, from: From, argument: unknown, bytes: number): void {
    const owner = this.#owner
    const { core } = owner
    this.add(bytes, () => {
      if (to.cell === cell && owner.extra?.waking?.holds(to) !== true)
        return core.deliver(cell, head, from, argument, bytes)
      try {
        this.#send(to, core.outbound.mail(to, head, from, argument, true))
      } catch {
        core.undeliverable(to, head, from, 'unreadable') // a codec of the user's has failed only now
      }
    })
  }
  /** One for an actor elsewhere. */
  hold(to: Address, own: HeldFrame): void {
    this.add(own.length, () => this.#send(to, own))
  }

  #send(any: Address, own: HeldFrame): void {
    const { core, extra } = this.#owner
    const to = core.routes.of(any)
    const waking = extra?.waking
    if (waking?.holds(to) === true) return waking.hold(to, own)
    const reason = core.unreachable(to) ?? (core.routes.dispatch(to, own, false) ? undefined : 'full')
    if (reason !== undefined) core.inbound.undeliverable(own, reason)
  }

  /** Sends what is there. */
  release(): void {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      this.#bytes = 0
      for (const send of waiting) send()
    }
  }
}

/** The outbox of an actor, where what it sends now must wait in it. */
export function outboxOf(owner: Cell | undefined): Outbox | undefined {
  const outbox = owner?.extra?.checkpoint?.outbox
  return outbox?.open === true ? outbox : undefined
}
/** Something that the actor sends cannot wait: what it has sent before goes first. */
export function releaseOf(owner: Cell | undefined): void {
  owner?.extra?.checkpoint?.outbox?.release()
}
