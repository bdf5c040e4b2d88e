// What to do about a fault: a pure function of the faults before it, the rules and the time.
//
// Invariants: an actor is restarted at most `max` times within any `within` ms; the restart after that stops it and tells
// its parent. The wait before a restart doubles with each restart within `within`, so a crash loop costs ever less. A rule
// that fails itself, or says what is no way to go on, leaves the fault to the parent.
import { assertNever } from './platform.ts'
import type { OnFault, SupervisionOptions } from './behavior-value.ts'

export type Decision =
  | { readonly kind: 'resume' }
  | { readonly kind: 'restart'; readonly delay: number; readonly times: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'escalate' }

/** When the restarts within the window were, oldest first. */
export type Restarts = readonly number[]

const DEFAULT_MAX = 5
const DEFAULT_WITHIN = 10_000
const DEFAULT_BACKOFF = { first: 10, longest: 1_000 }

/** `resumable`: whether there is a life to go on with, which there is not after a turn without end or a failed start. */
export function supervise(
  rules: SupervisionOptions,
  restarts: Restarts,
  error: unknown,
  now: number,
  resumable = true,
): { decision: Decision; restarts: Restarts } {
  const said = wantedBy(rules, error)
  const wanted = said === 'resume' && !resumable ? 'restart' : said
  switch (wanted) {
    case 'resume':
    case 'stop':
    case 'escalate':
      return { decision: { kind: wanted }, restarts }
    case 'restart': {
      const within = rules.within ?? DEFAULT_WITHIN
      const recent = restarts.filter(at => now - at < within)
      if (recent.length >= (rules.max ?? DEFAULT_MAX)) return { decision: { kind: 'escalate' }, restarts: recent }
      const { first, longest } = rules.backoff ?? DEFAULT_BACKOFF
      const delay = Math.min(longest, first * 2 ** recent.length)
      return { decision: { kind: 'restart', delay, times: recent.length + 1 }, restarts: [...recent, now] }
    }
    default:
      return assertNever(wanted)
  }
}

const WAYS: ReadonlySet<unknown> = new Set<OnFault>(['restart', 'resume', 'stop', 'escalate'])

function wantedBy({ onFault = 'restart' }: SupervisionOptions, error: unknown): OnFault {
  try {
    const wanted = typeof onFault === 'function' ? onFault(error) : onFault
    return WAYS.has(wanted) ? wanted : 'escalate'
  } catch {
    return 'escalate'
  }
}
