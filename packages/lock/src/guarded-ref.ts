// A ref to a fenced actor in the hands of a holder: each call carries its pass, and ends with its lock.
//
// Invariants: what is asked once the lock cannot be trusted any more is not sent; what is under way then is aborted. It is the holder's
// own, and cannot travel: whoever gets it elsewhere would have no lock.
import type { AskOptions, ProtocolOf, Ref } from '@troupe/actors'
import type { Pass } from './fenced.ts'

/** What a fenced protocol is to a holder: without the pass. */
export type Unfenced<B> = {
  readonly [K in keyof ProtocolOf<B>]: ProtocolOf<B>[K] extends (pass: Pass, ...args: infer A) => infer R
    ? (...args: A) => R
    : never
}

/** What guards: a lock. */
export interface Passer {
  readonly pass: Pass
  readonly signal: AbortSignal
}

type Method = (...args: unknown[]) => unknown
type AnyMethods = Readonly<Record<string, Method>>

export function guardedRef<B>(ref: Ref<B>, lock: Passer, limits: AskOptions = {}): Ref<Unfenced<B>> {
  const ask = methods(name => (...args) => {
    const { signal } = lock
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const either = limits.signal === undefined ? signal : AbortSignal.any([signal, limits.signal])
    return (ref.with({ ...limits, signal: either }).ask as AnyMethods)[name]!(lock.pass, ...args)
  })
  const tell = methods(name => (...args) => {
    lock.signal.throwIfAborted()
    ;(ref.tell as AnyMethods)[name]!(lock.pass, ...args)
  })
  const guarded = {
    id: ref.id,
    ask,
    tell,
    with: (more: AskOptions) => guardedRef(ref, lock, { ...limits, ...more }),
    ready: () => ref.ready(),
    move: (...args: Parameters<Ref<B>['move']>) => ref.move(...args),
    stop: (...args: Parameters<Ref<B>['stop']>) => ref.stop(...args),
  }
  return guarded as unknown as Ref<Unfenced<B>>
}

/** An object that has every method. */
function methods(make: (name: string) => Method): object {
  const made = new Map<string, Method>()
  return new Proxy(Object.create(null) as object, {
    get(_, name) {
      if (typeof name === 'symbol' || name === 'then') return undefined
      let method = made.get(name)
      if (method === undefined) made.set(name, (method = make(name)))
      return method
    },
  })
}
