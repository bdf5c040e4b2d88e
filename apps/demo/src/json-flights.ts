// Flights from the text of a JSON array of objects, one at a time.
//
// Invariants:
// - The text is handed to the parser in pieces that end at a closing brace, so that a piece completes at most one
//   object: the parser forgets the good rows of a piece that turns bad further on, and with them which row is at fault.
// - What is kept between two rows is bounded: a row (or whatever stands where one should) has a longest length.
import { jsonParser } from 'stream-json/parser.js'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import { type Column, columns, type Flight, flightOf, RowError, shown } from './flights.ts'

/** Characters; a real row has about a hundred. */
const LONGEST_ROW = 128_000

/** What the parser takes for the end of its input: a registered symbol, so that nothing need be imported for it. */
const END = Symbol.for('object-stream.none') as unknown as string

export async function* jsonFlights(text: AsyncIterable<string>): AsyncGenerator<Flight, void, undefined> {
  const elements = new Elements()
  let row = 0
  let sinceRow = 0
  for await (const chunk of text) {
    for (let from = 0; from < chunk.length;) {
      const to = chunk.indexOf('}', from) + 1 || chunk.length
      sinceRow += to - from
      for (const value of elements.take(chunk.slice(from, to), row)) {
        sinceRow = 0
        yield flightOf(objectOf(value, ++row), row)
      }
      if (sinceRow > LONGEST_ROW) throw new RowError(row + 1, undefined, `longer than ${LONGEST_ROW} characters`)
      from = to
    }
  }
  elements.end(row)
}

/** The elements of the array, from its text piece by piece. */
class Elements {
  readonly #tokens = jsonParser({ packValues: true, streamValues: false })
  readonly #element = streamArray()

  /** Those that the piece completes. `row` is how many there were before it. */
  take(piece: string, row: number): unknown[] {
    const completed: unknown[] = []
    try {
      const tokens = this.#tokens(piece)
      if (typeof tokens === 'symbol') return completed // none yet
      for (const token of tokens.values) {
        const element = this.#element(token)
        if (typeof element === 'object' && 'value' in element) completed.push(element.value)
      }
    } catch (error) {
      throw new RowError(row + 1, undefined, `not a JSON array of flights: ${reason(error)}`)
    }
    return completed
  }

  end(row: number): void {
    try {
      this.#tokens(END)
    } catch {
      throw new RowError(row + 1, undefined, 'the file ends before the array does')
    }
  }
}

function objectOf(value: unknown, row: number): Partial<Record<Column, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new RowError(row, undefined, `${shown(value)} is not an object with ${columns.join(', ')}`)
}

/** The parser says `Parser cannot parse input: expected ','`, and of an object alone `Top-level object should be …`. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.startsWith('Top-level')
    ? 'an object stands alone'
    : message.replace(/^Parser (cannot parse input: |has )?/, '')
}
