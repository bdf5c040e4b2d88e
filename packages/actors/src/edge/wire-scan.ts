// Looks through an argument body of another process before anything of it is decoded. What passes, `Codec.decode` makes a
// value of without a fault but one of a user's codec, in time and memory bounded by the bytes.
//
// Invariants: one step for each value of the body, and for each byte of a string. By estimate the value takes at most 4 MiB and 32
// times the bytes: four megabytes of empty maps would take 64 times as much. It is as deep as a value of this process may be, no
// deeper. A system's own kind has exactly the items that its form names (core/wire-form.ts), and names that are admitted.
import { HOT_STRING } from '../core/primitives.ts'
import { assertNever } from '../core/platform.ts'
import type { TravelKind } from '../core/sendable.ts'
import { MAX_DEPTH } from '../core/walk.ts'
import { fieldsOf, isList, type WireField } from '../core/wire-form.ts'
import { SLOT_BYTES } from './wire-bytes.ts'
import { type Shape, WireMarks } from './wire-marks.ts'

/** The first byte of an argument body in the wire dialect. */
export const WIRE = 0xc1

/** Levels of marks beyond those of the value: that at the root, and one that is a leaf. */
const DEEPEST = MAX_DEPTH + 3
const ARRAY_BYTES = 40
const OBJECT_BYTES = 64
const FREE_HEAP = 4 * 1024 * 1024
const HEAP_FACTOR = 32
/** Bytes of a name that a system's kind holds. */
const LONGEST_NAME = 64 * 1024

/** Whether a name is known here, or may be from now on: a process is allowed only so many. */
export interface Admission {
  place(text: string): boolean
  protocol(text: string): boolean
}

export class WireScan extends WireMarks {
  readonly #kinds: readonly TravelKind<unknown>[]
  #names: Admission | undefined = undefined
  #depth = 0
  /** For what is sealed in a body. */
  #within: WireScan | undefined = undefined
  readonly #isWithin: boolean

  constructor(kinds: readonly TravelKind<unknown>[], isWithin = false) {
    super()
    this.#kinds = kinds
    this.#isWithin = isWithin
  }

  /** Arguments that are PACKED, all of [start, end). What they are. Throws BadFrame. */
  body(bytes: Uint8Array, start: number, end: number, names: Admission): Shape {
    this.begin(bytes, start, end)
    this.#names = names
    this.#depth = 0
    if (this.token() !== WIRE) {
      this.primitives(bytes, start, end, 1)
      return 'other'
    }
    const shape = this.#root()
    this.#ended()
    if (this.heap > FREE_HEAP + HEAP_FACTOR * (end - start)) {
      throw this.bad(`${end - start} bytes of so many small parts that they would take ${this.heap} of memory`)
    }
    return shape
  }

