// The way of a value into a frame: from anything that may travel to a plain tree that msgpack can carry (`marks.ts`).
//
// Refuses exactly what the copy within a thread refuses, with the same path, because both are a Walk. The tree is new,
// so getters run once, and msgpackr meets nothing but plain objects, arrays, Maps, bytes and primitives: no class of the
// user's, no toJSON, and none of its own extensions, which are global to the module and could be somebody else's.
//
// Invariants: `marked` says whether the tree holds a mark; objects are numbered in the order of `enter`, which is the
// order in which `raising.ts` meets them again. An object with many keys becomes a Map, which msgpackr writes as a map and
// reads as an object: wide objects are mostly dictionaries, and never worth a record shape.

import { type Native, nativeOf } from '../core/natives.ts'
import { codecNamed, describe, kindOf, type TravelKind } from '../core/sendable.ts'
import { MAX_HOLES, Walk } from '../core/walk.ts'
import { toWire, type WireNames } from '../core/wire-form.ts'
import { AGAIN, BIG, ENTRIES, ESCAPED, isMark, KIND, MARKED, MINUS_ZERO, NATIVE, ODD_STRING } from './marks.ts'

/** An object with more keys than this is written as a map. */
const WIDEST_RECORD = 24
/** msgpackr keeps a property of this name on the nodes of its key tree, so it may not be a record's key. */
const RESERVED_KEY = '__keys__'

export class Lowering extends Walk {
  readonly #kinds: readonly TravelKind<unknown>[]
  readonly #from: unknown
  readonly #names: WireNames | undefined
  #marked = false
  #busy = false

  /** `from` is handed to each kind's `pack`: whose values these are. `names`: for another process. */
  constructor(kinds: readonly TravelKind<unknown>[], from: unknown, names?: WireNames) {
    super()
    this.#kinds = kinds
    this.#from = from
    this.#names = names
  }

  /** The plain tree that stands for `value`. Throws NotSendable. */
  lower(value: unknown): unknown {
    if (this.#busy) return new Lowering(this.#kinds, this.#from, this.#names).lower(value)
    this.#busy = true
    this.#marked = false
    this.depth = 0
    try {
      const tree = this.visit(value)
      return this.#marked ? [MARKED, tree] : tree
    } finally {
      this.forget(0)
      this.#busy = false
    }
  }

  protected override visit(value: unknown): unknown {
    switch (typeof value) {
      case 'object':
        return value === null ? null : this.#object(value)
      case 'number':
        return value === 0 && 1 / value < 0 ? this.#mark([MINUS_ZERO]) : value
      case 'string':
        return value.isWellFormed() ? value : this.#mark([ODD_STRING, JSON.stringify(value)])
      case 'bigint':
        return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value ? value : this.#big(value)
      case 'function':
      case 'symbol':
        throw this.refusal(describe(value))
      default:
        return value
    }
  }

  #mark(mark: unknown[]): unknown[] {
    this.#marked = true
    return mark
  }

  #big(value: bigint): unknown[] {
    const digits = (value < 0n ? -value : value).toString(16)
    return this.#mark([BIG, value < 0n ? `-${digits}` : digits])
  }

  #object(value: object): unknown {
    const known = this.met(value)
    if (known !== undefined) return this.#mark([AGAIN, known])
    const prototype = Object.getPrototypeOf(value) as object | null
    if (prototype === Object.prototype || prototype === null) return this.#plain(value as Record<string, unknown>)
    if (prototype === Array.prototype && Array.isArray(value)) return this.#array(value)
    const kind = kindOf(value)
    if (kind !== undefined) return this.#kind(value, kind)
    const native = nativeOf(value, prototype)
    if (native === undefined) throw this.refusal(describe(value))
    return this.#native(value, native)
  }

  #plain(from: Record<string, unknown>): unknown {
    this.enter(from, this.count)
    const { depth } = this
    const to: Record<string, unknown> = {}
    let wide: unknown[] | undefined
    let odd = false
    let keys = 0
    for (const key in from) {
      const value = from[key]
      let lowered = value
      if (typeof value !== 'number' || value === 0) {
        if (typeof value === 'function' && !Object.hasOwn(from, key)) continue
        this.step(depth, key)
        lowered = this.visit(value)
      }
      if (key === '__proto__' || !key.isWellFormed()) odd = true
      if (odd || ++keys > WIDEST_RECORD || key === RESERVED_KEY || wide !== undefined) {
        wide ??= Object.entries(to).flat(1)
        wide.push(key, lowered)
      } else {
        to[key] = lowered
      }
    }
    if (wide === undefined) return to
    return odd ? this.#entries(wide) : mapOf(wide)
  }

  /** An object as its entries: each key travels like any string. */
  #entries(entries: unknown[]): unknown[] {
    for (let i = 0; i < entries.length; i += 2) entries[i] = this.visit(entries[i])
    return this.#mark([ENTRIES, ...entries])
  }

  #array(from: unknown[]): unknown[] {
    this.enter(from, this.count)
    const { depth } = this
    const to: unknown[] = []
    let holes = 0
    for (let i = 0; i < from.length; i++) {
      const value = from[i]
      if (i === 0 && isMark(value)) this.#mark(to).push(ESCAPED)
      if (value === undefined && !(i in from) && ++holes > MAX_HOLES) {
        this.depth = depth
        throw this.refusal(`a sparse array of length ${from.length}`)
      }
      this.step(depth, i)
      to.push(this.visit(value))
    }
    return to
  }

  #kind(value: object, kind: TravelKind<unknown>): unknown {
    const number = this.#kinds.indexOf(kind)
    // what no frame can carry says so itself
    if (number < 0 && kind.tag !== '' && codecNamed(kind.tag) !== kind) {
      throw this.refusal(`a ${kind.tag} (there is no system where this goes)`)
    }
    const ordinal = this.count
    this.enterPending(value)
    let plain: unknown
    try {
      plain = kind.pack(value, this.#from)
    } catch (error) {
      throw this.located(error)
    }
    if (this.#names !== undefined && kind.wire !== undefined) plain = toWire(kind.wire, plain, this.#names)
    plain = this.packed(plain)
    this.settle(value, ordinal)
    return this.#mark([KIND, number < 0 ? kind.tag : number, plain])
  }

  #native(value: object, native: Native): unknown {
    let parts = this.apart(value, native.name, native.parts)
    const ordinal = this.count
    if (native.deep && native.empty === undefined) this.enterPending(value)
    else this.enter(value, ordinal)
    if (native.deep) {
      parts = this.parts(parts, native)
      if (native.empty === undefined) this.settle(value, ordinal)
    }
    parts.unshift(NATIVE + native.tag)
    return this.#mark(parts)
  }
}

function mapOf(entries: unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  for (let i = 0; i < entries.length; i += 2) map.set(entries[i], entries[i + 1])
  return map
}
