// Airports that move to other threads and nodes while flights pour in: which, when and where to, and what came of it.
//
// Invariants:
// - Moves are spread evenly over the replay: of those that are wanted, as large a part is due as of the flights has been
//   read. Where that part is unknown, a few are due with each batch.
// - Only so many are under way at once, so that none waits for its turn until its deadline, and one of each airport. Which
//   one moves and where to is up to chance, but never to where it is.
// - A move that fails harms nobody: its airport goes on where it was. It is counted, with the reason.
import { MoveFailed, type Ref, TroupeError } from '@troupe/actors'
import type { airport } from './airport.ts'
import { firstSpot, type Spots } from './spots.ts'

/** What came of the moves. */
export interface Moved {
  readonly wanted: number
  readonly done: number
  /** By reason. */
  readonly failed: Readonly<Record<string, number>>
}

const AT_ONCE = 32
/** Due with each batch where nobody knows how many batches there will be. */
const WITH_EACH = 16

export class Moves {
  readonly #airports: readonly Ref<typeof airport>[]
  readonly #spots: Spots
  readonly #wanted: number
  readonly #random: () => number
  /** By airport: the spot where it is, while it rests. */
  readonly #at: number[] = []
  /** Those that are not on their way. */
  readonly #resting: number[] = []
  readonly #failed: Record<string, number> = {}
  #due = 0
  #begun = 0
  #over = 0
  #done = 0
  #whenOver: (() => void) | undefined

  /** Of these airports, to which more may be added; among these spots. */
  constructor(airports: readonly Ref<typeof airport>[], spots: Spots, wanted: number, random: () => number) {
    this.#airports = airports
    this.#spots = spots
    this.#wanted = wanted
    this.#random = random
  }

  /** Begins those that are due when this part of the flights has been read. */
  begin(read: number | undefined): void {
    for (let number = this.#at.length; number < this.#airports.length; number++) {
      this.#at.push(firstSpot(number, this.#spots))
      this.#resting.push(number)
    }
    if (this.#airports.length === 0) return
    this.#due = read === undefined ? Math.min(this.#wanted, this.#due + WITH_EACH) : Math.floor(this.#wanted * read)
    this.#beginMore()
  }

  /** Resolves when those that were due are over. */
  async over(): Promise<Moved> {
    if (this.#over < this.#due) await new Promise<void>(resolve => (this.#whenOver = resolve))
    return { wanted: this.#wanted, done: this.#done, failed: this.#failed }
  }

  #beginMore(): void {
    while (this.#begun < this.#due && this.#begun - this.#over < AT_ONCE && this.#resting.length > 0) {
      this.#begun++
      const [number] = this.#resting.splice(this.#below(this.#resting.length), 1) as [number]
      const from = this.#at[number]!
      const to = this.#elsewhere(from)
      this.#airports[number]!.move(this.#spots.all[to]!).then(
        () => this.#ended(number, to, undefined),
        (error: unknown) => this.#ended(number, from, reasonOf(error)),
      )
    }
  }

  #ended(number: number, spot: number, failure: string | undefined): void {
    this.#at[number] = spot
    this.#resting.push(number)
    this.#over++
    if (failure === undefined) this.#done++
    else this.#failed[failure] = (this.#failed[failure] ?? 0) + 1
    this.#beginMore()
    if (this.#over === this.#due) this.#whenOver?.()
  }

  #elsewhere(than: number): number {
    const to = this.#below(this.#spots.all.length - 1)
    return to < than ? to : to + 1
  }
  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof MoveFailed) return error.why
  return error instanceof TroupeError ? error.code : String(error)
}
