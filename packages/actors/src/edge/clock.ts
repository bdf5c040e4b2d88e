// One clock for all threads of a process: milliseconds with a fraction since the system's origin, never going back.
//
// `performance.now()` counts from a different moment on each thread, and `process.hrtime()` counts alike everywhere but
// makes an array a call. Both read the same monotonic clock, so one measured difference, taken when the thread starts,
// turns the cheap reading into the common one for good.
//
// Invariant: two threads' `now()` at one instant differ by the calibration's error alone (well under 10 µs).

import { performance } from 'node:perf_hooks'

/** Seconds and nanoseconds of `process.hrtime()`: the moment from which a system counts. Plain data, for workerData. */
export type Origin = readonly [seconds: number, nanoseconds: number]

const ATTEMPTS = 16

export class Clock {
  readonly origin: Origin
  readonly #ahead: number

  /** Without an origin, now is the origin. */
  constructor(origin: Origin = process.hrtime()) {
    this.origin = origin
    this.#ahead = calibrate(origin)
  }

  /** Monotonic milliseconds since the origin, with a fraction; the same on every thread of the process. */
  now(): number {
    return performance.now() + this.#ahead
  }

  /** Milliseconds since 1970, as the machine believes: may jump. Never for measuring how long something took. */
  wall(): number {
    return Date.now()
  }
}

/** How far the common clock is ahead of this thread's own; the attempt that was disturbed least decides. */
function calibrate(origin: Origin): number {
  let ahead = 0
  let narrowest = Number.POSITIVE_INFINITY
  for (let i = 0; i < ATTEMPTS; i++) {
    const before = performance.now()
    const [seconds, nanoseconds] = process.hrtime(origin as [number, number])
    const after = performance.now()
    if (after - before >= narrowest) continue
    narrowest = after - before
    ahead = seconds * 1e3 + nanoseconds / 1e6 - (before + after) / 2
  }
  return ahead
}
