// What a lock server tells of itself: who holds and who waits, and for how long.
//
// Invariant: what is listed is a copy, of one moment.
import type { Lock, Request } from './lock.ts'

export interface LockReport {
  readonly name: string
  readonly permits: number
  /** In the order of their tokens, or of their tickets. */
  readonly holders: readonly { token: bigint; permits: number; owner: string | undefined; age: number; left: number }[]
  readonly waiters: readonly { ticket: bigint; permits: number; owner: string | undefined; age: number }[]
}
export interface ServerReport {
  readonly locks: number
  readonly holders: number
  readonly waiters: number
  /** The one that was named, or the first thousand. Ages in ms. */
  readonly listed: readonly LockReport[]
}

export function reportOf({ name, permits, holders, waiters }: Lock, now: number): LockReport {
  const one = ({ ticket, wants, owner, granted, asked, until }: Request) => ({ ticket, permits: wants, owner, age: now - (granted ?? asked), left: until - now }) // prettier-ignore
  return {
    name,
    permits,
    holders: [...holders].map(one).map(({ ticket, ...rest }) => ({ token: ticket, ...rest })),
    waiters: [...waiters].map(one).map(({ left: _left, ...rest }) => rest),
  }
}
