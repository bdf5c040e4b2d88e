// Who waits at a channel: for a value, or to be rid of one.
//
// A waiter stands in the queue of the channel's home. It is a Wait if whoever waits is on that thread too, and a
// RemoteWaiter (in channel-home.ts) if not: then the Wait itself has a ticket on its own thread, by which the answer finds it.
// Invariants: a waiter is in one queue at most, in the order in which it came. A Wait ends once: by its channel, by its
// select when another case was chosen, or with the life of its owner; then it is in no queue and has no ticket. Whoever
// wants to end a waiter from the channel's side must have chosen it first (`choose`).
import { FIRST_FAR } from './address.ts'
import type { Cell } from './cell.ts'
import type { Chan } from './chan.ts'
import type { Core } from './core.ts'
import { closedError } from './channel-errors.ts'
import { TurnEnded } from './errors.ts'
import type { Selection } from './selection.ts'
import type { Held } from './held.ts'
import type { Claims, Outcome } from './claims.ts'
import type { Listed, Waits } from './waits.ts'

export abstract class Waiter {
  queue: WaitQueue | undefined = undefined
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  /** The thread that waits, and the number by which it knows this wait; -1 while it needs none. */
  thread = 0
  ticket = -1
  /** Its select's word (claims.ts), if that waits at other threads too; -1: it has none. */
  claimAt = -1
  claimWord = 0
  /** What a sender sends. */
  value: Held = undefined

  /** Whether this is another case of the same select, which cannot be its own partner. */
  abstract isWith(other: Waiter): boolean
  /** The select in hand here, where no other thread takes part in its choice. */
  abstract get local(): Selection | undefined
  /** Gives a receiver its value. */
  abstract deliver(value: Held): void
  /** The sender's value has been taken. */
  abstract accepted(): void
  /** The channel is closed, and for a receiver empty. */
  abstract ended(): void
  abstract fail(error: Error): void
  /** It has left its queue. */
  abstract removed(): void

  /** Chooses its select, which waits on several threads. */
  claim(claims: Claims): Outcome {
    return claims.one(this.claimAt, this.claimWord)
  }
  /** Whether that is of another node, and has been asked: the answer comes by itself. */
  get asked(): boolean {
    return false
  }
  /** It stays chosen though its partner is busy. */
  keep(): void {}
}

/** What `choose` needs of a core. */
type Chooser = Pick<Core, 'claims' | 'places'>

/** Makes sure that a waiter is not chosen elsewhere; from `won` on it must be told. */
export function choose(waiter: Waiter, { claims }: Chooser): Outcome {
  if (waiter.claimAt >= 0) return waiter.claim(claims)
  const { local } = waiter
  if (local === undefined) return 'won'
  if (local.settled) return 'gone'
  local.settled = true
  return 'won'
}

/** The same for a sender and a receiver, together or not at all. Says which of them was gone. */
export function choosePair(a: Waiter, b: Waiter, core: Chooser): 'won' | 'busy' | Waiter {
  if (isFar(a) || isFar(b)) return chooseFar(a, b, core)
  if (a.claimAt >= 0 && b.claimAt >= 0) {
    const outcome = core.claims.two(a.claimAt, a.claimWord, b.claimAt, b.claimWord)
    if (outcome === 'first gone') return a
    return outcome === 'second gone' ? b : outcome
  }
  // what is decided on this thread alone cannot change meanwhile: looked at first, chosen last
  const [near, far] = a.claimAt >= 0 ? [b, a] : [a, b]
  return chooseInOrder(far, near, core)
}
function chooseInOrder(first: Waiter, last: Waiter, core: Chooser): 'won' | 'busy' | Waiter {
  if (last.local?.settled === true) return last
  const outcome = choose(first, core)
  if (outcome !== 'won') return outcome === 'gone' ? first : 'busy'
  choose(last, core)
  return 'won'
}
/** A select of another node is held first, and chosen by being told. */
function chooseFar(a: Waiter, b: Waiter, core: Chooser): 'won' | 'busy' | Waiter {
  const inOrder = isFar(b) && (!isFar(a) || comesBefore(b, a, core)) ? [b, a] : [a, b]
  const [first, second] = inOrder as [Waiter, Waiter]
  if (second.claimAt < 0) return chooseInOrder(first, second, core)
  if (choose(first, core) !== 'won') return 'busy'
  const outcome = choose(second, core)
  if (outcome === 'busy' && comesBefore(first, second, core)) first.keep()
  return outcome === 'gone' ? second : outcome
}
const isFar = ({ claimAt, thread }: Waiter): boolean => claimAt >= 0 && thread >= FIRST_FAR

/** Whether a select comes before another in the order of all that there are. */
function comesBefore(one: Waiter, other: Waiter, { places }: Chooser): boolean {
  const [a, b] = [places.node(one.thread), places.node(other.thread)]
  return a === b ? one.claimAt < other.claimAt : a < b
}

const TICK = Promise.resolve()

/** Code on this thread that waits at a channel: a send, a receive, or one case of a select. */
export class Wait extends Waiter implements Listed {
  listed: Waits | undefined = undefined
  prior: Listed | undefined = undefined
  later: Listed | undefined = undefined
  readonly chan: Chan
  readonly owner: Cell | undefined
  readonly sends: boolean
  readonly selection: Selection | undefined
  /** Which case of its select. */
  readonly index: number
  /** It has ended. */
  over = false
  /** What its code was given, unless a select waits. */
  given: Promise<unknown> | undefined = undefined
  resolve!: (value: unknown) => void
  reject!: (error: Error) => void

