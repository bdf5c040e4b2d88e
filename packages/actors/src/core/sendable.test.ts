// What cannot travel and how it is said so, and how a class learns to travel. Seen through the copy within a thread; that
// frames refuse the same is proved in test/values.conformance.test.ts.

import { describe, expect, test } from 'vitest'
import { InvalidCall, NotSendable, Refusal } from './errors.ts'
import { codec, codecNamed, Copier, travel, type TravelKind } from './values.ts'
import { MAX_DEPTH, MAX_HOLES } from './walk.ts'

const copier = new Copier()
const copy = <T>(value: T): T => copier.copy(value, undefined) as T

function refused(value: unknown): NotSendable {
  try {
    copy(value)
  } catch (error) {
    if (error instanceof NotSendable) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('what is refused', () => {
  class Socket {}
  test.each<[unknown, string, string]>([
    [() => 1, '', 'a function'],
    [{ items: [0, 0, 0, { fn: class {} }] }, '.items[3].fn', 'a function'],
    [[Symbol('s')], '[0]', 'a symbol'],
    [{ map: new Map([['k', { x: Promise.resolve() }]]) }, '.map.get("k").x', 'a promise'],
    [new Map([[Symbol('k'), 1]]), '.keys()[0]', 'a symbol'],
    [{ tags: new Set([1, new Socket()]) }, '.tags.values()[1]', 'an instance of Socket'],
    [{ 'odd key': new Number(1) }, '["odd key"]', 'a boxed number'],
    [[new SharedArrayBuffer(1)], '[0]', 'a SharedArrayBuffer'],
    [{ m: new WeakMap() }, '.m', 'a WeakMap'],
    [{ m: new (class extends Map {})() }, '.m', 'an instance of an unnamed class'],
    [{ o: Object.create({ a: 1 }) }, '.o', 'an object with a prototype of its own'],
    [{ m: new Proxy(new Map(), {}) }, '.m', 'no usable Map'],
    [{ d: Object.create(Date.prototype) }, '.d', 'no usable Date'],
    [new Refusal('no', { why: () => 1 }), '.data.why', 'a function'],
    [
      { error: Object.assign(new Error('x'), { left: new Map([['out', () => 1]]) }), next: { list: [0, () => 1] } },
      '.next.list[1]',
      'a function',
    ],
  ])('case %#', (value, path, what) => {
    expect(refused(value)).toMatchObject({ path, what, code: 'not-sendable' })
  })

  test('depth past the limit, whatever it is made of, and nothing less', () => {
    const nest = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
      let value: unknown = 1
      for (let i = 0; i < levels; i++) value = wrap(value)
      return value
    }
    for (const wrap of [
      (v: unknown) => ({ v }),
      (v: unknown) => [v],
      (v: unknown) => new Map([[1, v]]),
      (v: unknown) => new Set([v]),
    ]) {
      expect(refused(nest(100_000, wrap)).what).toContain('levels deep')
      expect(() => copy(nest(MAX_DEPTH, wrap))).not.toThrow()
    }
    expect(refused(nest(MAX_DEPTH + 2, v => ({ v }))).path).toMatch(/^(\.v){12}…(\.v){12}$/)
  })

  test('a sparse array', () => {
    const sparse: unknown[] = []
    sparse[2 ** 32 - 2] = 1
    expect(refused({ sparse })).toMatchObject({ path: '.sparse', what: 'a sparse array of length 4294967295' })
    expect(copy(new Array(MAX_HOLES))).toHaveLength(MAX_HOLES)
  })

  test("a user's getter that throws is the user's error, and the copier is as good as new", () => {
    const value = {
      a: {
        get b() {
          throw new SyntaxError('mine')
        },
      },
    }
    expect(() => copy(value)).toThrow(SyntaxError)
    expect(copy({ a: [1] })).toEqual({ a: [1] })
  })
})

describe('classes with a codec', () => {
  class Money {
    readonly cents: number
    readonly tags: unknown
    constructor(cents: number, tags: unknown = []) {
      this.cents = cents
      this.tags = tags
    }
  }
  codec(Money, {
    name: 'values-test/money',
    pack: m => [m.cents, m.tags],
    unpack: ([cents, tags]) => new Money(cents, tags),
  })

  test('come out as the class, with what they hold copied and shared as it was', () => {
    const tags = ['a']
    const money = new Money(5, tags)
    const made = copy({ money, again: money, tags })
    expect(made.money).toBeInstanceOf(Money)
    expect(made.again).toBe(made.money)
    expect(made.money.tags).toBe(made.tags)
    expect(made.tags).not.toBe(tags)
  })

  test('are refused by the path through the class, and when they hold themselves', () => {
    expect(refused({ at: [new Money(1, { fn() {} })] })).toMatchObject({ path: '.at[0][1].fn' })
    const tags: unknown[] = []
    tags.push(new Money(1, tags))
    expect(refused(tags[0]).what).toBe('an instance of Money that holds itself')
  })

  test('have a name each', () => {
    expect(() => codec(class Other {}, { name: 'values-test/money', pack: () => 0, unpack: () => ({}) })).toThrow(
      InvalidCall,
    )
    expect(() => codec(Money, { name: 'values-test/other', pack: () => 0, unpack: () => new Money(0) })).toThrow(
      InvalidCall,
    )
    expect(codecNamed('values-test/money')!.tag).toBe('values-test/money')
    expect(codecNamed('constructor')).toBeUndefined()
  })

  test('may copy and refuse in the middle of a copy', () => {
    class Nested {}
    codec(Nested, {
      name: 'values-test/nested',
      pack: () => copier.copy({ deep: [1] }, undefined),
      unpack: () => new Nested(),
    })
    const shared = {}
    const made = copy({ shared, nested: new Nested(), again: shared })
    expect(made.again).toBe(made.shared)
  })

  test('the kind on a prototype gets the receiver, and its refusal gets the path', () => {
    class Bound {
      readonly to: unknown
      constructor(to: unknown) {
        this.to = to
      }
    }
    const kind: TravelKind<Bound> = {
      tag: 'bound',
      copy(value, to) {
        if (value.to === 'elsewhere') throw new NotSendable('', 'bound elsewhere')
        return new Bound(to)
      },
      pack: () => null,
      unpack: (_, to) => new Bound(to),
    }
    Object.defineProperty(Bound.prototype, travel, { value: kind })
    expect(copier.copy({ b: new Bound(1) }, 'me')).toEqual({ b: new Bound('me') })
    expect(refused({ b: [new Bound('elsewhere')] })).toMatchObject({ path: '.b[0]', what: 'bound elsewhere' })
  })
})
