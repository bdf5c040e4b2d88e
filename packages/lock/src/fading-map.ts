// A map for names that come and go, again and again, among very many that stay.
//
// A JavaScript map keeps the place of a deleted entry in its bucket's chain until it grows or shrinks. Among 50,000 others that is long: one
// name taken and given back in a loop made each look-up go through thousands of its own remains (20 µs). So a deleted key keeps its place, and
// is really deleted with many others at a time.
// Invariants: what was deleted cannot be seen; there are at most as many remains as a quarter of what is there, and 64; none when nothing is there.

const LEAST = 64

export class FadingMap<Value> {
  readonly #map = new Map<string, Value | undefined>()
  /** Keys that were deleted, some of which are back. */
  #deleted: string[] = []
  #size = 0

  get size(): number {
    return this.#size
  }
  get(key: string): Value | undefined {
    return this.#map.get(key)
  }
  set(key: string, value: Value & {}): void {
    if (this.#map.get(key) === undefined) this.#size++
    this.#map.set(key, value)
  }
  delete(key: string): void {
    if (this.#map.get(key) === undefined) return
    this.#map.set(key, undefined)
    if (--this.#size === 0) {
      this.#map.clear()
      this.#deleted = []
      return
    }
    this.#deleted.push(key)
    if (this.#deleted.length <= LEAST + this.#size / 4) return
    for (const each of this.#deleted) if (this.#map.get(each) === undefined) this.#map.delete(each)
    this.#deleted = []
  }
  *entries(): Generator<[string, Value], void> {
    for (const [key, value] of this.#map) if (value !== undefined) yield [key, value]
  }
  *values(): Generator<Value, void> {
    for (const value of this.#map.values()) if (value !== undefined) yield value
  }
}
