// All that one thread has to do with channels: those that it makes, what its code waits for, and what other threads say.
//
// Invariants: a frame for a home that is elsewhere is passed on, and its sender told, so nothing is lost while homes move.
// What a thread waits for elsewhere has a ticket, and an answer finds it by that alone. A channel whose home is lost with
// its thread, or was lost on its way, is broken for whoever needed it: who waits is told, and so is who comes later.
import * as frame from './channel-frame.ts'
import { ChannelFrame, type ChannelKey } from './channel-frame.ts'
import { type Entry, Entries } from './channel-entries.ts'
import { type ChannelOverflow, checkedChannel } from './channel-options.ts'
import type { Home } from './channel-home.ts'
import { type ChannelState, doubles, pack, ship, unpack } from './channel-move.ts'
import { Proxy } from './channel-proxy.ts'
import { Chan } from './chan.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { type ActorId, InvalidCall, SystemClosed, unpackError } from './errors.ts'
import { closedError } from './channel-errors.ts'
import { breakOff, checkArrived } from './channel-loss.ts'
import { askedFor } from './far-waiter.ts'
import { discard, type Held, lasting, release } from './held.ts'
import { releaseOf } from './outbox.ts'
import type { Wait } from './waiter.ts'
import { Waits } from './waits.ts'

/** Operations on channels between two looks whether the thread has other work. */
const PACE = 64

export class Channels {
  readonly core: Core
  readonly entries: Entries
  readonly #tickets = new Map<number, Wait>()
  /** What code that is no actor waits for. */
  readonly #orphans = new Waits()
  readonly #message = new ChannelFrame()
  #lives = 0
  #ticket = 0
  /** Who knows, when this thread has ended in order, where homes are that were here; -1 until then. */
  successor = -1
  /** The system is closed: nothing is waited for any more. */
  closed: SystemClosed | undefined = undefined
  #pace = PACE

  constructor(core: Core) {
    this.core = core
    this.entries = new Entries(this)
  }

  /** Throws InvalidCall where the options make no sense. */
  make(options: { capacity?: number; overflow?: ChannelOverflow } = {}): Chan {
    const { capacity, overflow } = checkedChannel(options)
    if (this.core.closing) throw new SystemClosed('channel: the system is closed')
    return Chan.here(this.core, capacity, overflow)
  }

