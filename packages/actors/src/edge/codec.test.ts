// The codec: record shapes that all threads agree on, frames that stay what they are, and keys that users make up.
// That frames carry every value as a copy would is proved in test/values.conformance.test.ts.

import { describe, expect, test } from 'vitest'
import { BehaviorUnavailable, NotSendable } from '../core/errors.ts'
import { codec, travel, type TravelKind } from '../core/values.ts'
import { Codec } from './codec.ts'
import { SharedTable } from './shared-table.ts'

const roomy = (): SharedTable => SharedTable.create({ entries: 1024, units: 1 << 16 })

/** What `one` encodes, as `two` decodes it. */
const across = (one: Codec, two: Codec, value: unknown, to?: unknown): unknown => {
  const frame = Uint8Array.from(one.encode(value))
  return two.decode(frame, 0, frame.length, to)
}
const repeat = (times: number, work: (i: number) => void): void => {
  for (let i = 0; i < times; i++) work(i)
}

describe('record shapes', () => {
  test('a recurring shape is named once for all, and its frames carry no keys', () => {
    const table = roomy()
    const [one, two] = [new Codec(table, []), new Codec(table, [])]
    const value = { kind: 'deposit', amount: 500 }
    const first = one.encode(value).length
    repeat(10, () => expect(across(one, two, value)).toEqual(value))
    expect(one.encode(value).length).toBeLessThan(first - 8)
    expect([table.length, table.text(0)]).toEqual([1, '["kind","amount"]'])
    repeat(2, () => expect(across(two, one, value)).toEqual(value))
    repeat(10, () => two.encode(value))
    expect(two.encode(value).length).toBe(one.encode(value).length)
  })

  test('two encoders that learn different shapes at once never disagree', () => {
    const table = roomy()
    const [one, two] = [new Codec(table, []), new Codec(table, [])]
    const frames: [Uint8Array, unknown][] = []
    repeat(300, i => {
      for (const [codecOf, name] of [
        [one, 'a'],
        [two, 'b'],
      ] as const) {
        for (const value of [
          { [`${name}${i % 30}`]: i, x: 1 },
          { list: [{ [`n${(i + (name === 'a' ? 0 : 15)) % 30}`]: i }] },
        ]) {
          frames.push([Uint8Array.from(codecOf.encode(value)), value])
        }
      }
    })
    expect(table.length).toBeGreaterThan(60)
    for (const reader of [one, two, new Codec(table, [])]) {
      for (const [frame, value] of frames) expect(reader.decode(frame, 0, frame.length, undefined)).toEqual(value)
    }
  })

  test('past 32 and past 64 shapes, where numbers take two bytes', () => {
    const table = roomy()
    const [one, two] = [new Codec(table, []), new Codec(table, [])]
    const values = Array.from({ length: 200 }, (_, i) => ({ [`key${i}`]: i, inner: { [`in${i}`]: [i] } }))
    repeat(40, () => values.forEach(value => one.encode(value)))
    expect(table.length).toBe(400)
    for (const value of values) {
      expect(one.encode(value).length).toBeLessThan(16)
      repeat(5, () => expect(across(one, two, value)).toEqual(value))
    }
  })

  test.each([
    ['entries', { entries: 4, units: 1 << 12 }],
    ['room', { entries: 64, units: 60 }],
  ])('a table without %s left: maps, and still right', (_, size) => {
    const table = SharedTable.create(size)
    const [one, two] = [new Codec(table, []), new Codec(table, [])]
    repeat(20, () => {
      for (let i = 0; i < 20; i++)
        expect(across(one, two, { [`key${i}`]: i, same: [{ a: 1 }] })).toEqual({ [`key${i}`]: i, same: [{ a: 1 }] })
    })
    expect(table.length).toBeGreaterThan(0)
    expect(table.tryIntern('one more')).toBe(-1)
  })

  test('keys that users make up fill neither the table nor memory', () => {
    const table = roomy()
    const one = new Codec(table, [])
    repeat(20_000, i => one.encode({ [`user-${i}`]: i, [`session-${i}`]: { [`k${i}`]: 1 } }))
    expect(table.length).toBe(0)
    const steady = { kind: 'after', n: 1 }
    repeat(20, () => one.encode(steady))
    expect([table.length, table.text(0)]).toEqual([1, '["kind","n"]'])
    repeat(10_000, i => one.encode({ [`again-${i % 2000}`]: i }))
    expect(table.length).toBeLessThan(300)
  })

  test('more recurring shapes than there are numbers: the rest as maps, and memory stays flat', () => {
    const table = SharedTable.create({ entries: 2000, units: 1 << 16 })
    const [one, two] = [new Codec(table, []), new Codec(table, [])]
    for (let i = 0; i < 1022; i++) table.intern(JSON.stringify([`taken${i}`]))
    repeat(1100, () => {
      for (const key of ['a', 'b', 'c']) one.encode({ [key]: 1 })
    })
    repeat(30_000, i => one.encode({ [`user-${i}`]: i }))
    expect(table.length).toBeLessThanOrEqual(1025)
    for (const key of ['a', 'b', 'c', 'taken0', 'taken1021', 'user-1'])
      expect(across(one, two, { [key]: 1 })).toEqual({ [key]: 1 })
    expect(one.encode({ a: 1 }).length).toBe(3)
    expect(one.encode({ c: 1 }).length).toBe(4)
  })

  test('very wide objects never become shapes', () => {
    const table = roomy()
    const one = new Codec(table, [])
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, i]))
    repeat(20, () => one.encode(wide))
    expect(table.length).toBe(0)
    expect(across(one, one, wide)).toEqual(wide)
  })

  test('keys that msgpackr or prototypes use themselves', () => {
    const table = roomy()
    const [one, two] = [new Codec(table, []), new Codec(table, [])]
    const odd = [
      '__keys__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'toJSON',
      'then',
      'length',
      'highByte',
      'isShared',
      'read',
      '',
    ]
    const values = [
      {},
      ...odd.map(key => ({ [key]: 1 })),
      ...odd.map(key => ({ a: 1, [key]: { [key]: [] } })),
      { a: 1 },
      JSON.parse('{"__proto__":{"a":1},"b":2}'),
    ]
    repeat(10, () => {
      for (const value of values)
        expect(Object.entries(across(one, two, value) as object)).toEqual(Object.entries(value as object))
    })
    expect(({} as { a?: unknown }).a).toBeUndefined()
  })
})

