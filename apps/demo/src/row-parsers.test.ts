// JSON and CSV bring the same flights, in whatever pieces their text comes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvFlights } from './csv-flights.ts'
import { columns, type Flight, flightOf } from './flights.ts'
import { jsonFlights } from './json-flights.ts'

const code = fc.stringMatching(/^[A-Z0-9]{3,4}$/)
const row = fc.record({
  date: fc.constantFrom('2001/01/31 17:05', '2000-02-29T00:00', '2001/12/31 23:59:59'),
  delay: fc.integer({ min: -60, max: 600 }),
  distance: fc.oneof(
    fc.nat(5_000),
    fc.double({ min: 0, max: 5_000, noNaN: true }).map(miles => Number(miles.toFixed(3))),
  ),
  origin: code,
  destination: code,
})
const rows = fc.array(fc.tuple(row, fc.string()), { maxLength: 20 })
const cuts = fc.array(fc.nat(40), { minLength: 1 })

async function* inPieces(text: string, sizes: readonly number[]): AsyncGenerator<string> {
  for (let at = 0, cut = 0; at < text.length; cut++) {
    const size = 1 + sizes[cut % sizes.length]!
    yield text.slice(at, (at += size))
  }
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

test('JSON in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(rows, cuts, fc.constantFrom(0, 2), async (made, sizes, indent) => {
      // A column of any text besides, which must disturb nothing: braces, quotes, escapes.
      const text = JSON.stringify(
        made.map(([fields, note]) => ({ note, ...fields })),
        null,
        indent,
      )
      const expected = made.map(([fields], at) => flightOf(fields, at + 1))
      expect(await Array.fromAsync<Flight>(jsonFlights(inPieces(text, sizes)))).toEqual(expected)
    }),
  )
})

test('CSV in any pieces, with any line end', async () => {
  await fc.assert(
    fc.asyncProperty(rows, cuts, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (made, sizes, end, quote) => {
      const lines = made.map(([fields, note]) =>
        [...columns.map(column => (quote ? quoted(String(fields[column])) : fields[column])), quoted(note)].join(','),
      )
      const text = [[...columns, 'note'].join(','), ...lines, ''].join(end)
      const expected = made.map(([fields], at) => flightOf(fields, at + 1))
      expect(await Array.fromAsync<Flight>(csvFlights(inPieces(text, sizes)))).toEqual(expected)
    }),
  )
})

test('a fault is found in its own row, in whatever pieces the text comes', async () => {
  const good = { date: '2001/01/31 17:05', delay: 1, distance: 1, origin: 'AAA', destination: 'BBB' }
  await fc.assert(
    fc.asyncProperty(fc.nat(20), fc.nat(20), cuts, async (before, after, sizes) => {
      const made = [...new Array(before).fill(good), { ...good, delay: 'late' }, ...new Array(after).fill(good)]
      const json = inPieces(JSON.stringify(made), sizes)
      await expect(Array.fromAsync(jsonFlights(json))).rejects.toMatchObject({ row: before + 1, column: 'delay' })
      const lines = [columns.join(','), ...made.map(fields => Object.values(fields).join(','))].join('\n')
      await expect(Array.fromAsync(csvFlights(inPieces(lines, sizes)))).rejects.toMatchObject({
        row: before + 1,
        column: 'delay',
      })
      // and of the text itself: cut off anywhere behind the rows before
      const cut = JSON.stringify(made.slice(0, before + 1)).slice(0, -1)
      const intact = JSON.stringify([...made.slice(0, before), good]).slice(0, -1)
      if (before > 0)
        await expect(Array.fromAsync(jsonFlights(inPieces(cut, sizes)))).rejects.toMatchObject({ row: before + 1 })
      await expect(Array.fromAsync(jsonFlights(inPieces(intact, sizes)))).rejects.toMatchObject({ row: before + 2 })
    }),
    { numRuns: 40 },
  )
})
