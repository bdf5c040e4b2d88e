// The copy within a thread: what it keeps, what it leaves behind, what it counts. (What is refused: sendable.test.ts.)
// That frames do the same is proved in test/values.conformance.test.ts.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActorFault, Expired, NotSendable, Refusal, TroupeError } from './errors.ts'
import { codec, Copier } from './values.ts'

const copier = new Copier()
const copy = <T>(value: T): T => copier.copy(value, undefined) as T

describe('what is kept', () => {
  test.each([1, -0, Number.NaN, 2 ** 53, 'text', '', '\ud800', true, null, undefined, 5n, -(2n ** 90n)])(
    'primitive %s',
    value => {
      expect(Object.is(copy(value), value)).toBe(true)
    },
  )

  test('plain data, equal and not aliased', () => {
    fc.assert(
      fc.property(
        fc.object({ withDate: true, withMap: true, withSet: true, withBigInt: true, withTypedArray: true }),
        value => {
          const made = copy(value)
          expect(made).toEqual(value)
          expect(made).not.toBe(value)
        },
      ),
    )
  })

  test('shared references and cycles, in short and in long values', () => {
    for (const size of [2, 15, 16, 17, 200]) {
      const shared = { n: 1 }
      const value: { items: { of: object; root?: unknown }[]; again?: unknown } = { items: [] }
      for (let i = 0; i < size; i++) value.items.push({ of: shared, root: value })
      value.again = value.items.at(-1)
      const made = copy(value)
      expect(made.items[0]!.of).not.toBe(shared)
      expect(made.items.every(item => item.of === made.items[0]!.of && item.root === made)).toBe(true)
      expect(made.again).toBe(made.items.at(-1))
    }
  })

  test('a shared object is not remembered from one copy to the next', () => {
    const value = { a: {} }
    expect(copy(value).a).not.toBe(copy(value).a)
  })

  test('bytes, each view with memory of its own', () => {
    const memory = new ArrayBuffer(16)
    const views = {
      a: new Uint8Array(memory, 2, 3),
      b: new Float64Array(memory),
      c: Buffer.from('abc'),
      d: new DataView(memory, 4),
    }
    new Uint8Array(memory).set([1, 2, 3, 4, 5, 6])
    const made = copy(views)
    expect(made).toEqual(views)
    expect(made.a.byteOffset).toBe(0)
    expect(made.a.buffer.byteLength).toBe(3)
    expect(Buffer.isBuffer(made.c)).toBe(true)
    made.a[0] = 99
    expect(views.a[0]).toBe(3)
    made.c[0] = 0
    expect(views.c.toString()).toBe('abc')
  })

  test.each<object>([
    new Date(5),
    new Date(Number.NaN),
    /a+/giu,
    new Map([[1, { a: 1 }]]),
    new Set(['a']),
    new Int8Array([-1, 2]),
    new Uint8Array([1, 2]),
    new Uint8ClampedArray([255]),
    new Int16Array([-300]),
    new Uint16Array([300]),
    new Int32Array([-70_000]),
    new Uint32Array([4e9]),
    new Float16Array([0.5]),
    new Float32Array([0.5]),
    new Float64Array([0.1]),
    new BigInt64Array([-1n]),
    new BigUint64Array([2n ** 64n - 1n]),
    new Uint8Array([7, 8]).buffer,
    Buffer.from('abc'),
    new DataView(new Uint8Array([1, 2, 3]).buffer, 1),
  ])('%o', value => {
    const made = copy([value])[0]!
    expect(made).toStrictEqual(value)
    expect(made).not.toBe(value)
    expect(Object.getPrototypeOf(made)).toBe(Object.getPrototypeOf(value))
  })

  test('an error: kind, name, stack, cause, code and its own properties', () => {
    class Broken extends RangeError {
      override name = 'Broken'
      code = 'EBROKEN'
      detail = { at: 3 }
    }
    const error = new Broken('it broke', { cause: new TypeError('why') })
    const made = copy(error)
    expect(made).not.toBe(error)
    expect(made.constructor).toBe(RangeError)
    expect([made.name, made.message, made.code, made.detail, made.stack]).toEqual([
      'Broken',
      'it broke',
      'EBROKEN',
      { at: 3 },
      error.stack,
    ])
    expect(made.cause).toBeInstanceOf(TypeError)
    expect(made.detail).not.toBe(error.detail)
    expect(Object.keys(made)).toEqual(['code', 'detail'])
    expect(copy(new AggregateError([new Error('one')], 'all')).errors[0].message).toBe('one')
  })

  test('an error arrives without what cannot travel, wherever the walk had got to', () => {
    const shared = { n: 1 }
    const error = Object.assign(new Error('fault', { cause: () => 1 }), {
      socket: { shared, more: [{}, { fn() {} }] },
      shared,
      port: 80,
    })
    const made = copy({ error, shared })
    expect(made.error).toMatchObject({ message: 'fault', cause: undefined, socket: undefined, port: 80 })
    expect(made.error.shared).toBe(made.shared)
    expect(made.shared).toEqual({ n: 1 })
  })

  test("the framework's errors come out as their class, with their fields", () => {
    const refusal = copy(new Refusal('no-money', { missing: 3 }))
    expect(refusal).toBeInstanceOf(Refusal)
    expect(refusal).toMatchObject({ code: 'no-money', data: { missing: 3 }, ran: 'yes' })
    const fault = copy(new ActorFault('bank failed', { method: 'pay', ran: 'yes', cause: new RangeError('deep') }))
    expect(fault).toBeInstanceOf(ActorFault)
    expect(fault).toMatchObject({ code: 'fault', method: 'pay', ran: 'yes', message: 'bank failed' })
    expect(fault.cause).toBeInstanceOf(RangeError)
    expect(copy(new Expired('late'))).toBeInstanceOf(Expired)
    expect(copy(new NotSendable('.a', 'a function'))).toMatchObject({ path: '.a', what: 'a function' })
    expect(copy(new TroupeError('own', 'text'))).toMatchObject({ code: 'own', message: 'text' })
  })
})

