// A wrapper is a module-level value that, applied to any behavior, gives one with the same protocol, plus methods of its
// own if it has any. The result is data (wrapper, options, inner behavior), so that it can be spawned on any thread.
//
// Invariants: the wrapper and what it wraps each see their own state and no other; every call of an inner method, timers
// and notices included, goes through `around`; the wrapper's own methods come first where names meet.
import {
  type BehaviorValue,
  checkParts,
  compose,
  define,
  type Handler,
  source,
  type Source,
  stateOf,
  type Wrap,
} from './core/behavior-value.ts'
import type { Context as CoreContext } from './core/context.ts'
import { InvalidCall, UnknownMethod } from './core/errors.ts'
import {
  type AnyBehavior,
  type Behavior,
  checkDefinition,
  type Context,
  type HandlersOf,
  type InitOf,
  type StateOf,
} from './behavior.ts'

export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
  readonly kind: 'ask' | 'tell'
}

export interface WrapperDefinition<State, Options, Names extends string, Extra> {
  name: string
  state: (options: Options) => State
  /** Called instead of the inner handler; `next` runs that one, with the same call or another. */
  around(ctx: Context<State, Names>, call: Call, next: (call: Call) => Promise<unknown>): unknown
  /** Methods added to the protocol. (A default for Extra would cost `ctx` its type, hence the conditional below.) */
  handlers?: Extra & { [N in Names]: unknown }
}

/** Declares a wrapper: `const cached = wrapper(import.meta, { name, state, around })`, then `cached(counter, { ttl: 50 })`. */
export function wrapper<
  State,
  Options,
  Names extends string,
  Extra extends Record<string, (this: void, ctx: Context<State, Names>, ...args: never[]) => any>,
>(
  meta: ImportMeta,
  definition: WrapperDefinition<State, Options, Names, Extra>,
): <B extends AnyBehavior>(
  inner: B,
  ...options: unknown extends Options ? [] : [options: Options]
) => Behavior<InitOf<B>, StateOf<B>, string extends keyof Extra ? HandlersOf<B> : HandlersOf<B> & Extra> {
  const url = checkDefinition('wrapper', meta, definition)
  const { name } = definition
  if (typeof definition.around !== 'function') throw new InvalidCall(`wrapper '${name}': around is no function`)
  checkParts(`wrapper '${name}'`, definition, ['name', 'state', 'around', 'handlers'])
  const wrap: Wrap = (inner, ...options) => wrapped(url, definition as unknown as AnyWrapper, inner, options)
  define('wrapper', url, name, wrap)
  return wrap as never
}

interface AnyWrapper {
  name: string
  state: (...options: unknown[]) => unknown
  around: (ctx: unknown, call: Call, next: (call: Call) => Promise<unknown>) => unknown
  handlers?: Record<string, Handler>
}

const INNER = 'inner'
const OWN = 'own'
const inside = (ctx: unknown): CoreContext => (ctx as CoreContext).layer(INNER)
const outside = (ctx: unknown): CoreContext => (ctx as CoreContext).layer(OWN)

function wrapped(url: string, definition: AnyWrapper, inner: BehaviorValue, options: unknown[]): BehaviorValue {
  if (inner?.[source] === undefined) {
    throw new InvalidCall(
      `${definition.name}(…): its first argument is a behavior, made by behavior() or another wrapper`,
    )
  }
  const handlers: Record<string, Handler> = {}
  for (const method of Object.keys(inner.handlers)) {
    handlers[method] = (ctx, ...args) => {
      const context = ctx as CoreContext
      const call: Call = { method, args, kind: context.asked ? 'ask' : 'tell' }
      return definition.around(outside(ctx), call, next => callInner(inner, context, next))
    }
  }
  for (const [method, handler] of Object.entries(definition.handlers ?? {})) {
    handlers[method] = (ctx, ...args) => handler(outside(ctx), ...args)
  }
  // How the inner behavior merges its state says nothing about the composed one's, so that is left out.
  const {
    version,
    options: rules,
    mailbox,
    supervision,
    started,
    stopping,
    snapshot,
    restore,
    upgrade,
    checkpoint,
  } = inner
  const from: Source = { url, name: definition.name, options, inner: inner[source] }
  const value: BehaviorValue = {
    name: `${definition.name}(${inner.name})`,
    version,
    state: (...init) => ({ [OWN]: definition.state(...options), [INNER]: inner.state(...init) }),
    [compose]: (copy, init) => ({
      [OWN]: definition.state(...copy(options)),
      [INNER]: stateOf(inner, copy, init),
    }),
    handlers,
    ...(rules && { options: rules }),
    ...(mailbox && { mailbox }),
    ...(supervision && { supervision }),
    ...(checkpoint && { checkpoint }),
    ...(started && { started: (ctx, why) => started(inside(ctx), why) }),
    ...(stopping && { stopping: (ctx, why) => stopping(inside(ctx), why) }),
    ...(snapshot && { snapshot: state => withInner(state, snapshot) }),
    ...(restore && { restore: plain => withInner(plain, restore) }),
    ...(upgrade && { upgrade: (from, old) => withInner(old, inner => upgrade(from, inner)) }),
    [source]: from,
  }
  return Object.freeze(value)
}

/** The wrapper's own state as it is, and what becomes of the other one's. */
function withInner(state: unknown, become: (inner: unknown) => unknown): unknown {
  const { [OWN]: own, [INNER]: inner } = state as Record<string, unknown>
  return { [OWN]: own, [INNER]: become(inner) }
}

async function callInner(inner: BehaviorValue, ctx: CoreContext, { method, args }: Call): Promise<unknown> {
  const handler = Object.hasOwn(inner.handlers, method) ? inner.handlers[method] : undefined
  if (handler === undefined) throw new UnknownMethod(`'${inner.name}' has no method '${method}'`, { method })
  return await handler(inside(ctx), ...args)
}