  constructor(chan: Chan, owner: Cell | undefined, sends: boolean, selection: Selection | undefined, index: number) {
    super()
    this.chan = chan
    this.owner = owner
    this.sends = sends
    this.selection = selection
    this.index = index
    this.thread = chan.core.platform.thread
  }

  /** What the code waits for, unless a select does. */
  promise(): Promise<unknown> {
    this.chan.core.channels.waitsOf(this.owner).add(this)
    return new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  isWith(other: Waiter): boolean {
    return this.selection !== undefined && other instanceof Wait && other.selection === this.selection
  }
  get local(): Selection | undefined {
    return this.selection
  }

  deliver(value: Held): void {
    const { chan, selection, owner } = this
    this.leave()
    let result: { value: unknown; done: undefined }
    try {
      result = { value: chan.core.channels.take(value, owner), done: undefined }
    } catch (error) {
      // a codec of the user's failed, or is not known here
      return selection === undefined ? this.reject(error as Error) : selection.lose(error)
    }
    if (selection === undefined) this.#resume(result)
    else selection.win(this, result)
  }
  accepted(): void {
    this.leave()
    if (this.selection === undefined) this.#resume(undefined)
    else this.selection.win(this, undefined)
  }
  /**
   * Goes on. With a buffer in between, one microtask late: so whoever woke it gets ahead by one, and from then on neither
   * finds the buffer empty, or full, each time that it comes.
   */
  #resume(result: unknown): void {
    if (this.chan.capacity === 0) this.resolve(result)
    else void TICK.then(() => this.resolve(result))
  }
  ended(): void {
    this.leave()
    if (this.sends) return this.fail(closedError(this.chan.id, 'send'))
    if (this.selection === undefined) this.resolve(END)
    else this.selection.win(this, END)
  }
  fail(error: Error): void {
    this.leave()
    if (this.selection === undefined) this.reject(error)
    else this.selection.lose(error)
  }

  removed(): void {}

  /** Waits no longer: leaves the queue, or takes its ticket back. */
  leave(): void {
    this.over = true
    if (this.queue !== undefined) this.queue.remove(this)
    if (this.ticket >= 0) this.chan.core.channels.takeBack(this)
    this.listed?.remove(this)
  }
  /** The same where the channel's home does not know it yet. */
  withdraw(): void {
    const { ticket } = this
    this.leave()
    if (ticket >= 0) this.chan.proxy?.withdraw(ticket)
  }
  /** The thread with its channel's home has ended. */
  breakOff(thread: number, error: Error): void {
    if (this.selection === undefined) return this.fail(error)
    this.letGo()
    this.selection.lostHome(thread, error)
  }
  /** The home of its channel, on another node, does not need its select any more. */
  letGo(): void {
    this.selection?.letGo(this)
  }
  /** Its owner's life is over. */
  abandon(error: Error): void {
    if (this.selection !== undefined) return this.selection.abandon(error)
    this.withdraw()
    this.given?.catch(() => {}) // nobody may be left to hear of it
    // who has returned does not wait for its sends, and would never know
    if (this.sends && error instanceof TurnEnded) this.chan.dropped('stopped')
    this.reject(error)
  }
}

/** What a receive gives when the channel is closed and drained. */
export const END: { readonly done: true; readonly value: undefined } = Object.freeze({ done: true, value: undefined })

/** Rejects all that an actor's code waits for at channels; says whether there was anything. */
export function abandon(cell: Cell, error: Error): boolean {
  return cell.extra?.waits?.abandon(error) === true
}
/** A rejection with the stop that an owner has yet to hear of, or with its end. */
export function due(owner: Cell | undefined): Promise<never> | undefined {
  if (owner === undefined) return undefined
  return owner.status === 'stopped' ? tooLate(owner) : owner.extra?.waits?.takeDue()
}
/** Comes when the event loop has turned: code that goes on regardless must not keep it from turning. */
export function tooLate(owner: Cell): Promise<never> {
  const told = owner.core.platform.rest().then(() => {
    throw overError(owner)
  })
  told.catch(() => {}) // nobody may be left to hear of it
  return told
}
/** Throws TurnEnded where the owner has ended: nothing is sent or received in its name any more. */
export function checkGoing(owner: Cell | undefined): void {
  if (owner !== undefined && owner.status === 'stopped') throw overError(owner)
}
function overError({ address: { id } }: Cell): TurnEnded {
  return new TurnEnded(`${id} has ended; what it holds of channels can do nothing any more`, { actor: id })
}

/** Waiters in the order in which they came. */
export class WaitQueue {
  first: Waiter | undefined = undefined
  last: Waiter | undefined = undefined

  add(waiter: Waiter): void {
    waiter.queue = this
    waiter.previous = this.last
    if (this.last === undefined) this.first = waiter
    else this.last.next = waiter
    this.last = waiter
  }

  remove(waiter: Waiter): void {
    waiter.removed()
    const { previous, next } = waiter
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    waiter.queue = waiter.previous = waiter.next = undefined
  }

  *[Symbol.iterator](): Iterator<Waiter> {
    let next: Waiter | undefined
    for (let at = this.first; at !== undefined; at = next) {
      next = at.next
      yield at
    }
  }
}
