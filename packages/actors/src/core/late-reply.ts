// A reply that is given later: `ctx.later()`. Plain data (which thread waits, and the number of its ask), so that it can
// be kept in state, sent on, and resolved by whoever holds it, on any thread.
//
// Invariants: only the first resolve or reject counts; a reply to an ask that has ended meanwhile is void. In a turn that
// nobody waits for, thread is -1 and a reply goes nowhere.
import type { Receiver } from './actor-ref.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { Refusal, TroupeError } from './errors.ts'
import { outboxOf } from './outbox.ts'
import { travel, type TravelKind } from './values.ts'

export class LateReply {
  readonly #core: Core
  readonly #thread: number
  readonly #number: number
  /** The actor that holds it. */
  readonly #owner: Cell | undefined

  constructor(core: Core, thread: number, number: number, owner: Cell | undefined) {
    this.#core = core
    this.#thread = thread
    this.#number = number
    this.#owner = owner
  }

  /** Gives the reply. Throws NotSendable when the value cannot travel. */
  resolve(value: unknown): void {
    if (this.#thread < 0) return
    const outbox = outboxOf(this.#owner)
    if (outbox === undefined) return this.#core.replyTo(this.#thread, this.#number, value)
    const own = this.#core.copyFor(value, this.#core, 'the late reply')
    outbox.add(this.#core.copied.bytes, () => this.#core.replyTo(this.#thread, this.#number, own))
  }
  /** Rejects the ask: with a Refusal or another TroupeError as it is, with anything else as the cause of an ActorFault. */
  reject(error: Error): void {
    if (this.#thread < 0) return
    const known =
      error instanceof TroupeError
        ? error
        : new Refusal('rejected', undefined, { message: error.message, cause: error })
    const outbox = outboxOf(this.#owner)
    if (outbox === undefined) return this.#core.failTo(this.#thread, this.#number, known)
    const own = this.#core.failures.own(known)
    outbox.add(0, () => this.#core.failTo(this.#thread, this.#number, own))
  }

  static parts(reply: LateReply): [number, number] {
    return [reply.#thread, reply.#number]
  }
  declare readonly [travel]: TravelKind<LateReply>
}

export const lateReplyTravel: TravelKind<LateReply> = {
  tag: 'late reply',
  wire: ['place or none', { least: -1, most: 2 ** 31 - 1 }],
  copy: (reply, to) => lateReplyTravel.unpack(LateReply.parts(reply), to),
  pack: reply => LateReply.parts(reply),
  unpack(plain, to) {
    const [thread, number] = plain as [number, number]
    const { core, cell } = to as Receiver
    return new LateReply(core, thread, number, cell)
  },
}
Object.defineProperty(LateReply.prototype, travel, { value: lateReplyTravel })
