// Flights from the text of a CSV file with a header, one at a time. Quoted fields, any line end, columns in any order.
//
// Invariants:
// - Rows are checked inside the parser, as they complete: faults come in the file's order, and a good row before a
//   fault is never mistaken for the faulty one, however far the parser reads ahead.
// - What is kept between two rows is bounded: a row has a longest length.
import { pipeline } from 'node:stream'
import { CsvError, type CsvErrorCode, type Options, parse } from 'csv-parse'
import { type Column, columns, type Flight, flightOf, RowError } from './flights.ts'

/** Characters; a real row has about fifty. */
const LONGEST_ROW = 128_000

export async function* csvFlights(text: AsyncIterable<string>): AsyncGenerator<Flight, void, undefined> {
  let header: Header | undefined
  let row = 0
  const onRecord = (fields: string[]): Flight | null => {
    if (header) return header.flight(fields, ++row)
    header = new Header(fields)
    return null
  }
  const parser = parse({
    on_record: onRecord as unknown as NonNullable<Options['on_record']>, // whose type makes records of records only
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true, // counted here, where it can be said what is missing
    max_record_size: LONGEST_ROW,
    skip_empty_lines: true,
    trim: true,
  })
  pipeline(text, parser, () => {}) // its errors come out of the parser
  try {
    yield* parser as AsyncIterable<Flight>
  } catch (error) {
    if (error instanceof CsvError)
      throw new RowError(row + 1, undefined, faults[error.code] ?? `not CSV: ${error.code}`)
    throw error
  }
}

const faults: { readonly [code in CsvErrorCode]?: string } = {
  CSV_QUOTE_NOT_CLOSED: 'the file ends inside a quoted field',
  CSV_INVALID_CLOSING_QUOTE: 'text behind the closing quote of a field',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'text behind the closing quote of a field',
  INVALID_OPENING_QUOTE: 'a quote in the middle of a field',
  CSV_MAX_RECORD_SIZE: `longer than ${LONGEST_ROW} characters, or a quote that is not closed`,
}

/** Where each column stands. */
class Header {
  readonly #width: number
  readonly #places: { readonly [column in Column]: number }

  constructor(names: string[]) {
    this.#width = names.length
    this.#places = Object.fromEntries(columns.map(column => [column, placeOf(column, names)])) as Record<Column, number>
  }

  flight(fields: string[], row: number): Flight {
    const { date, delay, distance, origin, destination } = this.#places
    if (fields.length > this.#width) {
      throw new RowError(row, undefined, `has ${fields.length} fields, where the header has ${this.#width}`)
    }
    return flightOf(
      {
        date: fields[date],
        delay: numberOf(fields[delay]),
        distance: numberOf(fields[distance]),
        origin: fields[origin],
        destination: fields[destination],
      },
      row,
    )
  }
}

function placeOf(column: Column, names: string[]): number {
  const place = names.indexOf(column)
  if (place < 0) throw new RowError('header', column, 'missing')
  if (names.includes(column, place + 1)) throw new RowError('header', column, 'named twice')
  return place
}

/** A field as the value that JSON would have there; text that is no number stays text, to be refused as such. */
function numberOf(field: string | undefined): number | string | undefined {
  return field !== undefined && /^-?\d+(\.\d+)?$/.test(field) ? Number(field) : field
}
