// The flights of a file in compact columns, so that replaying it again costs neither reading nor checking it again.
//
// Invariants:
// - Thirteen bytes a flight and at most `limit` flights, whatever the file holds. A file with more is not kept at all
//   (`complete` is false), and its reader reads it again instead.
// - Airports are numbers here, given by whoever adds the flights.
const LIMIT = 8_000_000

export class Timetable {
  readonly #limit: number
  #origin = new Uint32Array(1024)
  #destination = new Uint32Array(1024)
  #delay = new Int32Array(1024)
  #hour = new Uint8Array(1024)
  #length = 0
  #complete = true

  constructor(limit = LIMIT) {
    this.#limit = limit
  }

  get length(): number {
    return this.#length
  }

  /** Whether every flight added is still here. */
  get complete(): boolean {
    return this.#complete
  }

  add(origin: number, destination: number, hour: number, delay: number): void {
    if (!this.#complete) return
    if (this.#length === this.#limit) return this.#giveUp()
    if (this.#length === this.#hour.length) this.#grow()
    const at = this.#length++
    this.#origin[at] = origin
    this.#destination[at] = destination
    this.#hour[at] = hour
    this.#delay[at] = delay
  }

  origin(at: number): number {
    return this.#origin[at]!
  }
  destination(at: number): number {
    return this.#destination[at]!
  }
  hour(at: number): number {
    return this.#hour[at]!
  }
  delay(at: number): number {
    return this.#delay[at]!
  }

  #grow(): void {
    const room = Math.min(this.#length * 2, this.#limit)
    const origin = new Uint32Array(room)
    const destination = new Uint32Array(room)
    const delay = new Int32Array(room)
    const hour = new Uint8Array(room)
    origin.set(this.#origin)
    destination.set(this.#destination)
    delay.set(this.#delay)
    hour.set(this.#hour)
    this.#origin = origin
    this.#destination = destination
    this.#delay = delay
    this.#hour = hour
  }

  #giveUp(): void {
    this.#complete = false
    this.#length = 0
    this.#origin = this.#destination = new Uint32Array(0)
    this.#delay = new Int32Array(0)
    this.#hour = new Uint8Array(0)
  }
}
