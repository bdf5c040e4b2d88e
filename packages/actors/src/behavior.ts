// What a user writes to say what an actor does: `behavior()`, and the types of what its handlers get.
//
// A behavior is a module-level value. `import.meta` says which module other threads load to get it, and its name is its
// identity, so calling `behavior()` remembers the definition under both.
import { type BehaviorValue, checkParts, define, inWords, type OnFault, source } from './core/behavior-value.ts'
import { InvalidCall } from './core/errors.ts'
import type { Ended } from './core/watches.ts'
import type { Hosting, Place } from './hosting.ts'
import type { AnyRef, ArgumentsOf, ProtocolOf, Ref } from './ref.ts'

export type { Ended, OnFault }

export interface Behavior<Init extends unknown[], State, Handlers> {
  readonly name: string
  readonly version: number
  readonly state: (...init: Init) => State
  readonly handlers: Handlers
}
export type AnyBehavior = Behavior<any, any, any>
export type InitOf<B> = B extends Behavior<infer I, any, any> ? I : never
export type StateOf<B> = B extends Behavior<any, infer S, any> ? S : never
export type HandlersOf<B> = B extends Behavior<any, any, infer H> ? H : never
export type ContextOf<B> = B extends Behavior<any, infer S, infer H> ? Context<S, keyof H & string> : never

/** The same behavior seen through a narrower or generic protocol: `const queueOf = <T>() => queue as BehaviorFor<QueueOf<T>>`. */
export type BehaviorFor<P, Init extends unknown[] = [], State = unknown> = Behavior<
  Init,
  State,
  { [K in keyof P]: P[K] extends (...args: infer A) => infer R ? (ctx: any, ...args: A) => R : never }
>

export interface Supervision {
  /** What to do when a handler throws what is no Refusal; `restart` where nothing is said. */
  onFault?: OnFault | ((error: unknown) => OnFault)
  /** More than `max` restarts within `within` ms stop the actor, and its parent gets the fault. 5 in 10,000. */
  max?: number
  within?: number
  /** ms before the first restart, doubled with each further one within `within`. 10 and 1,000. */
  backoff?: { first: number; longest: number }
}
export interface HandlerRules {
  /** It changes no state: its turns may wait beside each other. */
  readonly?: boolean
  /** ms that its turn may take; 30,000 where the system says nothing else. */
  deadline?: number
  /** Its turns may run beside any turn that waits, ahead of the mailbox. */
  interleave?: boolean
}
export interface MailboxRules {
  /** Messages; 65,536. */
  capacity?: number
  /** Bytes, as estimated when they are copied; 16 MiB. */
  bytes?: number
  /** What gives way at the limit: the new message (`refuse`, `dropNewest`) or the oldest. All become dead letters. */
  overflow?: 'refuse' | 'dropOldest' | 'dropNewest'
}

export interface Definition<Init extends unknown[], State, Names extends string, Handlers> {
  name: string
  version?: number
  state: (...init: Init) => State
  /** `{ [N in Names]: unknown }` is how TypeScript learns the names before it types any `ctx`. */
  handlers: Handlers & { [N in Names]: unknown } & { then?: never }
  started?: (ctx: Context<State, Names>, why: 'spawned' | 'moved' | 'restarted' | 'revived') => void | Promise<void>
  stopping?: (ctx: Context<State, Names>, why: 'stopped' | 'moved' | 'faulted') => void | Promise<void>
  snapshot?: (state: State) => unknown
  restore?: (plain: any) => State
  upgrade?: (fromVersion: number, old: any) => State
  merge?: (a: State, b: State) => State
  /** By handler: readonly (changes no state), a turn limit of its own in ms, interleave (may run beside a waiting turn). */
  options?: { [N in Names]?: HandlerRules }
  mailbox?: MailboxRules
  supervision?: Supervision
  /**
   * Keeps the state where the loss of its thread does not reach it, so that the actor is revived with it (docs/moving.md).
   * 'turn': after each turn, before anybody hears of it. A number: at most so many ms after a change. Needs a state that can
   * travel, or `snapshot` and `restore`.
   */
  checkpoint?: 'turn' | number
}

