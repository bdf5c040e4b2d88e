// What must hold when `pnpm chaos nodes` has come to rest, and what it has counted.
//
// - What a talker told a listener came in order and once, where neither was ever on a node that something happened to. For the others: what
//   passes by a node that is lost may be lost, or come behind what was sent later; but nothing comes twice.
// - No actor has lived twice at a time: the census has heard each number of a roamer once, and in order.
// - Every ask has ended: answered, or with an error that says what became of its actor, not long after its deadline.
// - Each end of an actor was heard once by each of its guards, and none of one that lives. Timers go on.
import { add } from './chance.ts'
import type { Outcome } from './main.ts'
import { ASK_WITHIN, type Heard, type Sent } from './node-actors.ts'

export type Kind = 'listener' | 'roamer' | 'talker'
/** `safe`: never on a node that something happened to. */
interface Of {
  readonly id: string
  readonly safe: boolean
}
export interface Report {
  readonly listeners: readonly (Of & { readonly heard: Record<string, Heard>; readonly ticks: number })[]
  readonly talkers: readonly (Of & Sent)[]
  readonly census: { readonly last: Record<string, number>; readonly wrong: readonly string[] }
  /** Of each guard: how it has heard of each actor's end. */
  readonly guards: readonly Record<string, readonly string[]>[]
  readonly living: readonly string[]
  readonly lost: readonly string[]
}

/** What an ask may be told beside an answer: its actor is gone, or cannot be reached for now. */
const FAILURES = new Set(['stopped', 'node-lost', 'expired', 'move-in-doubt'])
/** ms after its deadline in which an ask must have ended, on the busiest of machines. */
const MOST_LATE = 5_000
interface Found extends Outcome {
  readonly violations: string[]
}
const NOTHING: Heard = { count: 0, last: 0, gaps: [], late: 0, twice: 0 }

export function judge(report: Report): Found {
  const { counts: messages, violations } = judgeMessages(report)
  const asks = judgeAsks(report)
  for (const { id, ticks } of report.listeners) if (ticks === 0) violations.push(`${id}: its timer has stopped`)
  violations.push(...report.census.wrong, ...asks.violations, ...endsThatWentWrong(report))
  const lived = Object.values(report.census.last).reduce((sum, n) => sum + n, 0)
  const ends = report.guards.flatMap(Object.values).flat().length
  return { counts: { ...messages, ...asks.counts, 'turns of roamers': lived, 'ends heard of': ends }, violations }
}

function judgeMessages({ talkers, listeners }: Report): Found {
  const violations: string[] = []
  const counts = { told: 0, heard: 0, 'in order, each once': 0, 'behind later ones': 0 }
  for (const from of talkers) {
    for (const to of listeners) {
      const told = from.told[to.id] ?? 0
      const { count, late, twice, last } = to.heard[from.id] ?? NOTHING
      const safe = from.safe && to.safe
      counts.told += told
      counts.heard += count
      counts['behind later ones'] += late
      if (safe) counts['in order, each once'] += count
      if (twice === 0 && last <= told && !(safe && (late > 0 || count !== told))) continue
      violations.push(`${from.id} told ${to.id} ${told} times; ${count} came, ${late} of them late, ${twice} once more`)
    }
  }
  return { counts, violations }
}

function judgeAsks({ talkers }: Report): Found {
  const violations: string[] = []
  const counts = { asked: 0, answered: 0 }
  const failed: Record<string, number> = {}
  for (const sent of talkers) {
    counts.asked += sent.asked
    counts.answered += sent.answered
    let ended = sent.answered
    for (const [code, n] of Object.entries(sent.failed)) {
      ended += n
      add(failed, code, n)
      if (!FAILURES.has(code)) violations.push(`${sent.id}: ${n} asks ended with ${code}`)
    }
    if (ended !== sent.asked) violations.push(`${sent.id}: ${sent.asked} asks, ${ended} have ended`)
    if (sent.wrong > 0) violations.push(`${sent.id}: ${sent.wrong} replies to other questions`)
    // one whose process was stopped meanwhile says nothing about how long it took
    const late = sent.slowest - ASK_WITHIN
    if (sent.safe && late > MOST_LATE) violations.push(`${sent.id}: an ask ended ${late} ms after its deadline`)
  }
  return { counts: { ...counts, 'not answered': failed }, violations }
}

function endsThatWentWrong({ guards, living, lost }: Report): string[] {
  return guards.flatMap((ends, n) => [
    ...living.filter(id => (ends[id] ?? []).length > 0).map(id => `guard ${n} hears that ${id} has ended, which lives`),
    ...lost
      .filter(id => ends[id] !== undefined && ends[id].length !== 1)
      .map(id => `guard ${n} hears ${ends[id]!.length} times that ${id} has ended: ${ends[id]!.join(', ')}`),
  ])
}
