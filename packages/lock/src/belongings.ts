// Which requests belong to whom: of an owner, or of a client.
//
// Invariant: who has no request is not in it, so nothing is left of those who have gone. Someone with one request, which is
// nearly everybody, costs no set.
import { FadingMap } from './fading-map.ts'
import type { Request } from './lock.ts'

export class Belongings {
  readonly #of = new FadingMap<Request | Set<Request>>()

  get size(): number {
    return this.#of.size
  }

  /** Gives whether this is the first of that one. */
  add(whose: string, request: Request): boolean {
    const known = this.#of.get(whose)
    if (known === undefined) this.#of.set(whose, request)
    else if (known instanceof Set) known.add(request)
    else this.#of.set(whose, new Set([known, request]))
    return known === undefined
  }
  /** Gives whether it was the last of that one. */
  delete(whose: string, request: Request): boolean {
    const known = this.#of.get(whose)
    if (known instanceof Set) {
      known.delete(request)
      if (known.size > 0) return false
    } else if (known !== request) return false
    this.#of.delete(whose)
    return true
  }
  /** In the order in which they came. */
  of(whose: string): Request[] {
    const known = this.#of.get(whose)
    return known === undefined ? [] : known instanceof Set ? [...known] : [known]
  }
  countOf(whose: string): number {
    const known = this.#of.get(whose)
    return known === undefined ? 0 : known instanceof Set ? known.size : 1
  }
}