  idOf(key: ChannelKey | undefined): ActorId {
    const { places, platform } = this.core
    const name =
      key === undefined ? places.text(platform.thread) : `${places.text(frame.birthOf(key))}.${frame.serialOf(key)}`
    return `channel#${name}` as ActorId
  }
  /** What this thread waits for elsewhere. */
  get waiting(): number {
    return this.#tickets.size
  }
  get waits(): Wait[] {
    return [...this.#tickets.values()]
  }

  // ── who waits, and for how long ─────────────────────────────────────────────────────────────────────────────

  waitsOf(owner: Cell | undefined): Waits {
    if (owner === undefined) return this.#orphans
    releaseOf(owner) // it may be waiting for what comes of that
    return (owner.more.waits ??= new Waits())
  }
  /** A received value, for who receives it. */
  take(value: Held, owner: Cell | undefined): unknown {
    return typeof value === 'object' && value !== null ? release(this.core, value, owner) : value
  }

  /**
   * Whether code that never has to wait has gone on for long enough: microtasks alone would keep timers, sockets and other
   * threads' frames waiting for ever.
   */
  tired(): boolean {
    if (--this.#pace > 0) return false
    const { platform } = this.core
    this.#pace = platform.pace ?? PACE
    return platform.overdue()
  }
  /** The value, after the event loop has turned. */
  rest<T>(value: T): Promise<T> {
    const rested = this.core.platform.rest().then(() => value)
    return this.core.noted(rested, 'its turn')
  }

  ticket(wait: Wait): void {
    do this.#ticket = (this.#ticket + 1) & 0x7fff_ffff
    while (this.#tickets.has(this.#ticket))
    wait.ticket = this.#ticket
    this.#tickets.set(wait.ticket, wait)
  }
  takeBack(wait: Wait): void {
    this.#tickets.delete(wait.ticket)
    wait.ticket = -1
    if (wait.sends) wait.chan.proxy?.answered()
  }
  /** A wait whose channel has come home to it. */
  redeem(ticket: number): Wait | undefined {
    const wait = this.#tickets.get(ticket)
    if (wait === undefined) return undefined
    this.#tickets.delete(ticket)
    wait.ticket = -1
    return wait
  }
  nextLife(): number {
    return (this.#lives = (this.#lives + 1) & 0x7fff_ffff)
  }

  // ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** To the home of a channel; false when it was refused for want of room. Throws NotSendable. */
  post(proxy: Proxy, op: number, ticket: number, value: Held, wait: Wait | undefined): boolean {
    const message = this.#message
    const { outbound, platform } = this.core
    outbound.value(op === frame.PUT || op === frame.SEND, wait !== undefined && wait.claimAt >= 0, value)
    message.op = op
    message.key = proxy.key
    message.origin = platform.thread
    message.seq = proxy.sent
    message.life = proxy.life
    message.ticket = ticket
    message.claimAt = wait === undefined ? -1 : wait.claimAt
    message.claimWord = wait === undefined ? 0 : wait.claimWord
    // the value's own code may have closed it, on its way into the frame
    if (proxy.closed && (op === frame.PUT || op === frame.SEND)) throw closedError(this.idOf(proxy.key), 'send')
    // those that take what comes are bounded by the way; the others by who waits
    return outbound.channel(
      proxy.homeThread,
      message,
      op !== frame.PUT || proxy.overflow === 'wait',
      wait === undefined,
    )
  }

  /** From the home of a channel. */
  tell(thread: number, key: ChannelKey, op: number, ticket: number, seq: number, life: number, value?: Held): void {
    const message = this.#message
    const { outbound, platform } = this.core
    if (thread === platform.thread) return this.#answer(op, key, ticket, seq, life, value)
    outbound.value(op === frame.VALUE || op === frame.FAILED, false, value)
    message.op = op
    message.key = key
    message.origin = platform.thread
    message.seq = seq
    message.life = life
    message.ticket = ticket
    message.claimAt = -1
    outbound.channel(thread, message, true, true)
  }

  /** A frame has come. `value` is lent for the call; `pass` sends it on to another thread. */
  receive(message: ChannelFrame, value: Held, pass: (thread: number) => void): void {
    const { op, key, origin, ticket, seq, life } = message
    if (!frame.isToHome(op)) return this.#answer(op, key, ticket, seq, life, value)
    const entry = this.entries.get(key)
    const chan = entry?.known
    if (chan?.home !== undefined) {
      if (chan.broken !== undefined) return this.#lost(message, value, entry!.lostWith)
      return chan.home.peers!.receive(message, lasting(value))
    }
    const here = this.core.platform.thread
    if (entry === undefined || entry.homeThread < 0 || entry.homeThread === here)
      return this.#lost(message, value, here)
    if (this.core.hasLost(entry.homeThread)) return this.#lost(message, value, entry.homeThread)
    pass(entry.homeThread)
    this.tell(origin, key, frame.MOVED, entry.homeThread, entry.epoch, 0)
  }
  /** It has been lost with a thread. */
  #lost({ op, key, origin, ticket }: ChannelFrame, value: Held, thread: number): void {
    discard(this.core, value)
    if (op === frame.GREET) this.entries.greeted(key, ticket)
    if (op === frame.BYE) this.tell(origin, key, frame.GONE, 0, 0, 0)
    if (op === frame.PUT) this.core.deadLetters.add(this.idOf(key), 'send', 'lost')
    if (op === frame.SEND || op === frame.RECEIVE || op === frame.GREET) {
      this.tell(origin, key, frame.BROKEN, ticket, thread, 0)
    }
  }

  /** One that its thread can no longer read. */
  returned(message: ChannelFrame): void {
    const { op, key, ticket } = message
    if (op === frame.GREET) this.entries.greeted(key, ticket)
    // it was passed on in vain: the home was on its way here
    if (op === frame.DROP) this.entries.get(key)?.known?.home?.peers?.receive(message, undefined)
    if (op === frame.PUT || op === frame.VALUE) this.core.deadLetters.add(this.idOf(key), 'send', 'lost')
  }

  #answer(op: number, key: ChannelKey, ticket: number, seq: number, life: number, value: Held): void {
    switch (op) {
      case frame.TAKEN:
        return this.#tickets.get(ticket)?.accepted()
      case frame.VALUE: {
        const wait = this.#tickets.get(ticket)
        if (wait !== undefined) return wait.deliver(value)
        discard(this.core, value)
        return this.core.deadLetters.add(this.idOf(key), 'receive', 'stopped')
      }
      case frame.ENDED:
        return this.#tickets.get(ticket)?.ended()
      case frame.FAILED:
        return this.#tickets.get(ticket)?.fail(unpackError(this.take(value, undefined) as never) as Error)
      case frame.UNPIN:
        return this.entries.unpin(key)
      case frame.HOLD:
      case frame.LET_GO:
        return askedFor(this.#tickets.get(ticket), op === frame.HOLD)
    }
    const entry = this.entries.get(key)
    if (entry === undefined) return
    if (op === frame.MOVED) return this.#moved(entry, ticket, seq)
    if (op === frame.BROKEN) return breakOff(this, entry, seq)
    if (op === frame.GONE) return this.entries.gone(entry)
    if (op === frame.FORGET) this.entries.unsought(entry, this.successor)
    const { proxy } = entry
    if (proxy === undefined || (life !== proxy.life && op !== frame.SETTLED)) return
    if (op === frame.CREDIT) proxy.credited(ticket)
    else if (op === frame.REVOKE) proxy.revoked()
    else if (op === frame.CLOSED) proxy.closed = true
    else if (op === frame.SETTLED) proxy.settled(ticket)
  }

  // ── homes that move ─────────────────────────────────────────────────────────────────────────────────────────

  /** `most`: values that it may have. */
  move(home: Home, to: number, most?: number): void {
    const { chan, peers } = home
    const entry = this.entries.get(chan.key!)!
    const here = this.core.platform.thread
    const packing = pack(home, entry, most)
    if (packing === undefined) return peers!.placement.stay()
    const proxy = new Proxy(this, entry.key, entry.overflow, to, entry.epoch + 1)
    proxy.closed = home.state !== 'open'
    const state = ship(home, packing, proxy)
    entry.epoch++
    entry.homeThread = to
    entry.former = true
    entry.formers = []
    entry.chan = undefined
    entry.proxy = chan.proxy = proxy
    chan.home = undefined
    this.core.calls.send(to, 'adopt', state)
    for (const { thread } of peers!.all) {
      if (thread !== to && thread !== here) this.tell(thread, entry.key, frame.MOVED, to, entry.epoch, 0)
    }
  }

  /** The home of a channel comes here. */
  adopt(state: ChannelState, from: number): void {
    const { key, capacity, overflow, epoch, formers } = state
    const entry = this.entries.reach(key, capacity, overflow)
    const chan = this.entries.chanOf(entry)
    const { proxy } = entry
    entry.proxy = chan.proxy = undefined
    entry.chan = chan
    entry.epoch = epoch
    entry.former = false
    entry.formers = formers.filter(thread => thread !== this.core.platform.thread)
    const home = (chan.home = unpack(chan, state, proxy, from))
    for (const value of doubles(state, this.core.platform.thread)) discard(this.core, value)
    checkArrived(this, entry, home)
    home.settle()
    home.peers?.begin()
  }

  #moved(entry: Entry, to: number, epoch: number): void {
    if (epoch <= entry.epoch || to === this.core.platform.thread || entry.chan?.home !== undefined) return
    entry.proxy?.moved(to, epoch)
    entry.homeThread = to
    entry.epoch = epoch
    if (this.core.hasLost(to)) breakOff(this, entry, to)
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Two threads have closed it: the second could not know. */
  closedTwice(chan: Chan, thread: number): void {
    const error = new InvalidCall(
      `${chan.id}.close: it had been closed already when ${this.core.places.words(thread)} did`,
    )
    this.core.emit('unhandledRejection', { actor: undefined, thread, error: this.core.failures.portable(error) })
  }

  /** Ends all waits: the system is closed. */
  close(): void {
    const error = (this.closed = new SystemClosed('the system was closed'))
    this.#orphans.abandon(error)
    for (const wait of this.waits) wait.abandon(error)
  }
}
