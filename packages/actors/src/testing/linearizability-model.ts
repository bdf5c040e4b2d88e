// What an operation of a history is, and what says how it should behave: a sequential model, the object as it would be if
// one operation after the other happened to it, each in an instant.
//
// A model is pure: `step` changes nothing, and gives the same for the same state and operation. What it is given as state may
// be kept and given again, in any order, since the search goes back and forth between orders.
import { isDeepStrictEqual } from 'node:util'

/** One operation that a client has called, and what came of it. Times are of one monotonic clock, in any unit. */
export interface Operation {
  readonly client: number | string
  readonly call: number
  /** When its outcome was known; null, or anything, where it never was. */
  readonly return: number | null
  readonly op: string
  /** What it was done to; left out where there is one object only. */
  readonly key?: string
  readonly input?: unknown
  /** What it gave; undefined in a `step` where nobody knows. */
  readonly output?: unknown
  /** `fail`: it certainly did not happen. `info`: nobody knows; it may have happened at any time after its call, or not at all. */
  readonly status: 'ok' | 'fail' | 'info'
}

/** How an object behaves where operations happen one after the other. */
export interface SequentialModel<State> {
  /** Before the first operation; of each key by itself. */
  readonly init: State
  /**
   * The state after the operation; undefined: it cannot have given this output in this state. Of an operation with
   * status `info` the output is undefined, which stands for any.
   */
  step(state: State, op: Operation): { readonly state: State } | undefined
  /** Operations of different parts have nothing to do with each other. Default: the operation's `key`. */
  key?(op: Operation): string
  /** Whether two states are the same. Default: by structure. */
  equal?(a: State, b: State): boolean
  /** The same for equal states, and better different for others: it makes the search faster where there are many. */
  hash?(state: State): string | number
  /** True of operations that never change a state, whatever it is; it makes the search faster. Default: false. */
  readonly?(op: Operation): boolean
  /** The state for people, in a few words. Default: as JSON. */
  show?(state: State): string
}

/** Whether two plain values are the same, by structure. */
export const same = (a: unknown, b: unknown): boolean => a === b || isDeepStrictEqual(a, b)

const LONGEST = 60

/** A plain value in a few words; bigints as in code. */
export function shown(value: unknown): string {
  const text =
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? 'undefined'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
