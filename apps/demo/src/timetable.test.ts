import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Timetable } from './timetable.ts'

const flight = fc.tuple(fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), fc.nat(23), fc.integer({ min: -1e6, max: 1e6 }))

const rows = (table: Timetable): number[][] =>
  Array.from({ length: table.length }, (_, at) => [
    table.origin(at),
    table.destination(at),
    table.hour(at),
    table.delay(at),
  ])

test('gives back what was added, or says that it is not complete', () => {
  fc.assert(
    fc.property(fc.array(flight, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (flights, limit) => {
      const table = new Timetable(limit)
      for (const each of flights) table.add(...each)
      expect(table.complete).toBe(flights.length <= limit)
      expect(rows(table)).toEqual(table.complete ? flights : [])
    }),
  )
})

test('grows far beyond its first size, up to its limit exactly', () => {
  const table = new Timetable(5_000)
  for (let at = 0; at < 5_000; at++) table.add(at, at + 1, at % 24, -at)
  expect(table.complete).toBe(true)
  expect(rows(table)[4_999]).toEqual([4_999, 5_000, 4_999 % 24, -4_999])
  table.add(0, 0, 0, 0)
  expect([table.complete, table.length]).toEqual([false, 0])
})
