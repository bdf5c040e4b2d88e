// The core of one thread: everything an actor needs that is not its own, put together. Knows no clock, no I/O and no
// other thread but through its Platform.
//
// Invariants: dead letters of one slice that are alike are counted, not listed. What was lost stays lost.
import { Address } from './address.ts'
import { type Asker, Asks } from './ask.ts'
import { Behaviors } from './behaviors.ts'
import { ActorCalls } from './actor-calls.ts'
import { Channels } from './channels.ts'
import { Checkpoints } from './checkpoints.ts'
import { Claims } from './claims.ts'
import type { Cell } from './cell.ts'
import { unlink } from './children.ts'
import { DeadLetters, type DeadReason, type Undelivered } from './dead-letters.ts'
import { Directory } from './directory.ts'
import { loseThread, stopAll } from './ending.ts'
import { Failures } from './failures.ts'
import { Handoffs } from './handoffs.ts'
import { Heirs, NOBODY } from './heirs.ts'
import { Inbound } from './inbound.ts'
import { ASKED, type From, Mailbox, METHOD_SHIFT } from './mailbox.ts'
import { Messaging } from './messaging.ts'
import { Names } from './names.ts'
import { Nodes } from './nodes.ts'
import { Offloads } from './offloads.ts'
import { Outbound } from './outbound.ts'
import { Places } from './places.ts'
import type { Limits, Platform } from './platform.ts'
import type { Protocol } from './protocol.ts'
import { Replacements } from './replacements.ts'
import { Routes } from './routes.ts'
import { Scheduler } from './scheduler.ts'
import { Spawning } from './spawning.ts'
import { Alarm, Timers } from './timers.ts'
import { Turn } from './turn.ts'
import { Upgrades } from './upgrades.ts'

const POOLED_MAILBOXES = 1024
/** Of up to 2 MB each. */
const POOLED_LARGE = 4

export class Core extends Messaging {
  readonly platform: Platform
  readonly limits: Limits
  readonly scheduler: Scheduler
  readonly timers: Timers
  readonly asks = new Asks()
  readonly directory: Directory
  readonly inbound = new Inbound(this)
  readonly outbound = new Outbound(this)
  readonly calls = new ActorCalls(this)
  readonly places: Places
  readonly nodes = new Nodes(this)
  readonly heirs = new Heirs(this)
  readonly routes: Routes
  readonly handoffs: Handoffs
  readonly checkpoints = new Checkpoints(this)
  readonly names = new Names(this)
  readonly channels = new Channels(this)
  readonly claims: Claims
  readonly offloads = new Offloads(this)
  readonly spawning = new Spawning(this)
  readonly replacements = new Replacements(this)
  readonly failures = new Failures(this)
  readonly behaviors = new Behaviors(this)
  readonly upgrades = new Upgrades(this)
  readonly deadLetters: DeadLetters
  readonly #systems = new Map<number, Address>()
  readonly #mailboxes: Mailbox[] = []
  readonly #large: Mailbox[] = []
  readonly #lost = new Set<number>()
  readonly #retired = new Set<number>()
  /** The turn that the next handler runs in. */
  spare = new Turn()
  closing = false
  /** The thread may end, as the system has closed, or in order, as another has taken its place. */
  onEnd: (inOrder: boolean) => void = () => {}
  #closed: (() => void) | undefined = undefined

  constructor(platform: Platform, limits: Limits) {
    super()
    this.platform = platform
    this.places = new Places(platform.node)
    this.limits = limits
    this.deadLetters = new DeadLetters(platform)
    this.scheduler = new Scheduler(platform, () => this.deadLetters.publish())
    this.timers = new Timers(platform)
    this.directory = new Directory(this)
    this.claims = new Claims(platform.claims, platform.thread, platform.seat)
    this.routes = this.makeRoutes()
    this.handoffs = this.makeHandoffs()
  }
  /** A test may break them. */
  protected makeRoutes(): Routes {
    return new Routes(this)
  }
  protected makeHandoffs(): Handoffs {
    return new Handoffs(this)
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
    if (this.routes.size > 0) {
      const known = this.routes.find(home, birth, serial)
      if (known !== undefined) return learned(known, protocol)
    }
    if (home === this.platform.thread) {
      const found = this.directory.reach(protocol, birth, serial)
      if (found !== undefined) return learned(found, protocol)
    }
    return new Address(protocol, home, birth, serial)
  }

  /** The core of a thread, as the target of calls. */
  systemOf(thread: number): Address {
    let address = this.#systems.get(thread)
    if (address === undefined)
      this.#systems.set(thread, (address = new Address(this.behaviors.none, thread, thread, 0)))
    return address
  }

