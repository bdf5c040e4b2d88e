// An ask as its message sees it on another thread than its asker's: the thread that waits, and the number of the ask there.
//
// Invariant: it is answered once. It may have come back to the thread that asked, as actors move.
import type { Address } from './address.ts'
import type { Asker, Chain } from './ask.ts'
import type { Core } from './core.ts'
import type { TroupeError } from './errors.ts'
import { FORWARDED } from './handoff-frame.ts'

export class RemoteAsk implements Asker {
  readonly #core: Core
  readonly #thread: number
  readonly #number: number
  readonly sender: Address | undefined
  readonly chain: Chain | undefined
  readonly until: number
  settled = false

  constructor(
    core: Core,
    thread: number,
    number: number,
    sender: Address | undefined,
    chain: Chain | undefined,
    until: number,
  ) {
    this.#core = core
    this.#thread = thread
    this.#number = number
    this.sender = sender
    this.chain = chain
    this.until = until
  }
  begin(): void {}
  /** An actor here is where its asker believes it: on the thread of whoever was asked. Of any other it is told. */
  goesTo(to: Address): void {
    const { outbound, platform, asks } = this.#core
    if (this.settled || to.cell !== undefined) return
    if (this.#thread === platform.thread) asks.find(this.#number)?.goesTo(to)
    else outbound.handoff(this.#thread, to, FORWARDED, this.#number, 0, platform.thread)
  }
  handle(): { thread: number; number: number } {
    return { thread: this.#thread, number: this.#number }
  }
  reply(value: unknown, from: Address, method: string): void {
    if (this.settled) return
    this.settled = true
    const { outbound, failures, asks, platform } = this.#core
    // one that has come back to where it was asked
    if (this.#thread === platform.thread) return asks.find(this.#number)?.reply(value, from)
    try {
      outbound.reply(this.#thread, this.#number, value)
    } catch (error) {
      const failure = failures.unsendable(error, `the reply of ${method}`, from.id, method, 'yes')
      outbound.fail(this.#thread, this.#number, failure)
    }
  }
  fail(error: TroupeError): void {
    if (this.settled) return
    this.settled = true
    this.#core.failTo(this.#thread, this.#number, error)
  }
}
