// A select on another node that waits at a channel whose home is here. Its word (claims.ts) is in that process's memory, so no
// atomic operation chooses it: its own thread is asked to hold it, and from then on only this home may choose it.
//
//   free ─ there is something for it: HOLD ─▶ asked ─ HELD ─▶ held ─ chosen: VALUE, TAKEN, ENDED, FAILED
//                                              asked ─ BUSY: claimed by another ─▶ free      held ─ LET_GO ─▶ free
//
// Invariants: who is asked, or held, is passed over by others as busy; what was there for it may be gone by the time it is held,
// then it is let go. Of two selects that are to be had together the one that comes first in the order of all is held first, and
// kept while the other is busy; one that comes later is let go. A home does not move while it has asked, or holds.
import { FIRST_FAR } from './address.ts'
import * as frame from './channel-frame.ts'
import type { Home } from './channel-home.ts'
import type { Outcome } from './claims.ts'
import type { Held } from './held.ts'
import { RemoteWaiter } from './remote-waiter.ts'
import type { Wait } from './waiter.ts'

/**
 * ms for which a select is not asked again that was busy, or held in vain: longer than it takes until others look again
 * whether it is free (channel-home.ts), so that they get their turn.
 */
const PAUSE = 2.5

export class FarWaiter extends RemoteWaiter {
  #state: 'free' | 'asked' | 'held' = 'free'
  /** It stays held though it has not been chosen: the other one of a pair is busy. */
  #kept = false
  /** When it may be asked. */
  #from = 0

  override get asked(): boolean {
    return this.#state === 'asked'
  }
  override claim(): Outcome {
    if (this.#state === 'held') return 'won'
    if (this.#state === 'free' && this.home.core.platform.now() >= this.#from) {
      this.#state = 'asked'
      this.home.peers!.waiters.far.add(this)
      this.tell(frame.HOLD)
    }
    return 'busy'
  }
  override keep(): void {
    this.#kept = true
  }
  override removed(): void {
    super.removed()
    const { far } = this.home.peers!.waiters
    // one may have been kept for this one
    if (far.delete(this) && far.size > 0) this.home.lookAgain()
  }
  held(): void {
    this.#state = 'held'
    this.home.settle()
  }
  /** It was busy over there. */
  refused(): void {
    this.#free()
    this.home.lookAgain(false)
  }
  /** There may be nothing for it now. */
  letGo(): void {
    const kept = this.#kept
    this.#kept = false
    if (kept || this.#state !== 'held') return
    this.#free()
    this.tell(frame.LET_GO)
  }
  #free(): void {
    this.#state = 'free'
    this.#from = this.home.core.platform.now() + PAUSE
    this.home.peers!.waiters.far.delete(this)
  }
}

/** Code on another thread that waits here. A claim of another node's is no word of this process's memory. */
export function waiterOf(
  home: Home,
  thread: number,
  ticket: number,
  value: Held,
  claimAt: number,
  claimWord: number,
): RemoteWaiter {
  const Class = claimAt >= 0 && thread >= FIRST_FAR ? FarWaiter : RemoteWaiter
  return Object.assign(new Class(home, thread, ticket, value), { claimAt, claimWord })
}

/** The home of a channel asks to hold the select that waits there, or lets it go. One that has ended says so anyway: its waits are withdrawn. */
export function askedFor(wait: Wait | undefined, toHold: boolean): void {
  if (!toHold) return wait?.letGo()
  const outcome = wait?.selection?.hold(wait)
  if (outcome === 'won' || outcome === 'busy')
    wait!.chan.proxy?.answer(outcome === 'won' ? frame.HELD : frame.BUSY, wait!.ticket)
}
