// One row of a flight file: what it must hold, and the one line that says what is wrong with it.
//
// Invariants:
// - A Flight has been checked entirely; whoever holds one checks nothing again.
// - Delays are whole minutes. Sums of integers come out the same in whatever order airports add them up, sums of
//   fractions do not, and then no figure could be verified.
// - Rows count from 1; a CSV header is not one of them.
import { inspect } from 'node:util'

/** The columns that a flight file has; it may have more, in any order. */
export const columns = ['date', 'delay', 'distance', 'origin', 'destination'] as const
export type Column = (typeof columns)[number]

export interface Flight {
  readonly origin: string
  readonly destination: string
  /** Hour of its departure, 0–23, as the file gives it: local time. */
  readonly hour: number
  /** Minutes late at its destination; negative when early. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
}

/** A row is malformed. Its reader's file is still to be named. */
export class RowError extends Error {
  readonly row: number | 'header'
  readonly column: Column | undefined
  constructor(row: number | 'header', column: Column | undefined, message: string) {
    super(message)
    this.row = row
    this.column = column
  }
}

/** Checks one row. `fields` has the values as JSON has them: numbers are numbers, what is absent is undefined. */
export function flightOf(fields: Readonly<Partial<Record<Column, unknown>>>, row: number): Flight {
  return {
    hour: hourOf(fields.date, row),
    delay: delayOf(fields.delay, row),
    distance: distanceOf(fields.distance, row),
    origin: airportOf('origin', fields.origin, row),
    destination: airportOf('destination', fields.destination, row),
  }
}

const MOMENT = /^(\d{4})([/-])(\d\d)\2(\d\d)[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/

function hourOf(date: unknown, row: number): number {
  const parts = typeof date === 'string' ? MOMENT.exec(date) : null
  if (parts && isDay(Number(parts[1]), Number(parts[3]), Number(parts[4]))) return Number(parts[5])
  throw wrong(row, 'date', date, 'a date and time such as 2001/01/31 17:05')
}

function isDay(year: number, month: number, day: number): boolean {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return month >= 1 && month <= 12 && day >= 1 && day <= days
}

/** Two years: more is no delay, and less keeps the sums exact for more flights than anybody will replay. */
const MAX_DELAY = 1_000_000

function delayOf(delay: unknown, row: number): number {
  if (!Number.isInteger(delay)) throw wrong(row, 'delay', delay, 'a whole number of minutes')
  const minutes = (delay as number) + 0 // -0 becomes 0, as it will once it has been added to a sum
  if (Math.abs(minutes) > MAX_DELAY) throw wrong(row, 'delay', delay, 'a delay of at most 1000000 minutes')
  return minutes
}

function distanceOf(distance: unknown, row: number): number {
  if (Number.isFinite(distance) && (distance as number) >= 0) return distance as number
  throw wrong(row, 'distance', distance, 'a number of miles, 0 or more')
}

const CODE = /^[A-Z0-9]{3,4}$/

function airportOf(column: 'origin' | 'destination', code: unknown, row: number): string {
  if (typeof code === 'string' && CODE.test(code)) return code
  throw wrong(row, column, code, 'an airport code such as ORD')
}

function wrong(row: number, column: Column, value: unknown, expected: string): RowError {
  if (value === undefined) return new RowError(row, column, 'missing')
  return new RowError(row, column, `${shown(value)} is not ${expected}`)
}

/** A value from the file as a short printable piece of one line, whatever it holds. */
export function shown(value: unknown): string {
  const text = inspect(value, {
    breakLength: Infinity,
    compact: true,
    depth: 0,
    maxArrayLength: 3,
    maxStringLength: 32,
  })
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