  /** A promise that code gets to wait for; a simulation notes who does. */
  noted<T>(promise: Promise<T>, _what: string): Promise<T> {
    return promise
  }

  // ── what is done to actors ──────────────────────────────────────────────────────────────────────────────────

  stop(address: Address, drain: boolean): Promise<void> {
    return this.calls.stop(address, drain)
  }
  /** Moves an actor, wherever it is; rejects with MoveFailed, ActorStopped, ThreadLost or SystemClosed. */
  move(address: Address, to: number, within = this.limits.askDeadline): Promise<void> {
    return this.calls.move(address, to, this.platform.now() + within)
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
    if (reason !== 'doubt') this.deadLetters.add(to.id, method, reason)
    if ((head & ASKED) !== 0) (from as Asker).fail(this.failures.undelivered(to, method, reason))
  }

  /** An actor has stopped. */
  removed(cell: Cell): void {
    this.directory.remove(cell)
    this.routes.finished(cell.address)
    this.checkClosed()
  }
  /** An actor has left for another thread. */
  left(cell: Cell): void {
    const { address, extra, parent } = cell
    this.directory.remove(cell)
    for (const child of extra?.children() ?? []) unlink(cell, child)
    const elder = parent?.present
    if (elder !== undefined) {
      unlink(elder, cell)
      ;(elder.more.away ??= new Map()).set(address.id, address)
    }
    this.checkClosed()
  }
  /** One has come from another thread; nothing goes straight into its mailbox yet. */
  arrived(cell: Cell): void {
    this.directory.add(cell)
    cell.address.cell = undefined
  }
  /** Looks whether the last actor has gone that it waits for to be closed. */
  checkClosed(): void {
    if (this.closing && this.directory.size === 0 && this.handoffs.arrivals.size === 0) this.#closed?.()
  }

  /** Stops all actors of this thread, children first; resolves when none is left, and all that waited for them is told. */
  async closeHere(): Promise<void> {
    this.closing = true
    await new Promise<void>(done => {
      this.#closed = done
      if (this.directory.size > 0) stopAll(this)
      this.checkClosed()
    })
    await this.platform.rest()
  }

  /** The thread that has what a thread had that ended in order; that one itself, as long as it has not. */
  standIn(thread: number): number {
    return this.#retired.has(thread) ? this.heirs.of(thread) : thread
  }
  /** Whether a thread has ended in order: what is not known of its actors has ended, too. */
  hasRetired(thread: number): boolean {
    return this.#retired.has(thread)
  }
  get someLost(): boolean {
    return this.#lost.size > 0
  }
  /** Whether messages to a thread can still arrive. */
  hasLost(thread: number): boolean {
    return this.#lost.has(thread)
  }
  /**
   * `reason`: why it ended, where this thread knows; `inOrder`: it had given all away that it had. What is sent there waits
   * until it is known who inherits.
   */
  lostThread(thread: number, reason?: unknown, inOrder = false): void {
    if (this.#lost.has(thread)) return
    this.#lost.add(thread)
    if (inOrder && !this.closing) this.#retired.add(thread)
    this.offloads.lostThread(thread)
    this.heirs.lost(thread)
    this.handoffs.lost(thread)
    loseThread(this, thread, reason, this.#retired.has(thread))
    this.nodes.losses.lost(thread)
    if (this.closing) this.heir(thread, NOBODY)
  }
  /** Another thread stands in for a lost one, or NOBODY does. */
  heir(lost: number, heir: number): void {
    this.heirs.inherited(lost, heir)
    this.replacements.changed()
  }

  emit(event: string, data: unknown): void {
    this.platform.emit(event, data)
  }
  log(cell: Cell, level: string, text: string, data: unknown): void {
    this.platform.emit('log', { actor: cell.address.id, level, text, data: this.failures.portable(data) })
  }

  /** All other threads that have not ended. */
  others(): number[] {
    const others: number[] = []
    for (let thread = 0; thread < this.platform.lives; thread++) {
      if (thread !== this.platform.thread && !this.#lost.has(thread)) others.push(thread)
    }
    return others
  }

  /** Runs something in so many ms; gives how to prevent it. */
  later(ms: number, run: () => void): () => void {
    const alarm = new Alarm(run)
    this.timers.set(alarm, this.platform.now() + ms)
    return () => this.timers.clear(alarm)
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

function learned(address: Address, protocol: Protocol): Address {
  if (address.protocol !== protocol) address.learn(protocol)
  return address
}
