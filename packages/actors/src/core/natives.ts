// JavaScript's own kinds that travel beside plain data: how each comes apart and is made again. The copy within a thread
// and the frame both work by these descriptions, so that neither knows a kind that the other does not.
//
// A flat native has parts that need no further look (numbers, strings, bytes). A deep one holds values: it is made empty,
// so that a cycle may lead back to it, and filled when its parts have been made.
// Invariants: a native is known by its prototype alone, never by a property that anybody can set; properties that users
// hang on a native (other than an Error) stay behind; views over one buffer become views over buffers of their own.

import { packError, unpackError, type PackedError, TroupeError } from './errors.ts'
import { writtenKey } from './sendable.ts'

export interface FlatNative {
  readonly deep: false
  /** Stands for this kind in frames. */
  readonly tag: string
  readonly name: string
  copy(value: object): object
  /** May alias `value`. */
  parts(value: object): unknown[]
  /** Owns its parts. */
  make(parts: unknown[]): object
}

export interface DeepNative {
  readonly deep: true
  readonly tag: string
  readonly name: string
  parts(value: object): unknown[]
  /** Absent: it can be made only from its parts, by `fill`, and so may not hold itself. */
  empty?(parts: unknown[]): object
  fill(target: object | undefined, parts: unknown[]): object
  /** How the way to part `at` is written. */
  step(parts: unknown[], at: number): string
  /** A part of which it is better to arrive without it than not to arrive: it becomes undefined. */
  optional?(at: number): boolean
}
export type Native = FlatNative | DeepNative

const date: FlatNative = {
  deep: false,
  tag: 'd',
  name: 'Date',
  copy: value => new Date((value as Date).getTime()),
  parts: value => [(value as Date).getTime()],
  make: ([time]) => new Date(time as number),
}

const regexp: FlatNative = {
  deep: false,
  tag: 'x',
  name: 'RegExp',
  copy: value => new RegExp((value as RegExp).source, (value as RegExp).flags),
  parts: value => [(value as RegExp).source, (value as RegExp).flags],
  make: ([source, flags]) => new RegExp(source as string, flags as string),
}

const map: DeepNative = {
  deep: true,
  tag: 'm',
  name: 'Map',
  parts(value) {
    const parts: unknown[] = []
    mapForEach.call(value as Map<unknown, unknown>, (item, key) => parts.push(key, item))
    return parts
  },
  empty: () => new Map(),
  fill(target, parts) {
    for (let i = 0; i < parts.length; i += 2) (target as Map<unknown, unknown>).set(parts[i], parts[i + 1])
    return target!
  },
  step: (parts, at) => (at % 2 === 1 ? `.get(${writtenMapKey(parts[at - 1])})` : `.keys()[${at / 2}]`),
}
const mapForEach = Map.prototype.forEach

function writtenMapKey(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key)
  return key === null || (typeof key !== 'object' && typeof key !== 'function') ? String(key) : '…'
}

const set: DeepNative = {
  deep: true,
  tag: 's',
  name: 'Set',
  parts(value) {
    const parts: unknown[] = []
    setForEach.call(value as Set<unknown>, item => parts.push(item))
    return parts
  },
  empty: () => new Set(),
  fill(target, parts) {
    for (const part of parts) (target as Set<unknown>).add(part)
    return target!
  },
  step: (_, at) => `.values()[${at}]`,
}
const setForEach = Set.prototype.forEach

// ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

const ERRORS = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]
const AGGREGATE = ERRORS.length
const ERROR_PROTOTYPES: readonly Error[] = [...ERRORS, AggregateError].map(Kind => Kind.prototype)
const HIDDEN = ['message', 'stack', 'cause', 'errors']

/** The nearest kind of Error that every thread has. */
function errorKind(error: Error): number {
  for (let at: unknown = error; at !== null; at = Object.getPrototypeOf(at)) {
    const kind = ERROR_PROTOTYPES.indexOf(at as Error)
    if (kind >= 0) return kind
  }
  return 0
}

