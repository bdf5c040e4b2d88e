// Method names and protocols of a simulation, or a probe, by number.
import { InvalidCall } from '../core/errors.ts'
import type { Symbols } from '../core/platform.ts'

/** Texts by number, for all threads of a simulation. */
export class SimSymbols implements Symbols {
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(first: readonly string[] = []) {
    for (const text of first) this.intern(text)
  }
  get length(): number {
    return this.#texts.length
  }
  intern(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.#texts.length)
    return this.#texts.push(text) - 1
  }
  text(number: number): string {
    const text = this.#texts[number]
    if (text === undefined) throw new InvalidCall(`there is no text of number ${number}`)
    return text
  }
}
