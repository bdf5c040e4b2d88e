// One handler run: from the message taken to the handler's promise settled.
//
// Invariants: a thread has one spare turn that synchronous handlers use one after the other; a handler that returns a
// promise keeps its turn and the thread makes a new spare. An open turn is in its cell (`turn`, or `beside` for those
// that run beside others) and is a node of the timers until its limit. Once `ended`, whatever its handler does is void.
import { Chain, type Asker } from './ask.ts'
import { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Context } from './context.ts'
import { ASKED, type From, type Taken } from './mailbox.ts'
import type { Method } from './protocol.ts'
import { TimerNode } from './timers.ts'

export class Turn extends TimerNode implements Taken {
  head = 0
  from: From = undefined
  argument: unknown = undefined
  cell!: Cell
  method!: Method
  /** Counts the actor's turns: with the actor it names this turn in a call chain. */
  serial = 0
  ended = true
  /** For a hook (started, stopping): what comes after it, with the error it threw, or what it returned. */
  after: ((error: unknown, value: unknown) => void) | undefined = undefined
  /** What has become of its message, or its reply, before its end. */
  fate: 'forwarded' | 'later' | undefined = undefined
  /** Its own context, where the handler may run beside others. */
  context: Context | undefined = undefined
  #chain: Chain | undefined = undefined

  get asker(): Asker | undefined {
    return (this.head & ASKED) !== 0 ? (this.from as Asker) : undefined
  }
  get sender(): Address | undefined {
    const from = this.from
    return from instanceof Address ? from : from?.sender
  }
  /** Who waits for what this turn asks: the turn itself, then whoever waits for it. */
  get chain(): Chain {
    return (this.#chain ??= new Chain(this.cell.address, this.serial, this.method.name, this.asker?.chain))
  }

  /** Its message has been forwarded: from now on nobody waits for this turn, nor for what it asks. */
  forwarded(): void {
    if ((this.head & ASKED) !== 0) this.from = (this.from as Asker).sender
    this.head &= ~ASKED
    this.fate = 'forwarded'
    this.#chain = undefined
  }

  /** Lets go of the message. */
  clear(): void {
    this.fate = undefined
    this.from = undefined
    this.argument = undefined
    this.after = undefined
    this.context?.end()
    this.context = undefined
    this.#chain = undefined
    this.ended = true
  }

  fire(): void {
    this.cell.expire(this)
  }
}
