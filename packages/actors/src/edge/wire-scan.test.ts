// Bodies that no process of this version writes, by hand: each is refused at once, whatever decoding it would have cost.
// That what is written passes is proved in test/values.conformance.test.ts; chance is in test/nodes/wire-fuzz.test.ts.
import { describe, expect, test } from 'vitest'
import { travelKinds } from '../core/travel-kinds.ts'
import { BadFrame } from './bad-frame.ts'
import { type Admission, WireScan } from './wire-scan.ts'

const scan = new WireScan(travelKinds)
const known: Admission = { place: text => text.startsWith('a~'), protocol: text => text.startsWith('{') }

const ascii = (text: string): number[] => Array.from(text, char => char.charCodeAt(0))
const str = (text: string): number[] => [0xa0 | text.length, ...ascii(text)]
const list = (...items: number[][]): number[] => [0x90 | items.length, ...items.flat()]
/** A tree with marks. */
const marked = (tree: number[]): number[] => [0x92, ...str('\0!'), ...tree]
const again = (number: number): number[] => list(str('\0&'), [number])
const sealed = (body: number[]): number[] => list(str('\0k'), [5], list(str('\0.u8'), [0xc4, body.length, ...body]))
const nothing = [0xc0]
const absent = [0xd4, 0, 0]

function look(body: number[]): string {
  const bytes = Uint8Array.from([0xff, 0xff, 0xc1, ...body, 0xff])
  return scan.body(bytes, 2, bytes.length - 1, known)
}
const many = (times: number, ...unit: number[]): number[] => {
  const count = [24, 16, 8, 0].map(shift => (times >> shift) & 255)
  return [0xdd, ...count, ...Array.from({ length: times }, () => unit).flat()]
}

describe('what is written passes', () => {
  test.each<[string, number[], string]>([
    ['a number', [5], 'other'],
    ['an array', list([5], str('a')), 'array'],
    ['an object', [0x81, ...str('a'), 5], 'object'],
    ['undefined', absent, 'other'],
    ['an array behind a mark', marked(list([5], again(0))), 'array'],
    ["an array that looks like a mark, of the user's", marked(list(str('\0'), str('\0x'))), 'array'],
    ['-0', marked(list(str('\0z'))), 'other'],
    ['an empty array before a string that is like a mark', marked(list([0x90], str('\0z'))), 'array'],
    ['what looks like a mark where none are', list(list(str('\0x'))), 'array'],
    ['a thread', marked(list(str('\0k'), [3], str('a~1/2'))), 'other'],
    ['a late reply of nobody', marked(list(str('\0k'), [1], list(nothing, [0xff]))), 'other'],
    ['an instance of a class of a user', marked(list(str('\0k'), str('point'), [0x80])), 'other'],
    ['a sealed value', marked(sealed([0xc1, ...marked(list(str('\0k'), [3], str('a~1/2')))])), 'other'],
    ['a sealed primitive, and what was there before it', marked(list([0x80], sealed([5]), again(1))), 'array'],
  ])('%s', (_, body, shape) => {
    expect(look(body)).toBe(shape)
  })
})