/** A reply given later, by whoever holds it. Plain data: keep it in state, send it on, return it from the handler. */
export interface Later<T> {
  readonly '~reply': T
  resolve: (value: T) => void
  reject: (refusal: Error) => void
}
/** Plain data: keep it in state to cancel the timer later. */
export interface Timer {
  readonly timer: number
}
/** Lines for the system's `log` event; printed on standard error where nobody listens. */
export interface Log {
  info(text: string, data?: unknown): void
  warn(text: string, data?: unknown): void
  error(text: string, data?: unknown): void
}
export type Self<Names extends string> = Ref<{ readonly [N in Names]: (...args: any[]) => any }>

/** What a handler can do. Valid until its actor's life ends; late use throws TurnEnded. */
export interface Context<State = any, Names extends string = string> extends Hosting {
  state: State
  /** Knows the handlers' names (arguments and replies are `any`); assignable to Ref<typeof thisBehavior> and to Ref<ItsProtocol>. */
  readonly self: Self<Names>
  /** The actor that sent this message; undefined when it was no actor. */
  readonly sender: AnyRef | undefined
  /** The actor's key where it is sharded. */
  readonly key: string | undefined
  /** Aborted when the actor stops or restarts, or this turn is past its limit. */
  readonly signal: AbortSignal
  readonly log: Log
  /** Calls handler `then` with `args`, and how it ended (Ended), once the actor has ended. */
  watch(ref: AnyRef, then: Names, ...args: unknown[]): void
  unwatch(ref: AnyRef): void
  /** Calls handler `then` with `args` in `ms`; `every`: again and again, once for all the times it was too busy for. */
  after(ms: number, then: Names, ...args: unknown[]): Timer
  every(ms: number, then: Names, ...args: unknown[]): Timer
  cancel(timer: Timer | null | undefined): void
  /** Calls handler `then` with `args` and what the promise gives; a promise that rejects is this actor's fault. */
  pipe(work: Promise<unknown>, then: Names, ...args: unknown[]): void
  /** A reply for this turn's asker that is given later: return it, and resolve it in some other turn. */
  later<T>(): Later<T>
  /**
   * This turn's message goes on to another actor, as a call of `method` with `args`: that one answers whoever has asked.
   * Sender, deadline, call chain and abort stay; what this turn returns, or throws, from then on reaches nobody. In one order
   * with what this actor tells that one. Throws InvalidCall for a second time in a turn, after `later`, to oneself, or when the
   * turn has ended; NotSendable.
   */
  forward<B, M extends keyof ProtocolOf<B> & string>(ref: Ref<B>, method: M, ...args: ArgumentsOf<B, M>): void
  /** Moves this actor to another thread after this turn. What prevents it is the event `moveFailed`. */
  moveTo(to: Place): void
  /** Stops this actor after this turn. */
  stop(): void
  /** ms since 1970. */
  now(): number
  /** In [0, 1). */
  random(): number
}

const reserved = new Set(['then', 'constructor', '__proto__', 'toJSON', 'asymmetricMatch', 'nodeType', '$$typeof'])

