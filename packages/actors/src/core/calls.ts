// What the cores of different threads ask of each other beside messages. Each call is a function of the receiving core; what
// they are is in actor-calls.ts, for actors, and in thread-calls.ts.
//
// Invariants: calls from one thread to another run in the order made; those that are `ordered` also stay behind the
// user frames sent before them. A call for an actor goes the way of messages, wherever it is. A call that is waited for ends by
// its reply, or with its thread.
import type { Address } from './address.ts'
import { Ask } from './ask.ts'
import type { Core } from './core.ts'
import { MailboxFull, SystemClosed } from './errors.ts'

/** An operation: its arguments have been decoded; `from` is the thread that called. */
export type Operation = (core: Core, args: never, from: number) => unknown

export abstract class Calls<Name extends string> {
  protected readonly core: Core
  readonly #operations: readonly Operation[]
  readonly #names: readonly Name[]
  /** Calls for actors that wait for their reply: how each is made anew. */
  readonly #pending = new Map<Ask, () => Promise<unknown>>()
  constructor(core: Core, operations: Readonly<Record<Name, Operation>>) {
    this.core = core
    this.#names = Object.keys(operations) as Name[]
    this.#operations = Object.values(operations)
  }

  /** Runs an operation on a thread and waits for what it gives. */
  ask(thread: number, operation: Name, args: unknown, ordered = false): Promise<unknown> {
    return Promise.try(() => this.begin(thread, operation, args, ordered))
  }
  /** The same; throws at once where the call cannot be sent. What it gives becomes the actor's own for whom it is made. */
  begin(thread: number, operation: Name, args: unknown, ordered: boolean, by?: Address): Promise<unknown> {
    const { core } = this
    const send = (number: number): boolean => core.outbound.call(thread, this.#number(operation), number, args, ordered)
    return this.#begin(core.systemOf(thread), operation, ordered, by, send)
  }
  /**
   * Runs an operation where an actor is. `last`: when it fails at last; or how it is called anew after the loss of a thread by way
   * of which it may have gone, where it does not matter if it runs twice.
   */
  protected askActor(
    to: Address,
    operation: Name,
    args: unknown,
    ordered: boolean,
    last: number | (() => Promise<unknown>),
  ): Promise<unknown> {
    const { core } = this
    const known = core.routes.of(to)
    const send = (number: number): boolean =>
      core.outbound.callActor(known, this.#number(operation), number, args, ordered)
    return Promise.try(() => this.#begin(known, operation, ordered, undefined, send, last))
  }
  /** A thread was lost. Whoever waits for an actor that was there has been told. */
  callAgain(): void {
    const pending = [...this.#pending]
    this.#pending.clear()
    for (const [ask, again] of pending) {
      again().then(
        value => ask.settle(value),
        (error: unknown) => ask.fail(this.core.failures.own(error)),
      )
    }
  }
  #begin(
    to: Address,
    operation: Name,
    ordered: boolean,
    by: Address | undefined,
    send: (number: number) => boolean,
    last?: number | (() => Promise<unknown>),
  ): Promise<unknown> {
    const { core } = this
    const thread = core.routes.placeOf(to)
    if (core.hasLost(thread) && !(to.serial > 0 && core.heirs.isOpen(thread))) {
      const ended = core.closing
        ? new SystemClosed(`${operation}: the system is closed`)
        : core.nodes.lossOf(thread, what => `${operation}: ${what}`, {})
      return Promise.reject(ended)
    }
    const ask = new Ask(core, to, operation, by, undefined)
    const reply = ask.promise()
    let sent = false
    try {
      sent = send(ask.handle().number)
    } finally {
      if (!sent) core.asks.remove(ask)
    }
    if (sent) return last === undefined ? reply : this.#awaited(ask, reply, last)
    // only what is ordered can be refused for want of room; what is not finds nobody there
    if (ordered) throw new MailboxFull(`the way to ${core.places.words(thread)} is full; ${operation} was not sent`)
    throw core.nodes.lossOf(thread, what => `${operation}: ${what}`, {})
  }

  async #awaited(ask: Ask, reply: Promise<unknown>, last: number | (() => Promise<unknown>)): Promise<unknown> {
    const { timers, platform } = this.core
    if (typeof last === 'function') this.#pending.set(ask, last)
    else if (!ask.settled) {
      ask.begun = platform.now()
      timers.set(ask, (ask.until = last))
    }
    try {
      return await reply
    } finally {
      this.#pending.delete(ask)
    }
  }

  send(thread: number, operation: Name, args: unknown): void {
    this.core.outbound.call(thread, this.#number(operation), -1, args, false)
  }
  protected sendActor(to: Address, operation: Name, args: unknown): void {
    this.core.outbound.callActor(this.core.routes.of(to), this.#number(operation), -1, args, false)
  }
  #number(operation: Name): number {
    return this.#names.indexOf(operation)
  }

  /** Whether a frame that came from that thread may ask for this; by whatever ways, and in whose name it says. */
  allows(operation: number, from: number): boolean {
    return this.mayAsk(this.#names[operation]!, from)
  }
  protected abstract mayAsk(operation: Name, from: number): boolean

  /** `args` decodes them, which may fail like the operation itself. */
  receive(operation: number, number: number, from: number, args: () => unknown): void {
    const { core } = this
    const name = this.#names[operation]!
    const run = this.#operations[operation] as (core: Core, args: unknown, from: number) => unknown
    const { thread } = core.platform
    const answer = (value: unknown): void => {
      if (number < 0) return
      if (from === thread) core.asks.find(number)?.settle(value)
      else core.outbound.reply(from, number, value)
    }
    const failed = (error: unknown): void => {
      if (number >= 0) core.failTo(from, number, core.failures.own(error))
      else core.deadLetter(core.systemOf(thread), name, 'unreadable')
    }
    try {
      const result = run(core, args(), from)
      if (result instanceof Promise) result.then(answer, failed)
      else answer(result)
    } catch (error) {
      failed(error)
    }
  }
}
