// The copy within a thread: what a receiver gets is never the sender's own object, wherever the two stand.
//
// Primitives pass as they are. Objects and arrays are copied by structure, JavaScript's own kinds by `natives.ts`, and
// classes by the kind on their prototype; all else is refused with the path to it. The frame (`edge/codec.ts`) gives
// equal values and refuses the same ones: `test/values.conformance.test.ts` holds the two together.
//
// What stays behind, in both: symbol keys, non-enumerable properties, getters (their value goes), a prototype of null,
// frozenness, names on arrays, lastIndex. A hole in an array arrives as undefined. Invariant: user code can run in the
// middle (getters, codecs) and may copy something itself; a copier in use hands that on to a fresh one.

import { type Native, nativeOf } from './natives.ts'
import { describe, kindOf, type TravelKind } from './sendable.ts'
import { MAX_HOLES, Walk } from './walk.ts'

export { codec, codecNamed, travel, type TravelKind } from './sendable.ts'

// An estimate of what a value holds on the heap; the mailbox's bound needs the order of magnitude.
const OBJECT_BYTES = 32
const SLOT_BYTES = 8
const STRING_BYTES = 16

export class Copier extends Walk {
  /** Of the last copy: an estimate of what it holds. */
  bytes = 0
  /** Of the last copy: how many instances of classes it holds, which may be the receiver's in a special way, as refs are. */
  kinds = 0
  /** Of the copy in hand: users' code in the middle may make another one. */
  #bytes = 0
  #kinds = 0
  #to: unknown = undefined
  #busy = false

  /** A value equal to `value` that shares no object with it; `to` gets it. Throws NotSendable. */
  copy(value: unknown, to: unknown): unknown {
    if (this.#busy) return this.#aside(value, to)
    this.#bytes = SLOT_BYTES
    this.#kinds = 0
    if (typeof value !== 'object' || value === null) {
      this.depth = 0
      const leaf = this.#leaf(value)
      this.#publish()
      return leaf
    }
    this.#busy = true
    this.#to = to
    this.depth = 0
    try {
      const made = this.#object(value)
      this.#publish()
      return made
    } finally {
      this.forget(0)
      this.#to = undefined
      this.#busy = false
    }
  }

  #publish(): void {
    this.bytes = this.#bytes
    this.kinds = this.#kinds
  }

  #aside(value: unknown, to: unknown): unknown {
    const other = new Copier()
    const made = other.copy(value, to)
    this.bytes = other.bytes
    this.kinds = other.kinds
    return made
  }

  protected override visit(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? this.#object(value) : this.#leaf(value)
  }

  /** A primitive, counted; its slot is counted by what holds it. */
  #leaf(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.#bytes += STRING_BYTES + value.length
        return value
      case 'bigint':
        this.#bytes += bigintBytes(value)
        return value
      case 'function':
      case 'symbol':
        throw this.refusal(describe(value))
      default:
        return value
    }
  }

  #object(value: object): unknown {
    const known = this.met(value)
    if (known !== undefined) return known
    const prototype = Object.getPrototypeOf(value) as object | null
    if (prototype === Object.prototype || prototype === null) return this.#plain(value as Record<string, unknown>)
    if (prototype === Array.prototype && Array.isArray(value)) return this.#array(value)
    const kind = kindOf(value)
    if (kind !== undefined) return this.#kind(value, kind)
    const native = nativeOf(value, prototype)
    if (native === undefined) throw this.refusal(describe(value))
    return this.#native(value, native)
  }

  #plain(from: Record<string, unknown>): object {
    const to: Record<string, unknown> = {}
    this.enter(from, to)
    const { depth } = this
    let bytes = OBJECT_BYTES
    // for-in with a keyed store: measured faster than Object.keys, spread and entries, and as fast as generated code.
    for (const key in from) {
      let value = from[key]
      bytes += SLOT_BYTES
      if (typeof value === 'object' && value !== null) {
        this.step(depth, key)
        value = this.#object(value)
      } else if (typeof value === 'string') {
        bytes += STRING_BYTES + value.length
      } else if (typeof value !== 'number' && typeof value !== 'boolean') {
        // Checked here alone, where it costs little: methods that somebody added to Object.prototype are not the value's.
        if (typeof value === 'function' && !Object.hasOwn(from, key)) continue
        this.step(depth, key)
        this.#leaf(value)
      }
      if (key === '__proto__')
        Object.defineProperty(to, key, { value, enumerable: true, writable: true, configurable: true })
      else to[key] = value
    }
    this.#bytes += bytes
    return to
  }

  #array(from: unknown[]): unknown[] {
    const to: unknown[] = []
    this.enter(from, to)
    const { depth } = this
    let holes = 0
    for (let i = 0; i < from.length; i++) {
      const value = from[i]
      if (typeof value === 'number') {
        to.push(value)
        continue
      }
      if (value === undefined && !(i in from) && ++holes > MAX_HOLES) {
        this.depth = depth
        throw this.refusal(`a sparse array of length ${from.length}`)
      }
      this.step(depth, i)
      to.push(this.visit(value))
    }
    this.#bytes += OBJECT_BYTES + SLOT_BYTES * to.length
    return to
  }

  #kind(value: object, kind: TravelKind<unknown>): unknown {
    this.#kinds++
    this.#bytes += 2 * OBJECT_BYTES
    const quick = kind.copy !== undefined
    if (!quick) this.enterPending(value)
    let made: unknown
    try {
      made = quick ? kind.copy!(value, this.#to) : kind.pack(value, undefined)
    } catch (error) {
      throw this.located(error)
    }
    if (quick) {
      this.enter(value, made)
    } else {
      made = kind.unpack(this.packed(made), this.#to)
      this.settle(value, made)
    }
    return made
  }

  #native(value: object, native: Native): object {
    this.#bytes += OBJECT_BYTES
    if (!native.deep) {
      const made = this.apart(value, native.name, native.copy)
      this.#bytes += (made as Partial<ArrayBuffer>).byteLength ?? SLOT_BYTES
      this.enter(value, made)
      return made
    }
    const parts = this.apart(value, native.name, native.parts)
    this.#bytes += SLOT_BYTES * parts.length
    const empty = native.empty?.(parts)
    if (empty === undefined) this.enterPending(value)
    else this.enter(value, empty)
    const made = native.fill(empty, this.parts(parts, native))
    if (empty === undefined) this.settle(value, made)
    return made
  }
}

/** Below 2^64 a bigint is a word; past it, its digits are counted. */
function bigintBytes(value: bigint): number {
  return BigInt.asIntN(64, value) === value ? STRING_BYTES : STRING_BYTES + (value.toString(16).length >> 1)
}
