// What a system may be told about the limits of its actors: how long turns and asks take, how much waits, how large a state is.
//
// Invariant: after the check each limit is a number above 0; none is left out.
import { checkParts, inWords } from './core/behavior-value.ts'
import { InvalidCall } from './core/errors.ts'
import { defaultLimits, type Limits } from './core/platform.ts'

export interface LimitOptions {
  /** ms that an ask waits for its reply; 5,000. */
  askDeadline?: number
  /** ms that a turn may take; 30,000. */
  turnLimit?: number
  /** A mailbox's limits where a behavior sets none; 65,536 messages and 16 MiB. */
  mailbox?: { capacity?: number; bytes?: number }
  /** Bytes that an actor's packed state may have when it moves, or in a checkpoint; 256 MiB. */
  snapshot?: number
  /**
   * Bytes that each host thread may use to keep what its successor revives, should it end: the spawns of its actors, and
   * their checkpoints (docs/moving.md). So much address space is reserved; memory is taken as it is used. 1 GiB.
   */
  vault?: number
}

export const limitOptions = [
  'askDeadline',
  'turnLimit',
  'mailbox',
  'snapshot',
  'vault',
] satisfies (keyof LimitOptions)[]

/** Throws InvalidCall. `call`: what was called, for the error. */
export function checkLimits(call: string, { mailbox = {}, ...options }: LimitOptions): Limits {
  checkParts(`${call}: mailbox`, mailbox, ['capacity', 'bytes'])
  const given = { ...options, ...mailbox }
  const limit = (name: keyof Limits): number => aboveZero(call, name, given[name], defaultLimits[name])
  return {
    askDeadline: limit('askDeadline'),
    turnLimit: limit('turnLimit'),
    capacity: limit('capacity'),
    bytes: limit('bytes'),
    snapshot: limit('snapshot'),
    vault: limit('vault'),
  }
}

export function aboveZero(call: string, name: string, value: unknown, usual: number): number {
  if (value === undefined) return usual
  if (typeof value === 'number' && value > 0) return value
  throw new InvalidCall(`${call}: ${name} is ${inWords(value)}; it must be a number above 0`)
}
