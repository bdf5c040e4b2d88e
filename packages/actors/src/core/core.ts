// The core of one thread: everything an actor needs that is not its own, put together. Knows no clock, no I/O and no
// other thread but through its Platform.
//
// Invariants: a value that reaches an actor, or comes back from one, is a copy of its own (HOUSE rule 3); a message ends
// as a turn, a failed ask or a dead letter; dead letters of one slice that are alike are counted, not listed.
import type { ActorRef, Receiver } from './actor-ref.ts'
import { Address } from './address.ts'
import { Ask, type Asker, Asks } from './ask.ts'
import { Behaviors } from './behaviors.ts'
import { Calls } from './calls.ts'
import { Channels } from './channels.ts'
import { Claims } from './claims.ts'
import type { Cell } from './cell.ts'
import { DeadLetters, type DeadReason, type Undelivered } from './dead-letters.ts'
import { Directory } from './directory.ts'
import { loseThread, stopAll } from './ending.ts'
import { NotSendable } from './errors.ts'
import { Failures } from './failures.ts'
import { Inbound } from './inbound.ts'
import { ASKED, type From, Mailbox, MANY_ARGUMENTS, METHOD_SHIFT } from './mailbox.ts'
import { Names } from './names.ts'
import { Offloads } from './offloads.ts'
import { Outbound } from './outbound.ts'
import type { Limits, Platform } from './platform.ts'
import type { Protocol } from './protocol.ts'
import { Scheduler } from './scheduler.ts'
import { Spawning } from './spawning.ts'
import { Alarm, Timers } from './timers.ts'
import { Turn } from './turn.ts'
import { waits } from './turns.ts'
import { Copier } from './values.ts'

/** What a primitive argument counts for in a mailbox's bytes. */
const PRIMITIVE_BYTES = 16
const POOLED_MAILBOXES = 1024
/** Of up to 2 MB each. */
const POOLED_LARGE = 4

export class Core implements Receiver {
  readonly platform: Platform
  readonly limits: Limits
  readonly scheduler: Scheduler
  readonly timers: Timers
  readonly asks = new Asks()
  readonly directory: Directory
  readonly inbound = new Inbound(this)
  readonly outbound = new Outbound(this)
  readonly calls = new Calls(this)
  readonly names = new Names(this)
  readonly channels = new Channels(this)
  readonly claims: Claims
  readonly offloads = new Offloads(this)
  readonly spawning = new Spawning(this)
  readonly failures = new Failures(this)
  readonly behaviors = new Behaviors(this)
  readonly deadLetters: DeadLetters
  /** What messages are copied with; its `bytes` count the last copy. */
  readonly #copier = new Copier()
  readonly #systems: Address[] = []
  readonly #mailboxes: Mailbox[] = []
  readonly #large: Mailbox[] = []
  readonly #lost = new Set<number>()
  /** The turn that the next handler runs in. */
  spare = new Turn()
  closing = false
  /** The system has closed: the thread may end. */
  onEnd: () => void = () => {}
  #closed: (() => void) | undefined = undefined

  constructor(platform: Platform, limits: Limits) {
    this.platform = platform
    this.limits = limits
    this.deadLetters = new DeadLetters(platform)
    this.scheduler = new Scheduler(platform, () => this.deadLetters.publish())
    this.timers = new Timers(platform)
    this.directory = new Directory(this)
    this.claims = new Claims(platform.claims, platform.thread)
  }

  /** As a receiver of values: refs in them are bound to no actor. */
  get core(): Core {
    return this
  }
  get cell(): undefined {
    return undefined
  }

  // ── what threads agree on ─────────────────────────────────────────────────────────────────────────────────────

  address(protocol: Protocol, home: number, birth: number, serial: number): Address {
    if (home === this.platform.thread) {
      const found = this.directory.reach(protocol, birth, serial)
      if (found !== undefined) return found
    }
    return new Address(protocol, home, birth, serial)
  }

  /** The core of a thread, as the target of calls. */
  systemOf(thread: number): Address {
    return (this.#systems[thread] ??= new Address(this.behaviors.none, thread, thread, 0))
  }

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

  /** A promise that code gets to wait for; a simulation notes who does. */
  noted<T>(promise: Promise<T>, _what: string): Promise<T> {
    return promise
  }

  // ── messages out ──────────────────────────────────────────────────────────────────────────────────────────────

  tell(to: Address, owner: Cell | undefined, method: number, shape: number, argument: unknown): void {
    const { cell } = to
    if (cell === undefined) return this.#tellAway(to, owner, method, shape, argument)
    let bytes = PRIMITIVE_BYTES
    if (typeof argument !== 'number' && typeof argument !== 'boolean') {
      argument = this.#own(argument, cell, shape, to, method)
      bytes += this.#copier.bytes
    }
    cell.accept((method << METHOD_SHIFT) | shape, owner === undefined ? undefined : owner.address, argument, bytes)
  }

  #tellAway(to: Address, owner: Cell | undefined, method: number, shape: number, argument: unknown): void {
    const name = (): string => this.platform.methods.text(method)
    if (to.local) return this.deadLetter(to, name(), 'stopped')
    if (this.#lost.has(to.home)) return this.deadLetter(to, name(), 'lost')
    let sent: boolean
    try {
      sent = this.outbound.tell(to, owner?.address, method, shape, argument)
    } catch (error) {
      throw this.failures.unsendable(error, root(to, name(), shape), to.id, name(), 'no')
    }
    if (!sent) this.deadLetter(to, name(), 'full')
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
    const { address: to, owner, limits } = ref
    const turn = owner?.current
    const ask = new Ask(this, to, name, owner?.address, turn?.chain)
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
      this.#send(ask, method, shape, argument)
    } catch (error) {
      ask.fail(this.failures.unsendable(error, root(to, name, shape), to.id, name, 'no'))
    }
    if (!ask.settled) this.timers.set(ask, ask.until)
    return promise
  }

