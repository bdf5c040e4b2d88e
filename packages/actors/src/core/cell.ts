// A running actor: identity, state, mailbox, and the turns that it is in.
//
// Invariants: a message that arrives is taken in, or its ask fails, or it becomes a dead letter: nothing else. Queues wait
// for turns: `aside` (messages that may run beside a waiting turn), `side` and `sideAside` (the actor's own timers and
// notices, bounded by their number and never refused), and the mailbox. The cell is queued with the scheduler exactly when it
// has something that can run now. How turns run is in turns.ts, how an actor starts and faults in life.ts, how it
// stops in stopping.ts; what only few actors have is in Extra, so that idle ones stay small.
import type { Address } from './address.ts'
import type { Asker } from './ask.ts'
import type { Context } from './context.ts'
import type { Core } from './core.ts'
import { InvalidCall, type TroupeError } from './errors.ts'
import { Extra, type OwnCall } from './extra.ts'
import * as life from './life.ts'
import { type From, Mailbox, MANY_ARGUMENTS, METHOD_SHIFT, type Taken, TIMED } from './mailbox.ts'
import type { Loaded } from './protocol.ts'
import * as stopping from './stopping.ts'
import type { Turn } from './turn.ts'
import * as turns from './turns.ts'

/**
 * expected: messages came before the spawn did. placed: not begun yet. starting: until `started` has settled. waiting: for its restart.
 * leaving: for another thread, and begins no turn. arriving: from another thread, not live yet. moved: live elsewhere.
 * stopping: no more messages are taken. stopped: gone.
 */
export type Status =
  | 'expected'
  | 'placed'
  | 'starting'
  | 'running'
  | 'waiting'
  | 'leaving'
  | 'arriving'
  | 'moved'
  | 'stopping'
  | 'stopped'

export class Cell {
  readonly core: Core
  readonly address: Address
  status: Status
  queued = false
  /** Undefined until the behavior is loaded. */
  loaded: Loaded | undefined
  state: unknown = stopping.NO_STATE
  mailbox: Mailbox | undefined = undefined
  /** The turn that holds the actor; during the synchronous part of any turn, that one. */
  turn: Turn | undefined = undefined
  context: Context | undefined = undefined
  turns = 0
  /** Whether it stays where it is until somebody moves it, by the word of whoever spawned or moved it. */
  pinned: boolean | undefined = undefined
  init: unknown
  parent: Address | undefined
  /** Its birth in the vault; 0: none. */
  record = 0
  /** Told when the actor has started, or why it could not. */
  onStart: ((error: TroupeError | undefined) => void) | undefined = undefined
  extra: Extra | undefined = undefined
  /** Its siblings, in its parent's list (children.ts). */
  elder: Cell | undefined = undefined
  younger: Cell | undefined = undefined

  constructor(core: Core, address: Address, status: Status, init: unknown, parent: Address | undefined) {
    this.core = core
    this.address = address
    this.status = status
    this.loaded = undefined
    this.init = init
    this.parent = parent
  }

  /** The turn that what the actor sends now belongs to, as far as it can be known: several may be open beside each other. */
  get current(): Turn | undefined {
    const { turn } = this
    const beside = this.extra?.beside
    if (beside === undefined || beside.size === 0) return turn
    // the spare turn is one that runs at this moment; of those that wait, it can be known only where there is one
    if (turn !== undefined) return turn === this.core.spare ? turn : undefined
    return beside.size === 1 ? beside.values().next().value : undefined
  }
  /** Its turn of that number, if it is still open. */
  openTurn(serial: number): Turn | undefined {
    if (this.turn?.serial === serial) return this.turn
    for (const turn of this.extra?.beside ?? []) if (turn.serial === serial) return turn
    return undefined
  }
  /** As a receiver of values: the refs in them become this actor's. */
  get cell(): Cell {
    return this
  }
  get more(): Extra {
    return (this.extra ??= new Extra())
  }

  // ── messages in ─────────────────────────────────────────────────────────────────────────────────────────────

