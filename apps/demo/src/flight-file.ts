// The file of flights: opened, decoded, told apart as JSON or CSV by its first character, and read as a stream.
//
// Invariants:
// - Never the whole file in memory, whatever it holds. A pipe is as good as a file, once.
// - Whatever is wrong with the file becomes a refusal with the code BAD_FILE, so that it keeps its meaning on the way to
//   another thread. Its message is one line, and names the file, and the row and the column where there are such. Anything
//   else thrown is the caller's own abort, or a bug.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Refusal } from '@troupe/actors'
import { csvFlights } from './csv-flights.ts'
import { type Flight, RowError } from './flights.ts'
import { jsonFlights } from './json-flights.ts'

/** The code of the refusal that tells what is wrong with the user's file: missing, unreadable or malformed. */
export const BAD_FILE = 'bad-file'

export class FlightFile {
  readonly path: string
  #size = 0
  #read = 0

  constructor(path: string) {
    this.path = path
  }

  /** How much of the file has been read, 0 to 1; undefined where there is no telling, as with a pipe. */
  get fraction(): number | undefined {
    return this.#size > 0 ? Math.min(1, this.#read / this.#size) : undefined
  }

  /** Every flight of the file, once through. Ends with the signal's reason when that is aborted. */
  async *flights(signal?: AbortSignal): AsyncGenerator<Flight, void, undefined> {
    let row = 0
    try {
      const text = this.#text(signal)
      const opening = await text.next()
      if (opening.done) throw this.#error('is empty')
      const parse = /^[[{]/.test(opening.value) ? jsonFlights : csvFlights
      for await (const flight of parse(joined(opening.value, text))) {
        row++
        yield flight
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw this.#explained(error, row)
    }
    if (row === 0) throw this.#error('holds no flights')
  }

  /** The text in pieces, without what stands before the first character that means something. */
  async *#text(signal: AbortSignal | undefined): AsyncGenerator<string, void, undefined> {
    const found = await stat(this.path)
    if (found.isDirectory()) throw this.#error('is a directory, not a file')
    this.#size = found.isFile() ? found.size : 0
    this.#read = 0
    const decoder = new TextDecoder('utf-8', { fatal: true }) // drops a byte order mark
    let begun = false
    for await (const bytes of createReadStream(this.path, { signal }) as AsyncIterable<Buffer>) {
      this.#read += bytes.length
      const decoded = decoder.decode(bytes, { stream: true })
      const piece: string = begun ? decoded : decoded.trimStart()
      begun ||= piece !== ''
      if (piece !== '') yield piece
    }
    decoder.decode() // throws if the file ends within a character
  }

  #explained(error: unknown, rowsBefore: number): unknown {
    if (error instanceof RowError) {
      const row = error.row === 'header' ? 'header' : `row ${error.row}`
      return this.#error(`${row}${error.column === undefined ? '' : `, column ${error.column}`}: ${error.message}`)
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return this.#error(rowsBefore === 0 ? 'is not UTF-8 text' : `after row ${rowsBefore}: not UTF-8 text`)
    }
    const fault = faults[code]
    if (fault !== undefined) return this.#error(fault)
    // Any other of the operating system's errors: EIO: i/o error, read
    return code !== '' && error instanceof Error && 'syscall' in error ? this.#error(error.message) : error
  }

  #error(message: string): Refusal {
    return new Refusal(BAD_FILE, undefined, { message: `${this.path}: ${message}` })
  }
}

const faults: { readonly [code: string]: string } = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'may not be read (permission denied)',
  EPERM: 'may not be read (permission denied)',
  EISDIR: 'is a directory, not a file',
}

async function* joined(first: string, rest: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield first
  yield* rest
}
