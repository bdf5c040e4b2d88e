// The model of a key-value store, one register for each key: read, write, cas, append, del.
//
// `cas` has the input `{ from, to }` and gives whether it was done; `append` adds to the end of a text or of a list. What
// write, append and del give is not looked at. A key without a value reads as null, and so does one that is written null.
import { type Operation, same, type SequentialModel, shown } from './linearizability-model.ts'

export interface RegisterOptions {
  /** What each key holds at first; null by default. */
  initial?: unknown
  /** What append makes of a key without a value: a text, by default, or a list of what is appended. */
  appends?: 'text' | 'list'
}

/** The model of registers, for `judge`. */
export function register({ initial = null, appends = 'text' }: RegisterOptions = {}): SequentialModel<unknown> {
  return {
    init: initial,
    step: (value, op) => stepped(value, op, appends),
    hash: value => (typeof value === 'object' && value !== null ? shown(value) : String(value)),
    readonly: ({ op, output }) => op === 'read' || (op === 'cas' && output === false),
  }
}

function stepped(value: unknown, { op, input, output, status }: Operation, appends: 'text' | 'list') {
  switch (op) {
    case 'read':
      return status === 'info' || same(output ?? null, value) ? { state: value } : undefined
    case 'write':
      return { state: input ?? null }
    case 'del':
      return { state: null }
    case 'cas': {
      const { from, to } = (input ?? {}) as { from?: unknown; to?: unknown }
      const fits = same(from ?? null, value)
      if (status !== 'info' && fits !== output) return undefined
      return { state: fits ? (to ?? null) : value }
    }
    case 'append':
      if (Array.isArray(value) || (value === null && appends === 'list'))
        return { state: [...((value ?? []) as unknown[]), input] }
      return { state: `${(value ?? '') as string}${String(input)}` }
    default:
      throw new TypeError(`a register knows read, write, cas, append and del, not ${shown(op)}`)
  }
}