describe('what is not written is refused', () => {
  test.each<[string, number[]]>([
    ['nothing', []],
    ['more than one value', [1, 1]],
    ['an extension', [0xd4, 1, 0]],
    ['the definition of a record', [0xd4, 0x72, 0x40]],
    ['an extension of eight bytes', [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a date as an extension', [0xc7, 12, 0xff]],
    ['the byte that nothing is', [0xc1]],
    ['bytes outside of an object', [0xc4, 1, 1]],
    ['a float that is short', [0xca, 0, 0, 0, 0]],
    ['a double that is cut', [0xcb, 0, 0]],
    ['a string that is cut', [0xa5, 0x61]],
    ['a string of four gigabytes', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['an array of four billion items', [0xdd, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a map of four billion items', [0xdf, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a key that is a number', [0x81, 1, 1]],
    ['a key that is a bigint', [0x81, 0xcf, 0, 0, 0, 0, 0, 0, 0, 1, 1]],
    ['a string that is not UTF-8', [0xa2, 0xc3, 0x28]],
    ['a lone surrogate', [0xa3, 0xed, 0xa0, 0x80]],
    ['two trees', [0x93, ...str('\0!'), 1, 1]],
    ['a mark for a tree within it', marked(list(str('\0!'), [1]))],
    ['a mark that is none', marked(list(str('\0q'), [1]))],
    ['a mark with the wrong second character', marked(list(str('\0qd'), [1]))],
    ['a kind of object that there is not', marked(list(str('\0.zz'), [1]))],
    ['a reference to what is not there yet', marked(list(again(1)))],
    ['a reference to nothing', marked(again(0))],
    ['a reference by a string', marked(list(list(str('\0&'), str('0'))))],
    ['a reference to an instance from within', marked(list(str('\0k'), str('point'), again(0)))],
    ['an odd string that is an object', marked(list(str('\0u'), str('{}')))],
    ['an odd string that is no JSON', marked(list(str('\0u'), str('"a')))],
    ['a bigint without digits', marked(list(str('\0n'), str('-')))],
    ['a bigint of other digits', marked(list(str('\0n'), str('0x1')))],
    ['-0 with a part', marked(list(str('\0z'), [1]))],
    ['an entry without a value', marked(list(str('\0o'), str('a')))],
    ['an entry whose key is an object', marked(list(str('\0o'), [0x80], [1]))],
    ['a Map with a key alone', marked(list(str('\0.m'), [1]))],
    ['a Date of a bigint', marked(list(str('\0.d'), [0xcf, 0, 0, 0, 0, 0, 0, 0, 1]))],
    ['a Date of nothing', marked(list(str('\0.d')))],
    ['a pattern that is none', marked(list(str('\0.x'), str('('), str('')))],
    ['flags that are none', marked(list(str('\0.x'), str('a'), str('gg')))],
    ['a typed array that ends in the middle of an element', marked(list(str('\0.i16'), [0xc4, 1, 1]))],
    ['bytes that are a string', marked(list(str('\0.u8'), str('a')))],
    ['an error of a kind that there is not', marked(list(str('\0.e'), [8]))],
    ['an error whose property has no name', marked(list(str('\0.e'), [0], [1], [1]))],
    ['an error with too little about it', marked(list(str('\0.t'), str('troupe')))],
    [
      'a refusal to send without a path',
      marked(list(str('\0.t'), str('not-sendable'), ...Array(5).fill(str('')), nothing, nothing, absent)),
    ],
    ['a kind that there is not', marked(list(str('\0k'), [9], [1]))],
    ['a kind of a number and a half', marked(list(str('\0k'), [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], [1]))],
    ['a ref with an item less', marked(list(str('\0k'), [0], list(str('{}'), str('a~1/2'), str('a~1/2'))))],
    ['a ref of a number', marked(list(str('\0k'), [0], list([0], str('a~1/2'), str('a~1/2'), [1])))],
    ['a thread that is not known', marked(list(str('\0k'), [3], str('x~1/2')))],
    ['a thread by its number', marked(list(str('\0k'), [3], [2]))],
    ['a time that is none', marked(list(str('\0k'), [4], str('now')))],
    ['a sealed value that only the process could read that wrote it', marked(sealed([0x90]))],
    ['a sealed value with an unknown thread', marked(sealed([0xc1, ...marked(list(str('\0k'), [3], str('x~1/2')))]))],
    ['a sealed value that is cut', marked(sealed([0xc1, 0x91]))],
    ['a sealed value in a sealed value', marked(sealed([0xc1, ...marked(sealed([5]))]))],
    ['a sealed value of a string', marked(list(str('\0k'), [5], str('a')))],
    ['a sealed value as bytes of another kind', marked(list(str('\0k'), [5], list(str('\0.b'), [0xc4, 1, 5])))],
  ])('%s', (_, body) => {
    expect(() => look(body)).toThrow(BadFrame)
  })

  test('a million levels, and one more than a value may have', () => {
    expect(() => look(Array.from({ length: 1_000_000 }, () => 0x91))).toThrow(/nested/)
    const levels = (count: number): number[] => [...Array.from({ length: count }, () => 0x91), 0xc0]
    expect(look(levels(1003))).toBe('array')
    expect(() => look(levels(1004))).toThrow(/nested/)
  })

  test('so many small parts that memory would be many times the bytes; fewer of them pass', () => {
    expect(() => look(many(200_000, 0x80))).toThrow(/memory/)
    expect(look(many(50_000, 0x80))).toBe('array')
    expect(() => look(marked(many(20_000, ...list(str('\0.e'), [0]))))).toThrow(/memory/)
    // pairs of numbers, which programs do send, take no more than they may
    expect(look(many(400_000, 0x92, 1, 2))).toBe('array')
  })

  test('what costs more than its bytes say', () => {
    const big = list(str('\0n'), str('10000000000000000'))
    expect(() => look(marked(list(list(str('\0.s'), ...Array(14).fill(many(400, ...big))))))).toThrow(/bigints/)
    const pattern = list(str('\0.x'), str('\\p{L}'), str('v'))
    expect(look(marked(many(64, ...pattern)))).toBe('array')
    expect(() => look(marked(many(65, ...pattern)))).toThrow(/classes/)
  })
})

describe('short primitives', () => {
  const primitives = (count: number, ...body: number[]): void => {
    const bytes = Uint8Array.from([...body, 1])
    scan.primitives(bytes, 0, bytes.length - 1, count)
  }
  test('as they are written pass', () => {
    expect(() => primitives(0)).not.toThrow()
    expect(() => primitives(3, 5, ...str('hello'), 0xe0)).not.toThrow()
    expect(() => primitives(4, 0xcb, 1, 2, 3, 4, 5, 6, 7, 8, 0xc3, ...absent, 0xd9, 2, 0x61, 0x61)).not.toThrow()
  })
  test.each<[string, number, number[]]>([
    ['one less than there should be', 2, [5]],
    ['one more', 1, [5, 5]],
    ['one that is cut', 1, [0xcb, 1, 2]],
    ['a record', 1, [0x40]],
    ['an array', 1, [0x90]],
    ['a bigint', 1, [0xcf, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['a string that is not ASCII', 1, [0xa2, 0xc3, 0xa9]],
    ['a string that is not short', 1, [0xd9, 41, ...Array<number>(41).fill(0x61)]],
    ['an extension', 1, [0xd4, 0x72, 0]],
  ])('not %s', (_, count, body) => {
    expect(() => primitives(count, ...body)).toThrow(BadFrame)
  })
})
