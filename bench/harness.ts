// Runs a subject: every round runs each contender of each work once, each in a process of its own.
//
// Invariants:
// - one process runs one contender on one work: no contender's types reach another's compiled code, and a work's figure
//   does not depend on what ran before it;
// - contenders of one work run next to each other in time and the order turns by one each round, so that a slow spell of
//   the machine falls on all of them;
// - a trial that fails leaves no row, is told in `failures`, and never looks like a slow result.

import { fork } from 'node:child_process'
import type { Figures, Plan } from './measure.ts'
import { median, ratio, spread, type Better } from './statistics.ts'

/** What a figure should reach: of itself, or as a ratio to a peer's in the same run. */
export type Goal =
  | { readonly kind: 'ratio'; readonly against: string; readonly atLeast: number }
  | { readonly kind: 'atLeast'; readonly value: number }
  | { readonly kind: 'atMost'; readonly value: number }

/** One line of the table: which figure of the trial, how it is called and read. */
export interface Figure {
  readonly key: string
  readonly work: string
  readonly unit: string
  readonly better: Better
  readonly goals?: readonly Goal[]
}

/** One thing to do, by all who can. Ours is always 'troupe'. */
export interface Work {
  readonly id: string
  readonly figures: readonly Figure[]
  readonly contenders: readonly string[]
  /** At most so many rounds, for works that take long or hardly vary. */
  readonly rounds?: number
  readonly nodeFlags?: readonly string[]
}

export interface Subject {
  readonly name: string
  readonly works: readonly Work[]
  /** What a reader of the table should know about this run, such as a contender that this machine cannot run. */
  readonly notes?: readonly string[]
}

export interface Row {
  readonly work: string
  readonly name: string
  readonly unit: string
  readonly median: number
  /** The middle half's width as a share of the median. */
  readonly spread: number
  /** Ours over this one, above 1 is better; 1 for ours itself; null when there is none of ours to compare. */
  readonly ratio: number | null
}

export interface Verdict {
  readonly work: string
  readonly unit: string
  readonly goal: Goal
  /** Null when the rows that it needs are missing. */
  readonly reached: boolean | null
}

export interface Report {
  readonly subject: string
  readonly rounds: number
  /** Rounds of the work that has the fewest. */
  readonly fewest: number
  readonly rows: readonly Row[]
  readonly verdicts: readonly Verdict[]
  readonly notes: readonly string[]
  readonly failures: readonly string[]
}

export interface RunOptions {
  readonly rounds: number
  readonly plan: Plan
  /** Called before each trial, for a line of progress. */
  readonly progress?: (text: string) => void
}

export const OURS = 'troupe'
const TRIAL = new URL('./trial.ts', import.meta.url)
const TRIAL_LIMIT = 90_000

export async function runSubject(subject: Subject, options: RunOptions): Promise<Report> {
  const results = new Results()
  const failures = new Map<string, string[]>()
  for (let round = 0; round < options.rounds; round++) {
    for (const work of subject.works) {
      if (round >= (work.rounds ?? Infinity)) continue
      for (const name of turned(work.contenders, round)) {
        if (results.failed(work.id, name)) continue
        options.progress?.(`${subject.name}: round ${round + 1} of ${options.rounds}, ${work.id}, ${name}`)
        const outcome = await runTrial(work, name, options.plan)
        results.add(work.id, name, outcome)
        if (outcome instanceof Error) tally(failures, `${name}: ${outcome.message}`, work.id)
      }
    }
  }
  const rows = subject.works.flatMap(work => rowsOf(work, results))
  const verdicts = subject.works.flatMap(work => verdictsOf(work, rows))
  const told = [...failures].map(([why, works]) => `${works.join(', ')}, ${why}`)
  const notes = subject.notes ?? []
  const { rounds } = options
  const fewest = Math.min(rounds, ...subject.works.map(work => work.rounds ?? rounds))
  return { subject: subject.name, rounds, fewest, rows, verdicts, notes, failures: told }
}

function tally<T>(lists: Map<string, T[]>, key: string, entry: T): void {
  const list = lists.get(key)
  if (list) list.push(entry)
  else lists.set(key, [entry])
}

/** What the trials found, by work and contender, one entry a round. */
class Results {
  readonly #found = new Map<string, (Figures | Error)[]>()
  add(work: string, name: string, outcome: Figures | Error): void {
    tally(this.#found, `${work}\n${name}`, outcome)
  }
  failed(work: string, name: string): boolean {
    return this.#found.get(`${work}\n${name}`)?.some(outcome => outcome instanceof Error) ?? false
  }
  /** One figure over all rounds; empty if any trial failed, or if this contender does not have the figure. */
  sample(work: string, name: string, key: string): number[] {
    if (this.failed(work, name)) return []
    const found = (this.#found.get(`${work}\n${name}`) ?? []) as Figures[]
    return found.map(figures => figures[key]).filter(value => value !== undefined)
  }
}

function rowsOf(work: Work, results: Results): Row[] {
  return work.figures.flatMap(figure => {
    const ours = results.sample(work.id, OURS, figure.key)
    return work.contenders.flatMap((name): Row[] => {
      const sample = results.sample(work.id, name, figure.key)
      if (sample.length === 0) return []
      const against = name === OURS ? 1 : ratio(ours, sample, figure.better)
      return [
        {
          work: figure.work,
          name,
          unit: figure.unit,
          median: median(sample),
          spread: spread(sample),
          // Nothing of ours, or nothing measurable on one side: no ratio. JSON has neither NaN nor Infinity.
          ratio: Number.isFinite(against) ? against : null,
        },
      ]
    })
  })
}

function verdictsOf(work: Work, rows: readonly Row[]): Verdict[] {
  return work.figures.flatMap(figure =>
    (figure.goals ?? []).map((goal): Verdict => {
      const name = goal.kind === 'ratio' ? goal.against : OURS
      const row = rows.find(row => row.work === figure.work && row.name === name)
      return { work: figure.work, unit: figure.unit, goal, reached: row ? reaches(row, goal) : null }
    }),
  )
}

function reaches(row: Row, goal: Goal): boolean | null {
  switch (goal.kind) {
    case 'ratio':
      return row.ratio === null ? null : row.ratio >= goal.atLeast
    case 'atLeast':
      return row.median >= goal.value
    case 'atMost':
      return row.median <= goal.value
    default:
      return goal satisfies never
  }
}

function turned<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

/** One trial in a fresh process: its figures, or why there are none. */
function runTrial(work: Work, name: string, plan: Plan): Promise<Figures | Error> {
  return new Promise(resolve => {
    const child = fork(TRIAL, [work.id, name, JSON.stringify(plan)], {
      execArgv: [...(work.nodeFlags ?? [])],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const said: string[] = []
    let figures: Figures | undefined
    const limit = setTimeout(() => {
      said.push(`no result within ${TRIAL_LIMIT / 1000} s`)
      child.kill('SIGKILL')
    }, TRIAL_LIMIT)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => said.push(text))
    child.on('message', message => {
      figures = message as Figures
    })
    child.on('error', error => said.push(error.message))
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      resolve(figures ?? new Error(reason(said.join('')) || `ended with ${signal ?? code} and without a result`))
    })
  })
}

/** Of what a failed process said, the line that names the error; `node bench/trial.ts` shows the rest. */
function reason(said: string): string {
  return /^\w*(Error|Exception)\b.*$/m.exec(said)?.[0] ?? said.trim()
}
