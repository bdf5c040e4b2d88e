// `judge(history, model)`: whether what clients saw of an object could have come of one that does everything in an instant, at
// some moment between call and return (Herlihy and Wing, 1990). That holds for the whole exactly if it holds for each
// part that has nothing to do with the others, so each key is searched by itself.
//
// An operation that failed did not happen. One of unknown outcome may have happened at any time after its call, or never. Two
// that touch in one instant overlap. The verdict is right, or `undecided` by name: finding an order can take time that
// grows beyond any bound with the number of operations that overlap.
import { checked } from './linearizability-history.ts'
import type { Operation, SequentialModel } from './linearizability-model.ts'
import { explain } from './linearizability-report.ts'
import { search } from './linearizability-search.ts'

export interface JudgeOptions {
  /** After how many steps of the model and comparisons of one part the search gives up; 5,000,000 by default, some seconds. */
  steps?: number
}

/** What is wrong with a history, or could not be found out. */
export interface Unexplained {
  readonly verdict: 'refused' | 'undecided'
  readonly operations: number
  readonly parts: number
  /** The part that has no order, or none that was found. */
  readonly key: string
  /** The longest order of its operations that was found. */
  readonly order: readonly Operation[]
  /** One of these would have to come next, and none fits the state after that order. */
  readonly stuck: readonly Operation[]
  /** All this for people, in a few lines. */
  readonly explanation: string
}

/** What came of a history; `operations` are those that may have happened, `parts` how many keys they are of. */
export type Judgement =
  | { readonly verdict: 'linearizable'; readonly operations: number; readonly parts: number }
  | Unexplained

/** A history that no order explains, or none that was found: `judgement` says which, the message why. */
export class NotLinearizable extends Error {
  readonly judgement: Unexplained
  constructor(judgement: Unexplained) {
    super(judgement.explanation)
    this.judgement = judgement
  }
  override get name(): string {
    return 'NotLinearizable'
  }
}

/**
 * Judges a history against a model, in whatever order its operations come.
 * @throws {HistoryError} an operation makes no sense, such as one that returns before it is called
 */
export function judge<State>(
  history: Iterable<Operation>,
  model: SequentialModel<State>,
  { steps = 5_000_000 }: JudgeOptions = {},
): Judgement {
  const parts = partsOf(history, model)
  let operations = 0
  for (const part of parts.values()) operations += part.length
  const whole = { operations, parts: parts.size }
  let undecided: Unexplained | undefined
  // The short ones first: a refusal there is found sooner, and is easier to understand.
  for (const [key, part] of [...parts].sort(([, a], [, b]) => a.length - b.length)) {
    const found = search(part, model, steps)
    const { verdict } = found
    if (verdict === 'linearizable') continue
    const { order, stuck } = found
    const unexplained = { verdict, ...whole, key, order, stuck, explanation: explain(key, part, found, model) }
    if (verdict === 'refused') return unexplained
    undecided ??= unexplained
  }
  return undecided ?? { verdict: 'linearizable', ...whole }
}

/**
 * Judges a history, and throws if it is not known to be good.
 * @throws {NotLinearizable} it is refused, or undecided
 * @throws {HistoryError} an operation makes no sense
 */
export function assertLinearizable<State>(
  history: Iterable<Operation>,
  model: SequentialModel<State>,
  options?: JudgeOptions,
): void {
  const judgement = judge(history, model, options)
  if (judgement.verdict !== 'linearizable') throw new NotLinearizable(judgement)
}

function partsOf<State>(history: Iterable<Operation>, model: SequentialModel<State>): Map<string, Operation[]> {
  const parts = new Map<string, Operation[]>()
  let number = 0
  for (const op of history) {
    checked(op, `operation ${++number}`)
    if (op.status === 'fail') continue
    const key = model.key?.(op) ?? op.key ?? ''
    const part = parts.get(key)
    if (part === undefined) parts.set(key, [op])
    else part.push(op)
  }
  return parts
}
