// What goes wrong with locks. All are refusals: a handler that lets one out rejects its ask and harms nobody.
//
// Invariant: known everywhere by `code`. On the thread that has asked, the client makes them instances of their class; one that has
// crossed threads since is a plain Refusal with the same code and data, which `Busy.is(error)` finds too.
import { Refusal } from '@troupe/actors'
import type { WaitStep } from './wait-cycle.ts'

function lockError<Data>(code: string, text: (data: Data) => string) {
  return class extends Refusal<Data> {
    static readonly code = code
    static is(error: unknown): error is Refusal<Data> {
      return error instanceof Refusal && error.code === code
    }
    constructor(data: Data, about: { cause?: unknown } = {}) {
      super(code, data, { message: text(data), ...about })
    }
  }
}

interface OfLock {
  readonly lock: string
}

/** Somebody else has it, and the request was not to wait. */
export class Busy extends lockError('lock-busy', ({ lock }: OfLock) => `lock '${lock}' is held by somebody else`) {}

/** The time to wait was over before its turn came. */
export class WaitTimeout extends lockError(
  'lock-wait-timeout',
  ({ lock, waited }: OfLock & { waited: number }) =>
    `lock '${lock}' was not to be had within ${Math.round(waited)} ms; wait longer, or hold it for a shorter time`,
) {}

const LOST = {
  lease: 'its lease is over, as it could not be renewed in time',
  taken: 'the lock server does not know this grant any more: its lease was over, or the server has begun anew',
  released: 'it has been given back',
}
/** It is not held any more, or cannot be known to be. `why`: lease, taken, or released (by this very holder). */
export class LockLost extends lockError(
  'lock-lost',
  ({ lock, token, why }: OfLock & { token: bigint; why: keyof typeof LOST }) =>
    `lock '${lock}', token ${token}, is not held any more: ${LOST[why]}`,
) {}

/** Whoever asks has it already, and would wait for itself. */
export class LockReentered extends lockError(
  'lock-reentered',
  ({ lock, owner }: OfLock & { owner: string }) =>
    `lock '${lock}': ${owner} has it already, and would wait for itself; pass the lock on to what needs it`,
) {}

/** Whoever asks would wait for itself by way of others: `path` says how. */
export class LockCycle extends lockError(
  'lock-cycle',
  ({ lock, path }: OfLock & { path: readonly WaitStep[] }) =>
    `lock '${lock}': this wait would never end: ${inWords(path)}; ask for locks in the same order everywhere`,
) {}

/** All who ask for a lock must agree on how many permits it has. */
export class LockMismatch extends lockError(
  'lock-mismatch',
  ({ lock, asked, permits }: OfLock & { asked: number; permits: number }) =>
    `lock '${lock}' is in use with ${kindOf(permits)}, and was asked for with ${kindOf(asked)}; give one of the two another name`,
) {}

/** The lock server has as many requests as it takes. */
export class LockTableFull extends lockError(
  'lock-table-full',
  ({ lock, most }: OfLock & { most: number }) =>
    `lock '${lock}': the lock server has ${most} requests, as many as it takes; ask later, or spawn it with a higher \`most\``,
) {}

/** The request was given up before, or its client has ended. */
export class LockGivenUp extends lockError(
  'lock-given-up',
  ({ lock }: OfLock) => `lock '${lock}': this request was given up`,
) {}

/** An argument that makes no sense. */
export class LockRequestInvalid extends lockError('lock-request-invalid', ({ what }: { what: string }) => what) {}

/** What is protected has seen a newer holder than this one. */
export class StaleToken extends lockError(
  'stale-token',
  ({ what, token, newest }: { what: string; token: bigint; newest: bigint }) =>
    `${what}: token ${token} is refused, as ${newest} is in force; whoever has it has lost its lock to a later holder`,
) {}

/** A fenced method was called without the pass of a lock. */
export class NoToken extends lockError(
  'no-token',
  ({ what }: { what: string }) =>
    `${what} is fenced: its first argument is the pass of a lock; call it by way of lock.guard(ref)`,
) {}

const kindOf = (permits: number): string =>
  permits === 1 ? 'one permit' : permits === 2 ** 30 ? 'readers and writers' : `${permits} permits`

function inWords(path: readonly WaitStep[]): string {
  return path
    .map(({ owner, lock }, at) => `${owner} waits for '${lock}' of ${path[(at + 1) % path.length]!.owner}`)
    .join(', ')
}

const classes = [Busy, WaitTimeout, LockLost, LockReentered, LockCycle, LockMismatch, LockTableFull, LockGivenUp]
const more = [LockRequestInvalid, StaleToken, NoToken]
const byCode = new Map<string, new (data: never, about: { cause?: unknown }) => Refusal>(
  [...classes, ...more].map(Class => [Class.code, Class as never]),
)

/** The error as an instance of its class, where it is one of these. */
export function lockErrorOf(error: unknown): unknown {
  const Class = error instanceof Refusal && error.constructor === Refusal ? byCode.get(error.code) : undefined
  return Class === undefined ? error : new Class((error as Refusal).data as never, { cause: error })
}
