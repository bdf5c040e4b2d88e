// The benchmarks are not tests of speed; this is the test that they run, say what they found in the shape that others
// read, and refuse to count what did not happen.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { balance } from './balance.ts'
import { channels } from './channels.ts'
import { OURS, runSubject, type Report, type Row } from './harness.ts'
import { local } from './local.ts'
import { lock } from './lock.ts'
import { QUICK, inFlight, oneAtATime, oneWay } from './measure.ts'
import { moving } from './moving.ts'
import { processes } from './processes.ts'
import { handingOver, passing, shares, together } from './passing.ts'
import { ring } from './ring.ts'
import { spawn } from './spawn.ts'
import { start } from './start.ts'
import { median, quantile, ratio, spread } from './statistics.ts'
import { amount, table } from './table.ts'
import { threads } from './threads.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const run = promisify(execFile)

describe('each subject, with tiny counts', () => {
  test.for([threads, local, spawn, start, channels, moving, balance, processes, ring, lock])(
    '$name',
    { timeout: 120_000 },
    async subject => {
      const { stdout, stderr } = await run(process.execPath, [MAIN, subject.name, '--json', '--quick'])
      expect(stderr).toBe('')
      const report = JSON.parse(stdout) as Report
      expect(Object.keys(report)).toEqual(['subject', 'rows'])
      expect(report.subject).toBe(subject.name)
      for (const row of report.rows) {
        expect(Object.keys(row)).toEqual(['work', 'name', 'unit', 'median', 'spread', 'ratio'])
        expect(row.median).toSatisfy(Number.isFinite)
        expect(row.spread).toSatisfy(Number.isFinite)
      }
      const ours = report.rows.filter(row => row.name === OURS)
      expect(new Set(ours.map(row => row.ratio))).toEqual(new Set([1]))
      for (const work of subject.works) {
        const names = namesFor(report.rows, work.figures[0]!.work)
        expect(names, work.id).toEqual(work.contenders)
        for (const figure of work.figures) expect(namesFor(report.rows, figure.work), figure.work).toContain(OURS)
      }
    },
  )
})

test('no two figures of a subject have one name, as they would stand in one block of the table', () => {
  for (const { name, works } of [threads, local, spawn, start, channels, moving, balance, processes, ring, lock]) {
    const names = works.flatMap(({ figures }) => figures.map(({ work }) => work))
    const twice = names.filter((one, n) => names.indexOf(one) < n)
    expect(twice, name).toEqual([])
  }
})

describe('what did not happen is not counted', () => {
  test('a receiver that loses one message', async () => {
    let counted = 0
    const losing = { send: (n: number) => void (n === 5 || counted++), counted: async () => counted }
    await expect(oneWay(QUICK, 10, losing)).rejects.toThrow(/told \d+ messages, but the receiver counted \d+/)
  })
  test('a reply that is wrong', async () => {
    const wrong = async (n: number): Promise<number> => (n === 7 ? 7 : n + 1)
    await expect(oneAtATime(QUICK, wrong)).rejects.toThrow('call 7 was answered with 7')
    await expect(inFlight(QUICK, 4, wrong)).rejects.toThrow('call 7 was answered with 7')
  })
  test.for([
    ['loses one', [0, 1, 3]],
    ['doubles one', [0, 1, 2, 2, 3]],
    ['changes one', [0, 1, 2, 4]],
  ] as const)('a channel that %s', async ([, received]) => {
    const pass = async () => ({ count: received.length, sum: received.reduce<number>((sum, n) => sum + n, 0) })
    await expect(passing(QUICK, pass)).rejects.toThrow(
      /sent 256 values with the sum 32640, but received \d with the sum \d/,
    )
  })
  test('bytes that were copied, or are others', async () => {
    await expect(handingOver(QUICK, async bytes => bytes[0]! + bytes.at(-1)!)).rejects.toThrow('the bytes were copied')
    const lost = async (bytes: Uint8Array<ArrayBuffer>) => {
      structuredClone(bytes, { transfer: [bytes.buffer] })
      return -1
    }
    await expect(handingOver(QUICK, lost)).rejects.toThrow('were answered with -1')
  })
  test('a trial that fails leaves no row and is told', async () => {
    const figures = [
      { key: 'ms', work: 'nothing', unit: 'ms', better: 'less', goals: [{ kind: 'atMost', value: 1 }] },
    ] as const
    const subject = { name: 'none', works: [{ id: 'none', contenders: [OURS, 'nobody'], figures }] }
    const report = await runSubject(subject, { rounds: 2, plan: QUICK })
    expect(report.rows).toEqual([])
    expect(report.failures.join('\n')).toContain('nobody has no trial none')
    expect(report.verdicts.map(verdict => verdict.reached)).toEqual([null])
    expect(table(report)).toContain('0 of 1 goals reached')
  })
  test.for([
    [['nope'], 'there is no subject nope'],
    [['local', '--rounds', '0'], '--rounds takes a whole number'],
    [['local', '--only', 'zzz'], 'no work'],
    [['--fast'], '--fast'],
  ] as const)('a command line that makes no sense: %s', async ([args, said]) => {
    const failed: unknown = await run(process.execPath, [MAIN, ...args]).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(said) })
  })
})

