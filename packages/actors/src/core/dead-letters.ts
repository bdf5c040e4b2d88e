// Messages that could not be delivered, published at the end of the slice.
//
// Invariants: every dead letter is counted; those with the same actor, method and reason are one event with their count,
// so that a sender in an endless loop costs a number, not memory. Beyond MOST different ones in a slice, the rest are
// counted by reason alone.
import type { ActorId } from './errors.ts'
import type { Platform } from './platform.ts'

/**
 * stopped: the actor has ended. expired: its asker had stopped waiting. full: its mailbox, or the way there, was at its
 * limit. overflow: a channel has
 * dropped it, as it was told to. unknown: it has no such method. unreadable: its arguments could not be decoded. lost: its
 * thread or node has ended.
 */
export type DeadReason = 'stopped' | 'expired' | 'full' | 'overflow' | 'unknown' | 'unreadable' | 'lost'

/** What can happen to a message that an actor was to get. `doubt`: the actor was to move to a node that cannot be reached; only asks end so. */
export type Undelivered = Exclude<DeadReason, 'overflow'> | 'doubt'

export interface DeadLetter {
  readonly to: ActorId
  readonly method: string
  readonly reason: DeadReason
  /** How many alike. */
  count: number
}

const MOST = 1_000

export class DeadLetters {
  readonly #platform: Platform
  readonly #letters = new Map<string, DeadLetter>()

  constructor(platform: Platform) {
    this.#platform = platform
  }

  add(to: ActorId, method: string, reason: DeadReason): void {
    const key = `${to} ${method} ${reason}`
    const known = this.#letters.get(key)
    if (known !== undefined) known.count++
    else if (this.#letters.size >= MOST) this.#addTo(reason, { to: '' as ActorId, method: '', reason, count: 1 })
    else this.#addTo(key, { to, method, reason, count: 1 })
  }

  #addTo(key: string, letter: DeadLetter): void {
    const known = this.#letters.get(key)
    if (known !== undefined) return void known.count++
    if (this.#letters.size === 0) this.#platform.wake()
    this.#letters.set(key, letter)
  }

  publish(): void {
    if (this.#letters.size === 0) return
    const letters = [...this.#letters.values()]
    this.#letters.clear()
    for (const letter of letters) this.#platform.emit('deadLetter', letter)
  }
}