  /** Arguments that are PRIMITIVES: so many, and nothing else in [start, end). Throws BadFrame. */
  primitives(bytes: Uint8Array, start: number, end: number, count: number): void {
    this.begin(bytes, start, end)
    for (let left = count; left > 0; left--) this.#primitive()
    this.#ended()
  }
  /** As core/primitives.ts reads it: a string is short there, and ASCII. */
  #primitive(): void {
    const token = this.token()
    if (token < 0x40 || token >= 0xe0) return
    if (token >= 0xa0 && token < 0xc0) return this.ascii(token & 31)
    if (token === 0xd9) {
      const length = this.length(1)
      if (length > HOT_STRING) throw this.bad(`a string of ${length} bytes among short primitives`)
      return this.ascii(length)
    }
    const isLarge = token < 0xa0 || token === 0xcf || token === 0xd3 || token === 0xda || token === 0xdb
    if (isLarge || !this.leaf(token)) throw this.bad(`no short primitive (0x${token.toString(16)})`)
  }
  #ended(): void {
    if (this.at !== this.end) throw this.bad(`${this.end - this.at} bytes more than the arguments take`)
  }

  /** A tree with marks says so at its root. */
  #root(): Shape {
    const start = this.at
    const items = this.arrayLength(this.token())
    if (items < 1 || !this.isRootMark()) {
      this.at = start
      return this.value()
    }
    if (items !== 2) throw this.bad('more than one tree')
    this.marked = true
    this.#depth = 1
    return this.value()
  }

  protected override value(): Shape {
    this.heap += SLOT_BYTES
    const token = this.token()
    if (this.leaf(token)) return 'other'
    const items = this.arrayLength(token)
    if (items >= 0) return this.#array(items)
    const keys = token < 0x90 ? token & 15 : token === 0xde ? this.length(2) : token === 0xdf ? this.length(4) : -1
    if (keys < 0) throw this.bad(`a value of a kind (0x${token.toString(16)}) that nothing is written as`)
    this.#map(keys)
    return 'object'
  }
  #array(count: number): Shape {
    this.#enter(count)
    this.heap += ARRAY_BYTES
    let shape: Shape = 'array'
    if (this.marked && count > 0 && this.isMark()) shape = this.parts(count - 1)
    else {
      this.made++
      for (let left = count; left > 0; left--) this.value()
    }
    this.#depth--
    return shape
  }
  #map(count: number): void {
    this.#enter(2 * count)
    this.heap += OBJECT_BYTES
    this.made++
    for (let left = count; left > 0; left--) {
      this.anyString('a key')
      this.value()
    }
    this.#depth--
  }
  /** One level down, to so many values. */
  #enter(count: number): void {
    if (++this.#depth > DEEPEST) throw this.bad(`values nested more than ${DEEPEST} levels deep`)
    this.need(count)
  }

  // ── instances ───────────────────────────────────────────────────────────────────────────────────────────────

  protected override instance(): void {
    const named = this.stringLength()
    if (named >= 0) {
      this.text(named) // a codec of a user's
      return void this.value()
    }
    const form = this.#kinds[this.whole(0, this.#kinds.length - 1)]!.wire
    if (form === undefined) throw this.bad('an instance that does not leave its process')
    if (!isList(form)) return this.#field(form)
    const items = this.arrayLength(this.token())
    const fields = items > this.end - this.at ? undefined : fieldsOf(form, items)
    if (fields === undefined) throw this.bad('no array of so many items as its kind has')
    this.made++
    for (const field of fields) this.#field(field)
  }
  #field(field: WireField): void {
    if (typeof field === 'object') {
      if ('least' in field) return void this.whole(field.least, field.most)
      if (!field.oneOf.includes(this.string('a choice', LONGEST_NAME))) throw this.bad('a choice that there is not')
      return
    }
    switch (field) {
      case 'protocol':
        return this.#admit(this.#names!.protocol(this.string('a protocol', LONGEST_NAME)))
      case 'place or none':
        if (this.at < this.end && this.bytes[this.at] === 0xc0) return void this.at++
        return this.#place()
      case 'channel':
        this.#place()
        return void this.whole(1, 2 ** 36 - 1)
      case 'place':
        return this.#place()
      case 'moment':
        return void this.number()
      case 'body':
        return this.#sealed()
      case 'text':
        return void this.string('a text', this.end)
    }
    return assertNever(field)
  }
  /** A body within this one, and no further one within that: each may be as deep as a value is. */
  #sealed(): void {
    if (this.#isWithin) throw this.bad('a sealed value in a sealed value')
    const start = this.octets()
    const within = (this.#within ??= new WireScan(this.#kinds, true))
    within.body(this.bytes, start, this.at, this.#names!)
    this.heap += within.heap
  }
  #place(): void {
    this.#admit(this.#names!.place(this.string('a thread', LONGEST_NAME)))
  }
  #admit(allowed: boolean): void {
    if (!allowed) throw this.bad('a name that is none, or one more than a process may bring')
  }
}
