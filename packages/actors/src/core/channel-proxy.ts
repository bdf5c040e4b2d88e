// A channel whose home is on another thread, as this thread speaks with it.
//
// Invariants: what it sends is numbered, so that the home applies it in order, whatever way it takes while the home moves.
// `credit` is room that the home has promised to this thread: a send that finds some goes out and is done; one that does
// not waits for the home's answer, as do all behind it. Credit that was not used for a while goes back, as others may want
// it. `routes` are earlier homes through which messages may still be on their way: if one of them is lost, so may these be.
import * as frame from './channel-frame.ts'
import type { ChannelKey } from './channel-frame.ts'
import type { Channels } from './channels.ts'
import type { Core } from './core.ts'
import { type Held, packable } from './held.ts'
import { MovedBytes } from './moved.ts'
import { TimerNode } from './timers.ts'
import type { ChannelOverflow } from './channel-options.ts'
import type { Wait } from './waiter.ts'

/** ms after which credit goes back that was not used. */
const IDLE = 1
/** ms between two times that a home is asked to come. */
const PATIENCE = 1

export class Proxy extends TimerNode {
  readonly core: Core
  readonly key: ChannelKey
  readonly overflow: ChannelOverflow
  /** The thread that the home is on, as far as is known here, and how often it had moved by then. */
  homeThread: number
  epoch: number
  /** Tells this proxy from those that this thread had for the channel before. */
  readonly life: number
  /** How many messages it has sent to the home, modulo 2^32. */
  sent = 0
  closed = false
  routes: number[] = []
  #credit = 0
  #used = false
  /** Sends that wait for the home's answer. */
  #sending = 0
  #wanted = -Infinity
  /** The channel is lost for this thread, which has nothing more to say. */
  #over = false

  constructor(channels: Channels, key: ChannelKey, overflow: ChannelOverflow, homeThread: number, epoch: number) {
    super()
    this.core = channels.core
    this.key = key
    this.overflow = overflow
    this.homeThread = homeThread
    this.epoch = epoch
    this.life = channels.nextLife()
  }

  #post(op: number, ticket: number, value?: Held, wait?: Wait): boolean {
    if (this.#over) return false
    const { channels } = this.core
    const posted = channels.post(this, op, ticket, value, wait)
    if (posted) this.sent = (this.sent + 1) | 0
    return posted
  }

  /** This thread has an end, that it got from `via`. */
  greet(via: number): void {
    this.#post(frame.GREET, via)
  }
  /** Whether it could say farewell. */
  leave(): boolean {
    if (this.slot >= 0) this.core.timers.clear(this)
    this.#credit = 0 // it goes back with the farewell
    return this.#post(frame.BYE, 0)
  }

  /** The channel is lost for this thread. */
  quit(): void {
    if (this.slot >= 0) this.core.timers.clear(this)
    this.#credit = 0
    this.#over = true
  }

  // ── send ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sends, if there is credit, or the channel takes what comes. Throws NotSendable. */
  put(value: unknown): boolean {
    if (this.overflow !== 'wait') {
      if (!this.#post(frame.PUT, 0, this.#readied(value))) {
        this.core.deadLetters.add(this.core.channels.idOf(this.key), 'send', 'full')
      }
      return true
    }
    if (this.#credit === 0 || this.#sending > 0) return false
    this.#credit-- // before the value's own code runs, which may send as well
    try {
      this.#post(frame.PUT, 0, this.#readied(value))
    } catch (error) {
      this.#credit++
      throw error
    }
    this.#used = true
    return true
  }
  /** Encoded at once, so it need not be copied before. */
  #readied(value: unknown): unknown {
    return value instanceof MovedBytes ? value.take() : value
  }

  /** Waits at the home. Throws NotSendable. */
  enter(wait: Wait): void {
    this.await(wait)
    if (wait.sends) this.#post(frame.SEND, wait.ticket, packable(wait.value), wait)
    else this.#post(frame.RECEIVE, wait.ticket, undefined, wait)
  }
  /** Something that waits here goes along with the home: its answer will come from there. */
  await(wait: Wait): void {
    this.core.channels.ticket(wait)
    if (wait.sends) this.#sending++
  }
  /** A send that waited has its answer, or waits no longer. */
  answered(): void {
    this.#sending--
  }
  withdraw(ticket: number): void {
    this.#post(frame.WITHDRAW, ticket)
  }
  /** Whether the select with a ticket is the home's now: HELD, or BUSY. */
  answer(op: number, ticket: number): void {
    this.#post(op, ticket)
  }

  close(): void {
    this.closed = true
    this.#post(frame.CLOSE, this.#takeCredit())
  }

  /** Somebody here tried in vain: what only the home can tell would be better known here. */
  want(): void {
    const now = this.core.platform.now()
    if (now - this.#wanted < PATIENCE) return
    this.#wanted = now
    this.#post(frame.WANT, 0)
  }

  // ── credit ──────────────────────────────────────────────────────────────────────────────────────────────────

  credited(amount: number): void {
    this.#credit += amount
    this.#used = true
    if (this.slot < 0) this.core.timers.set(this, this.core.platform.now() + IDLE)
  }
  revoked(): void {
    this.#post(frame.RETURN, this.#takeCredit())
  }
  #takeCredit(): number {
    const credit = this.#credit
    this.#credit = 0
    return credit
  }
  /** Looks whether the credit has been used since it last looked. */
  fire(): void {
    if (this.#credit === 0) return
    if (this.#used) this.core.timers.set(this, this.core.platform.now() + IDLE)
    else this.#post(frame.RETURN, this.#takeCredit())
    this.#used = false
  }

  // ── the home moves ──────────────────────────────────────────────────────────────────────────────────────────

  moved(to: number, epoch: number): void {
    if (epoch <= this.epoch) return
    this.#post(frame.SWITCHED, epoch)
    this.routes.push(this.homeThread)
    this.homeThread = to
    this.epoch = epoch
  }
  /** All that was sent by way of earlier homes has arrived. */
  settled(epoch: number): void {
    if (epoch === this.epoch) this.routes.length = 0
  }
  /** Whether it cannot do without a thread. */
  needs(thread: number): boolean {
    return this.homeThread === thread || this.routes.includes(thread)
  }
}
