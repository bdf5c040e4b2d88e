// What goes wrong with a ring: a node, an option or a key that makes no sense, or a bound that nobody could keep.
// All are the caller's, found before anything is changed: a ring that exists always answers.

/** `code` says what was wrong, for programs; the message says it for people, with what to do. */
export type RingErrorCode =
  | 'no-nodes'
  | 'bad-node'
  | 'duplicate-node'
  | 'unknown-node'
  | 'too-many-nodes'
  | 'bad-option'
  | 'bad-key'
  | 'bad-count'
  | 'infeasible-bound'

export class RingError extends Error {
  readonly code: RingErrorCode
  constructor(code: RingErrorCode, message: string) {
    super(message)
    this.code = code
  }
  override get name(): string {
    return 'RingError'
  }
}

/** A value as a message shows it: short, on one line, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  if (typeof value === 'function') return 'a function'
  return String(value)
}
