// The way of frames from one simulated thread to another, as real lanes are: bytes that nobody shares, in two classes.
//
// Invariants: frames of one class arrive in the order in which they were posted; a system frame may overtake user frames
// and is never overtaken by a later one; a user frame past the limits is refused, except one alone.
export interface SimFrame {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly at: number
}

export interface LaneLimits {
  readonly messages: number
  readonly bytes: number
}

export class SimLane {
  readonly #limits: LaneLimits
  protected readonly user: SimFrame[] = []
  protected readonly system: SimFrame[] = []
  #userBytes = 0
  #lastUser = 0
  #lastSystem = 0

  constructor(limits: LaneLimits) {
    this.#limits = limits
  }

  /** Copies the frame; it arrives at `at`, or behind those that it may not overtake. False when it is refused. */
  post(frame: Uint8Array, length: number, system: boolean, at: number, kept = false): boolean {
    const { messages, bytes } = this.#limits
    const { user } = this
    if (!system && !kept && user.length > 0 && (user.length >= messages || this.#userBytes + length > bytes))
      return false
    const copy = frame.slice(0, length)
    const words = new Int32Array(copy.buffer)
    if (system) {
      this.#lastSystem = Math.max(at, this.#lastSystem)
      this.system.push({ bytes: copy, words, at: this.#lastSystem })
    } else {
      this.#lastUser = Math.max(at, this.#lastUser, this.#lastSystem)
      this.user.push({ bytes: copy, words, at: this.#lastUser })
      this.#userBytes += length
    }
    return true
  }

  /** When the next frame arrives; Infinity when none is on its way. */
  get next(): number {
    return Math.min(this.system[0]?.at ?? Infinity, this.user[0]?.at ?? Infinity)
  }
  get size(): number {
    return this.system.length + this.user.length
  }

  /** The frame that has come, if one has by `now`. */
  take(now: number): SimFrame | undefined {
    const queue = (this.system[0]?.at ?? Infinity) <= (this.user[0]?.at ?? Infinity) ? this.system : this.user
    if (queue.length === 0 || queue[0]!.at > now) return undefined
    const frame = queue.shift()!
    if (queue === this.user) this.#userBytes -= frame.bytes.length
    return frame
  }

  /** Takes all frames, also those that are on their way still. */
  *rest(): Iterable<SimFrame> {
    for (let frame = this.take(Infinity); frame !== undefined; frame = this.take(Infinity)) yield frame
  }

  /** Loses the newest frames, all but `kept` of them: those that a thread had not yet published when it was lost. */
  cut(kept: number): void {
    while (this.size > kept) {
      const last = (queue: SimFrame[]): number => queue.at(-1)?.at ?? -1
      if (last(this.system) > last(this.user)) this.system.pop()
      else this.user.pop()
    }
  }
}
