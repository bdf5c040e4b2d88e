// A queue of values in a ring that grows as it fills: what a channel has buffered.
//
// Invariants: the slots outside [first, first + count) are undefined, so nothing is kept alive; a large ring that has
// run empty is given up. How many there may be is the channel's to check, before `push`.
const SMALLEST = 8
const LARGE = 1024

export class Ring<T> {
  #slots: (T | undefined)[] = []
  #first = 0
  #mask = -1
  count = 0

  push(value: T): void {
    if (this.count > this.#mask) this.#grow()
    this.#slots[(this.#first + this.count) & this.#mask] = value
    this.count++
  }

  /** The oldest; there must be one. */
  shift(): T {
    const value = this.#slots[this.#first] as T
    this.#slots[this.#first] = undefined
    this.#first = (this.#first + 1) & this.#mask
    if (--this.count === 0 && this.#mask >= LARGE) {
      this.#slots = []
      this.#first = 0
      this.#mask = -1
    }
    return value
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.count; i++) yield this.#slots[(this.#first + i) & this.#mask] as T
  }

  #grow(): void {
    const size = Math.max(SMALLEST, (this.#mask + 1) * 2)
    const grown = new Array<T | undefined>(size).fill(undefined)
    for (let i = 0; i < this.count; i++) grown[i] = this.#slots[(this.#first + i) & this.#mask]
    this.#slots = grown
    this.#first = 0
    this.#mask = size - 1
  }
}
