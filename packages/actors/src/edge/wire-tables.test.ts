// The numbers of another process: what it has told of means the same here, and what it may tell of has limits.
import { describe, expect, test } from 'vitest'
import { FIRST_FAR } from '../core/address.ts'
import { Places } from '../core/places.ts'
import { BadFrame } from './bad-frame.ts'
import { SharedTable } from './shared-table.ts'
import { MOST_ENTRIES, PeerTables, ToldTables } from './wire-tables.ts'

const table = (entries = 65_536): SharedTable => SharedTable.create({ entries, units: 1 << 21 })
const protocol = (name: string, ...methods: string[]): string => JSON.stringify({ name, version: 1, methods })
const record = (...data: unknown[]): Uint8Array => new TextEncoder().encode(JSON.stringify(data))

function receiver(entries?: number) {
  const own = { places: new Places({ id: 'b~1', places: table(entries) }), protocols: table(), methods: table() }
  own.methods.intern('mine')
  const peer = new PeerTables({ ...own, lives: () => 3 }, 'a~1')
  return { ...own, peer }
}

describe('tables of a peer', () => {
  test('what a process has, and gets later, is known to the other by the same numbers', () => {
    const [places, protocols, methods] = [table(), table(), table()]
    const told = new ToldTables(places, protocols, methods)
    const { peer, ...own } = receiver()
    places.intern('c~1/4')
    places.intern('b~1/2')
    protocols.intern(protocol('p', 'add', 'lone \ud800'))
    for (const name of ['add', 'lone \ud800', 'x'.repeat(4000)]) methods.intern(name)
    for (const one of told.news()) peer.take(one)
    expect(told.news()).toEqual([])
    for (let i = 0; i < 10_000; i++) methods.intern(`method ${i} ${'x'.repeat(30)}`)
    const records = told.news()
    expect(records.length).toBeGreaterThan(3)
    for (const one of records) peer.take(one)
    for (const number of [0, 1, 2, 3, 5000, methods.length - 1]) {
      expect(own.methods.text(peer.method(number))).toBe(methods.text(number))
    }
    expect(own.protocols.text(peer.protocolNumber(0))).toBe(protocols.text(0))
    expect(own.places.text(peer.thread(FIRST_FAR))).toBe('c~1/4')
    expect(peer.thread(FIRST_FAR + 1)).toBe(2)
    expect(own.places.text(peer.thread(7))).toBe('a~1/7')
    expect([peer.method(methods.length), peer.protocolNumber(1), peer.thread(FIRST_FAR + 2)]).toEqual([-1, -1, -1])
    expect(peer.thread(4095)).toBe(-1)
  })

  test.each<[string, Uint8Array]>([
    ['that is no text', Uint8Array.of(0xff)],
    ['that is no JSON', new TextEncoder().encode('[')],
    ['of nothing', record()],
    ['of no kind', record('shapes', 0, [])],
    ['that begins later', record('methods', 1, ['add'])],
    ['with a number', record('methods', 0, [1])],
    ['with a method that is too long', record('methods', 0, ['x'.repeat(5000)])],
    [
      'with too many',
      record(
        'methods',
        0,
        Array.from({ length: MOST_ENTRIES + 1 }, (_, i) => `${i}`),
      ),
    ],
    ['with a place without a thread', record('places', 0, ['a~1'])],
    ['with a place that has a thread too many', record('places', 0, ['a~1/4095'])],
    ['with a place written otherwise', record('places', 0, ['a~1/01'])],
    ['with a place of an odd name', record('places', 0, ['a b~1/1'])],
    ['with a thread that this process never had', record('places', 0, ['b~1/3'])],
    ['with a protocol that is none', record('protocols', 0, ['{}'])],
    ['with a protocol written otherwise', record('protocols', 0, [`${protocol('p')} `])],
    ['with a protocol that has a method twice', record('protocols', 0, [protocol('p', 'a', 'a')])],
  ])('refuse a record %s', (_, bytes) => {
    expect(() => receiver().peer.take(bytes)).toThrow(BadFrame)
  })

  test('names in arguments are put where records put them, and count', () => {
    const { peer, methods, protocols } = receiver()
    expect(peer.protocol(protocol('p', 'add'))).toBe(true)
    expect([protocols.length, methods.idOf('add')]).toEqual([1, 1])
    expect([peer.place('c~1/1'), peer.place('b~1/2'), peer.place('b~1/3'), peer.protocol('p')]).toEqual([
      true,
      true,
      false,
      false,
    ])
    for (let i = 0; i < MOST_ENTRIES - 2; i++) expect(peer.place(`c~${i.toString(36)}/0`)).toBe(true)
    expect(peer.place('d~1/0')).toBe(false)
    expect(peer.place('c~1/1')).toBe(true)
  })

  test('a table of this process that is full ends the link, and nothing else', () => {
    const { peer } = receiver(2)
    expect([peer.place('c~1/1'), peer.place('c~1/2'), peer.place('c~1/3')]).toEqual([true, true, false])
    expect(peer.thread(0)).toBe(-1)
    expect(() => peer.take(record('places', 0, ['c~1/4']))).toThrow(BadFrame)
  })

  test('a process with more than a peer takes says so, and tells of the others', () => {
    const [places, protocols, methods] = [table(), table(), table()]
    const told = new ToldTables(places, protocols, methods)
    for (let i = 0; i < MOST_ENTRIES; i++) methods.intern(`${i}`)
    expect(told.full).toBe(false)
    methods.intern('one more')
    const { peer } = receiver()
    for (const one of told.news()) peer.take(one)
    expect([told.full, peer.method(MOST_ENTRIES - 1) >= 0, peer.method(MOST_ENTRIES)]).toEqual([true, true, -1])
  })
})
