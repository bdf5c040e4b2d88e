// What does not infer, kept as expectations, so that an improvement of TypeScript is noticed and the docs can say less.
import { behavior, type BehaviorFor, type Ref } from '@troupe/actors'
import { type Eq, is } from './basic.ts'

// @ts-expect-error TS7022: its own type in its own initializer
export const node = behavior(import.meta, { name: 'node', state: () => ({ n: 0 }), handlers: { link(ctx, n: Ref<typeof node>) {} } })
// @ts-expect-error TS7022
export const a = behavior(import.meta, { name: 'a', state: () => ({}), handlers: { x(ctx, other: Ref<typeof b>) {} } })
// @ts-expect-error TS7022
export const b = behavior(import.meta, { name: 'b', state: () => ({}), handlers: { y(ctx, other: Ref<typeof a>) {} } })

// a default without a type in `state` depends on its context: State becomes unknown
export const opt = behavior(import.meta, { name: 'o', state: (a = 1) => ({ a }), handlers: { a(ctx) {
  // @ts-expect-error TS18046
  return ctx.state.a } } })

// `satisfies` gives behavior() a contextual return type, which silently turns every ctx into any
export const sat = behavior(import.meta, { name: 's', state: () => ({ n: 0 }), handlers: { get(ctx) { ctx.nonsense; return 1 } } }) satisfies BehaviorFor<{ get(): number }, any, any>
is<Eq<Parameters<typeof sat.handlers.get>[0], any>>()
