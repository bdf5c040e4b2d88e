// The wire dialect: what only one process knows by number arrives as what the other one knows it by.
// That values arrive as a copy would is proved in test/values.conformance.test.ts.
import { describe, expect, test } from 'vitest'
import { keyOf } from '../core/channel-frame.ts'
import { NotSendable } from '../core/errors.ts'
import { Places } from '../core/places.ts'
import type { Packed } from '../core/platform.ts'
import { travel, type TravelKind } from '../core/sendable.ts'
import { Moment, momentTravel, ThreadNumber, threadNumberTravel } from '../core/thread-number.ts'
import { Codec } from './codec.ts'
import { SharedTable } from './shared-table.ts'
import { wireNames } from './wire-names.ts'

/** What holds numbers of all sorts, as refs and ends of channels do. */
class Mixed {
  readonly items: unknown[]
  constructor(items: unknown[]) {
    this.items = items
  }
}
let raised = 0
const mixedTravel: TravelKind<Mixed> = {
  tag: 'mixed',
  wire: ['protocol', 'channel', 'place', 'place or none', 'moment', { least: 0, most: 9 }, { oneOf: ['a', 'b'] }],
  pack: ({ items }) => items,
  unpack(plain) {
    raised++
    return new Mixed(plain as unknown[])
  },
}
Object.defineProperty(Mixed.prototype, travel, { value: mixedTravel })
const kinds = [mixedTravel, threadNumberTravel, momentTravel] as unknown as TravelKind<unknown>[]

const table = (): SharedTable => SharedTable.create({ entries: 1024, units: 1 << 16 })
function node(id: string, now: number) {
  const [shapes, protocols, places] = [table(), table(), table()]
  const codec = new Codec(
    shapes,
    kinds,
    undefined,
    wireNames(new Places({ id, places }), protocols, () => now),
  )
  return { codec, protocols, places }
}
const bodyOf = ({ bytes, start, end }: Packed): Uint8Array => Uint8Array.from(bytes.subarray(start, end))

function pair() {
  const one = node('a~1', 1000)
  const two = node('b~1', 50)
  one.places.intern('c~1/7')
  one.places.intern('b~1/3')
  two.places.intern('x~1/1')
  one.protocols.intern('P')
  for (const text of ['Q', 'R']) two.protocols.intern(text)
  const far = 4096
  const value = {
    list: [new Mixed([0, keyOf(far, 5), far + 1, -1, 1200, 3, 'b'])],
    threads: [new ThreadNumber(2), new ThreadNumber(far)],
    when: [new Moment(1500), new Moment(Infinity)],
  }
  return { one, two, value: { ...value, again: [value.list[0], value.threads] } }
}
function expectArrived(two: ReturnType<typeof node>, body: Uint8Array): void {
  const made = two.codec.decode(body, 0, body.length, undefined) as ReturnType<typeof pair>['value']
  const place = (text: string): number => 4096 + two.places.idOf(text)
  expect(made.list[0]!.items).toEqual([2, keyOf(place('c~1/7'), 5), 3, -1, 250, 3, 'b'])
  expect(two.protocols.text(2)).toBe('P')
  expect(made.threads.map(({ number }) => number)).toEqual([place('a~1/2'), place('c~1/7')])
  expect(made.when.map(({ at }) => at)).toEqual([550, Infinity])
  expect(made.again[0]).toBe(made.list[0])
  expect(made.again[1]).toBe(made.threads)
}

describe('the wire dialect', () => {
  test('says in words what is numbers of one process', () => {
    const { one, two, value } = pair()
    const body = bodyOf(one.codec.packWire(value))
    expect(Buffer.from(body).includes('c~1/7')).toBe(true)
    expectArrived(two, body)
  })

  test('is what a local body becomes, and nothing is raised on the way', () => {
    const { one, two, value } = pair()
    const local = Uint8Array.from(one.codec.encode(value))
    raised = 0
    const body = bodyOf(one.codec.transcode(local, 0, local.length))
    expect(raised).toBe(0)
    expectArrived(two, body)
    expect(bodyOf(one.codec.transcode(body, 0, body.length))).toEqual(body)
  })

  test('takes primitives and flat records, and needs no table of the sender', () => {
    const { one, two } = pair()
    for (const value of [5, 'short', undefined, 'long '.repeat(20), null, 2n ** 70n]) {
      const body = bodyOf(one.codec.packWire(value))
      expect(two.codec.decode(body, 0, body.length, undefined)).toBe(value)
    }
    const record = { kind: 'deposit', n: 5 }
    const target = new Uint8Array(256)
    for (let i = 0; i < 10; i++) one.codec.encode(record)
    one.codec.writeFlat(record, target, 8) // it learns the shape
    expect(one.codec.writeFlat(record, target, 8)).toBeGreaterThan(0)
    const body = bodyOf(one.codec.transcodeFlat(target, 8))
    expect(two.codec.decode(body, 0, body.length, undefined)).toEqual(record)
  })

  test('refuses what the other process would refuse', () => {
    const { one } = pair()
    expect(() => one.codec.packWire(Array.from({ length: 200_000 }, () => ({})))).toThrow(NotSendable)
    expect(() => one.codec.packWire(Array.from({ length: 65 }, () => /\p{L}/u))).toThrow(NotSendable)
  })
})
