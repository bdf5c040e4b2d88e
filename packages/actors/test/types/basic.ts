// What a behavior, a ref and a system infer, and what they refuse to compile. Each case stands on its own line; a wrong
// one is marked, so that one compiler run proves both. `is` and `Eq` serve the other files here.
import { behavior, createSystem, Expired, Refusal, thread, TroupeError } from '@troupe/actors'
import type { ActorId, AnyRef, Context, ContextOf, Ended, HandleOf, Hosted, InitOf, Keyed, Ran, Ref, RefOf, StateOf, System } from '@troupe/actors'

export type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
export declare function is<T extends true>(): void

// ── a behavior: names, state and replies are inferred, and every `ctx` knows them ───────────────────────────────
export const counter = behavior(import.meta, {
  name: 'counter',
  version: 1,
  state: (start: number) => ({ count: start }),
  handlers: {
    add(ctx, by: number) {
      ctx.after(5, 'get')
      ctx.self.tell.add(1)
      // @ts-expect-error no such handler
      ctx.after(5, 'gte')
      // @ts-expect-error no such handler
      ctx.self.tell.gte()
      // @ts-expect-error no such state
      ctx.state.cuont
      return (ctx.state.count += by)
    },
    get(ctx) { return ctx.state.count },
    async slow(ctx, o: { n: number }) { return { ...o, count: ctx.state.count } },
    rest(ctx, ...n: number[]) { return n.length },
    dflt(ctx, n: number = 1) { return n },
    void(ctx) {},
    no() { return 1 as const },
  },
  started(ctx, why) {
    ctx.every(1000, 'get')
    const known: 'spawned' | 'moved' | 'restarted' | 'revived' = why
    // @ts-expect-error no such handler
    ctx.every(1, 'gte')
  },
  stopping(ctx, why) { const known: 'stopped' | 'moved' | 'faulted' = why },
  merge: (a, b) => ({ count: Math.max(a.count, b.count) }),
  options: { get: { readonly: true }, add: { deadline: 100 }, slow: { interleave: true } },
  mailbox: { capacity: 100, bytes: 1_000_000, overflow: 'dropOldest' },
  supervision: { onFault: error => (error instanceof TypeError ? 'stop' : 'restart'), max: 3, within: 1_000 },
})
is<Eq<InitOf<typeof counter>, [start: number]>>()
is<Eq<StateOf<typeof counter>, { count: number }>>()
is<Eq<ContextOf<typeof counter>, Context<{ count: number }, 'add' | 'get' | 'slow' | 'rest' | 'dflt' | 'void' | 'no'>>>()

declare const r: Ref<typeof counter>
is<Eq<typeof r.id, ActorId>>()
is<Eq<ReturnType<typeof r.ask.add>, Promise<number>>>()
is<Eq<Parameters<typeof r.ask.add>, [by: number]>>()
is<Eq<Parameters<typeof r.ask.slow>, [o: { n: number }]>>()
is<Eq<ReturnType<typeof r.ask.slow>, Promise<{ count: number; n: number }>>>()
is<Eq<Parameters<typeof r.tell.rest>, number[]>>()
is<Eq<Parameters<typeof r.tell.dflt>, [n?: number | undefined]>>()
is<Eq<ReturnType<typeof r.ask.void>, Promise<void>>>()
is<Eq<ReturnType<typeof r.tell.add>, void>>()
is<Eq<ReturnType<typeof r.ask.no>, Promise<1>>>()
is<Eq<ReturnType<ReturnType<typeof bounded>['ask']['add']>, Promise<number>>>()
function bounded(signal: AbortSignal) { return r.with({ deadline: 50, signal }) }
// @ts-expect-error wrong argument
r.ask.add('x')
// @ts-expect-error no such method
r.ask.nope()
// @ts-expect-error no such option
r.with({ timeout: 50 })

