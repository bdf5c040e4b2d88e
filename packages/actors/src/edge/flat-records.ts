// Flat records: plain objects that hold nothing but short primitives, which most messages with an object are. They are
// written into a frame in one pass over the object and read in one pass over the frame, where the way through msgpackr
// takes four (measured: 566 ns of the sender's time and 491 of the receiver's, of which this leaves a third).
//
//   [number of the shape, as a msgpack uint 16] [each value, as msgpack, in the order of the keys]
//
// Invariants: shapes have the numbers of the table that msgpackr's records use (record-shapes.ts), and only what that table
// has is written so: anything else, and every shape until it has recurred, takes the other way, with equal results. What is
// read holds no ref, so it belongs to nobody yet and need not wait for its turn to be decoded.
import { readPrimitive, skipPrimitive, writePrimitive } from '../core/primitives.ts'
import { MOST_SHAPES } from './record-shapes.ts'
import type { SharedTable } from './shared-table.ts'

const UINT_16 = 0xcd
const HEAD_BYTES = 3
const MOST_KEYS = 24

/** One key on the way to a shape. The child taken last is looked at first: most streams have few shapes. */
class Key {
  last: string | undefined = undefined
  next: Key | undefined = undefined
  children: Map<string, Key> | undefined = undefined
  /** The shape that ends here; -1 when none does. */
  shape = -1

  child(key: string): Key | undefined {
    const found = this.children?.get(key)
    if (found !== undefined) {
      this.last = key
      this.next = found
    }
    return found
  }
}

export class FlatRecords {
  readonly #table: SharedTable
  readonly #root = new Key()
  readonly #shapes: (readonly string[])[] = []

  constructor(shapes: SharedTable) {
    this.#table = shapes
  }

  /** Writes `value` at `at`, where there is room enough. Gives the end, or -1 when it is no flat record of a known shape. */
  write(value: object, target: Uint8Array, at: number): number {
    if (Object.getPrototypeOf(value) !== Object.prototype) return -1
    let key = this.#root
    let end = at + HEAD_BYTES
    for (const name in value) {
      const next = key.last === name ? key.next : key.child(name)
      if (next === undefined) return this.#unknown()
      key = next
      end = writePrimitive((value as Record<string, unknown>)[name], target, end)
      if (end < 0) return -1
    }
    const { shape } = key
    if (shape < 0) return this.#unknown()
    target[at] = UINT_16
    target[at + 1] = shape >> 8
    target[at + 2] = shape
    return end
  }

  read(bytes: Uint8Array, at: number): Record<string, unknown> {
    const shape = (bytes[at + 1]! << 8) | bytes[at + 2]!
    if (shape >= this.#shapes.length) this.#learn()
    const record: Record<string, unknown> = {}
    at += HEAD_BYTES
    for (const key of this.#shapes[shape]!) {
      record[key] = readPrimitive(bytes, at)
      at = skipPrimitive(bytes, at)
    }
    return record
  }

  #unknown(): -1 {
    if (this.#shapes.length < MOST_SHAPES) this.#learn()
    return -1
  }

  /** Takes in the shapes that have come since. */
  #learn(): void {
    const length = Math.min(this.#table.length, MOST_SHAPES)
    for (let shape = this.#shapes.length; shape < length; shape++) {
      const keys = JSON.parse(this.#table.text(shape)) as string[]
      this.#shapes.push(keys)
      if (keys.length <= MOST_KEYS) this.#plant(keys, shape)
    }
  }

  #plant(keys: readonly string[], shape: number): void {
    let at = this.#root
    for (const key of keys) {
      at.children ??= new Map()
      let next = at.children.get(key)
      if (next === undefined) at.children.set(key, (next = new Key()))
      at = next
    }
    at.shape = shape
  }
}