describe('what stays behind', () => {
  test('getters become values, read once; frozenness, hidden and symbol properties do not travel', () => {
    let reads = 0
    const value = Object.freeze(
      Object.defineProperty(
        {
          get n() {
            return ++reads
          },
          [Symbol('s')]: 1,
        },
        'hidden',
        { value: 1 },
      ),
    )
    const made = copy(value) as { n: number }
    expect(Object.getOwnPropertyDescriptors(made)).toEqual({
      n: { value: 1, writable: true, enumerable: true, configurable: true },
    })
    expect(reads).toBe(1)
  })

  test('holes arrive as undefined, an object without a prototype as a plain one', () => {
    expect(Object.keys(copy(Object.assign(new Array<number>(3), { 0: 1, 2: 3 })))).toEqual(['0', '1', '2'])
    expect(Object.getPrototypeOf(copy(Object.create(null)))).toBe(Object.prototype)
  })

  test('keys that name something on a prototype are ordinary keys', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":2,"then":3}') as Record<
      string,
      unknown
    >
    const made = copy(value)
    expect(Object.keys(made)).toEqual(['__proto__', 'constructor', 'toString', 'then'])
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
    expect((made as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.getOwnPropertyDescriptor(made, '__proto__')!.value).not.toBe(
      Object.getOwnPropertyDescriptor(value, '__proto__')!.value,
    )
  })

  test('methods that somebody put on Object.prototype', () => {
    Object.defineProperty(Object.prototype, 'extended', {
      value() {},
      enumerable: true,
      configurable: true,
      writable: true,
    })
    const made = copy({ a: 1 })
    delete (Object.prototype as { extended?: unknown }).extended
    expect(Object.getOwnPropertyNames(made)).toEqual(['a'])
  })
})

test('bytes: within a factor of the size that is held, and of the last copy only', () => {
  const sizeOf = (value: unknown): number => {
    copy(value)
    return copier.bytes
  }
  expect(sizeOf(1)).toBeLessThanOrEqual(16)
  expect(sizeOf({ kind: 'add', n: 1 })).toBeGreaterThan(30)
  expect(sizeOf({ kind: 'add', n: 1 })).toBeLessThan(150)
  for (const value of [
    'x'.repeat(1e6),
    Buffer.alloc(1e6),
    [new Float64Array(125_000)],
    new Map([['k', 'x'.repeat(1e6)]]),
    2n ** 8_000_000n,
    new Array(125_000).fill(1),
  ]) {
    expect(sizeOf(value)).toBeGreaterThanOrEqual(1e6)
    expect(sizeOf(value)).toBeLessThan(1.1e6)
  }
  expect(sizeOf(null)).toBeLessThanOrEqual(16)
})

test('a codec that copies something in the middle does not disturb the way back to what is refused', () => {
  class Inner {}
  codec(Inner, {
    name: 'values/inner',
    pack: () => {
      copy('a primitive')
      return { bad: () => {} }
    },
    unpack: () => new Inner(),
  })
  expect(() => copy({ items: [new Inner()] })).toThrow(/^value\.items\[0\]\.bad is a function/)
})