// ── what is no behavior ─────────────────────────────────────────────────────────────────────────────────────────
// @ts-expect-error not a function
export const bad = behavior(import.meta, { name: 'bad', state: () => ({}), handlers: { five: 5 } })
// @ts-expect-error ctx forgotten
export const bad2 = behavior(import.meta, { name: 'bad', state: () => ({}), handlers: { add(by: number) { return by }, get(ctx) {} } })
// @ts-expect-error `this` is void
export const bad3 = behavior(import.meta, { name: 'bad', state: () => ({}), handlers: { add(ctx, by: number) { return this.get(ctx) }, get(ctx) {} } })
// `this` in a handler is void, so that a call of a sibling is refused clearly
export const bad4 = behavior(import.meta, { name: 'bad', state: () => ({}), handlers: { a(ctx) { is<Eq<typeof this, void>>() } } })
// @ts-expect-error a ref's `ask` must never look like a promise
// oxlint-disable-next-line unicorn/no-thenable
export const bad5 = behavior(import.meta, { name: 'bad', state: () => ({}), handlers: { then(ctx: Context) { return 1 } } })
// @ts-expect-error options of no handler
export const bad6 = behavior(import.meta, { name: 'bad', state: () => ({}), handlers: { get(ctx) {} }, options: { gte: { readonly: true } } })
// @ts-expect-error no such policy
export const bad7 = behavior(import.meta, { name: 'bad', state: () => ({}), handlers: {}, mailbox: { overflow: 'wait' } })
// @ts-expect-error state with two arguments
export const bad8 = behavior(import.meta, { name: 'bad', state: (a: number, b: number) => ({ a, b }), handlers: { get(ctx) {} } })
// a parameter without a type is `never` (no silent any): every caller is told
export const untyped = behavior(import.meta, { name: 'u', state: () => ({ n: 0 }), handlers: { add(ctx, by) { ctx.state.n += by; return by } } })
declare const u: Ref<typeof untyped>
// @ts-expect-error the parameter has no type
u.ask.add(1)

// ── refs: a ref to more fits a ref to less, whichever way they are named ────────────────────────────────────────
const reader: Ref<{ get(): number }> = r
const alias: RefOf<typeof counter> = r
const back: Ref<typeof counter> = alias
const any: AnyRef = r
// @ts-expect-error a reader is no counter
const wide: Ref<typeof counter> = reader
// @ts-expect-error wrong reply
const wrong: Ref<{ get(): string }> = r

// ── an argument that cannot travel is refused at the call ───────────────────────────────────────────────────────
export const cb = behavior(import.meta, { name: 'cb', state: () => ({}), handlers: { on(ctx, f: () => void) {}, wait(ctx, p: Promise<number>) {}, cut(ctx, s: AbortSignal) {}, any(ctx, x: any) {}, unk(ctx, x: unknown) {} } })
declare const c: Ref<typeof cb>
// @ts-expect-error a function cannot travel
c.tell.on(() => {})
// @ts-expect-error a promise cannot travel
c.tell.wait(Promise.resolve(1))
// @ts-expect-error an AbortSignal cannot travel
void c.ask.cut(new AbortController().signal)
c.tell.any(1)
c.tell.unk(1)

// ── systems ─────────────────────────────────────────────────────────────────────────────────────────────────────
declare const system: System
is<Eq<ReturnType<typeof createSystem>, Promise<System>>>()
void createSystem({ threads: 2, askDeadline: 100, turnLimit: 1_000, mailbox: { capacity: 8 }, resourceLimits: { maxOldGenerationSizeMb: 64 } })
void createSystem({ vault: 2 ** 28, snapshot: 1_000 })
// @ts-expect-error no such option
void createSystem({ workers: 2 })
export const kept = behavior(import.meta, { name: 'kept', checkpoint: 'turn', state: () => 0, handlers: { a: ctx => ctx.state } })
export const seldomKept = behavior(import.meta, { name: 'seldomKept', checkpoint: 1_000, state: () => 0, handlers: { a: ctx => ctx.state } })
// @ts-expect-error 'turn', or a number of ms
export const neverKept = behavior(import.meta, { name: 'neverKept', checkpoint: 'never', state: () => 0, handlers: { a: ctx => ctx.state } })
export const noInit = behavior(import.meta, { name: 'n', state: () => ({ a: 1 }), handlers: { a(ctx) { return ctx.state.a } } })
export const optInit = behavior(import.meta, { name: 'o', state: (a: number = 1) => ({ a }), handlers: { a(ctx) { return ctx.state.a } } })
is<Eq<Awaited<ReturnType<typeof visits>>, Ref<typeof counter>>>()
async function visits() { return system.spawn(counter, 5, { on: thread(2), name: 'visits' }) }
void system.spawn(noInit)
void system.spawn(noInit, undefined, { name: 'x' })
void system.spawn(optInit)
void system.spawn(optInit, 3)
// @ts-expect-error init missing
void system.spawn(counter)
// @ts-expect-error wrong init
void system.spawn(counter, 'x')
// @ts-expect-error options where init goes
void system.spawn(noInit, { name: 'x' })
// @ts-expect-error a place is thread(n)
void system.spawn(noInit, undefined, { on: 1 })
is<Eq<Awaited<ReturnType<typeof found>>, Ref<typeof counter> | undefined>>()
async function found() { return system.lookup(counter, 'visits') }
system.on('deadLetter', e => { const n: number = e.count; const why: 'stopped' | 'expired' | 'full' | 'overflow' | 'unknown' | 'unreadable' | 'lost' = e.reason })
system.on('fault', e => { is<Eq<typeof e.decision, 'restart' | 'resume' | 'stop' | 'escalate'>>() })
// @ts-expect-error no such event
system.on('movd', () => {})
await using disposed = await createSystem({ threads: 0 })

