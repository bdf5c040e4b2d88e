// Code on another thread that waits at a channel whose home is here.
//
// Invariant: it knows that thread and a ticket, and nothing else; whatever ends it is told to that ticket, once.
import * as frame from './channel-frame.ts'
import type { Home } from './channel-home.ts'
import type { Core } from './core.ts'
import type { FarWaiter } from './far-waiter.ts'
import { packError } from './errors.ts'
import { discard, type Held, packable } from './held.ts'
import type { Selection } from './selection.ts'
import { Waiter } from './waiter.ts'

export class RemoteWaiter extends Waiter {
  readonly home: Home
  constructor(home: Home, thread: number, ticket: number, value: Held) {
    super()
    this.home = home
    this.thread = thread
    this.ticket = ticket
    this.value = value
  }
  isWith(other: Waiter): boolean {
    return this.claimAt >= 0 && this.claimAt === other.claimAt && this.thread === other.thread
  }
  get local(): Selection | undefined {
    return undefined
  }
  deliver(value: Held): void {
    const { core, chan } = this.home
    try {
      this.tell(frame.VALUE, packable(value))
    } catch (error) {
      // a codec of the user's, which did pack it before
      chan.dropped('unreadable')
      this.fail(core.failures.unsendable(error, 'channel: value', chan.id, 'send', 'yes'))
    }
  }
  accepted(): void {
    this.tell(frame.TAKEN)
  }
  ended(): void {
    discard(this.home.core, this.value)
    this.tell(frame.ENDED)
  }
  removed(): void {
    this.home.peers!.waiters.delete(this)
  }
  fail(error: Error): void {
    discard(this.home.core, this.value)
    this.tell(frame.FAILED, packError(error))
  }
  protected tell(op: number, value?: Held): void {
    const { chan, core } = this.home
    core.channels.tell(this.thread, chan.key!, op, this.ticket, 0, 0, value)
  }
}

/** Those of a channel that are in a queue, by thread and ticket. */
export class RemoteWaiters {
  readonly #core: Core
  /** Selects of other nodes that have been asked, or are held. */
  readonly far = new Set<FarWaiter>()
  readonly #all = new Map<number, RemoteWaiter>()

  constructor(core: Core) {
    this.#core = core
  }

  add(waiter: RemoteWaiter): void {
    this.#all.set(key(waiter.thread, waiter.ticket), waiter)
  }
  delete(waiter: RemoteWaiter): void {
    this.#all.delete(key(waiter.thread, waiter.ticket))
  }

  /** The select of another node is held for this home, or is not. */
  answered(thread: number, ticket: number, held: boolean): void {
    const waiter = this.#all.get(key(thread, ticket)) as FarWaiter | undefined
    if (waiter?.asked !== true) return
    if (held) waiter.held()
    else waiter.refused()
  }
  /** Lets those go that were held in vain. */
  letGo(): void {
    for (const waiter of this.far) waiter.letGo()
  }

  /** It waits no longer. */
  withdraw(thread: number, ticket: number): void {
    const waiter = this.#all.get(key(thread, ticket))
    if (waiter !== undefined) this.#drop(waiter) // or it has been told, and that crosses this
  }
  /** Nobody on that thread waits any longer. */
  leave(thread: number): void {
    for (const waiter of [...this.#all.values()]) if (waiter.thread === thread) this.#drop(waiter)
  }
  #drop(waiter: RemoteWaiter): void {
    waiter.queue?.remove(waiter)
    discard(this.#core, waiter.value)
  }
}

function key(thread: number, ticket: number): number {
  return thread * 2 ** 31 + ticket
}
