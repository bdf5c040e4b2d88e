import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '@troupe/actors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BAD_FILE, FlightFile } from './flight-file.ts'
import type { Flight } from './flights.ts'

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'flights-'))))
afterAll(() => rm(folder, { recursive: true }))

const row = { date: '2001/01/31 17:05', delay: -12, distance: 407, origin: 'LAS', destination: 'OAK' }
const flight: Flight = { hour: 17, delay: -12, distance: 407, origin: 'LAS', destination: 'OAK' }
const object = JSON.stringify(row)
const header = 'date,delay,distance,origin,destination\n'
const line = '2001/01/31 17:05,-12,407,LAS,OAK\n'

async function read(content: string | Uint8Array): Promise<Flight[]> {
  const path = join(folder, 'flights')
  await writeFile(path, content)
  return Array.fromAsync(new FlightFile(path).flights())
}

/** The whole message behind the file's name; anything but a refusal of one line fails. */
async function fault(content: string | Uint8Array): Promise<string> {
  const error = await read(content).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refusal)
  const { code, message } = error as Refusal
  expect(code).toBe(BAD_FILE)
  const start = `${join(folder, 'flights')}: `
  expect(message.startsWith(start)).toBe(true)
  expect(message).not.toContain('\n')
  return message.slice(start.length)
}

describe('good files', () => {
  const files: { [name: string]: [content: string | Uint8Array, rows: number] } = {
    JSON: [`[${object},${object}]`, 2],
    'JSON, spread over lines': [JSON.stringify([row, row, row], null, 2), 3],
    'JSON with a byte order mark': [`\ufeff[${object}]`, 1],
    'JSON with more columns, some deep': [`[{"x":{"y":[{"z":"}"}]},${object.slice(1)}]`, 1],
    CSV: [header + line + line, 2],
    'CSV with a byte order mark': [`\ufeff${header}${line}`, 1],
    'CSV with CRLF': [(header + line + line).replaceAll('\n', '\r\n'), 2],
    'CSV with CR': [(header + line).replaceAll('\n', '\r'), 1],
    'CSV without a last line end': [header + line.trim(), 1],
    'CSV with empty lines': [`\n${header}\n${line}\n\n${line}\n`, 2],
    'CSV with quoted fields': [
      header +
        line
          .trim()
          .split(',')
          .map(field => `"${field}"`)
          .join(','),
      1,
    ],
    'CSV with more columns in another order': [
      'note,destination,origin,delay,distance,date\n"a ""note"",\nof two lines",OAK,LAS,-12,407,2001-01-31 17:05:59\n',
      1,
    ],
    'CSV with spaces around fields': [header + line.replaceAll(',', ' , '), 1],
  }
  test.for(Object.entries(files))('%s', async ([, [content, rows]]) => {
    expect(await read(content)).toEqual(new Array(rows).fill(flight))
  })
})

