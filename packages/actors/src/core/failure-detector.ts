// Whether one peer is heard: silence is judged by how regularly it was heard before, within bounds, so that it is noticed
// in a stated time whatever was observed. Pure, with the time given.
//
// Invariants: time in which this process itself did not run is no silence (`excuse`). A peer that was suspected must be heard
// without a gap before it is trusted again, twice as long after each relapse, so that a connection that comes and goes
// ends as one steady suspicion and not as many alarms. A minute without one pays off all.

export interface DetectorLimits {
  /** What the peer is expected to keep, ms between two signs of life. */
  readonly every: number
  /** Silence that is suspicious: never less than the first, nor more than the second, ms. */
  readonly silence: readonly [number, number]
  /** For how long a suspected one must be heard, ms: after the first time, and at most. */
  readonly steady: readonly [number, number]
}

/** Shares of a new interval in the running mean and deviation. */
const WEIGHT = 1 / 8
/** Deviations, and missed beats, beyond the mean that are still nothing. */
const DEVIATIONS = 6
const MISSED = 3
const FORGIVEN_AFTER = 60_000

export class FailureDetector {
  readonly #limits: DetectorLimits
  last: number
  #mean: number
  #deviation = 0
  suspected = false
  /** How often it was suspected lately. */
  lapses = 0
  /** Heard without a gap since then; undefined in a gap. */
  #steadySince: number | undefined
  #trustedSince: number

  constructor(limits: DetectorLimits, now: number) {
    this.#limits = limits
    this.last = now
    this.#mean = limits.every
    this.#steadySince = now
    this.#trustedSince = now
  }

  heard(now: number): void {
    const interval = Math.min(now - this.last, this.#limits.silence[1])
    this.#deviation += WEIGHT * (Math.abs(interval - this.#mean) - this.#deviation)
    this.#mean += WEIGHT * (interval - this.#mean)
    this.last = Math.max(this.last, now)
    this.#steadySince ??= now
  }
  /** This process did not run for so long: whoever was silent meanwhile may have spoken. */
  excuse(ms: number): void {
    this.last += ms
    if (this.#steadySince !== undefined) this.#steadySince += ms
  }
  /** Its connection has closed: suspicious at once. */
  cut(): void {
    this.#lapse()
  }

  silence(now: number): number {
    return Math.max(0, now - this.last)
  }
  /** The silence that is suspicious, by what was observed, ms. */
  get limit(): number {
    const [least, most] = this.#limits.silence
    const usual = this.#mean + DEVIATIONS * this.#deviation + MISSED * this.#limits.every
    return Math.min(most, Math.max(least, usual))
  }
  /** How long it must be heard until it is trusted again, ms. */
  get probation(): number {
    const [first, most] = this.#limits.steady
    return Math.min(most, first * 2 ** (this.lapses - 1))
  }

  /** What has changed by now, if anything has. `silence`: what is to be judged, where that is not the time since it was heard. */
  judge(now: number, silence = this.silence(now)): 'suspected' | 'trusted' | undefined {
    const before = this.suspected
    if (silence >= this.limit) this.#lapse()
    else if (before && this.#steadySince !== undefined && now - this.#steadySince >= this.probation) {
      this.suspected = false
      this.#trustedSince = now
    }
    if (!this.suspected && now - this.#trustedSince >= FORGIVEN_AFTER) this.lapses = 0
    if (this.suspected === before) return undefined
    return before ? 'trusted' : 'suspected'
  }
  #lapse(): void {
    // one gap is one lapse, however often it is looked at
    if (this.#steadySince !== undefined) this.lapses = Math.min(16, this.lapses + 1)
    this.#steadySince = undefined
    this.suspected = true
  }
}