  #send(ask: Ask, method: number, shape: number, argument: unknown): void {
    const { target: to, chain } = ask
    const { cell } = to
    const head = (method << METHOD_SHIFT) | shape | ASKED
    if (cell === undefined) {
      if (to.local) return this.undeliverable(to, head, ask, 'stopped')
      if (this.#lost.has(to.home)) return this.undeliverable(to, head, ask, 'lost')
      if (!this.outbound.ask(ask, method, shape, argument)) return this.undeliverable(to, head, ask, 'full')
      ask.ran = 'unknown'
      return
    }
    let bytes = PRIMITIVE_BYTES
    if (typeof argument !== 'number' && typeof argument !== 'boolean' && argument !== undefined) {
      argument = this.#copier.copy(argument, cell)
      bytes += this.#copier.bytes
    }
    const wait = chain === undefined ? 'no' : waits(cell, method, chain)
    if (wait === 'cycle') ask.fail(this.failures.cycle(to, ask.method, chain!))
    else if (wait === 'beside') cell.acceptAside(head, ask, argument, bytes)
    else cell.accept(head, ask, argument, bytes)
  }

  replyTo(thread: number, number: number, value: unknown): void {
    if (thread !== this.platform.thread) return this.outbound.reply(thread, number, value)
    const ask = this.asks.find(number)
    if (ask !== undefined) ask.settle(this.copyFor(value, ask.sender?.cell, 'the late reply'))
  }
  failTo(thread: number, number: number, error: Error): void {
    const own = this.failures.own(error)
    if (thread === this.platform.thread) this.asks.find(number)?.fail(own)
    else this.outbound.fail(thread, number, own)
  }

  stop(address: Address, drain: boolean): Promise<void> {
    return this.calls.stop(address, drain)
  }
  ready(address: Address): Promise<void> {
    return this.calls.ready(address)
  }

  // ── what could not be delivered ───────────────────────────────────────────────────────────────────────────────

  deadLetter(to: Address, method: string, reason: DeadReason): void {
    this.deadLetters.add(to.id, method, reason)
  }

  /** Ends a message that cannot be handled: its ask fails, and it is a dead letter. */
  undeliverable(to: Address, head: number, from: From, reason: Undelivered): void {
    const method = this.platform.methods.text(head >> METHOD_SHIFT)
    this.deadLetters.add(to.id, method, reason)
    if ((head & ASKED) !== 0) (from as Asker).fail(this.failures.undelivered(to, method, reason))
  }

  /** An actor has stopped. */
  removed(cell: Cell): void {
    this.directory.remove(cell)
    if (this.closing && this.directory.size === 0) this.#closed?.()
  }

  /** Stops all actors of this thread, children first; resolves when none is left, and all that waited for them is told. */
  async closeHere(): Promise<void> {
    this.closing = true
    await new Promise<void>(done => {
      this.#closed = done
      if (this.directory.size === 0) done()
      else stopAll(this)
    })
    await this.platform.rest()
  }

  /** Whether messages to a thread can still arrive. */
  hasLost(thread: number): boolean {
    return this.#lost.has(thread)
  }
  /** `reason`: why it ended, where this thread knows. */
  lostThread(thread: number, reason?: unknown): void {
    if (this.#lost.has(thread)) return
    this.#lost.add(thread)
    this.offloads.lostThread(thread)
    loseThread(this, thread, reason)
  }

  emit(event: string, data: unknown): void {
    this.platform.emit(event, data)
  }
  log(cell: Cell, level: string, text: string, data: unknown): void {
    this.platform.emit('log', { actor: cell.address.id, level, text, data: this.failures.portable(data) })
  }

  sleep(ms: number): Promise<void> {
    return new Promise(done => this.timers.set(new Alarm(done), this.platform.now() + ms))
  }

  // ── pools ─────────────────────────────────────────────────────────────────────────────────────────────────────

  takeMailbox(): Mailbox {
    return this.#large.pop() ?? this.#mailboxes.pop() ?? new Mailbox()
  }
  /** Takes back an empty mailbox. A few large ones are kept too, so that a burst need not grow one anew each time. */
  giveMailbox(mailbox: Mailbox): void {
    if (mailbox.small) {
      if (this.#mailboxes.length < POOLED_MAILBOXES) this.#mailboxes.push(mailbox)
    } else if (this.#large.length < POOLED_LARGE) this.#large.push(mailbox)
  }
  /** The spare turn stays open: the next handler gets a new one. */
  keepSpare(): void {
    this.spare = new Turn()
  }
}

/** How an argument is named in an error. */
function root(to: Address, method: string, shape: number): string {
  return `${to.protocol.name}.${method}: ${shape === MANY_ARGUMENTS ? 'arguments' : 'argument'}`
}
