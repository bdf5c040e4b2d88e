// The heaviest of very many, in little memory: Space-Saving (Metwally, Agrawal & El Abbadi, ICDT 2005), with weights that
// fade. What is counted is an actor, or a pair of them.
//
// Invariants: at most `size` are kept. Whatever weighs more than a `size`-th of all is among them; a newcomer takes the
// place of the lightest and inherits its weight as `excess`, so that `weight - excess` is never more than the true weight,
// and `weight` never less (as long as nothing is dropped). Adding allocates nothing: entries are rows of arrays, found by
// a hash whose rows are chained.
import type { Address } from './address.ts'

const NONE = -1
/** Prime, as in Fibonacci hashing; another for the second of a pair. */
const SPREAD = 0x9e3779b1
const SPREAD_OTHER = 0x85ebca6b

export class Sketch {
  readonly #size: number
  readonly #mask: number
  /** By hash: the first row of its chain; by row: the next one. */
  readonly #first: Int16Array
  readonly #next: Int16Array
  readonly #ones: (Address | undefined)[]
  readonly #others: (Address | undefined)[]
  readonly #weights: Float64Array
  readonly #excess: Float64Array
  count = 0
  /** The weight of all that was added, whether it is still there or not; fades likewise. */
  total = 0

  /** `size` is a power of two, at most 16,384. */
  constructor(size: number) {
    this.#size = size
    this.#mask = size * 2 - 1
    this.#first = new Int16Array(size * 2).fill(NONE)
    this.#next = new Int16Array(size).fill(NONE)
    this.#ones = new Array<Address | undefined>(size).fill(undefined)
    this.#others = new Array<Address | undefined>(size).fill(undefined)
    this.#weights = new Float64Array(size)
    this.#excess = new Float64Array(size)
  }

  add(one: Address, other: Address | undefined, weight: number): void {
    this.total += weight
    const hash = this.#hash(one, other)
    for (let row = this.#first[hash]!; row !== NONE; row = this.#next[row]!) {
      if (!this.#ones[row]!.equals(one) || !same(this.#others[row], other)) continue
      this.#weights[row]! += weight
      // the newest address knows best where its actor is
      this.#ones[row] = one
      this.#others[row] = other
      return
    }
    const full = this.count === this.#size
    const row = full ? this.#lightest() : this.count++
    const inherited = full ? this.#weights[row]! : 0
    if (full) this.#unchain(row)
    this.#ones[row] = one
    this.#others[row] = other
    this.#weights[row] = inherited + weight
    this.#excess[row] = inherited
    this.#next[row] = this.#first[hash]!
    this.#first[hash] = row
  }

  /** All weights become `share` of what they are. */
  fade(share: number): void {
    this.total *= share
    for (let row = 0; row < this.count; row++) {
      this.#weights[row]! *= share
      this.#excess[row]! *= share
    }
  }

  /** Calls with each entry and the weight that is certainly its own; drops those for which it says false. */
  keep(wanted: (one: Address, other: Address | undefined, weight: number) => boolean): void {
    for (let row = this.count - 1; row >= 0; row--) {
      if (wanted(this.#ones[row]!, this.#others[row], this.#weights[row]! - this.#excess[row]!)) continue
      this.#unchain(row)
      const last = --this.count
      if (row !== last) this.#shift(last, row)
      this.#ones[last] = this.#others[last] = undefined
    }
  }

  #lightest(): number {
    const weights = this.#weights
    let lightest = 0
    for (let row = 1; row < this.#size; row++) if (weights[row]! < weights[lightest]!) lightest = row
    return lightest
  }

  #shift(from: number, to: number): void {
    this.#unchain(from)
    this.#ones[to] = this.#ones[from]
    this.#others[to] = this.#others[from]
    this.#weights[to] = this.#weights[from]!
    this.#excess[to] = this.#excess[from]!
    const hash = this.#hash(this.#ones[to]!, this.#others[to])
    this.#next[to] = this.#first[hash]!
    this.#first[hash] = to
  }
  #unchain(row: number): void {
    const hash = this.#hash(this.#ones[row]!, this.#others[row])
    if (this.#first[hash] === row) {
      this.#first[hash] = this.#next[row]!
      return
    }
    let before = this.#first[hash]!
    while (this.#next[before] !== row) before = this.#next[before]!
    this.#next[before] = this.#next[row]!
  }
  #hash(one: Address, other: Address | undefined): number {
    let hash = Math.imul(one.serial + (one.birth << 20), SPREAD)
    if (other !== undefined) hash ^= Math.imul(other.serial + (other.birth << 20), SPREAD_OTHER)
    return (hash ^ (hash >>> 15)) & this.#mask
  }
}

function same(a: Address | undefined, b: Address | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b)
}
