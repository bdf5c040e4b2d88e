import { describe, expect, test } from 'vitest'
import type { Difference } from './reference.ts'
import { jsonReport, listed, type Outcome, report, right, type ThreadLoss, verified } from './report.ts'
import type { Screen } from './screen.ts'

const screen: Screen = { live: false, columns: 80, write() {}, paint: (_, text) => text }
const figures = { departed: 3, landed: 2, delayTotal: -5, longestDelay: -1, busiestHour: 7 }
const fine: Outcome = {
  flights: 2_000_000,
  seconds: 1.25,
  airports: new Map([['ORD', figures]]),
  differences: [],
  moves: undefined,
  loss: undefined,
}
const off: Difference = { airport: 'ORD', figure: 'landed', actors: 2, reference: 1_003 }
const last = (outcome: Outcome): string => report(outcome, new Map(), screen).trimEnd().split('\n\n').at(-1)!

test('as JSON: one object, one line', () => {
  expect(jsonReport(fine)).toBe(
    '{"flights":2000000,"seconds":1.25,"verified":true,"airports":{"ORD":{"departed":3,"landed":2,"delayTotal":-5,"longestDelay":-1,"busiestHour":7}}}\n',
  )
})

test('verified only when everything was compared and nothing differs', () => {
  expect(last(fine)).toBe(
    '2,000,000 flights landed at 1 airport in 1.25 s, 1,600,000 a second.\n' +
      'Verified: all 5 figures equal a plain single-threaded reduce of the file.',
  )
  const wrong = { ...fine, differences: [off] }
  expect([fine, wrong, { ...fine, differences: undefined }].map(verified)).toEqual([true, false, false])
  expect(JSON.parse(jsonReport(wrong))).toMatchObject({ verified: false })
  expect(last(wrong)).toContain(
    'NOT verified. 1 figure differs from the plain reduce:\n  ORD landed: 2 by the actors, 1,003 by the reduce',
  )
  expect(last({ ...fine, differences: undefined })).toContain(
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
  expect(
    last({ flights: 0, seconds: 0, airports: new Map(), differences: undefined, moves: undefined, loss: undefined }),
  ).toMatch(/^0 flights landed at 0 airports in 0.00 s\.\n/)
})

describe('moves', () => {
  const pauses = Array.from({ length: 1_200 }, (_, n) => (1_200 - n) / 100) // 0.01 to 12
  const moved: Outcome = { ...fine, moves: { wanted: 1_200, done: 1_200, failed: {}, nodes: 1, pauses } }

  test('are told between the flights and the verdict', () => {
    expect(last(moved).split('\n')).toEqual([
      expect.stringContaining('flights landed'),
      '1,200 moves between threads: a pause of 6.00 ms (p50), 11.88 ms (p99).',
      expect.stringContaining('Verified'),
    ])
  })
  test('between nodes', () => {
    const { moves } = moved
    expect(last({ ...fine, moves: { ...moves!, nodes: 3 } })).toContain('\n1,200 moves between 3 nodes: a pause of')
  })
  test('that did not take place are told by their reason, and those that were never tried show', () => {
    const moves = { wanted: 9_000, done: 1, failed: { late: 1_000, gone: 1 }, nodes: 1, pauses: [0.256] }
    expect(
      last({ ...fine, moves })
        .split('\n')
        .slice(1, 3),
    ).toEqual([
      '1 move of 9,000 between threads: a pause of 0.26 ms (p50), 0.26 ms (p99).',
      '1,001 moves did not take place: 1,000 late, 1 gone.',
    ])
  })
  test('none done is no pause', () => {
    const moves = { wanted: 1, done: 0, failed: { state: 1 }, nodes: 1, pauses: [] }
    expect(last({ ...fine, moves })).toContain('\n0 moves between threads.\n1 move did not take place: 1 state.\n')
    expect(JSON.parse(jsonReport({ ...fine, moves }))).toMatchObject({ moves: { pause: { p50: null, p99: null } } })
  })
  test('as JSON', () => {
    const said = JSON.parse(jsonReport(moved)) as object
    expect(Object.keys(said)).toEqual(['flights', 'seconds', 'verified', 'airports', 'moves'])
    expect(said).toMatchObject({ moves: { wanted: 1_200, done: 1_200, failed: {}, pause: { p50: 6, p99: 11.88 } } })
  })
})

describe('a lost thread', () => {
  const accounts = { notDeparted: 1_200, notLanded: 34, complete: 0, unexplained: [] }
  const loss: ThreadLoss = { thread: 2, by: 3, ms: 80.4, revived: 110, accounts }
  const struck: Outcome = { ...fine, differences: [off], loss }
  const told = [
    'Thread 2 was lost half-way; thread 3 took its place after 80 ms,',
    'and 110 airports came back as they were.',
    '1,234 flights lost with it: 1,200 not departed, 34 not landed.',
  ]

  test('is told with what it has cost; that is right where it explains all that is missing', () => {
    expect(last(struck).split('\n').slice(1)).toEqual([
      ...told,
      'Accounted for: nothing else is missing, and nothing is there twice.',
      '0 of 1 airport have all their flights, and the figures of a plain reduce.',
    ])
    expect([right(struck), verified(struck)]).toEqual([true, false])
  })
  test('explains not everything', () => {
    const unexplained = new Array<string>(30).fill('ORD landed: 3, and not 2')
    const wrong = { ...struck, loss: { ...loss, accounts: { ...accounts, unexplained } } }
    const lines = last(wrong).split('\n').slice(4)
    expect(lines.slice(0, 2)).toEqual([
      'NOT accounted for. The lost thread does not explain:',
      '  ORD landed: 3, and not 2',
    ])
    expect(lines.at(-1)).toBe('  and 10 more')
    expect(right(wrong)).toBe(false)
  })
  test('may cost nothing', () => {
    const nothing = { ...loss, accounts: { ...accounts, notDeparted: 0, notLanded: 0, complete: 1 } }
    expect(last({ ...fine, loss: nothing })).toContain(
      '\n0 flights lost with it: 0 not departed, 0 not landed.\nVerified: all 5',
    )
  })
  test('is no account of a replay that was interrupted', () => {
    const interrupted = { ...struck, differences: undefined, loss: { ...loss, accounts: undefined } }
    expect(last(interrupted).split('\n').slice(1)).toEqual([
      ...told.slice(0, 2),
      'Interrupted: these figures are partial, and not verified.',
    ])
  })
  test('as JSON', () => {
    const said = JSON.parse(jsonReport(struck)) as object
    expect(Object.keys(said)).toEqual(['flights', 'seconds', 'verified', 'airports', 'loss'])
    const counts = { notDeparted: 1_200, notLanded: 34, complete: 0, accountedFor: true }
    expect(said).toMatchObject({ loss: { thread: 2, by: 3, ms: 80, revived: 110, ...counts } })
  })
})
