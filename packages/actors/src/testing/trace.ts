// What has happened in a simulation, as one number: two runs are the same if their traces are.
//
// Two 32-bit multiplicative hashes side by side, finished as in MurmurHash3: no defence against an adversary, and far
// more than enough to tell runs apart.
const doubles = new Float64Array(1)
const halves = new Int32Array(doubles.buffer)

export class Trace {
  #low = 0x6a09e667
  #high = 0x510e527f
  /** How much has happened. */
  steps = 0

  /** One step: of which kind, on which thread, when. */
  step(kind: number, thread: number, now: number): void {
    this.steps++
    doubles[0] = now
    this.#add((kind << 16) | thread)
    this.#add(halves[0]!)
    this.#add(halves[1]!)
  }
  /** What a step was about. */
  add(words: Int32Array): void {
    for (const word of words) this.#add(word)
  }
  #add(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x9e3779b1)
    this.#high = Math.imul(this.#high ^ (word + (this.#low >>> 15)), 0x5f356495)
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return finished(this.#high ^ (this.#low >>> 13)) + finished(this.#low ^ (this.#high >>> 16))
  }
}

function finished(word: number): string {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return ((word ^ (word >>> 16)) >>> 0).toString(16).padStart(8, '0')
}
