// Hosting is wrapping: a behavior with what hosts it, as a value that `system.spawn` takes, and what packages need to make
// such values: refs with a route, and behaviors that are made of others.
//
// A group of keyed actors is hosted by routers, actors that spawn the actor of a key as their child and forward to it what
// comes for it. `keyed` makes the handle that users hold; nothing but the routers takes part in a message.
import { type BehaviorValue, checkParts, define, source, type Wrap } from './core/behavior-value.ts'
import type { ActorRef } from './core/actor-ref.ts'
import { InvalidCall } from './core/errors.ts'
import { type HostedValue, opening } from './core/hosting.ts'
import { protocolText } from './core/protocol.ts'
import { KeyedRefs } from './core/routed-ref.ts'
import { type AnyBehavior, type Behavior, checkDefinition, type Definition, type InitOf } from './behavior.ts'
import type { Hosting, SpawnArgs, SpawnOptions } from './hosting.ts'
import type { Ref } from './ref.ts'

/** A behavior with its host: what `sharded(…)` returns. Handle is what spawning it gives. */
export interface Hosted<Handle> {
  readonly '~handle': Handle
}
/** What spawning T gives. */
export type HandleOf<T> =
  T extends Hosted<infer Handle>
    ? Handle
    : T extends Behavior<infer I, infer S, infer H>
      ? Ref<Behavior<I, S, H>>
      : never

/** What spawning T takes besides. */
export type SpawnOf<T> = T extends Hosted<unknown> ? [options?: SpawnOptions] : SpawnArgs<InitOf<T>>

/** All keys of a group. Plain data, like a ref: put it in a message or in state. */
export interface Keyed<B> {
  /** The ref of a key's actor; costs no message. Throws InvalidCall for what is no well-formed string. */
  at(key: string): Ref<B>
}

/** What a router must handle. */
export interface Router {
  /** A message for the actor of a key: forwarded to it, by `ctx.forward`. */
  route(key: string, method: string, ...args: unknown[]): unknown
  /** Ends the actor of a key, if there is one; after its mailbox with `drain`. */
  stopKey(key: string, drain: boolean): unknown
}

/** The system that a hosted behavior is opened in. */
export interface Opener extends Pick<Hosting, 'lookup'> {
  spawn<T extends AnyBehavior | Hosted<unknown>>(what: T, ...args: SpawnOf<T>): Promise<HandleOf<T>>
}

/** Says how to open a hosted behavior: `open` runs where it is spawned, and what it gives is the handle. */
export function hosted<Handle>(open: (system: Opener, options: SpawnOptions) => Promise<Handle>): Hosted<Handle> {
  if (typeof open !== 'function') throw new InvalidCall('hosted: pass the function that opens it')
  const value: HostedValue = { [opening]: open as unknown as HostedValue[typeof opening] }
  return Object.freeze(value) as unknown as Hosted<Handle>
}

/**
 * The handle of a group: `routers` share its keys among them, each key to one of them, the same one everywhere. Their list is the
 * group's for good: as long as it has keys, they are these, in this order.
 */
export function keyed<B extends AnyBehavior>(
  behavior: B,
  group: string,
  routers: readonly [Ref<Router>, ...Ref<Router>[]],
): Keyed<B> {
  const refs = routers as unknown as readonly ActorRef[]
  if (typeof group !== 'string' || group === '' || !group.isWellFormed()) {
    throw new InvalidCall('keyed: a group has a name, a string that is not empty')
  }
  const [first] = refs
  if (first === undefined) throw new InvalidCall(`keyed '${group}': there is no router`)
  const { core } = first.address.protocol
  const text = protocolText(behavior as unknown as BehaviorValue)
  const protocol = core.behaviors.protocol(core.platform.protocols.intern(text))
  const addresses = refs.map(({ address }) => address)
  return new KeyedRefs(group, protocol, addresses, first.owner) as unknown as Keyed<B>
}

/**
 * Declares a behavior that is made of another one, which it may spawn: `const shard = composed(import.meta, 'shard', (inner,
 * options) => ({ state, handlers }))`, at module level. `shard(counter, options)` is then a behavior named `shard(counter)`,
 * that is data (name, options, inner), so it can be spawned anywhere. The options must be able to travel, and are not to be changed.
 */
export function composed<Options, B extends AnyBehavior>(
  meta: ImportMeta,
  name: string,
  make: (inner: AnyBehavior, options: Options) => Made<B>,
): (inner: AnyBehavior, options: Options) => B {
  const wrap: Wrap = (inner, options) => {
    if (inner?.[source] === undefined) {
      throw new InvalidCall(`${name}(…): its first argument is a behavior, made by behavior() or a wrapper`)
    }
    const definition = make(inner, options as Options)
    checkParts(`composed '${name}'`, definition, PARTS)
    const own = `${name}(${inner.name})`
    checkDefinition('composed', meta, { ...definition, name: own })
    const from = { url: meta.url, name, options: [options], inner: inner[source] }
    return Object.freeze({
      ...definition,
      name: own,
      version: inner.version,
      [source]: from,
    }) as unknown as BehaviorValue
  }
  define('wrapper', meta.url, name, wrap)
  return wrap as unknown as (inner: AnyBehavior, options: Options) => B
}
type Made<B> =
  B extends Behavior<infer I, infer S, infer H>
    ? Omit<Definition<I, S, keyof H & string, H>, 'name' | 'version' | 'upgrade' | 'merge'>
    : never
const PARTS = [
  'state',
  'handlers',
  'started',
  'stopping',
  'snapshot',
  'restore',
  'options',
  'mailbox',
  'supervision',
  'checkpoint',
]
