// A report as text, at most 100 columns wide: one block a work, one line a contender, its goal beside it.
//
// Invariants: a figure keeps three significant digits and its unit; a goal stands on the line of the figure that it is
// judged by, with what came of it in this run; what failed or could not be run is listed, never left out.

import { OURS, type Report, type Row, type Verdict } from './harness.ts'

const NAME = 18
const NUMBER = 14
const SPREAD = 9
const RATIO = 10

export function table(report: Report): string {
  const { rounds, fewest } = report
  const many = fewest < rounds ? `${fewest} to ${rounds}` : rounds
  const lines = [`${report.subject}: median of ${many} rounds, ± half the middle half, ours over theirs`]
  for (const work of new Set(report.rows.map(row => row.work))) {
    const verdicts = report.verdicts.filter(verdict => verdict.work === work)
    lines.push('', work)
    for (const row of report.rows) {
      if (row.work === work) lines.push(line(row, verdicts))
    }
    for (const verdict of verdicts) {
      if (verdict.reached === null) lines.push(`  goal ${goalText(verdict)}: not judged, a figure is missing`)
    }
  }
  if (report.notes.length > 0) lines.push('', ...report.notes)
  if (report.failures.length > 0) lines.push('', 'failed:', ...report.failures.map(failure => `  ${failure}`))
  lines.push('', summary(report))
  return lines.join('\n')
}

function line(row: Row, verdicts: readonly Verdict[]): string {
  const goals = verdicts
    .filter(({ goal, reached }) => reached !== null && row.name === (goal.kind === 'ratio' ? goal.against : OURS))
    .map(verdict => `goal ${goalText(verdict)}: ${verdict.reached ? 'reached' : 'MISSED'}`)
  const ratio = row.name === OURS || row.ratio === null ? '' : `${digits(row.ratio)}×`
  return [
    `  ${row.name.padEnd(NAME)}`,
    amount(row.median, row.unit).padStart(NUMBER),
    `±${(row.spread * 50).toFixed(0)} %`.padStart(SPREAD),
    ratio.padStart(RATIO),
    goals.length === 0 ? '' : `    ${goals.join('; ')}`,
  ]
    .join('')
    .trimEnd()
}

function goalText({ goal, unit }: Verdict): string {
  switch (goal.kind) {
    case 'ratio':
      return `≥ ${goal.atLeast}×`
    case 'atLeast':
      return `≥ ${amount(goal.value, unit)}`
    case 'atMost':
      return `≤ ${amount(goal.value, unit)}`
    default:
      return goal satisfies never
  }
}

function summary({ verdicts }: Report): string {
  const reached = verdicts.filter(verdict => verdict.reached === true).length
  return `${reached} of ${verdicts.length} goals reached in this run`
}

/** `6.94 M/s`, `812 k/s`, `0.52 µs`, `388 B`. */
export function amount(value: number, unit: string): string {
  if (unit !== '/s') return `${digits(value)} ${unit}`.trimEnd()
  if (value >= 1e6) return `${digits(value / 1e6)} M/s`
  if (value >= 1e3) return `${digits(value / 1e3)} k/s`
  return `${digits(value)} /s`
}

/** Three significant digits, never in powers of ten. */
function digits(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Number(value.toPrecision(3)).toString()
}
