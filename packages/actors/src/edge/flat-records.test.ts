// Flat records against the copy within a thread: what is written comes out equal, and what is not flat is left alone.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Copier } from '../core/values.ts'
import { FlatRecords } from './flat-records.ts'
import { SharedTable } from './shared-table.ts'

const ROOM = 4096
const key = fc.oneof(fc.constantFrom('id', 'kind', 'n', 'at', 'then', 'valueOf', 'toString'), fc.string())
const primitive = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, 2 ** 31, 2 ** 32, 2 ** 53, null, undefined, true, false),
  fc.string({ unit: fc.constantFrom('a', 'Z', '0', ' '), maxLength: 40 }),
)
const record = fc
  .array(fc.tuple(key, primitive), { minLength: 1, maxLength: 24 })
  .map(entries => Object.fromEntries(entries.filter(([name]) => name !== '__proto__')))

function setUp(...shapes: string[][]): { flat: FlatRecords; bytes: Uint8Array; table: SharedTable } {
  const table = SharedTable.create({ entries: 1024, units: 2 ** 16 })
  for (const shape of shapes) table.intern(JSON.stringify(shape))
  return { flat: new FlatRecords(table), bytes: new Uint8Array(ROOM), table }
}

/** Twice, as the first look at an unknown shape only learns it. */
function write({ flat, bytes }: ReturnType<typeof setUp>, value: object, at = 8): number {
  const end = flat.write(value, bytes, at)
  return end < 0 ? flat.write(value, bytes, at) : end
}

describe('an object of short primitives', () => {
  test('comes out equal to its copy, on another thread too', () => {
    fc.assert(
      fc.property(record, value => {
        const here = setUp(['kind', 'n'], Object.keys(value))
        const end = write(here, value)
        expect(end).toBeGreaterThan(8)
        const there = new FlatRecords(new SharedTable(here.table.memory))
        const read = there.read(here.bytes, 8)
        expect(read).toStrictEqual(new Copier().copy(value, undefined))
        expect(Object.keys(read)).toEqual(Object.keys(value))
      }),
    )
  })

  test('may have a key that every object has', () => {
    const all = setUp(['constructor'])
    write(all, { constructor: 1 })
    expect(Object.entries(all.flat.read(all.bytes, 8))).toEqual([['constructor', 1]])
  })

  test('is told from one whose keys begin alike, or come in another order', () => {
    const all = setUp(['a', 'b'], ['a'], ['b', 'a'], ['a', 'b', 'c'])
    for (const value of [{ a: 1, b: 2 }, { a: 1 }, { b: 1, a: 2 }, { a: 1, b: 2, c: 3 }, { a: 9 }]) {
      expect(write(all, value)).toBeGreaterThan(0)
      expect(all.flat.read(all.bytes, 8)).toStrictEqual(value)
    }
  })
})

describe('goes the other way', () => {
  const all = setUp(['a', 'b'])
  class Box {
    a = 1
    b = 2
  }
  test.each([
    ['a shape without a number', { a: 1, c: 2 }],
    ['the beginning of a shape', { a: 1 }],
    ['no keys at all', {}],
    ['an object in it', { a: 1, b: {} }],
    ['a function in it', { a: 1, b: () => 1 }],
    ['a bigint in it', { a: 1, b: 1n }],
    ['a long string in it', { a: 1, b: 'x'.repeat(41) }],
    ['a string beyond ASCII in it', { a: 1, b: 'ü' }],
    ['an instance of a class', new Box()],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1, b: 2 })],
    ['an array', [1, 2]],
    ['a Date', new Date()],
  ])('%s', (_, value) => {
    expect(write(all, value)).toBe(-1)
  })
})
