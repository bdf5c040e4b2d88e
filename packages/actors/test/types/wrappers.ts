// Wrappers keep the protocol of what they wrap and may add to it; late replies, generic views, typed refusals, codecs.
import { type AnyBehavior, behavior, type BehaviorFor, codec, type HandlersOf, type Later, type Ref, refusal, type RefusalKind, type System, wrapper } from '@troupe/actors'
import { counter, type Eq, is } from './basic.ts'

declare const system: System

// ── a wrapper of one's own: protocol kept, one method added ─────────────────────────────────────────────────────
export const cached = wrapper(import.meta, {
  name: 'cached',
  state: (o: { ttl: number }) => ({ ttl: o.ttl, entries: {} as Record<string, { value: unknown; until: number }> }),
  async around(ctx, call, next) {
    const key = call.method + JSON.stringify(call.args)
    const hit = ctx.state.entries[key]
    if (hit && hit.until > ctx.now()) return hit.value
    const value = await next(call)
    ctx.state.entries[key] = { value, until: ctx.now() + ctx.state.ttl }
    return value
  },
  handlers: { forget(ctx) { ctx.state.entries = {}; return 1 } },
})
export const plain = wrapper(import.meta, { name: 'plain', state: () => ({ n: 0 }), around(ctx, call, next) { ctx.state.n++; return next(call) } })
export const cachedCounter = cached(counter, { ttl: 5 })
const c = await system.spawn(cachedCounter, 5)
is<Eq<ReturnType<typeof c.ask.add>, Promise<number>>>()
is<Eq<ReturnType<typeof c.ask.forget>, Promise<number>>>()
// @ts-expect-error no such method
c.ask.nope()
// @ts-expect-error options missing
cached(counter)
// @ts-expect-error no options taken
plain(counter, { ttl: 1 })
// @ts-expect-error the inner behavior's init
void system.spawn(cachedCounter)
const nested = plain(cached(plain(counter), { ttl: 1 }))
const n = await system.spawn(nested, 5)
is<Eq<ReturnType<typeof n.ask.add>, Promise<number>>>()

// a wrapper without methods of its own adds none
declare const pl: Ref<ReturnType<typeof plainCounter>>
function plainCounter() { return plain(counter) }
is<Eq<keyof typeof pl.ask, keyof Ref<typeof counter>['ask']>>()
// @ts-expect-error no such method
pl.ask.nope()

// options typed by the inner behavior's methods: a generic function over the wrapper
export const cachedOnly = <B extends AnyBehavior>(inner: B, only: (keyof HandlersOf<B>)[]) => cached(inner, { ttl: 1 })
cachedOnly(counter, ['get'])
// @ts-expect-error no such method
cachedOnly(counter, ['gte'])

// ── late replies ────────────────────────────────────────────────────────────────────────────────────────────────
export const queue = behavior(import.meta, {
  name: 'queue',
  state: () => ({ items: [] as unknown[], waiting: [] as Later<unknown>[] }),
  handlers: {
    put(ctx, item: unknown) { const w = ctx.state.waiting.shift(); if (w) w.resolve(item); else ctx.state.items.push(item) },
    take(ctx) {
      if (ctx.state.items.length) return ctx.state.items.shift()
      const l = ctx.later<unknown>()
      ctx.state.waiting.push(l)
      return l
    },
    count(ctx) { const l = ctx.later<number>(); return Math.random() > 0.5 ? l : 3 },
  },
})
declare const q: Ref<typeof queue>
is<Eq<ReturnType<typeof q.ask.count>, Promise<number>>>()

// ── a generic behavior: the value is one, the view is generic ───────────────────────────────────────────────────
interface QueueOf<T> { put(item: T): void; take(): T }
export const queueOf = <T>() => queue as BehaviorFor<QueueOf<T>>
const jobs = await system.spawn(queueOf<{ id: number }>())
is<Eq<ReturnType<typeof jobs.ask.take>, Promise<{ id: number }>>>()
// @ts-expect-error an item is { id }
jobs.tell.put('x')

// ── refusals with typed data ────────────────────────────────────────────────────────────────────────────────────
export const Insufficient = refusal<{ missing: number }>('insufficient-funds')
export const Closed = refusal('closed')
export const Shut: RefusalKind<void> = refusal('shut', 'we open at nine')
export const Short: RefusalKind<{ missing: number }> = refusal<{ missing: number }>('short', ({ missing }) => `${missing.toFixed(2)} more`)
// @ts-expect-error the words are not of this data
refusal<{ missing: number }>('short', ({ left }: { left: number }) => `${left}`)
// @ts-expect-error no words
refusal('shut', 9)
try {
  throw Insufficient({ missing: 3 })
} catch (e) {
  if (Insufficient.is(e)) {
    const missing: number = e.data.missing
    const ran: 'no' | 'yes' | 'unknown' = e.ran
  }
}
Closed()
// @ts-expect-error wrong data
Insufficient({ missing: 'x' })
// @ts-expect-error data missing
Insufficient()

// ── classes that travel ─────────────────────────────────────────────────────────────────────────────────────────
export class Money { readonly cents: number; constructor(cents: number) { this.cents = cents } }
codec(Money, { name: 'money', pack: money => money.cents, unpack: (cents: number) => new Money(cents) })
// @ts-expect-error unpack gives something else
codec(Money, { name: 'wrong', pack: money => money.cents, unpack: () => 'x' })