  /** A user's message. The argument must already be this actor's own. */
  accept(head: number, from: From, argument: unknown, bytes: number): void {
    const { extra, loaded } = this
    if (this.status === 'stopped' || this.status === 'stopping' || (extra !== undefined && extra.draining)) {
      return this.core.undeliverable(this.address, head, from, 'stopped')
    }
    if (loaded !== undefined && loaded.interleaves && loaded.methods[head >> METHOD_SHIFT]?.interleave === true) {
      return this.acceptAside(head, from, argument, bytes)
    }
    const mailbox = (this.mailbox ??= this.core.takeMailbox())
    const limits = loaded ?? this.core.limits
    if (mailbox.count >= limits.capacity || (mailbox.bytes + bytes > limits.bytes && mailbox.count > 0)) {
      if (!this.#makeRoom(mailbox, head, from, bytes)) return
    }
    mailbox.push(head, from, argument, bytes)
    if (!this.queued && this.turn === undefined) this.core.scheduler.enqueue(this)
  }

  /** A message that may run beside a turn that waits, and so must not wait behind those that may not. */
  acceptAside(head: number, from: From, argument: unknown, bytes: number): void {
    const aside = (this.more.aside ??= new Mailbox())
    const limits = this.loaded ?? this.core.limits
    if (aside.count >= limits.capacity || (aside.bytes + bytes > limits.bytes && aside.count > 0)) {
      if (!this.#makeRoom(aside, head, from, bytes)) return
    }
    aside.push(head, from, argument, bytes)
    this.core.scheduler.enqueue(this)
  }

  /** A call of one of its own handlers that the system makes. Never refused. */
  notify(method: number, args: unknown[]): void {
    this.#callSelf((method << METHOD_SHIFT) | MANY_ARGUMENTS, args)
  }
  /** The same for one that it may cancel until its turn: a timer that is due, the end of an actor that it watches. */
  remind(call: OwnCall): void {
    this.#callSelf((call.method << METHOD_SHIFT) | MANY_ARGUMENTS | TIMED, call)
  }
  #callSelf(head: number, argument: unknown): void {
    if (this.status === 'stopped' || this.status === 'stopping') return
    const { more } = this
    const interleaves = this.loaded!.methods[head >> METHOD_SHIFT]?.interleave === true
    const side = interleaves ? (more.sideAside ??= new Mailbox()) : (more.side ??= new Mailbox())
    side.push(head, undefined, argument, 0)
    this.core.scheduler.enqueue(this)
  }

  /** Makes room as the behavior says; false when the new message is the one that goes. */
  #makeRoom(queue: Mailbox, head: number, from: From, bytes: number): boolean {
    const { core, loaded, address, status } = this
    // what was taken in before a move is taken in after it, whatever its bytes are as a frame
    if (status === 'arriving' || status === 'moved') return true
    if (loaded === undefined || loaded.overflow !== 'dropOldest') {
      core.undeliverable(address, head, from, 'full')
      return false
    }
    const oldest: Taken = { head: 0, from: undefined, argument: undefined }
    while (queue.count > 0 && (queue.count >= loaded.capacity || queue.bytes + bytes > loaded.bytes)) {
      queue.take(oldest)
      core.undeliverable(address, oldest.head, oldest.from, 'full')
    }
    return true
  }

  // ── turns ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** The scheduler gives it its time. */
  run(): void {
    if (this.status !== 'running') life.proceed(this)
    turns.run(this)
  }
  /** A handler threw something that is no Refusal; whoever asked is told. */
  fault(error: unknown, method: string, asker: Asker | undefined): void {
    life.fault(this, error, method, asker)
  }
  /** The turn has taken longer than its limit. */
  expire(turn: Turn): void {
    if (!turn.ended) life.expire(this, turn)
  }
  /** Sees to what was asked of it beside messages; true when no turn may begin now. */
  attend(): boolean {
    return stopping.attend(this)
  }
  requestStop(): void {
    stopping.requestStop(this, false)
  }
  /** The number of one of its handlers; throws when there is none of that name. */
  methodNamed(name: string): number {
    const { id } = this.address
    const number = this.loaded!.protocol.methods.get(name)
    if (number === undefined) throw new InvalidCall(`${id} has no handler '${name}'`, { actor: id })
    return number
  }
}