// parts: [kind, key, value, key, value, …]. A user's own error class arrives as its nearest built-in one, under its name.
// An error must arrive, whatever is hung on it (a socket, a request): what cannot travel of it arrives as undefined.
const error: DeepNative = {
  deep: true,
  tag: 'e',
  name: 'Error',
  parts(value) {
    const from = value as Error & Record<string, unknown>
    const kind = errorKind(from)
    const parts: unknown[] = [kind]
    for (const key of HIDDEN) if (key in from) parts.push(key, from[key])
    if (from.name !== ERROR_PROTOTYPES[kind]!.name) parts.push('name', from.name)
    for (const key of Object.keys(from)) if (key !== 'name' && !HIDDEN.includes(key)) parts.push(key, from[key])
    return parts
  },
  empty: ([kind]) => (kind === AGGREGATE ? new AggregateError([]) : new ERRORS[kind as number]!()),
  fill(target, parts) {
    for (let i = 1; i < parts.length; i += 2) {
      const key = parts[i] as string
      const enumerable = key !== 'name' && !HIDDEN.includes(key)
      Object.defineProperty(target, key, { value: parts[i + 1], enumerable, writable: true, configurable: true })
    }
    return target!
  },
  step: (parts, at) => writtenKey(String(parts[at - 1])),
  optional: () => true,
}

const PACKED = ['kind', 'code', 'message', 'actor', 'method', 'ran', 'data', 'cause', 'stack'] as const
const CAUSE = PACKED.indexOf('cause')

// parts: the values of PACKED. Made anew where it arrives; a Refusal's data must travel, a cause need not.
const troupeError: DeepNative = {
  deep: true,
  tag: 't',
  name: 'TroupeError',
  parts(value) {
    const packed = packError(value)
    return PACKED.map(key => packed[key])
  },
  fill: (_, parts) =>
    unpackError(Object.fromEntries(PACKED.map((key, i) => [key, parts[i]])) as unknown as PackedError) as object,
  step: (_, at) => `.${PACKED[at]}`,
  optional: at => at === CAUSE,
}

// ── bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────

// The slice of Uint8Array proper: Buffer's own would alias. It keeps the class of what it slices.
const slice = Uint8Array.prototype.slice

const buffer: FlatNative = {
  deep: false,
  tag: 'ab',
  name: 'ArrayBuffer',
  copy: value => (value as ArrayBuffer).slice(0),
  parts: value => [new Uint8Array(value as ArrayBuffer)],
  make: ([bytes]) => (bytes as Uint8Array).buffer,
}

interface ViewClass {
  readonly name: string
  readonly prototype: object
  new (buffer: ArrayBufferLike): ArrayBufferView
}

function view(tag: string, Class: ViewClass): FlatNative {
  return {
    deep: false,
    tag,
    name: Class.name,
    copy: value => new Class(slice.call(bytesOf(value as ArrayBufferView)).buffer),
    parts: value => [bytesOf(value as ArrayBufferView)],
    make: ([bytes]) => new Class((bytes as Uint8Array).buffer),
  }
}

function bytesOf({ buffer: memory, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(memory, byteOffset, byteLength)
}

const views: [string, ViewClass][] = [
  ['i8', Int8Array],
  ['u8', Uint8Array],
  ['uc', Uint8ClampedArray],
  ['i16', Int16Array],
  ['u16', Uint16Array],
  ['i32', Int32Array],
  ['u32', Uint32Array],
  ['f16', Float16Array],
  ['f32', Float32Array],
  ['f64', Float64Array],
  ['i64', BigInt64Array],
  ['u64', BigUint64Array],
  ['dv', DataView],
]

/** Node's Buffer is a Uint8Array by another prototype; where there is none, there is nothing to know. */
const nodeBuffer: FlatNative = {
  deep: false,
  tag: 'b',
  name: 'Buffer',
  copy: value => Buffer.from(slice.call(bytesOf(value as Buffer)).buffer),
  parts: value => [bytesOf(value as Buffer)],
  make: ([bytes]) => Buffer.from((bytes as Uint8Array).buffer as ArrayBuffer),
}

// ── the tables ──────────────────────────────────────────────────────────────────────────────────────────────────

const byPrototype = new Map<unknown, Native>([
  [Date.prototype, date],
  [Map.prototype, map],
  [Set.prototype, set],
  [RegExp.prototype, regexp],
  [ArrayBuffer.prototype, buffer],
  ...views.map(([tag, Class]): [unknown, Native] => [Class.prototype, view(tag, Class)]),
])
if (typeof Buffer === 'function') byPrototype.set(Buffer.prototype, nodeBuffer)

const byTag = new Map<string, Native>([...byPrototype.values(), error, troupeError].map(native => [native.tag, native]))

/** How an object with this prototype travels, if it is one of JavaScript's own kinds. */
export function nativeOf(value: object, prototype: object | null): Native | undefined {
  const native = byPrototype.get(prototype)
  if (native !== undefined) return native
  if (value instanceof TroupeError) return troupeError
  return value instanceof Error ? error : undefined
}

export function nativeTagged(tag: string): Native | undefined {
  return byTag.get(tag)
}
