// What users know as one thread, as data: lives that follow each other (host-threads.ts).
//
// Invariant: `life` is the one that its number means; `next` and `retiring` are lives beside it, while an upgrade gives it
// another. All that have no heir yet are in `orphans`.
import type { Upgrade } from '../core/upgrades.ts'

/** A life that is about to take the place of one that is there still. */
export interface Next {
  readonly thread: number
  readonly upgrades: readonly Upgrade[]
  readonly there: (thread: number) => void
  readonly failed: (error: unknown) => void
}

export class Line {
  /** The life that is there, or is about to be; undefined between two. */
  life: number | undefined
  /** Those that have no heir yet; and those of which something is kept still, as an heir may be lost before it is done. */
  orphans: number[] = []
  estates: number[] = []
  entered = false
  enteredAt = 0
  failures = 0
  timeout: NodeJS.Timeout | undefined
  /** The newer code that its lives run. */
  upgrades: readonly Upgrade[] = []
  next: Next | undefined
  /** Lives whose place has been taken, and that have not ended. */
  readonly retiring = new Set<number>()
  readonly #waiting: (() => void)[] = []

  /** Resolves when its life has entered, or nothing will any more. */
  change(): Promise<void> {
    return new Promise(done => this.#waiting.push(done))
  }
  changed(): void {
    for (const go of this.#waiting.splice(0)) go()
  }
}