// ── a turn's context ────────────────────────────────────────────────────────────────────────────────────────────
export const parent = behavior(import.meta, {
  name: 'parent',
  state: () => ({ timer: null as ReturnType<Context['after']> | null }),
  handlers: {
    async go(ctx, other: AnyRef) {
      is<Eq<typeof ctx.sender, AnyRef | undefined>>()
      is<Eq<typeof ctx.signal, AbortSignal>>()
      const child = ctx.spawn(counter, 1)
      is<Eq<typeof child, Ref<typeof counter>>>()
      // @ts-expect-error init missing
      ctx.spawn(counter)
      // @ts-expect-error no such handler
      ctx.watch(other, 'gnoe')
      // @ts-expect-error a timer calls a handler by its name
      ctx.after(5, () => {})
      ctx.watch(other, 'gone', 'why')
      ctx.cancel(ctx.state.timer)
      ctx.pipe(fetch('data:,x'), 'loaded', 1)
      const same = await ctx.lookup(counter, 'visits')
      is<Eq<typeof same, Ref<typeof counter> | undefined>>()
      // @ts-expect-error only what a system can do
      ctx.close()
    },
    gone(ctx, text: string, how: Ended) { const why: 'stopped' | 'faulted' | 'lost' = how.why },
    loaded(ctx, id: number, response: unknown) {},
  },
})

// ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────
const failed: unknown = new Expired('late')
if (failed instanceof TroupeError) {
  is<Eq<typeof failed.ran, Ran>>()
  is<Eq<typeof failed.actor, ActorId>>()
}
if (failed instanceof Refusal) is<Eq<typeof failed.code, string>>()

// ── a message that goes on ──────────────────────────────────────────────────────────────────────────────────────
interface Shelf { put(item: string, at?: number): void; list(): string[]; then2(f: () => void): void }
export const passer = behavior(import.meta, {
  name: 'passer',
  state: (to: Ref<Shelf>) => ({ to }),
  handlers: {
    pass(ctx, other: Ref<typeof counter>, any: AnyRef) {
      ctx.forward(ctx.state.to, 'put', 'x')
      ctx.forward(ctx.state.to, 'put', 'x', 1)
      ctx.forward(ctx.state.to, 'list')
      ctx.forward(other, 'add', 1)
      ctx.forward(ctx.self, 'pass', 1, 2)
      // @ts-expect-error no such method
      ctx.forward(other, 'gte')
      // @ts-expect-error wrong argument
      ctx.forward(other, 'add', 'x')
      // @ts-expect-error argument missing
      ctx.forward(ctx.state.to, 'put')
      // @ts-expect-error a function cannot travel
      ctx.forward(ctx.state.to, 'then2', () => {})
      // @ts-expect-error no method is known
      ctx.forward(any, 'put', 'x')
    },
  },
})

// ── hosting: what system.spawn gives, and takes, of a behavior and of a hosted one ──────────────────────────────────
is<Eq<HandleOf<typeof counter>, Ref<typeof counter>>>()
is<Eq<HandleOf<Hosted<Keyed<typeof counter>>>, Keyed<typeof counter>>>()
export async function hosting(system: System, many: Hosted<Keyed<typeof counter>>, keys: Keyed<typeof counter>) {
  const handle = await system.spawn(many)
  await system.spawn(many, { name: 'x' })
  const n: number = await handle.at('a').ask.add(1)
  const one: Ref<typeof counter> = keys.at('b').with({ deadline: 5 })
  // @ts-expect-error no such option
  await system.spawn(many, { nme: 'x' })
  // @ts-expect-error a key is a string
  handle.at(1)
  // @ts-expect-error no such method
  handle.at('a').ask.gte()
  // @ts-expect-error init missing
  await system.spawn(counter)
  return [n, one]
}
