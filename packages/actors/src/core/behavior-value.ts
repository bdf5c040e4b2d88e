// A behavior as core sees it: what it does (a value of functions) and where it can be found (its source). The public
// `behavior()` and `wrapper()` make these; types for users stand in behavior.ts beside the package's index.
//
// Invariants: a behavior made by `behavior()` is known by (module url, name); a wrapped one by its wrapper's (url, name),
// the options and the inner behavior's source, all plain data, so that any thread can make it again. The registry holds
// definitions only, never anything of a system.
import { InvalidCall } from './errors.ts'

export type Handler = (ctx: unknown, ...args: unknown[]) => unknown
export type Overflow = 'refuse' | 'dropOldest' | 'dropNewest'
export type Started = 'spawned' | 'moved' | 'restarted' | 'revived'
export type Stopping = 'stopped' | 'moved' | 'faulted'
/** What supervision does about a fault. */
export type OnFault = 'restart' | 'resume' | 'stop' | 'escalate'

export interface HandlerOptions {
  readonly?: boolean
  deadline?: number
  interleave?: boolean
}
export interface MailboxOptions {
  capacity?: number
  bytes?: number
  overflow?: Overflow
}
export interface SupervisionOptions {
  /** What to do about a fault; `restart` by default. */
  onFault?: OnFault | ((error: unknown) => OnFault)
  /** More than `max` restarts within `within` ms stop the actor and tell its parent. 5 in 10 s by default. */
  max?: number
  within?: number
  /** ms before the first restart, doubled with each further one within `within`. */
  backoff?: { first: number; longest: number }
}

export interface BehaviorValue {
  readonly name: string
  readonly version: number
  readonly state: (...init: never[]) => unknown
  readonly handlers: Readonly<Record<string, Handler>>
  readonly started?: (ctx: unknown, why: Started) => unknown
  readonly stopping?: (ctx: unknown, why: Stopping) => unknown
  readonly snapshot?: (state: unknown) => unknown
  readonly restore?: (plain: unknown) => unknown
  readonly upgrade?: (fromVersion: number, old: unknown) => unknown
  readonly merge?: (a: unknown, b: unknown) => unknown
  readonly options?: Readonly<Record<string, HandlerOptions>>
  readonly mailbox?: MailboxOptions
  readonly supervision?: SupervisionOptions
  /** When what it leaves behind is kept for a successor: with each turn, or so many ms after a change. */
  readonly checkpoint?: 'turn' | number
  readonly [source]: Source
  readonly [compose]?: (copy: Copy, init: unknown) => unknown
  readonly [body]?: Body
}
/** Where a behavior's Source is kept on its value. */
export const source: unique symbol = Symbol('source')
/** What a composed behavior has instead of `state`: it makes that of all its layers, from the actor's own copies. */
export const compose: unique symbol = Symbol('compose')
/** What a goroutine has instead of handlers: it runs for the whole life of its actor. */
export const body: unique symbol = Symbol('body')
export type Body = (ctx: unknown, ...args: unknown[]) => unknown
/** Gives the actor's own copy of a value. */
export type Copy = <T>(value: T) => T

/** The state that a life begins with; `init` is the actor's own already. */
export function stateOf(behavior: BehaviorValue, copy: Copy, init: unknown): unknown {
  const made = behavior[compose]
  return made === undefined ? behavior.state(init as never) : made(copy, init)
}

/** Enough to find a behavior, or make it again, on any thread. Plain data. */
export type Source =
  | { readonly url: string; readonly name: string }
  | { readonly url: string; readonly name: string; readonly options: readonly unknown[]; readonly inner: Source }

/** The same by names alone. */
export type NamedSource =
  | { readonly name: string }
  | { readonly name: string; readonly options: readonly unknown[]; readonly inner: NamedSource }

export type Wrap = (inner: BehaviorValue, ...options: unknown[]) => BehaviorValue

interface Definitions {
  behaviors: Map<string, BehaviorValue>
  wrappers: Map<string, Wrap>
  clashes: Set<string>
}
const modules = new Map<string, Definitions>()

function definitionsOf(url: string): Definitions {
  let found = modules.get(url)
  if (found === undefined) modules.set(url, (found = { behaviors: new Map(), wrappers: new Map(), clashes: new Set() }))
  return found
}

export function define(kind: 'behavior', url: string, name: string, value: BehaviorValue): void
export function define(kind: 'wrapper', url: string, name: string, value: Wrap): void
export function define(kind: 'behavior' | 'wrapper', url: string, name: string, value: BehaviorValue | Wrap): void {
  const { behaviors, wrappers, clashes } = definitionsOf(url)
  const table = (kind === 'behavior' ? behaviors : wrappers) as Map<string, BehaviorValue | Wrap>
  if (table.has(name)) clashes.add(name)
  table.set(name, value)
}

/** The definition on this thread, undefined when its module has not made it. Throws when the module made two of them. */
export function defined(from: Source): BehaviorValue | undefined {
  const { behaviors, wrappers, clashes } = definitionsOf(from.url)
  if (clashes.has(from.name)) {
    throw new InvalidCall(
      `${from.url} defines two behaviors or goroutines named '${from.name}'; give each a name of its own`,
    )
  }
  if (!('inner' in from)) return behaviors.get(from.name)
  const wrap = wrappers.get(from.name)
  const inner = defined(from.inner)
  return wrap && inner && wrap(inner, ...from.options)
}

/** The module that has defined it on this thread; throws where several have. */
export function sourceNamed(kind: 'behavior' | 'wrapper', name: string): string | undefined {
  const urls = [...modules].filter(([, { behaviors, wrappers }]) =>
    (kind === 'behavior' ? behaviors : wrappers).has(name),
  )
  if (urls.length <= 1) return urls[0]?.[0]
  throw new InvalidCall(
    `several modules define '${name}': ${urls.map(([url]) => url).join(', ')}; a name is an identity`,
  )
}
/** All behaviors that modules have defined on this thread, goroutines among them. */
export function allDefined(): BehaviorValue[] {
  return [...modules.values()].flatMap(({ behaviors }) => [...behaviors.values()])
}

/** What a module has defined on this thread. Throws when two of them have one name. */
export function definedIn(url: string): BehaviorValue[] {
  return [...definitionsOf(url).behaviors.keys()].map(name => defined({ url, name })!)
}

/** The modules that a source needs, outermost first. */
export function urlsOf(from: Source): string[] {
  return 'inner' in from ? [from.url, ...urlsOf(from.inner)] : [from.url]
}

/** Throws where `given` has a part that there is none of: a slip of the pen that would otherwise do nothing. */
export function checkParts(what: string, given: object, parts: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw new InvalidCall(`${what}: ${inWords(given)} is no object with ${parts.join(', ')}`)
  for (const part in given) {
    if (!parts.includes(part)) throw new InvalidCall(`${what}: there is no '${part}'; there are ${parts.join(', ')}`)
  }
}

/** What a caller passed where a behavior should be. */
export function notABehavior(call: string, value: unknown): string {
  return `${call}: ${inWords(value)} is no behavior; pass what behavior() or a wrapper returned`
}

/** What a caller passed, for an error. */
export function inWords(value: unknown): string {
  switch (typeof value) {
    case 'function':
      return `the function ${value.name || 'without a name'}`
    case 'object':
      return value === null ? 'null' : 'an object'
    case 'string':
      return `the string '${value}'`
    case 'symbol':
      return 'a symbol'
    default:
      return String(value)
  }
}
