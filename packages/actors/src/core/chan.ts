// A channel as one thread knows it. Either its home is here, then all is done at once in this thread's memory; or it is
// elsewhere, and a Proxy speaks with it.
//
// Invariants: exactly one of `home` and `proxy` is set; they change places when the home moves, while whoever holds an end
// of the channel keeps this object. A channel that no other thread has ever seen has no key. One that is `broken`, since a
// thread that it needed is gone, is so for this thread for good.
import type { Cell } from './cell.ts'
import type { ChannelOverflow } from './channel-options.ts'
import { Home, DRAINED, NOTHING } from './channel-home.ts'
import type { ChannelKey } from './channel-frame.ts'
import type { Proxy } from './channel-proxy.ts'
import type { Core } from './core.ts'
import type { DeadReason } from './dead-letters.ts'
import { closedError } from './channel-errors.ts'
import type { ActorId, TroupeError } from './errors.ts'
import { type Held, hold, offer } from './held.ts'
import { checkGoing, due, END, Wait } from './waiter.ts'

/** What most sends give: nothing to wait for. */
const DONE = Promise.resolve(undefined)

export type Received = { readonly value: unknown; readonly done: undefined } | typeof END

export class Chan {
  readonly core: Core
  readonly capacity: number
  readonly overflow: ChannelOverflow
  key: ChannelKey | undefined
  home: Home | undefined = undefined
  proxy: Proxy | undefined = undefined
  broken: TroupeError | undefined = undefined
  /** It has been closed here, behind what is still under way. */
  #closing = false

  constructor(core: Core, capacity: number, overflow: ChannelOverflow, key?: ChannelKey) {
    this.core = core
    this.capacity = capacity
    this.overflow = overflow
    this.key = key
  }
  static here(core: Core, capacity: number, overflow: ChannelOverflow): Chan {
    const chan = new Chan(core, capacity, overflow)
    chan.home = new Home(chan)
    return chan
  }

  get id(): ActorId {
    return this.core.channels.idOf(this.key)
  }
  get closed(): boolean {
    const { home, proxy } = this
    return home === undefined ? proxy!.closed : home.state !== 'open' || this.#closing
  }

  // ── send ────────────────────────────────────────────────────────────────────────────────────────────────────

  send(value: unknown, owner: Cell | undefined): Promise<unknown> {
    const stopped = due(owner)
    if (stopped !== undefined) return stopped
    try {
      this.#checkOpen('send')
      const { proxy, core } = this
      if (proxy?.put(value) === true) return this.#done()
      const held = hold(core, value)
      if (proxy === undefined && this.#place(held, 'send')) return this.#done()
      return this.#wait(held, owner, true)
    } catch (error) {
      return Promise.reject(error)
    }
  }
  #done(): Promise<unknown> {
    const { channels } = this.core
    return channels.tired() ? channels.rest(undefined) : DONE
  }

  /** Sends if that need not wait, as far as this thread knows. Throws ChannelClosed, TroupeError and NotSendable. */
  sendNow(value: unknown, call: 'send' | 'trySend'): boolean {
    this.#checkOpen(call)
    const { home, proxy, core } = this
    if (home === undefined) return proxy!.put(value)
    if (home.blocked) {
      home.peers?.revoke()
      return false
    }
    return this.#place(offer(core, value), call)
  }

  /** At home. The value's own code, which has run meanwhile, may have closed the channel. */
  #place(held: Held, call: 'send' | 'trySend'): boolean {
    this.#checkOpen(call)
    const home = this.home!
    home.sent++
    home.noSender = undefined
    // what this thread sent while the home was elsewhere is still under way
    return home.peers?.ownUnderWay !== true && home.place(held)
  }
  #checkOpen(call: 'send' | 'trySend' | 'close'): void {
    if (this.broken !== undefined) throw this.broken
    if (this.closed) throw closedError(this.id, call)
  }

  trySend(value: unknown, owner: Cell | undefined): boolean {
    checkGoing(owner)
    const sent = this.sendNow(value, 'trySend')
    if (!sent) this.proxy?.want()
    return sent
  }

  // ── receive ─────────────────────────────────────────────────────────────────────────────────────────────────

  receive(owner: Cell | undefined): Promise<Received> {
    const { home } = this
    const stopped = due(owner)
    if (stopped !== undefined) return stopped
    if (home !== undefined) {
      home.received++
      home.noReceiver = undefined
      const value = home.get()
      if (value !== NOTHING) return this.#result(value, owner)
    } else if (this.broken !== undefined) return Promise.reject(this.broken)
    return this.#wait(undefined, owner, false) as Promise<Received>
  }

  #result(value: Held, owner: Cell | undefined): Promise<Received> {
    const { channels } = this.core
    try {
      const result = this.#received(value, owner)
      return channels.tired() ? channels.rest(result) : Promise.resolve(result)
    } catch (error) {
      return Promise.reject(error) // a codec of the user's
    }
  }

  /** What can be received at once, as far as this thread knows. */
  receiveNow(owner: Cell | undefined): Received | undefined {
    const { home } = this
    if (home === undefined) return undefined
    home.received++
    home.noReceiver = undefined
    const value = home.get()
    return value === NOTHING ? undefined : this.#received(value, owner)
  }

  tryReceive(owner: Cell | undefined): Received | undefined {
    checkGoing(owner)
    if (this.broken !== undefined) throw this.broken
    this.proxy?.want()
    return this.receiveNow(owner)
  }

  #received(value: Held, owner: Cell | undefined): Received {
    if (value === DRAINED) return END
    return { value: this.core.channels.take(value, owner), done: undefined }
  }

  // ── wait ────────────────────────────────────────────────────────────────────────────────────────────────────

  #wait(value: Held, owner: Cell | undefined, sends: boolean): Promise<unknown> {
    const { closed } = this.core.channels
    if (closed !== undefined) return Promise.reject(closed)
    const wait = new Wait(this, owner, sends, undefined, 0)
    wait.value = value
    const promise = wait.promise()
    try {
      this.enter(wait)
    } catch (error) {
      wait.fail(error as Error)
    }
    return (wait.given = this.core.noted(promise, sends ? 'room in a channel' : 'a value from a channel'))
  }

  /** Begins to wait at the channel's home. Throws NotSendable. */
  enter(wait: Wait): void {
    const { home } = this
    if (wait.over) return
    if (this.broken !== undefined) return wait.breakOff(-1, this.broken)
    if (home === undefined) return this.proxy!.enter(wait)
    if (home.peers?.ownUnderWay === true && wait.sends) return home.peers.afterOwn(() => this.enter(wait))
    home.enter(wait, wait.sends)
  }

  // ── close ───────────────────────────────────────────────────────────────────────────────────────────────────

  close(): void {
    this.#checkOpen('close')
    const { home } = this
    if (home === undefined) return this.proxy!.close()
    if (home.peers?.ownUnderWay !== true) return home.close()
    this.#closing = true
    home.peers.afterOwn(() => home.close())
  }

  /** A value was not delivered, by the channel's own rule or because a thread is gone. */
  dropped(reason: DeadReason): void {
    this.core.deadLetters.add(this.id, 'send', reason)
  }
}
