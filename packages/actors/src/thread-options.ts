// What a system may be told about its host threads' end: when one counts as blocked, when it is ended, whether it is replaced.
//
// Invariant: 0 and Infinity both mean never; after the check there is Infinity alone.
import { inWords } from './core/behavior-value.ts'
import { InvalidCall } from './core/errors.ts'

export interface ThreadOptions {
  /** Whether a host thread that is lost is replaced by a new one, which its number means from then on; true. */
  replaceThreads?: boolean
  /** ms that a thread may do nothing else before there is a `threadBlocked` event; 2,000. 0 or Infinity: never. */
  blockedAfter?: number
  /**
   * ms after which a host thread that does nothing else is ended, and is lost: an endless loop cannot be told from a long
   * computation, whose place is `run`. 10,000. 0 or Infinity: never.
   */
  endBlockedAfter?: number
}

/** The same, complete. */
export type ThreadRules = Readonly<Required<ThreadOptions>>

export const threadOptions = ['replaceThreads', 'blockedAfter', 'endBlockedAfter'] satisfies (keyof ThreadOptions)[]

/** Throws InvalidCall. `call`: what was called, for the error. */
export function checkThreadOptions(call: string, options: ThreadOptions): ThreadRules {
  return {
    replaceThreads: flag(call, 'replaceThreads', options.replaceThreads, true),
    blockedAfter: after(call, 'blockedAfter', options.blockedAfter, 2_000),
    endBlockedAfter: after(call, 'endBlockedAfter', options.endBlockedAfter, 10_000),
  }
}

function after(call: string, name: string, value: unknown, usual: number): number {
  if (value === undefined) return usual
  if (typeof value === 'number' && value >= 0) return value === 0 ? Infinity : value
  throw new InvalidCall(`${call}: ${name} is ${inWords(value)}; it must be a number of ms, or 0 for never`)
}

export function flag(call: string, name: string, value: unknown, usual: boolean): boolean {
  if (value === undefined) return usual
  if (typeof value === 'boolean') return value
  throw new InvalidCall(`${call}: ${name} is ${inWords(value)}; it must be true or false`)
}
