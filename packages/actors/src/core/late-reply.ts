// A reply that is given later: `ctx.later()`. Plain data (which thread waits, and the number of its ask), so that it can
// be kept in state, sent on, and resolved by whoever holds it, on any thread.
//
// Invariants: only the first resolve or reject counts; a reply to an ask that has ended meanwhile is void. In a turn that
// nobody waits for, thread is -1 and a reply goes nowhere.
import type { Receiver } from './actor-ref.ts'
import type { Core } from './core.ts'
import { Refusal, TroupeError } from './errors.ts'
import { travel, type TravelKind } from './values.ts'

export class LateReply {
  readonly #core: Core
  readonly #thread: number
  readonly #number: number

  constructor(core: Core, thread: number, number: number) {
    this.#core = core
    this.#thread = thread
    this.#number = number
  }

  /** Gives the reply. Throws NotSendable when the value cannot travel. */
  resolve(value: unknown): void {
    if (this.#thread >= 0) this.#core.replyTo(this.#thread, this.#number, value)
  }
  /** Rejects the ask: with a Refusal or another TroupeError as it is, with anything else as the cause of an ActorFault. */
  reject(error: Error): void {
    if (this.#thread < 0) return
    const known =
      error instanceof TroupeError
        ? error
        : new Refusal('rejected', undefined, { message: error.message, cause: error })
    this.#core.failTo(this.#thread, this.#number, known)
  }

  static parts(reply: LateReply): [number, number] {
    return [reply.#thread, reply.#number]
  }
  declare readonly [travel]: TravelKind<LateReply>
}

export const lateReplyTravel: TravelKind<LateReply> = {
  tag: 'late reply',
  copy: (reply, to) => lateReplyTravel.unpack(LateReply.parts(reply), to),
  pack: reply => LateReply.parts(reply),
  unpack(plain, to) {
    const [thread, number] = plain as [number, number]
    return new LateReply((to as Receiver).core, thread, number)
  },
}
Object.defineProperty(LateReply.prototype, travel, { value: lateReplyTravel })
