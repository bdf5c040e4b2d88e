// `select`, as users see it: waits for several things at once and lets exactly one of them happen.
//
// Invariant: nothing here decides anything: cases are in core/cases.ts, how one of them is chosen in core/selection.ts.
import { type Cases, PromiseCase, TimeCase } from './core/cases.ts'
import { selectFrom, tryFrom } from './core/select-call.ts'
import { inWords } from './core/behavior-value.ts'
import { InvalidCall } from './core/errors.ts'

/** One thing that a select can wait for; R is what it tells when it happens. Make it with `receiving()`, `sending(value)`, `after(ms)`, `settled(promise)`. */
export interface Case<R> {
  readonly '~won': R
}
type Flat<T> = T extends unknown ? { [K in keyof T]: T[K] } : never
/** What a select of these cases gives: the name of the case that happened, and what it tells. */
export type Won<C> = {
  [K in keyof C & string]: NonNullable<C[K]> extends Case<infer R>
    ? R extends unknown
      ? Flat<{ readonly case: K } & R>
      : never
    : never
}[keyof C & string]

type CaseRecord = Record<string, Case<any> | null | undefined>

/**
 * Waits until one of the cases can happen, lets exactly that one happen, and tells which: `{ case: 'job', value }`. Of
 * several that are ready one is chosen at random. A case that is null is never ready. Rejects with Aborted when the signal
 * is, with ChannelClosed when a channel to send to is closed, with NotSendable, InvalidCall or ThreadLost, and as all waits
 * do with ActorStopped, TurnEnded or SystemClosed when who waits ends. (One without any channel belongs to nobody, and ends
 * by its signal alone.)
 */
export function select<C extends CaseRecord>(cases: C, options?: { signal?: AbortSignal }): Promise<Won<C>> {
  try {
    return selectFrom(cases as unknown as Cases, options) as Promise<Won<C>>
  } catch (error) {
    return Promise.reject(error)
  }
}

/** The `default` of Go's select: undefined when no case is ready, as far as this thread knows. Never waits. */
export function trySelect<C extends CaseRecord>(cases: C): Won<C> | undefined {
  return tryFrom(cases as unknown as Cases) as Won<C> | undefined
}

/**
 * A case that is ready `ms` milliseconds after the select began to wait: in a loop, each select begins anew. Throws
 * InvalidCall for what is no time; a case that is never ready is `null`.
 */
export function after(ms: number): Case<{}> {
  if (!(typeof ms === 'number' && ms < Infinity))
    throw new InvalidCall(`after: ${inWords(ms)} is no time in ms; a case that is never ready is null`)
  return new TimeCase(Math.max(0, ms)) as unknown as Case<{}>
}

/** A case that is ready when the promise has settled; it tells how, as `Promise.allSettled` does. */
export function settled<T>(promise: Promise<T>): Case<PromiseSettledResult<T>> {
  if (typeof (promise as Promise<T> | undefined)?.then !== 'function')
    throw new InvalidCall('settled(…): pass a promise')
  return new PromiseCase(promise) as unknown as Case<PromiseSettledResult<T>>
}
