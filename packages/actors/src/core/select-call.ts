// The calls `select` and `trySelect`, from the cases as users write them.
//
// Invariant: a select belongs to the system of its channels. One without any, which can only wait for a time or a promise,
// belongs to none, and takes its time from `bareClock`.
import { checkParts, inWords } from './behavior-value.ts'
import { InvalidCall } from './errors.ts'
import { AnyCase, type Cases, ChannelCase, PromiseCase, TimeCase, tryCases, want } from './cases.ts'
import { End } from './channel-end.ts'
import { aborted, Selection } from './selection.ts'
import { due } from './waiter.ts'

/** The clock, and chance, of selects that belong to no system; set by what has them. */
export const bareClock: {
  /** Returns how to clear it. */
  after(ms: number, fire: () => void): () => void
  random(): number
  /** The promise of such a select, for who wants to know who waits. */
  noted<T>(promise: Promise<T>): Promise<T>
} = {
  after: noClock,
  random: noClock,
  noted: promise => promise,
}
function noClock(): never {
  throw new InvalidCall('select: there is no clock')
}

export function selectFrom(cases: Cases, options: { signal?: AbortSignal | undefined } | undefined): Promise<object> {
  const signal = options === undefined ? undefined : signalOf(options)
  if (signal?.aborted === true) return Promise.reject(aborted(signal))
  const first = firstChannel('select', cases)
  if (first === undefined) return bare(cases, signal)
  const stopped = due(first.owner)
  if (stopped !== undefined) return stopped
  const { core } = first.chan
  const names = Object.keys(cases)
  const won = tryCases(names, cases, () => core.platform.random())
  if (won !== undefined) return core.channels.tired() ? core.channels.rest(won) : Promise.resolve(won)
  return new Selection(core, first.owner).wait(names, cases, signal)
}
function signalOf(options: { signal?: AbortSignal | undefined }): AbortSignal | undefined {
  checkParts('select', options, ['signal'])
  const { signal } = options
  if (signal === undefined || typeof signal?.addEventListener === 'function') return signal
  throw new InvalidCall('select: signal is no AbortSignal')
}

export function tryFrom(cases: Cases): object | undefined {
  const first = firstChannel('trySelect', cases)
  const names = Object.keys(cases)
  const won = tryCases(names, cases, () => first?.chan.core.platform.random() ?? 0)
  if (won === undefined) for (const name of names) want(cases[name])
  return won
}

/** A case with a channel, if there is one. Throws InvalidCall where these are no cases of one system. */
function firstChannel(call: string, cases: Cases): ChannelCase | undefined {
  if (cases instanceof AnyCase) {
    throw new InvalidCall(`${call}: that is one case; give each a name: { job: jobs.receiving(), late: after(100) }`)
  }
  if (typeof cases !== 'object' || cases === null || Array.isArray(cases)) {
    throw new InvalidCall(`${call}: pass an object of cases: { job: jobs.receiving(), late: after(100) }`)
  }
  let first: ChannelCase | undefined
  for (const name in cases) {
    const one = cases[name]
    if (one === null || one === undefined) continue
    if (!(one instanceof AnyCase)) throw noCase(call, name, one)
    if (!(one instanceof ChannelCase)) continue
    first ??= one
    if (one.chan.core !== first.chan.core) throw new InvalidCall(`${call}: its channels are of different systems`)
  }
  return first
}
function noCase(call: string, name: string, one: {}): InvalidCall {
  const the = `${call}: the case '${name}' is`
  if (one instanceof End) {
    return new InvalidCall(`${the} a channel; say which: receiving(), or sending(value)`)
  }
  if (typeof (one as PromiseLike<unknown>).then === 'function') {
    return new InvalidCall(`${the} a promise; use receiving() of its channel, or settled(promise)`)
  }
  const advice = 'a case is ch.receiving(), ch.sending(value), after(ms), settled(promise) or null'
  return new InvalidCall(`${the} ${typeof one === 'object' ? 'none' : inWords(one)}; ${advice}`)
}

/** A select without channels. */
function bare(cases: Cases, signal: AbortSignal | undefined): Promise<object> {
  const won = tryCases(Object.keys(cases), cases, () => bareClock.random())
  if (won !== undefined) return Promise.resolve(won)
  const promise = new Promise<object>((resolve, reject) => {
    const leave: (() => void)[] = []
    const end = (then: () => void): void => {
      for (const one of leave) one()
      then()
    }
    for (const [name, one] of Object.entries(cases)) {
      if (one instanceof TimeCase) leave.push(bareClock.after(one.ms, () => end(() => resolve({ case: name }))))
      if (one instanceof PromiseCase) leave.push(one.whenSettled(() => end(() => resolve(one.try(name)!))))
    }
    if (signal === undefined) return
    const abort = (): void => end(() => reject(aborted(signal)))
    signal.addEventListener('abort', abort, { once: true })
    leave.push(() => signal.removeEventListener('abort', abort))
  })
  return bareClock.noted(promise)
}