test('whatever the number of producers, each number is sent once', () => {
  const counts = fc.property(fc.nat(1000), fc.integer({ min: 1, max: 9 }), (count, producers) => {
    const sent = shares(count, producers).flatMap(({ from, until }) =>
      Array.from({ length: until - from }, (_, n) => from + n),
    )
    expect(sent).toEqual(Array.from({ length: count }, (_, n) => n))
  })
  fc.assert(counts)
  expect(
    together([
      { count: 1, sum: 2 ** 31 - 1 },
      { count: 2, sum: 1 },
    ]),
  ).toEqual({ count: 3, sum: -(2 ** 31) })
})

describe('statistics', () => {
  const samples = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 })
  test('quantiles interpolate, and an empty sample is no number', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3, 4], 1)).toBe(4)
    expect(median([])).toBeNaN()
    expect(spread([1, 2, 3, 4, 5])).toBeCloseTo(2 / 3)
  })
  test('the spread does not depend on the unit', () => {
    const scales = fc.property(samples, sample => {
      expect(spread(sample.map(x => x * 8))).toBeCloseTo(spread(sample), 9)
    })
    fc.assert(scales)
  })
  test('a ratio is taken round by round, and above 1 is better for us both ways', () => {
    // The machine was four times slower in the second round: twice as fast is still twice as fast.
    expect(ratio([8, 2], [4, 1], 'more')).toBe(2)
    expect(ratio([4, 1], [8, 2], 'less')).toBe(2)
    const level = fc.property(samples, sample => {
      expect(ratio(sample, sample, 'less')).toBe(1)
    })
    fc.assert(level)
  })
})

describe('the table', () => {
  const row = (name: string, value: number, against: number): Row => {
    return { work: 'tell, a number', name, unit: '/s', median: value, spread: 0.0444, ratio: against }
  }
  const report: Report = {
    subject: 'local',
    rounds: 7,
    fewest: 3,
    rows: [row(OURS, 12_345_678, 1), row('nact', 456_789, 27.03)],
    verdicts: [
      { work: 'tell, a number', unit: '/s', goal: { kind: 'ratio', against: 'nact', atLeast: 30 }, reached: false },
      { work: 'tell, a number', unit: '/s', goal: { kind: 'atLeast', value: 1e7 }, reached: true },
    ],
    notes: ['erlang is not installed: its rows are left out'],
    failures: ['ask, nact: Error: gone'],
  }
  test('reads as meant', () => {
    expect(table(report)).toMatchInlineSnapshot(`
      "local: median of 3 to 7 rounds, ± half the middle half, ours over theirs

      tell, a number
        troupe                  12.3 M/s     ±2 %              goal ≥ 10 M/s: reached
        nact                     457 k/s     ±2 %       27×    goal ≥ 30×: MISSED

      erlang is not installed: its rows are left out

      failed:
        ask, nact: Error: gone

      1 of 2 goals reached in this run"
    `)
  })
  test('fits a hundred columns', () => {
    for (const line of table(report).split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })
  test('amounts keep three digits and never turn into powers of ten', () => {
    expect([6_940_000, 812_345, 12.3, 0.5].map(value => amount(value, '/s'))).toEqual([
      '6.94 M/s',
      '812 k/s',
      '12.3 /s',
      '0.5 /s',
    ])
    expect([0.5234, 388.2, 1234567].map(value => amount(value, 'B'))).toEqual(['0.523 B', '388 B', '1234567 B'])
  })
})

function namesFor(rows: readonly Row[], work: string): string[] {
  return rows.filter(row => row.work === work).map(row => row.name)
}
