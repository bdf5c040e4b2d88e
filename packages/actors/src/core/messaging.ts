// What one thread's core does with a message: copies it for its receiver, finds out where that is, and sends it there.
//
// Invariants: a value that reaches an actor, or comes back from one, is a copy of its own (HOUSE rule 3); a message ends
// as a turn, a failed ask or a dead letter. What a sender that has just moved may not send yet is held.
import type { ActorRef, Receiver } from './actor-ref.ts'
import type { Address } from './address.ts'
import { Ask, type Asker, type Asks } from './ask.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { DeadReason, Undelivered } from './dead-letters.ts'
import { NotSendable } from './errors.ts'
import type { Failures } from './failures.ts'
import type { Heirs } from './heirs.ts'
import type { HeldFrame } from './held-frame.ts'
import { ASKED, type From, MANY_ARGUMENTS, METHOD_SHIFT, ONE_ARGUMENT } from './mailbox.ts'
import type { Outbound } from './outbound.ts'
import { type Outbox, outboxOf, releaseOf } from './outbox.ts'
import type { Limits, Platform } from './platform.ts'
import type { Routes } from './routes.ts'
import type { Waking } from './settling.ts'
import type { Timers } from './timers.ts'
import { waits } from './turns.ts'
import { Copier } from './values.ts'

/** What a primitive argument counts for in a mailbox's bytes. */
const PRIMITIVE_BYTES = 16

export abstract class Messaging implements Receiver {
  abstract readonly core: Core
  abstract readonly cell: undefined
  abstract readonly platform: Platform
  abstract readonly limits: Limits
  abstract readonly asks: Asks
  abstract readonly timers: Timers
  abstract readonly routes: Routes
  abstract readonly heirs: Heirs
  abstract readonly outbound: Outbound
  abstract readonly failures: Failures
  abstract readonly someLost: boolean
  abstract hasLost(thread: number): boolean
  abstract deadLetter(to: Address, method: string, reason: DeadReason): void
  abstract undeliverable(to: Address, head: number, from: From, reason: Undelivered): void

  /** What messages are copied with; its `bytes` count the last copy. */
  readonly #copier = new Copier()

  // ── values ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The receiver's own copy of a value. `root` names the value where it cannot travel. */
  copyFor(value: unknown, to: Receiver | undefined, root?: string): unknown {
    try {
      return this.#copier.copy(value, to ?? this)
    } catch (error) {
      if (root === undefined || !(error instanceof NotSendable)) throw error
      throw new NotSendable(error.path, error.what, { root })
    }
  }

  /** What the last copy was like. */
  get copied(): { readonly bytes: number; readonly kinds: number } {
    return this.#copier
  }

  // ── messages out ──────────────────────────────────────────────────────────────────────────────────────────────