describe('frames', () => {
  test('are decoded late, twice and anywhere, from any place in any buffer', () => {
    const table = roomy()
    const one = new Codec(table, [])
    const value = {
      at: new Date(5),
      list: [1, { deep: ['text', 'żółć', 'x'.repeat(500)] }],
      bytes: new Uint8Array([1, 2]),
    }
    const frame = Uint8Array.from(one.encode(value))
    repeat(50, i => one.encode({ [`k${i % 5}`]: i }))
    for (const memory of [new ArrayBuffer(frame.length + 300), new SharedArrayBuffer(frame.length + 300)]) {
      for (const start of [0, 1, 7, 299]) {
        const bytes = new Uint8Array(memory).fill(0xc1)
        bytes.set(frame, start)
        const made = new Codec(table, []).decode(bytes, start, start + frame.length, undefined) as typeof value
        bytes.fill(0)
        expect(made).toEqual(value)
      }
    }
  })

  test('a decoded view has memory of its own, and none of the rest of the frame', () => {
    const one = new Codec(roomy(), [])
    const frame = Uint8Array.from(one.encode({ secret: 'text', a: new Float64Array([1, 2]), b: Buffer.from('xyz') }))
    const made = one.decode(frame, 0, frame.length, undefined) as { a: Float64Array; b: Buffer }
    expect([made.a.byteOffset, made.a.buffer.byteLength, made.b.buffer.byteLength]).toEqual([0, 16, 3])
    frame.fill(0)
    one.encode('x'.repeat(1000))
    expect([[...made.a], made.b.toString()]).toEqual([[1, 2], 'xyz'])
  })

  test('a large frame leaves no large buffer behind, and small ones go on', () => {
    const one = new Codec(roomy(), [])
    const large = 'x'.repeat(3_000_000)
    expect(across(one, one, [large])).toEqual([large])
    expect(one.encode([1]).buffer.byteLength).toBeLessThan(100_000)
  })

  test('a primitive is one token', () => {
    const one = new Codec(roomy(), [])
    expect([...one.encode(5)]).toEqual([5])
    expect(Object.is(across(one, one, -0), -0)).toBe(true)
  })

  test('an encode in the middle of another', () => {
    const one = new Codec(roomy(), [])
    const shared = { n: 1 }
    const value = {
      shared,
      get inner() {
        return across(one, one, { shared, again: shared })
      },
      again: shared,
    }
    const made = across(one, one, value) as { shared: object; inner: object; again: object }
    expect(made).toEqual({ shared, inner: { shared, again: shared }, again: shared })
    expect(made.again).toBe(made.shared)
  })
})

describe('kinds', () => {
  class Bound {
    readonly id: number
    readonly to: unknown
    constructor(id: number, to: unknown) {
      this.id = id
      this.to = to
    }
  }
  const bound: TravelKind<Bound> = {
    tag: 'bound',
    copy: (value, to) => new Bound(value.id, to),
    pack: value => value.id,
    unpack: (plain, to) => new Bound(plain as number, to),
  }
  Object.defineProperty(Bound.prototype, travel, { value: bound })

  test('are bound to whoever gets the frame', () => {
    const one = new Codec(roomy(), [bound])
    const value = new Bound(7, 'sender')
    expect(across(one, one, { at: [value, value] }, 'receiver')).toEqual({
      at: [new Bound(7, 'receiver'), new Bound(7, 'receiver')],
    })
  })

  test('that the codec was not given are refused, with the path to them', () => {
    const alone = new Codec(roomy(), [])
    expect(() => alone.encode({ list: [new Bound(7, 'x')] })).toThrow(NotSendable)
    expect(() => alone.encode({ list: [new Bound(7, 'x')] })).toThrow(
      /^value\.list\[0\] is a bound \(there is no system where this goes\), which cannot travel/,
    )
  })

  test("a user's codec is found by name where the frame is read, or missed by name", () => {
    class Here {}
    codec(Here, { name: 'codec-test/here', pack: () => null, unpack: () => new Here() })
    const one = new Codec(roomy(), [])
    const frame = Uint8Array.from(one.encode([new Here()]))
    expect(one.decode(frame, 0, frame.length, undefined)).toEqual([new Here()])
    const renamed = Uint8Array.from(
      Buffer.from(Buffer.from(frame).toString('latin1').replace('test/here', 'test/gone'), 'latin1'),
    )
    expect(() => one.decode(renamed, 0, renamed.length, undefined)).toThrow(BehaviorUnavailable)
    expect(() => one.decode(renamed, 0, renamed.length, undefined)).toThrow(/codec-test\/gone/)
  })
})
