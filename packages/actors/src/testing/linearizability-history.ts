// Histories as text: JSON lines, one operation each, as `pnpm chaos` writes them and other checkers read them:
//   {"client":3,"call":1001,"return":1042,"op":"write","key":"a","input":7,"output":null,"status":"ok"}
//
// What makes no sense is an error that names its line, for a checker that guesses what was meant proves nothing. Clients
// do one thing after the other, and one that does not know what came of an operation is not heard of again: if a recorded
// history says otherwise, it was recorded wrongly.
import { type Operation, shown } from './linearizability-model.ts'

export type HistoryErrorCode = 'not-json' | 'bad-operation' | 'bad-time' | 'client-overlaps' | 'client-used-again'

/** A history that makes no sense; `code` says why, for programs. */
export class HistoryError extends Error {
  readonly code: HistoryErrorCode
  /** The line of the text, from 1 on; undefined where the operations were given as objects. */
  readonly line: number | undefined
  constructor(code: HistoryErrorCode, message: string, line?: number) {
    super(message)
    this.code = code
    this.line = line
  }
  override get name(): string {
    return 'HistoryError'
  }
}

/**
 * Reads a history from JSON lines; empty lines are skipped.
 * @throws {HistoryError} a line is no operation, or cannot be true beside the others
 */
export function readHistory(text: string): Operation[] {
  const history: Operation[] = []
  const lineOf = new Map<Operation, number>()
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const op = checked(parsed(line, at + 1), `line ${at + 1}`, at + 1)
    history.push(op)
    lineOf.set(op, at + 1)
  }
  checkClients(history, lineOf)
  return history
}

/** The same as lines, each ended by a line break. Tokens and other bigints are written as text. */
export function writeHistory(history: Iterable<Operation>): string {
  let text = ''
  for (const { client, call, return: end, op, key, input, output, status } of history) {
    const line = { client, call, return: end, op, key, input: input ?? null, output: output ?? null, status }
    text += `${JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`
  }
  return text
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new HistoryError('not-json', `line ${number} is no JSON: ${(error as Error).message}`, number)
  }
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER

/** That it is an operation, with times that can be. */
export function checked(value: unknown, where: string, line?: number): Operation {
  const wrong = (code: HistoryErrorCode, what: string) => new HistoryError(code, `${where} ${what}`, line)
  if (typeof value !== 'object' || value === null) throw wrong('bad-operation', `is no operation: ${shown(value)}`)
  const { client, call, return: end, op, key, status } = value as { [field in keyof Operation]?: unknown }
  if (typeof client !== 'number' && typeof client !== 'string')
    throw wrong('bad-operation', `has the client ${shown(client)}: it is a number or a text`)
  if (typeof op !== 'string') throw wrong('bad-operation', `has the op ${shown(op)}: it is a text such as "read"`)
  if (key !== undefined && typeof key !== 'string')
    throw wrong('bad-operation', `has the key ${shown(key)}: it is a text, or left out`)
  if (status !== 'ok' && status !== 'fail' && status !== 'info')
    throw wrong('bad-operation', `has the status ${shown(status)}: it is "ok", "fail" or "info"`)
  if (!isTime(call))
    throw wrong('bad-time', `was called at ${shown(call)}: a time is a number up to 2^53, from any origin`)
  if (status === 'ok' && !isTime(end))
    throw wrong('bad-time', `returned at ${shown(end)}: a time is a number up to 2^53, from any origin`)
  if (status !== 'info' && isTime(end) && end < call)
    throw wrong('bad-time', `returned at ${end}, before it was called at ${call}`)
  return value as Operation
}

/** That each client did one thing after the other, and nothing after what it has no outcome of. */
function checkClients(history: readonly Operation[], lineOf: ReadonlyMap<Operation, number>): void {
  const last = new Map<Operation['client'], Operation>()
  for (const op of history.toSorted((a, b) => a.call - b.call)) {
    const before = last.get(op.client)
    last.set(op.client, op)
    if (before === undefined) continue
    const [line, other] = [lineOf.get(op)!, lineOf.get(before)!]
    const who = `line ${line}: client ${op.client}`
    if (before.status === 'info') {
      const why = `does not know what came of its operation on line ${other}, and cannot be used again`
      throw new HistoryError('client-used-again', `${who} ${why}`, line)
    }
    if (before.return !== null && op.call < before.return) {
      const why = `calls at ${op.call}, before its operation on line ${other} returned at ${before.return}`
      throw new HistoryError('client-overlaps', `${who} ${why}`, line)
    }
  }
}