/** Throws InvalidCall when a definition cannot be one; JavaScript callers have no types to tell them. Gives the module. */
export function checkDefinition(kind: string, meta: unknown, definition: unknown): string {
  const url = (meta as ImportMeta | undefined)?.url
  if (typeof url !== 'string')
    throw new InvalidCall(`${kind}: its first argument is import.meta, then comes what it is`)
  const { name, state, handlers } = (definition ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' || name === '') throw new InvalidCall(`${kind}: name must be a string that is not empty`)
  checkHandlers(`${kind} '${name}'`, handlers ?? (kind === 'wrapper' ? {} : undefined))
  if (typeof state !== 'function') throw new InvalidCall(`${kind} '${name}': state is a function that makes it`)
  return url
}

function checkHandlers(what: string, handlers: unknown): void {
  if (typeof handlers !== 'object' || handlers === null)
    throw new InvalidCall(`${what}: handlers is no object of functions`)
  for (const [name, handler] of Object.entries(handlers)) {
    if (typeof handler !== 'function') throw new InvalidCall(`${what}: handler '${name}' is no function`)
    if (reserved.has(name))
      throw new InvalidCall(
        `${what}: a handler cannot be named '${name}': programs call that on any object, to find out what it is`,
      )
  }
}

const hooks = ['started', 'stopping', 'snapshot', 'restore', 'upgrade', 'merge'] as const
const parts = ['name', 'version', 'state', 'handlers', ...hooks, 'options', 'mailbox', 'supervision', 'checkpoint']
const handlerRules = ['readonly', 'deadline', 'interleave']
const mailboxRules = ['capacity', 'bytes', 'overflow']
const supervisionRules = ['onFault', 'max', 'within', 'backoff']
const overflows = ['refuse', 'dropOldest', 'dropNewest']
const ways = ['restart', 'resume', 'stop', 'escalate']

/** Checks the parts that only a behavior has. */
function checkRules(what: string, definition: Definition<any, any, any, any>): void {
  checkParts(what, definition, parts)
  for (const hook of hooks) {
    if (definition[hook] !== undefined && typeof definition[hook] !== 'function')
      throw new InvalidCall(`${what}: ${hook} is no function`)
  }
  const options = (definition.options ?? {}) as Record<string, HandlerRules | undefined>
  for (const [handler, rules] of Object.entries(options)) {
    if (!Object.hasOwn(definition.handlers, handler))
      throw new InvalidCall(`${what}: options for '${handler}', which is no handler`)
    checkParts(`${what}: options of '${handler}'`, rules ?? {}, handlerRules)
    checkPositive(what, `the deadline of '${handler}'`, rules?.deadline)
  }
  checkMailbox(what, definition.mailbox ?? {})
  checkSupervision(what, definition.supervision ?? {})
  const { checkpoint } = definition
  if (checkpoint !== undefined && checkpoint !== 'turn' && !(Number.isFinite(checkpoint) && checkpoint > 0))
    throw new InvalidCall(`${what}: checkpoint is ${inWords(checkpoint)}; it must be 'turn', or a number of ms above 0`)
}

function checkMailbox(what: string, mailbox: MailboxRules): void {
  checkParts(`${what}: mailbox`, mailbox, mailboxRules)
  const { capacity, bytes, overflow = 'refuse' } = mailbox
  checkPositive(what, 'mailbox.capacity', capacity)
  checkPositive(what, 'mailbox.bytes', bytes)
  if (!overflows.includes(overflow))
    throw new InvalidCall(`${what}: mailbox.overflow is ${overflow}; it is one of ${overflows.join(', ')}`)
}

function checkSupervision(what: string, supervision: Supervision): void {
  checkParts(`${what}: supervision`, supervision, supervisionRules)
  const { onFault = 'restart', max = 0, within, backoff } = supervision
  if (typeof onFault !== 'function' && !ways.includes(onFault))
    throw new InvalidCall(`${what}: supervision.onFault is ${onFault}; it is one of ${ways.join(', ')}, or a function`)
  if (!(typeof max === 'number' && max >= 0))
    throw new InvalidCall(`${what}: supervision.max is ${inWords(max)}; it must be a number, 0 or more`)
  checkPositive(what, 'supervision.within', within)
  if (backoff !== undefined && !(backoff.first >= 0 && backoff.longest >= 0))
    throw new InvalidCall(`${what}: supervision.backoff needs first and longest, each a number of ms, 0 or more`)
}

function checkPositive(what: string, name: string, value: unknown): void {
  if (value !== undefined && !(typeof value === 'number' && value > 0))
    throw new InvalidCall(`${what}: ${name} is ${inWords(value)}; it must be a number above 0`)
}

/**
 * Declares what an actor does: `export const counter = behavior(import.meta, { name: 'counter', state, handlers })`, at
 * module level and above any `await createSystem`. Throws InvalidCall when the definition cannot be one.
 */
export function behavior<
  Init extends [] | [any?] | [any],
  State,
  Names extends string,
  Handlers extends Record<string, (this: void, ctx: Context<State, Names>, ...args: never[]) => any>,
>(meta: ImportMeta, definition: Definition<Init, State, Names, Handlers>): Behavior<Init, State, Handlers> {
  const url = checkDefinition('behavior', meta, definition)
  const { name, version = 1 } = definition
  checkRules(`behavior '${name}'`, definition)
  const value = Object.freeze({ ...definition, version, [source]: { url, name } })
  define('behavior', url, name, value as unknown as BehaviorValue)
  return value
}