  tell(to: Address, owner: Cell | undefined, method: number, shape: number, argument: unknown): void {
    const { cell } = to
    if (cell === undefined || (owner !== undefined && owner.extra !== undefined && owner.extra.holds)) {
      return this.#tellAway(this.routes.of(to), owner, method, shape, argument)
    }
    this.#tellHere(to, cell, owner, method, shape, argument)
  }
  #tellHere(to: Address, cell: Cell, owner: Cell | undefined, method: number, shape: number, argument: unknown): void {
    let bytes = PRIMITIVE_BYTES
    if (typeof argument !== 'number' && typeof argument !== 'boolean') {
      argument = this.#own(argument, cell, shape, to, method)
      bytes += this.#copier.bytes
    }
    cell.accept((method << METHOD_SHIFT) | shape, owner === undefined ? undefined : owner.address, argument, bytes)
  }
  /** To an actor here, in a turn whose checkpoint comes first. */
  #tellLater(outbox: Outbox, to: Address, cell: Cell, method: number, shape: number, argument: unknown): void {
    const own = this.#own(argument, cell, shape, to, method)
    const head = (method << METHOD_SHIFT) | shape
    outbox.send(to, cell, head, outbox.owner, own, PRIMITIVE_BYTES + this.#copier.bytes)
  }

  /** It is not here, or must not go straight there. */
  #tellAway(to: Address, owner: Cell | undefined, method: number, shape: number, argument: unknown): void {
    const outbox = outboxOf(owner)
    const waking = wakingTo(owner, to)
    const { cell } = to
    if (cell !== undefined && outbox !== undefined) return this.#tellLater(outbox, to, cell, method, shape, argument)
    if (cell !== undefined && waking === undefined) return this.#tellHere(to, cell, owner, method, shape, argument)
    const name = (): string => this.platform.methods.text(method)
    const reason = waking === undefined ? this.unreachable(to) : undefined
    if (reason !== undefined) return this.deadLetter(to, name(), reason)
    let sent: boolean
    try {
      sent = this.outbound.tell(to, owner?.address, method, shape, argument, outbox ?? waking)
    } catch (error) {
      throw this.failures.unsendable(error, root(to, name(), shape), to.id, name(), 'no')
    }
    if (!sent) this.deadLetter(to, name(), 'full')
  }

  /** Why nothing can be sent to an actor that is not here, if so. */
  unreachable(to: Address): 'stopped' | 'lost' | undefined {
    if (to.standing === undefined && to.local) return 'stopped'
    if (!this.someLost) return undefined
    const place = this.routes.placeOf(to)
    return this.hasLost(place) && !this.heirs.isOpen(place) ? 'lost' : undefined
  }

  /** An argument as the receiver's own; says which argument it is where it cannot travel. */
  #own(argument: unknown, cell: Cell, shape: number, to: Address, method: number): unknown {
    try {
      return this.#copier.copy(argument, cell)
    } catch (error) {
      const name = this.platform.methods.text(method)
      throw this.failures.unsendable(error, root(to, name, shape), to.id, name, 'no')
    }
  }

  ask(ref: ActorRef, method: number, name: string, shape: number, argument: unknown): Promise<unknown> {
    const { owner, limits } = ref
    const to = ref.address.cell === undefined ? this.routes.of(ref.address) : ref.address
    const turn = owner?.current
    const ask = new Ask(this.core, to, name, owner?.address, turn?.chain)
    const promise = ask.promise()
    const now = this.platform.now()
    ask.begun = now
    ask.until = now + (limits?.deadline ?? this.limits.askDeadline)
    // who asks on behalf of an ask waits no longer than that one does
    const outer = turn?.asker
    if (outer !== undefined && outer.until < ask.until) ask.until = outer.until
    if (limits?.signal !== undefined) ask.follow(limits.signal)
    if (ask.settled) return promise
    try {
      this.#send(ask, owner, method, shape, argument)
    } catch (error) {
      ask.fail(this.failures.unsendable(error, root(to, name, shape), to.id, name, 'no'))
    }
    if (!ask.settled) this.timers.set(ask, ask.until)
    return promise
  }

  #send(ask: Ask, owner: Cell | undefined, method: number, shape: number, argument: unknown): void {
    const { target: to } = ask
    releaseOf(owner)
    const { cell } = to
    const head = (method << METHOD_SHIFT) | shape | ASKED
    const waking = wakingTo(owner, to)
    if (cell === undefined || waking !== undefined) {
      const reason = waking === undefined ? this.unreachable(to) : undefined
      if (reason !== undefined) return this.undeliverable(to, head, ask, reason)
      if (!this.outbound.ask(ask, method, shape, argument, waking)) return this.undeliverable(to, head, ask, 'full')
      ask.ran = 'unknown'
      return
    }
    let bytes = PRIMITIVE_BYTES
    if (typeof argument !== 'number' && typeof argument !== 'boolean' && argument !== undefined) {
      argument = this.#copier.copy(argument, cell)
      bytes += this.#copier.bytes
    }
    this.deliver(cell, head, ask, argument, bytes)
  }
  /** To an actor here, which may be waiting for this very ask. The argument is its own. */
  deliver(cell: Cell, head: number, from: From, argument: unknown, bytes: number): void {
    const chain = (head & ASKED) === 0 ? undefined : (from as Asker).chain
    const wait = chain === undefined ? 'no' : waits(cell, head >> METHOD_SHIFT, chain)
    if (wait === 'no') cell.accept(head, from, argument, bytes)
    else if (wait === 'beside') cell.acceptAside(head, from, argument, bytes)
    else {
      const method = this.platform.methods.text(head >> METHOD_SHIFT)
      ;(from as Asker).fail(this.failures.cycle(cell.address, method, chain!))
    }
  }

  /**
   * A message that one actor has got goes on to another: `from` is who sent it, or the ask that waits for the reply. It
   * goes the way of the tells of `owner`, who forwards it. Throws NotSendable.
   */
  forward(any: Address, owner: Cell, head: number, from: From, argument: unknown): void {
    const to = any.cell === undefined ? this.routes.of(any) : any
    const asker = (head & ASKED) === 0 ? undefined : (from as Asker)
    if (asker?.settled === true) return this.undeliverable(to, head, from, 'expired')
    const outbox = outboxOf(owner)
    const waking = wakingTo(owner, to)
    const { cell } = to
    const method = head >> METHOD_SHIFT
    const shape = head & (ONE_ARGUMENT | MANY_ARGUMENTS)
    if (cell !== undefined && (outbox !== undefined || waking === undefined)) {
      const own = this.#own(argument, cell, shape, to, method)
      const bytes = PRIMITIVE_BYTES + this.#copier.bytes
      asker?.goesTo(to)
      if (outbox === undefined) this.deliver(cell, head, from, own, bytes)
      else outbox.send(to, cell, head, from, own, bytes)
      return
    }
    const reason = waking === undefined ? this.unreachable(to) : undefined
    if (reason !== undefined) return this.undeliverable(to, head, from, reason)
    let held: HeldFrame
    try {
      held = this.outbound.mail(to, head, from, argument, true)
    } catch (error) {
      const name = this.platform.methods.text(method)
      throw this.failures.unsendable(error, root(to, name, shape), to.id, name, 'no')
    }
    asker?.goesTo(to)
    const holder = outbox ?? waking
    if (holder !== undefined) holder.hold(to, held)
    else if (!this.routes.dispatch(to, held, false)) this.undeliverable(to, head, from, 'full')
  }
  /** An ask of this thread has been forwarded on another one: whoever asks hears of the loss of the thread that has it now. */
  forwarded(number: number, to: Address): void {
    const ask = this.asks.find(number)
    if (ask === undefined) return
    ask.goesTo(this.routes.of(to))
    if (this.unreachable(ask.target) === 'lost') {
      ask.fail(this.failures.undelivered(ask.target, ask.method, 'lost', 'unknown'))
    }
  }

  replyTo(thread: number, number: number, value: unknown): void {
    if (thread !== this.platform.thread) return this.outbound.reply(thread, number, value)
    const ask = this.asks.find(number)
    if (ask !== undefined) ask.settle(this.copyFor(value, ask.sender?.present, 'the late reply'))
  }
  failTo(thread: number, number: number, error: Error): void {
    const own = this.failures.own(error)
    if (thread === this.platform.thread) this.asks.find(number)?.fail(own)
    else this.outbound.fail(thread, number, own)
  }
}

/** What holds the messages of a sender that has just moved to a target, if it must. */
function wakingTo(owner: Cell | undefined, to: Address): Waking<Address, HeldFrame> | undefined {
  const waking = owner?.extra?.waking
  return waking?.holds(to) === true ? waking : undefined
}

/** How an argument is named in an error. */
function root(to: Address, method: string, shape: number): string {
  return `${to.protocol.name}.${method}: ${shape === MANY_ARGUMENTS ? 'arguments' : 'argument'}`
}
