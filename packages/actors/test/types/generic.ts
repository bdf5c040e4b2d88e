// Code over any behavior or ref: pools, pickers, records of behaviors, protocols as ordinary types.
import { type Behavior, behavior, type Context, type ProtocolOf, type Ref, type SpawnArgs, type System } from '@troupe/actors'
import { counter, type Eq, is, noInit } from './basic.ts'

declare const system: System

// a pool of n equal actors
async function pool<I extends unknown[], S, H>(b: Behavior<I, S, H>, n: number, ...args: SpawnArgs<I>): Promise<Ref<Behavior<I, S, H>>[]> {
  return Promise.all(Array.from({ length: n }, () => system.spawn(b, ...args)))
}
const p = await pool(counter, 3, 5)
is<Eq<ReturnType<(typeof p)[0]['ask']['add']>, Promise<number>>>()
// @ts-expect-error init missing
await pool(counter, 3)
await pool(noInit, 3)

// one of many refs
function pick<P>(refs: Ref<P>[]): Ref<P> { return refs[0]! }
await pick(p).ask.add(1)

// a ref keeps its type on its way through a message; a behavior that holds any reader
interface Reader { get(): number }
export const watcher = behavior(import.meta, {
  name: 'watcher',
  state: () => ({ of: [] as Ref<Reader>[] }),
  handlers: {
    observe(ctx, r: Ref<Reader>) { ctx.state.of.push(r) },
    async sum(ctx) { let n = 0; for (const r of ctx.state.of) n += await r.ask.get(); return n },
  },
})
declare const w: Ref<typeof watcher>
w.tell.observe(p[0]!)
// @ts-expect-error no get
w.tell.observe(w)

// a handler called by itself
const n: number = counter.handlers.add({ state: { count: 1 } } as Context<{ count: number }, any>, 1)

// a record of behaviors
const all = { counter, watcher }
type Refs = { [K in keyof typeof all]: Ref<(typeof all)[K]> }
declare const refs: Refs
await refs.counter.ask.add(1)

// protocols are ordinary types
is<Eq<ProtocolOf<typeof watcher>, { readonly observe: (r: Ref<Reader>) => void; readonly sum: () => number }>>()

// replies of several kinds, optional arguments, bigint, Date
export const kinds = behavior(import.meta, {
  name: 'kinds',
  state: (): { m: Map<string, bigint>; d: Date | null } => ({ m: new Map(), d: null }),
  handlers: {
    a(ctx, k: 'x' | 'y', o?: { readonly q?: number }) { return ctx.state.m.get(k) },
    async b(ctx) { return ctx.state.d ?? ('none' as const) },
  },
})
declare const k: Ref<typeof kinds>
is<Eq<ReturnType<typeof k.ask.a>, Promise<bigint | undefined>>>()
is<Eq<ReturnType<typeof k.ask.b>, Promise<Date | 'none'>>>()
