// What may travel, and how a class of one's own learns to.
//
// An object travels in one of four ways: as plain data (objects and arrays), as one of JavaScript's own kinds
// (`natives.ts`), by the `TravelKind` its prototype carries under `travel`, or not at all. Refs, late replies and channel
// ends bring a kind of their own; users add one with `codec(Class, …)`. A kind is found on the prototype, so an object
// from the wire can never claim one, and a name belongs to one class for the life of the process.

import { InvalidCall } from './errors.ts'
import type { WireForm } from './wire-form.ts'

/** Under this key a prototype carries how its instances travel. */
export const travel: unique symbol = Symbol('troupe.travel')

/**
 * How the instances of one class travel. `to` is whoever gets the value: a ref is bound to it.
 * What `pack` returns travels like any other value, so it may hold whatever may travel, but not the instance itself.
 */
export interface TravelKind<T> {
  /** In words; a user's own kind is found by it. Empty for what no frame can carry: its `pack` says why. */
  readonly tag: string
  /** How what `pack` gives is said between processes, where that is not as it is. Of the system's own kinds alone. */
  readonly wire?: WireForm
  /** Within a thread; without it, `unpack` of a copy of what `pack` gives. */
  copy?(value: T, to: unknown): unknown
  /** `from` is the core whose codec packs it; undefined in a copy within a thread. */
  pack(value: T, from: unknown): unknown
  unpack(plain: unknown, to: unknown): T
}

export interface CodecOptions<T> {
  /** Names the class on every thread and node; part of the protocol, so it stays when the class is renamed. */
  name: string
  pack(value: T): unknown
  // The packed form is the user's own: what `pack` returned, as its author declares it here.
  // oxlint-disable-next-line no-explicit-any
  unpack(plain: any): T
}

// oxlint-disable-next-line no-explicit-any
type AnyClass<T> = abstract new (...args: any[]) => T

interface UserKind extends TravelKind<unknown> {
  readonly Class: AnyClass<unknown>
}

// A definition registry, like that of behaviors: it says what a name means, and holds nothing that belongs to a system.
const codecs = new Map<string, UserKind>()

/** Lets instances of `Class` travel: `pack` gives plain data, `unpack` makes the instance again. Module-level, on all threads. */
export function codec<T>(Class: AnyClass<T>, how: CodecOptions<T>): void {
  const known = codecs.get(how.name)
  if (known !== undefined && known.Class !== Class) {
    throw new InvalidCall(`codec '${how.name}' is that of ${known.Class.name} already; give ${Class.name} another name`)
  }
  if (Object.hasOwn(Class.prototype as object, travel) && known === undefined) {
    throw new InvalidCall(`${Class.name} has a codec already; a class travels in one way`)
  }
  const kind: UserKind = {
    Class,
    tag: how.name,
    pack: how.pack,
    unpack: how.unpack,
  }
  codecs.set(how.name, kind)
  Object.defineProperty(Class.prototype, travel, { value: kind, configurable: true })
}

/** The kind that `codec` registered under this name, on this thread. */
export function codecNamed(tag: string): TravelKind<unknown> | undefined {
  return codecs.get(tag)
}

/** The kind that an instance carries; its class's own, or inherited. */
export function kindOf(value: object): TravelKind<unknown> | undefined {
  return (value as { [travel]?: TravelKind<unknown> })[travel]
}

const NAMED = new Map<unknown, string>([
  [Promise.prototype, 'a promise'],
  [WeakMap.prototype, 'a WeakMap'],
  [WeakSet.prototype, 'a WeakSet'],
  [WeakRef.prototype, 'a WeakRef'],
  [SharedArrayBuffer.prototype, 'a SharedArrayBuffer'],
  [Number.prototype, 'a boxed number'],
  [String.prototype, 'a boxed string'],
  [Boolean.prototype, 'a boxed boolean'],
  [BigInt.prototype, 'a boxed bigint'],
  [Symbol.prototype, 'a boxed symbol'],
])

/** In words, what stands where something that can travel should. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  const prototype: unknown = Object.getPrototypeOf(value)
  const known = NAMED.get(prototype)
  if (known !== undefined) return known
  const make: unknown = (prototype as { constructor?: unknown }).constructor
  const name = typeof make === 'function' ? make.name : ''
  if (name === 'Object') return 'an object with a prototype of its own'
  return name === '' ? 'an instance of an unnamed class' : `an instance of ${name}`
}

const PLAIN_NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** A property as a step of a path: `.name`, or `["odd name"]`. */
export function writtenKey(key: string): string {
  return PLAIN_NAME.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
