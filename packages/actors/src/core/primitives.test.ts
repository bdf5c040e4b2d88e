// Primitives by hand: what is written is what msgpackr reads, and what is read is what msgpackr writes.

import fc from 'fast-check'
import { Packr, Unpackr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import {
  HOT_STRING,
  NOT_PRIMITIVE,
  PRIMITIVE_BYTES,
  readPrimitive,
  skipPrimitive,
  writePrimitive,
} from './primitives.ts'

const packr = new Packr({ structures: [] })
const AT = 5
const target = new Uint8Array(new SharedArrayBuffer(AT + PRIMITIVE_BYTES + 8))

const EDGES = [
  0,
  31,
  32,
  63,
  64,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  2 ** 63,
]
const numbers = [
  ...EDGES,
  ...EDGES.map(n => -n),
  ...EDGES.map(n => -n - 1),
  0.5,
  -0.1,
  Number.NaN,
  Infinity,
  -Infinity,
  5e-324,
  1.797e308,
]
const strings = ['', 'a', 'deposit', '__proto__', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(HOT_STRING), '\0', '\x7f']
const anyPrimitive = fc.oneof(
  fc.constantFrom<unknown>(...numbers, ...strings, true, false, null, undefined),
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.string({ unit: fc.integer({ min: 0, max: 127 }).map(n => String.fromCharCode(n)), maxLength: HOT_STRING }),
)

function written(value: unknown): Uint8Array {
  target.fill(0xee)
  const end = writePrimitive(value, target, AT)
  expect(end).toBeGreaterThan(AT)
  expect(end - AT).toBeLessThanOrEqual(PRIMITIVE_BYTES)
  expect(target[AT - 1]).toBe(0xee)
  expect(target[end]).toBe(0xee)
  return target.slice(AT, end)
}

describe('a hot primitive', () => {
  test('comes back as itself, also by way of msgpackr', () => {
    fc.assert(
      fc.property(anyPrimitive, value => {
        const bytes = written(value)
        expect(Object.is(readPrimitive(target, AT), value)).toBe(true)
        expect(skipPrimitive(target, AT)).toBe(AT + bytes.length)
        expect(Object.is(new Unpackr({ structures: [] }).unpack(bytes), value)).toBe(true)
      }),
      {
        numRuns: 5000,
        examples: [...numbers, ...strings, true, false, null, undefined].map((value): [unknown] => [value]),
      },
    )
  })

  test("is read as msgpackr writes it, and msgpackr's bytes are ours (but for -0, which it loses)", () => {
    fc.assert(
      fc.property(anyPrimitive, value => {
        fc.pre(!Object.is(value, -0))
        const bytes = packr.pack(value)
        expect(Object.is(readPrimitive(bytes, 0), value)).toBe(true)
        expect([...written(value)]).toEqual([...bytes])
      }),
      {
        numRuns: 3000,
        examples: [...numbers, ...strings].filter(value => !Object.is(value, -0)).map((value): [unknown] => [value]),
      },
    )
  })

  test('strings that fall on one place of the memory of seen ones stay apart', () => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3000; i++) {
        const text = `user-${(i * 7919) % 3000}-x`
        writePrimitive(text, target, AT)
        expect(readPrimitive(target, AT)).toBe(text)
      }
    }
  })
})

describe('anything else', () => {
  test.each<unknown>([
    {},
    [],
    { a: 1 },
    1n,
    2n ** 63n,
    'é',
    'x'.repeat(HOT_STRING + 1),
    '\ud800',
    new Date(),
    Symbol('s'),
    () => 1,
    Buffer.from('a'),
  ])('%o is not written', value => {
    expect(writePrimitive(value, target, AT)).toBe(-1)
  })

  test.each<unknown>([
    {},
    [],
    { a: 1 },
    [1],
    1n,
    -1n,
    'é',
    'zażółć',
    'x'.repeat(HOT_STRING + 1),
    'é'.repeat(300),
    new Map(),
    new Date(),
    Buffer.from('a'),
    new Array(20).fill(0),
  ])('%o is not read', value => {
    expect(readPrimitive(packr.pack(value), 0)).toBe(NOT_PRIMITIVE)
  })
})
