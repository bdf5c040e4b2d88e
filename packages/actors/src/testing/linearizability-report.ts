// A refused history, for people: how far an order goes, the last operations of it, the state that they lead to, and those of
// which one would have to come next. All with their times, so that they can be found in the history.
//
// Invariant: short enough to read, however long the history is.
import { type Operation, type SequentialModel, shown } from './linearizability-model.ts'
import type { Outcome } from './linearizability-search.ts'

/** Of the order, and of those that do not fit, so many are listed. */
const LISTED = 10

export function explain<State>(
  key: string,
  part: readonly Operation[],
  { verdict, order, state, stuck }: Outcome<State>,
  model: SequentialModel<State>,
): string {
  const known = (ops: readonly Operation[]) => ops.filter(op => op.status === 'ok').length
  const all = known(part)
  const where = key === '' ? '' : ` of key ${shown(key)}`
  const unknown =
    part.length === all ? '' : ` (beside ${part.length - all} of unknown outcome, which may have happened)`
  const what = `for the ${all} operations${where}${unknown}`
  const lines = [
    verdict === 'refused'
      ? `not linearizable: there is no order ${what}`
      : `undecided: no order was found ${what}, nor that there is none; allow more steps`,
    `the longest goes as far as ${known(order)} of them:`,
  ]
  if (order.length > LISTED) lines.push(`  … ${order.length - LISTED} before these`)
  lines.push(...table(order.slice(-LISTED)))
  lines.push(`then the state is ${model.show?.(state) ?? shown(state)}, and one of these would have to come next:`)
  lines.push(...table(stuck.slice(0, LISTED)))
  if (stuck.length > LISTED) lines.push(`  … and ${stuck.length - LISTED} more`)
  return lines.join('\n')
}

/** One line each: from when to when, who, what, and what it gave. */
function table(ops: readonly Operation[]): string[] {
  const rows = ops.map(({ client, call, return: end, op, input, output, status }) => [
    status === 'info' ? `${call} – ?` : `${call} – ${end}`,
    `client ${client}`,
    input === undefined || input === null ? op : `${op} ${shown(input)}`,
    status === 'info' ? '(unknown)' : `→ ${shown(output ?? null)}`,
  ])
  const widths = [0, 1, 2].map(column => Math.max(0, ...rows.map(row => row[column]!.length)))
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
