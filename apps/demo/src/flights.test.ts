import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Column, columns, flightOf, RowError } from './flights.ts'

const good = { date: '2001/01/31 17:05', delay: -12, distance: 407, origin: 'LAS', destination: 'OAK' }

/** What is wrong with the good row once this has been changed in it. */
function fault(change: Partial<Record<Column, unknown>>): RowError | undefined {
  try {
    flightOf({ ...good, ...change }, 7)
  } catch (error) {
    if (error instanceof RowError) return error
    throw error
  }
  return undefined
}

test('a good row becomes a flight', () => {
  expect(flightOf(good, 1)).toEqual({ hour: 17, delay: -12, distance: 407, origin: 'LAS', destination: 'OAK' })
})

test('every whole minute of every real day is a date, in both notations', () => {
  const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(
      day,
      fc.constantFrom('/', '-'),
      fc.constantFrom(' ', 'T'),
      fc.boolean(),
      (date, slash, gap, seconds) => {
        const [ymd, time] = date.toISOString().split('T') as [string, string]
        const text = `${ymd.replaceAll('-', slash)}${gap}${time.slice(0, seconds ? 8 : 5)}`
        expect(flightOf({ ...good, date: text }, 1).hour).toBe(date.getUTCHours())
      },
    ),
  )
})

describe('a bad value names its row and column', () => {
  const bad: { [column in Column]: unknown[] } = {
    date: ['2001/02/29 10:00', '2001/13/01 10:00', '2001/00/10 10:00', '2001/04/31 10:00', '1900/02/29 10:00',
      '2001/01/00 10:00', '2001/01/01 24:00', '2001/01/01 10:60', '2001/01-01 10:00', '2001/01/01', '01/01/2001 10:00',
      '2001/01/01 10:00Z', '', 978307200, null],
    delay: [6.5, '6', NaN, Infinity, -Infinity, 1_000_001, -1_000_001, null, true, [3], ''],
    distance: [-1, -0.5, NaN, Infinity, '407', null],
    origin: ['la', 'las', 'LASVE', 'LA S', '', 'LAS\n', 5, null, ['LAS']],
    destination: ['OÅK', '__proto__', {}, 'oak'],
  } // prettier-ignore
  test.for(columns)('%s', column => {
    for (const value of [undefined, ...bad[column]]) {
      const found = fault({ [column]: value })
      expect(found, `${column} ${String(value)}`).toBeInstanceOf(RowError)
      expect(found).toMatchObject({ row: 7, column })
    }
  })
})

test('29 February is a day in leap years only', () => {
  expect(fault({ date: '2000/02/29 10:00' })).toBeUndefined()
  expect(fault({ date: '2004/02/29 10:00' })).toBeUndefined()
  expect(fault({ date: '2100/02/29 10:00' })).toBeDefined()
})

test('whatever the value is, the fault is one printable line of bounded length', () => {
  fc.assert(
    fc.property(fc.constantFrom(...columns), fc.anything({ withBigInt: true, withDate: true }), (column, value) => {
      const message = fault({ [column]: value })?.message ?? ''
      // oxlint-disable-next-line no-control-regex
      expect(message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
      expect(message.length).toBeLessThan(140)
    }),
  )
  expect(fault({ origin: '\x1b[2J\u009b31m\r\n' })?.message).toBe(
    "'\\x1B[2J\\x9B31m\\r\\n' is not an airport code such as ORD",
  )
  expect(fault({ delay: undefined })?.message).toBe('missing')
})

test('minus nought minutes late is on time', () => {
  expect(Object.is(flightOf({ ...good, delay: -0 }, 1).delay, 0)).toBe(true)
})
