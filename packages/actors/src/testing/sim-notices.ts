// What one simulated thread, or hub, is still to notice of the threads beside it: that some are gone, and who follows them.
//
// Invariants: each is noticed once, at a time of the seed's choice; that a thread is gone when all that it had sent has been
// read; and who follows it only after that.
export interface Heir {
  readonly lost: number
  readonly heir: number
}

export class SimNotices {
  /** Threads that are gone, and when that will be noticed. */
  readonly #gone = new Map<number, number>()
  /** Of threads that are gone: who follows them, and when that will be noticed. */
  readonly #heirs = new Map<number, { readonly heir: number; readonly at: number }>()
  /** Whether all has been read that a thread had sent. */
  readonly #isRead: (thread: number) => boolean

  constructor(isRead: (thread: number) => boolean) {
    this.#isRead = isRead
  }

  goneAt(thread: number, at: number): void {
    this.#gone.set(thread, at)
  }
  followedAt(lost: number, heir: number, at: number): void {
    this.#heirs.set(lost, { heir, at })
  }
  /** Whether that a thread is gone is still to be noticed. */
  awaits(thread: number): boolean {
    return this.#gone.has(thread)
  }
  noticed(thread: number): void {
    this.#gone.delete(thread)
  }
  heirNoticed(lost: number): void {
    this.#heirs.delete(lost)
  }

  get next(): number {
    let next = Infinity
    for (const [thread, at] of this.#gone) if (this.#isRead(thread)) next = Math.min(next, at)
    for (const [thread, { at }] of this.#heirs) if (!this.#gone.has(thread)) next = Math.min(next, at)
    return next
  }
  /** Threads whose end can be noticed now. */
  gone(now: number): number[] {
    const due: number[] = []
    for (const [thread, at] of this.#gone) if (at <= now && this.#isRead(thread)) due.push(thread)
    return due
  }
  heirs(now: number): Heir[] {
    const due: Heir[] = []
    for (const [lost, { heir, at }] of this.#heirs) if (at <= now && !this.#gone.has(lost)) due.push({ lost, heir })
    return due
  }
}
