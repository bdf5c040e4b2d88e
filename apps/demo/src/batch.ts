// Flights on their way from the reader to the feeder: in batches, as columns.
//
// Invariants:
// - Thirteen bytes a flight, whatever the file holds, and no object for each of them: for its receiver a batch is copied
//   as four blocks of bytes, on whichever thread that stands.
// - Airports are numbers, given in the order in which they are first mentioned. A batch says which it is the first to
//   mention, so whoever has had all batches before it knows every number in it.
import type { Flight } from './flights.ts'

/** Flights in a batch; the last one of a file may have fewer. */
export const BATCH = 4_096

export interface Columns {
  /** The codes of the airports that no batch before this one has mentioned. */
  readonly newcomers: readonly string[]
  readonly origins: Uint32Array
  readonly destinations: Uint32Array
  readonly hours: Uint8Array
  readonly delays: Int32Array
}

export interface Batch extends Columns {
  /** The part of all flights, those of later passes included, that has been read with it; undefined where it is unknown. */
  readonly read: number | undefined
}

/** Puts flights into columns. */
export class Batcher {
  readonly #numbers = new Map<string, number>()
  readonly #origins = new Uint32Array(BATCH)
  readonly #destinations = new Uint32Array(BATCH)
  readonly #hours = new Uint8Array(BATCH)
  readonly #delays = new Int32Array(BATCH)
  #newcomers: string[] = []
  #length = 0

  /** Flights that have been added, and not taken. */
  get length(): number {
    return this.#length
  }

  /** There must be room for it: fewer than BATCH have been added. */
  add({ origin, destination, hour, delay }: Omit<Flight, 'distance'>): void {
    const at = this.#length++
    this.#origins[at] = this.#number(origin)
    this.#destinations[at] = this.#number(destination)
    this.#hours[at] = hour
    this.#delays[at] = delay
  }

  /** All that have been added since the last time. */
  take(): Columns {
    const length = this.#length
    const columns: Columns = {
      newcomers: this.#newcomers,
      origins: this.#origins.slice(0, length),
      destinations: this.#destinations.slice(0, length),
      hours: this.#hours.slice(0, length),
      delays: this.#delays.slice(0, length),
    }
    this.#newcomers = []
    this.#length = 0
    return columns
  }

  #number(code: string): number {
    let number = this.#numbers.get(code)
    if (number === undefined) {
      number = this.#numbers.size
      this.#numbers.set(code, number)
      this.#newcomers.push(code)
    }
    return number
  }
}
