// What a table is asked, and what is to be done then: plain data.
//
// Invariant: effects are in the order in which they are to be done. A grant may come once more for a request that has come once more, with
// the same token.
import type { WaitStep } from './wait-cycle.ts'

/** What is asked for, checked. */
export interface Asked {
  readonly name: string
  readonly id: string
  /** How many the lock has: all who ask for it must say the same. */
  readonly permits: number
  readonly wants: number
  /** ms; 0: it is granted at once, or not at all. */
  readonly wait: number
  readonly lease: number
  readonly delay: number
  readonly owner: string | undefined
  readonly client: string | undefined
}

export type RefusedBecause =
  | { readonly why: 'busy' | 'timeout' | 'given-up' | 'full' }
  /** The lock is in use, with so many permits. */
  | { readonly why: 'mismatch'; readonly permits: number }
  | { readonly why: 'cycle'; readonly path: readonly WaitStep[] }

export type Effect =
  /** `oldest`: the first of those who hold the lock with it; all before have ended. */
  | { readonly do: 'grant'; readonly id: string; readonly token: bigint; readonly oldest: bigint }
  | { readonly do: 'refuse'; readonly id: string; readonly because: RefusedBecause }
  /** From now on, or no longer, call `gone` when that client has ended. */
  | { readonly do: 'watch' | 'unwatch'; readonly client: string }
