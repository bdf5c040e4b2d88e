// The way of a value out of a frame: from a plain tree with marks (`marks.ts`) back to what was sent.
//
// Works in place: the tree was made by decoding, so nobody else holds it, and plain parts of it are already the value.
// Invariants: objects are numbered in the order in which `lowering.ts` entered them, each before what it holds, so a
// mark that refers to one always finds it; a property is defined, never assigned, where its key could reach a prototype.
// The tree is trusted, as it comes from this process or was scanned (wire-scan.ts): a mark that makes no sense is a bug here,
// not an attack. With `names`, it is of the wire dialect, and the system's kinds stand in it in words (core/wire-form.ts).

import { BehaviorUnavailable } from '../core/errors.ts'
import { type Native, nativeTagged } from '../core/natives.ts'
import { codecNamed, type TravelKind } from '../core/sendable.ts'
import { fromWire, type WireNames } from '../core/wire-form.ts'
import { AGAIN, BIG, ENTRIES, ESCAPED, isMark, KIND, MARKED, MINUS_ZERO, NATIVE, ODD_STRING } from './marks.ts'

type Kinds = readonly TravelKind<unknown>[]

/** The value that `tree` stands for; `to` gets it. */
export function raise(tree: unknown, kinds: Kinds, to: unknown, names?: WireNames): unknown {
  if (!Array.isArray(tree) || tree[0] !== MARKED) return tree
  return new Raising(kinds, to, names).value(tree[1])
}

class Raising {
  readonly #kinds: Kinds
  readonly #to: unknown
  readonly #names: WireNames | undefined
  /** By number: what each object of the value has become. */
  readonly #made: unknown[] = []

  constructor(kinds: Kinds, to: unknown, names: WireNames | undefined) {
    this.#kinds = kinds
    this.#to = to
    this.#names = names
  }

  value(node: unknown): unknown {
    if (typeof node !== 'object' || node === null) return node
    if (Array.isArray(node)) return isMark(node[0]) ? this.#marked(node as [string, ...unknown[]]) : this.#items(node)
    if (node instanceof Uint8Array) return node
    this.#made.push(node)
    const object = node as Record<string, unknown>
    for (const key in object) {
      const value = object[key]
      if (typeof value === 'object' && value !== null) object[key] = this.value(value)
    }
    return object
  }

  #items(items: unknown[]): unknown[] {
    this.#made.push(items)
    return this.#each(items)
  }

  #each(items: unknown[]): unknown[] {
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (typeof item === 'object' && item !== null) items[i] = this.value(item)
    }
    return items
  }

  #marked(node: [string, ...unknown[]]): unknown {
    const [mark, first] = node
    switch (mark) {
      case ESCAPED:
        node.shift()
        return this.#items(node)
      case AGAIN:
        return this.#made[first as number]
      case KIND:
        return this.#kind(first as number | string, node[2])
      case ENTRIES:
        return this.#entries(node)
      case MINUS_ZERO:
        return -0
      case ODD_STRING:
        return JSON.parse(first as string)
      case BIG:
        return bigOf(first as string)
      default:
        node.shift()
        return this.#native(nativeTagged(mark.slice(NATIVE.length))!, node)
    }
  }

  #kind(name: number | string, packed: unknown): unknown {
    const kind = typeof name === 'number' ? this.#kinds[name] : codecNamed(name)
    if (kind === undefined) {
      throw new BehaviorUnavailable(
        `codec '${name}' is not known on this thread; call codec() in a module that the behavior's own module imports`,
      )
    }
    const number = this.#made.push(undefined) - 1
    let plain = this.value(packed)
    if (this.#names !== undefined && kind.wire !== undefined) plain = fromWire(kind.wire, plain, this.#names)
    return (this.#made[number] = kind.unpack(plain, this.#to))
  }

  #entries(node: unknown[]): object {
    const object = {}
    this.#made.push(object)
    for (let i = 1; i < node.length; i += 2) {
      const key = this.value(node[i]) as string
      const value = this.value(node[i + 1])
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
    }
    return object
  }

  #native(native: Native, parts: unknown[]): object {
    const number = this.#made.push(undefined) - 1
    if (!native.deep) return (this.#made[number] = native.make(parts))
    const empty = native.empty?.(parts)
    this.#made[number] = empty
    return (this.#made[number] = native.fill(empty, this.#each(parts)))
  }
}

function bigOf(digits: string): bigint {
  return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`)
}
