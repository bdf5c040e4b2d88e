import { stripVTControlCharacters, styleText } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Screen } from './screen.ts'
import { busiest, type Row, table } from './table.ts'

const plain: Pick<Screen, 'paint'> = { paint: (_, text) => text }
const coloured: Pick<Screen, 'paint'> = { paint: (how, text) => styleText(how, text, { validateStream: false }) }

const none = { departed: 0, landed: 0, delayTotal: 0, longestDelay: 0, busiestHour: null }
const ohare: Row = {
  code: 'ORD',
  place: { name: "Chicago O'Hare", city: 'Chicago' },
  departed: 1095,
  landed: 1160,
  delayTotal: 10_680,
  longestDelay: 522,
  busiestHour: 8,
}

test('looks like this', () => {
  const dallas: Row = {
    ...none,
    code: 'DFW',
    place: { name: 'Dallas-Fort Worth', city: 'Dallas-Fort Worth' },
    departed: 5,
    landed: 3,
    delayTotal: -1,
    longestDelay: -12,
    busiestHour: 19,
  }
  const unknown: Row = { ...none, code: 'ZZZZ', place: undefined }
  expect(table([ohare, dallas, unknown], plain, 90)).toBe(
    [
      'code  airport            city               departed  landed  delay  longest   peak',
      "ORD   Chicago O'Hare     Chicago               1,095   1,160    9.2      522  08:00",
      'DFW   Dallas-Fort Worth  Dallas-Fort Worth         5       3   -0.3      -12  19:00',
      'ZZZZ                                               0       0      –        –      –',
      '',
    ].join('\n'),
  )
})

const row: fc.Arbitrary<Row> = fc.record({
  code: fc.stringMatching(/^[A-Z]{3,4}$/),
  place: fc.option(
    fc.record({ name: fc.stringMatching(/^[a-z ]{0,40}$/), city: fc.stringMatching(/^[a-z ]{0,30}$/) }),
    { nil: undefined },
  ),
  departed: fc.nat(99_999),
  landed: fc.nat(99_999),
  delayTotal: fc.integer({ min: -99_999, max: 999_999 }),
  longestDelay: fc.integer({ min: -60, max: 9_999 }),
  busiestHour: fc.option(fc.nat(23)),
})

test('fits 80 columns, lines up, and is the same text with colour and without', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), rows => {
      const text = table(rows, plain, 80)
      expect(stripVTControlCharacters(table(rows, coloured, 80))).toBe(text)
      const lines = text.trimEnd().split('\n')
      expect(lines).toHaveLength(rows.length + 1)
      expect(new Set(lines.map(line => line.length)).size).toBe(1) // every line ends with a figure
      expect(lines[0]!.length).toBeLessThanOrEqual(80)
    }),
  )
})

test('busiest first, by departures and landings together; the code decides a tie', () => {
  const airports = new Map([
    ['BBB', { ...none, departed: 2, landed: 1 }],
    ['AAA', { ...none, departed: 1, landed: 2 }],
    ['CCC', { ...none, landed: 9 }],
    ['DDD', none],
  ])
  expect(busiest(airports, 3).map(([code]) => code)).toEqual(['CCC', 'AAA', 'BBB'])
})
