// Wrappers of one's own, composed. A wrapper stands around every call of whatever behavior it is applied to, and has its
// own state and methods. The composed behavior is a value like any other: it can be spawned on any thread, and probed
// without one.
import { type AnyBehavior, behavior, createSystem, type HandlersOf, refusal, thread, wrapper } from '@troupe/actors'
import { probe } from '@troupe/actors/testing'

export const quotes = behavior(import.meta, {
  name: 'quotes',
  state: () => ({ asked: 0 }),
  handlers: {
    async quote(ctx, symbol: string) {
      ctx.state.asked++
      return { symbol, price: symbol.length }
    },
    asked(ctx) {
      return ctx.state.asked
    },
  },
})

const memo = wrapper(import.meta, {
  name: 'memo',
  state: (options: { ttl: number; only: PropertyKey[] }) => ({
    ...options,
    entries: {} as Record<string, { value: unknown; until: number }>,
  }),
  async around(ctx, call, next) {
    const { only, entries, ttl } = ctx.state
    if (!only.includes(call.method)) return next(call)
    const key = JSON.stringify([call.method, call.args])
    const hit = entries[key]
    if (hit !== undefined && hit.until > ctx.now()) return hit.value
    const value = await next(call)
    entries[key] = { value, until: ctx.now() + ttl }
    return value
  },
  handlers: {
    forget(ctx) {
      ctx.state.entries = {}
    },
  },
})
/** `only` takes the names of the wrapped behavior's methods, and no others. */
export const cached = <B extends AnyBehavior>(inner: B, options: { ttl: number; only: (keyof HandlersOf<B>)[] }) =>
  memo(inner, options)

export const TooMany = refusal<{ retryAfter: number }>('too-many')

/** A token bucket: `calls` at once, refilled over `per` ms. */
export const limited = wrapper(import.meta, {
  name: 'limited',
  state: (options: { calls: number; per: number }) => ({ ...options, tokens: options.calls, at: 0 }),
  around(ctx, call, next) {
    const { state } = ctx
    const now = ctx.now()
    const refilled = ((now - state.at) / state.per) * state.calls
    state.tokens = Math.min(state.calls, state.tokens + refilled)
    state.at = now
    if (state.tokens < 1) throw TooMany({ retryAfter: Math.ceil(state.per / state.calls) })
    state.tokens--
    return next(call)
  },
})

const hour = 3_600_000
export const service = cached(limited(quotes, { calls: 3, per: hour }), { ttl: hour, only: ['quote'] })

const system = await createSystem({ threads: 1 })
const ref = await system.spawn(service, undefined, { on: thread(1) })

for (const symbol of ['ACME', 'ACME', 'ACME']) console.log(await ref.ask.quote(symbol))
console.log('asked', await ref.ask.asked()) // the second of three calls that reached the limiter

ref.tell.forget()
console.log(await ref.ask.quote('ACME'))
try {
  await ref.ask.quote('INITECH')
} catch (error) {
  if (!TooMany.is(error)) throw error
  console.log('too many, try again in', error.data.retryAfter / 60_000, 'minutes')
}
await system.close()

const alone = probe(cached(quotes, { ttl: 1_000, only: ['quote'] }))
for (const ms of [0, 999, 1]) {
  await alone.advance(ms)
  await alone.ask.quote('ACME')
}
console.log('asked', await alone.ask.asked()) // at 0 and at 1,000 ms: the clock is ours

/* prints
{ symbol: 'ACME', price: 4 }
{ symbol: 'ACME', price: 4 }
{ symbol: 'ACME', price: 4 }
asked 1
{ symbol: 'ACME', price: 4 }
too many, try again in 20 minutes
asked 2
*/