describe('faults of a file', () => {
  test('missing, a directory, not a directory on the way', async () => {
    const refused = (path: string, what: string) =>
      expect(Array.fromAsync(new FlightFile(path).flights())).rejects.toMatchObject({
        code: BAD_FILE,
        message: `${path}: ${what}`,
      })
    await refused(join(folder, 'none'), 'no such file')
    await refused(folder, 'is a directory, not a file')
    await writeFile(join(folder, 'plain'), '')
    await refused(join(folder, 'plain', 'x'), 'no such file')
  })

  const faults: { [fault: string]: (string | Uint8Array)[] } = {
    'is empty': ['', ' \n\t ', '\ufeff'],
    'holds no flights': ['[]', header],
    'is not UTF-8 text': [
      Uint8Array.of(0x1f, 0x8b, 8, 0, 0),
      Buffer.from(`\ufeff[${object}]`, 'utf16le'),
      Uint8Array.of(0x5b, 0xff),
    ],
    // JSON
    'row 1: not a JSON array of flights: an object stands alone': [object, `${object}\n${object}`],
    'row 2: the file ends before the array does': [
      `[${object}`,
      `[${object},`,
      `[${object},{"date":"20`,
      `[${object},{`,
    ],
    "row 2: not a JSON array of flights: expected ','": [`[${object};`, `[${object}${object}]`],
    'row 2: not a JSON array of flights: expected an object key': [`[${object},{date:1}]`],
    'row 2: not a JSON array of flights: unexpected characters': [`[${object}] and more`],
    'row 1: 1 is not an object with date, delay, distance, origin, destination': ['[1,2,3]'],
    'row 2: null is not an object with date, delay, distance, origin, destination': [`[${object},null,${object}]`],
    'row 1: longer than 128000 characters': ['['.repeat(300_000)],
    'row 2: longer than 128000 characters': [`[${object},{"date":"${'x'.repeat(300_000)}"}]`],
    "row 2, column delay: '-12' is not a whole number of minutes": [`[${object},${object.replace('-12', '"-12"')}]`],
    'row 2, column distance: missing': [`[${object},${object.replace('"distance":407,', '')},17]`],
    // CSV
    'header, column date: missing': ['hello\nworld\n', line, '\0\0\0'],
    'header, column destination: missing': ['date,delay,distance,origin\n', 'date,delay,distance,origin,Destination\n'],
    'header, column delay: named twice': [`delay,${header}`],
    'row 1, column distance: -407 is not a number of miles, 0 or more': [header + line.replace('407', '-407') + 'x\n"'],
    "row 2, column delay: '' is not a whole number of minutes": [header + line + line.replace('-12', '')],
    'row 2, column origin: missing': [`${header}${line}2001/01/31 17:05,-12,407\n`],
    'row 1: has 7 fields, where the header has 5': [`${header}${line.trim()},1,2\n`],
    'row 2: the file ends inside a quoted field': [`${header}${line}"2001/01`],
    'row 2: text behind the closing quote of a field': [`${header}${line}"2001"/01,1,1,A,B\n`],
    'row 2: a quote in the middle of a field': [`${header}${line}20"01,1,1,A,B\n`],
    'row 2: longer than 128000 characters, or a quote that is not closed': [header + line + 'x'.repeat(300_000)],
  }
  test.for(Object.entries(faults))('%s', async ([expected, contents]) => {
    for (const content of contents) expect(await fault(content)).toBe(expected)
  })

  test('text that turns to garbage far behind the beginning', async () => {
    const rows = 5_000 // many reads of the file
    expect(await fault(Buffer.concat([Buffer.from(header + line.repeat(rows)), Uint8Array.of(0xff, 0xff)]))).toMatch(
      /^after row \d+: not UTF-8 text$/,
    )
    expect(await fault(`[${`${object},`.repeat(rows)}7]`)).toMatch(/^row 5001: 7 is not an object/)
    expect(await fault(header + line.repeat(rows) + line.replace('OAK', 'oak') + line.repeat(rows))).toMatch(
      /^row 5001, column destination: 'oak' is not an airport code/,
    )
  })
})

test('tells how much has been read, and begins again when read again', async () => {
  const path = join(folder, 'long')
  await writeFile(path, header + line.repeat(10_000))
  const file = new FlightFile(path)
  expect(file.fraction).toBeUndefined()
  for (let pass = 0; pass < 2; pass++) {
    const fractions = new Set<number | undefined>()
    let rows = 0
    for await (const _ of file.flights()) if (rows++ % 1_000 === 0) fractions.add(file.fraction)
    expect(rows).toBe(10_000)
    expect(file.fraction).toBe(1)
    expect(fractions.size).toBeGreaterThan(2) // streamed: not read at one go
  }
})

test('an abort ends it with the reason of the signal, not with a fault of the file', async () => {
  const path = join(folder, 'aborted')
  await writeFile(path, header + line.repeat(10_000))
  const controller = new AbortController()
  const reason = new Error('enough')
  const reading = (async () => {
    for await (const _ of new FlightFile(path).flights(controller.signal)) controller.abort(reason)
  })()
  await expect(reading).rejects.toBe(reason)
})
