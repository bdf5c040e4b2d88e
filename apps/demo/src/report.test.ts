import { expect, test } from 'vitest'
import type { Difference } from './reference.ts'
import { jsonReport, listed, type Outcome, report, verified } from './report.ts'
import type { Screen } from './screen.ts'

const screen: Screen = { live: false, columns: 80, write() {}, paint: (_, text) => text }
const figures = { departed: 3, landed: 2, delayTotal: -5, longestDelay: -1, busiestHour: 7 }
const right: Outcome = { flights: 2_000_000, seconds: 1.25, airports: new Map([['ORD', figures]]), differences: [] }
const off: Difference = { airport: 'ORD', figure: 'landed', actors: 2, reference: 1_003 }
const last = (outcome: Outcome): string => report(outcome, new Map(), screen).trimEnd().split('\n\n').at(-1)!

test('as JSON: one object, one line', () => {
  expect(jsonReport(right)).toBe(
    '{"flights":2000000,"seconds":1.25,"verified":true,"airports":{"ORD":{"departed":3,"landed":2,"delayTotal":-5,"longestDelay":-1,"busiestHour":7}}}\n',
  )
})

test('verified only when everything was compared and nothing differs', () => {
  expect(last(right)).toBe(
    '2,000,000 flights landed at 1 airport in 1.25 s, 1,600,000 a second.\n' +
      'Verified: all 5 figures equal a plain single-threaded reduce of the file.',
  )
  const wrong = { ...right, differences: [off] }
  expect([right, wrong, { ...right, differences: undefined }].map(verified)).toEqual([true, false, false])
  expect(JSON.parse(jsonReport(wrong))).toMatchObject({ verified: false })
  expect(last(wrong)).toContain(
    'NOT verified. 1 figure differs from the plain reduce:\n  ORD landed: 2 by the actors, 1,003 by the reduce',
  )
  expect(last({ ...right, differences: undefined })).toContain(
    'Interrupted: these figures are partial, and not verified.',
  )
})

test('lists what differs, and only so much of it', () => {
  const gone: Difference = { airport: 'ZZZ', figure: 'busiestHour', actors: undefined, reference: null }
  expect(listed([off, gone])).toBe(
    '2 figures differ from the plain reduce:\n' +
      '  ORD landed: 2 by the actors, 1,003 by the reduce\n' +
      '  ZZZ busiestHour: no such airport by the actors, none by the reduce',
  )
  expect(listed(new Array(1_200).fill(off)).split('\n')).toHaveLength(22)
  expect(listed(new Array(1_200).fill(off))).toMatch(/\n {2}and 1,180 more$/)
})

test('nothing landed in no time is no rate', () => {
  expect(last({ flights: 0, seconds: 0, airports: new Map(), differences: undefined })).toMatch(
    /^0 flights landed at 0 airports in 0.00 s\.\n/,
  )
})
