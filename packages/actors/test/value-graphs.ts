// Any graph of values that may travel, from a seed, and whether two graphs are alike: in every value, prototype, key order
// and flag, and in which places hold one and the same object.
//
// A graph is a list of objects whose items are leaves or other objects of the list, so that cycles and shared references
// are as likely as trees. Keys are mostly those that name something on a prototype or in msgpackr.

import fc from 'fast-check'
import { Refusal } from '../src/core/errors.ts'
import { codec } from '../src/core/values.ts'

export class Point {
  readonly x: unknown
  readonly y: unknown
  constructor(x: unknown, y: unknown) {
    this.x = x
    this.y = y
  }
}
codec(Point, { name: 'conformance/point', pack: p => ({ x: p.x, y: p.y }), unpack: ({ x, y }) => new Point(x, y) })

// ── are two graphs alike? ───────────────────────────────────────────────────────────────────────────────────────

/** Where `a` and `b` differ, or undefined. Two objects are alike when what they hold is, and when they stand in the same places. */
export function difference(
  a: unknown,
  b: unknown,
  at = 'value',
  pairs = new Map<unknown, unknown>(),
  back = new Map<unknown, unknown>(),
): string | undefined {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null)
    return Object.is(a, b) ? undefined : at
  if (pairs.has(a) || back.has(b)) return pairs.get(a) === b && back.get(b) === a ? undefined : `${at} (shared)`
  pairs.set(a, b)
  back.set(b, a)
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${at} (prototype)`
  const left = contents(a)
  const right = contents(b)
  if (left.length !== right.length) return `${at} (size)`
  for (const [i, item] of left.entries()) {
    const found = difference(item, right[i], `${at}/${i}`, pairs, back)
    if (found !== undefined) return found
  }
  return undefined
}

/** Everything that an object holds, in its order. The framework's errors are made where they arrive, stack included. */
function contents(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat(1)
  if (value instanceof Set) return [...value]
  if (value instanceof Date) return [value.getTime()]
  if (value instanceof RegExp) return [value.source, value.flags]
  if (value instanceof DataView) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)]
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<unknown>)]
  const keys = Object.getOwnPropertyNames(value).filter(key => !(key === 'stack' && 'ran' in value))
  return keys.flatMap(key => [
    key,
    Object.getOwnPropertyDescriptor(value, key)!.enumerable,
    (value as Record<string, unknown>)[key],
  ])
}

export function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  found.add(value)
  for (const item of contents(value)) objectsIn(item, found)
  return found
}

// ── any graph ───────────────────────────────────────────────────────────────────────────────────────────────────

const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    0,
    -0,
    Number.NaN,
    Infinity,
    63,
    64,
    127,
    128,
    255,
    256,
    65535,
    65536,
  ),
  fc.constantFrom<unknown>(
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 53,
    -33,
    '\0',
    '\0&',
    '\ud800',
    '\udc00x'.repeat(40),
  ),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary', minLength: 30, maxLength: 300 }),
)
const native = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(/a+/giu, /\//),
  fc.uint8Array().map(bytes => Buffer.from(bytes)),
  fc.uint8Array(),
  fc.int16Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.uint8Array().map(bytes => new Uint8ClampedArray(bytes)),
  fc.uint8Array({ minLength: 2 }).map(bytes => new DataView(bytes.buffer, 1)),
  fc.uint8Array().map(bytes => new Uint8Array(bytes).buffer),
)
const KEYS = [
  'kind',
  'n',
  'id',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  '__keys__',
  'length',
  '1',
  '-1',
  'łódź',
  '\ud83d',
  '',
]
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...KEYS) }, fc.string())

/** One object of a graph; what it holds are leaves or the numbers of other objects. */
const SHAPES = ['object', 'object', 'wide', 'array', 'map', 'set', 'error', 'refusal', 'point'] as const
const node = fc.record({
  shape: fc.constantFrom(...SHAPES),
  items: fc.array(
    fc.record({
      key,
      to: fc.nat({ max: 19 }),
      what: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, leaf, native),
      link: fc.boolean(),
    }),
    { maxLength: 6 },
  ),
})
export const graph = fc.array(node, { minLength: 1, maxLength: 20 })
export type Node = typeof node extends fc.Arbitrary<infer T> ? T : never

/** Builds the graph from the last object to the first; what must be whole when made holds only what is made by then. */
export function build(nodes: Node[], poison?: { at: number; what: unknown }): unknown {
  const made: object[] = nodes.map(({ shape }) =>
    shape === 'array'
      ? []
      : shape === 'map'
        ? new Map()
        : shape === 'set'
          ? new Set()
          : shape === 'error'
            ? new TypeError('fault')
            : {},
  )
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { shape, items } = nodes[i]!
    const whole = shape === 'refusal' || shape === 'point'
    const values = items.map(({ to, what, link }) =>
      link && (!whole || to % nodes.length > i) ? made[to % nodes.length] : what,
    )
    if (poison?.at === i) values.push(poison.what)
    if (shape === 'refusal') made[i] = new Refusal('no', values[0], { cause: values[1] })
    else if (shape === 'point') made[i] = new Point(values[0], values.slice(1))
    else fill(made[i]!, values, at => items[at]?.key ?? 'poison', shape === 'wide')
  }
  return made[0]
}

function fill(target: object, values: unknown[], keyAt: (i: number) => string, wide: boolean): void {
  if (Array.isArray(target)) target.push(...values)
  else if (target instanceof Set) for (const value of values) target.add(value)
  else if (target instanceof Map)
    for (const [i, value] of values.entries()) target.set(i % 2 === 0 ? keyAt(i) : value, value)
  else {
    if (wide) for (let i = 0; i < 25; i++) put(target, `k${i}`, i)
    for (const [i, value] of values.entries()) put(target, keyAt(i), value)
  }
}
function put(target: object, name: string, value: unknown): void {
  if (target instanceof Error && (name === 'stack' || name === 'name')) return
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
}
