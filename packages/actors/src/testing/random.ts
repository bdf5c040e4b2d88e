// Seeded randomness: sfc32, the Small Fast Counter of Chris Doty-Humphrey (PractRand), whose 128 bits of state are a
// counter and three words. All that a simulation chooses comes from here.
//
// Invariant: the same seed gives the same numbers on every machine: integers and one exact division, nothing else.
const WARM_UP = 12

export class Random {
  #a: number
  #b: number
  #c = 0
  #counter = 1

  /** Any number; the whole part of it, up to 2^53, tells seeds apart. */
  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    for (let i = 0; i < WARM_UP; i++) this.word()
  }

  /** 32 random bits, unsigned. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  /** In [0, 1). */
  unit(): number {
    return this.word() / 2 ** 32
  }
  /** A whole number in [0, end). */
  below(end: number): number {
    return Math.floor(this.unit() * end)
  }
  /** In [0, longest), mostly far below: a median of 1.6 % and a mean of 14 % of it. Delays are like that. */
  delay(longest: number): number {
    const unit = this.unit()
    const cube = unit * unit * unit
    return cube * cube * longest
  }
}
