// What the client needs from the world: a clock that only goes on, timers, names that nobody else has.
//
// Invariant: the clock says nothing about the time of day, so nobody who sets that one can make a lease look longer than it is. A
// timer of ours keeps no process alive.

export interface LockPlatform {
  /** ms, from whenever. */
  now(): number
  /** Calls `run` in so many ms; what it gives prevents that. */
  after(ms: number, run: () => void): () => void
  /** A text that no other call, anywhere, has given. */
  id(): string
}

/** What a timeout of Node.js can be, in ms. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

export const nodePlatform: LockPlatform = {
  now: () => performance.now(),
  after(ms, run) {
    const timeout = setTimeout(run, Math.min(ms, LONGEST_TIMEOUT))
    timeout.unref()
    return () => clearTimeout(timeout)
  },
  id: () => crypto.randomUUID(),
}
