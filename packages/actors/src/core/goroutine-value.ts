// A goroutine as core sees it: a behavior without handlers, whose actor runs one body for as long as it lives. And a Start:
// what calling a goroutine gives, which `go` takes.
//
// Invariants: a goroutine is known like a behavior, by (module url, name), and the two share their names. Calling one starts
// nothing and copies nothing; its arguments are copied when `go` starts it.
import { type BehaviorValue, body, type Body, inWords, source } from './behavior-value.ts'
import { InvalidCall } from './errors.ts'
import { describe } from './sendable.ts'
import type { SpawnOptions } from './spawning.ts'

export interface GoroutineValue extends BehaviorValue {
  readonly [body]: Body
}

/** What shall be started: a goroutine and its arguments. */
export class Start {
  readonly goroutine: GoroutineValue
  readonly args: readonly unknown[]
  constructor(goroutine: GoroutineValue, args: readonly unknown[]) {
    this.goroutine = goroutine
    this.args = args
  }
}

/** Where the function that a user calls keeps its goroutine. */
const made: unique symbol = Symbol('goroutine')
type Callable = ((...args: unknown[]) => Start) & { readonly [made]: GoroutineValue }

/** The goroutine, as core runs it. */
export function goroutineValue(url: string, name: string, run: Body): GoroutineValue {
  return Object.freeze({
    name,
    version: 1,
    state: () => undefined,
    handlers: {},
    // what a child of it cannot cope with ends it too: a body that has run cannot be run again
    supervision: { onFault: 'stop' as const },
    [body]: run,
    [source]: { url, name },
  })
}

/** What its user calls. */
export function callable(goroutine: GoroutineValue): Callable {
  const call = (...args: unknown[]): Start => new Start(goroutine, args)
  Object.defineProperty(call, 'name', { value: goroutine.name })
  return Object.freeze(Object.assign(call, { [made]: goroutine }))
}

function goroutineOf(value: unknown): GoroutineValue | undefined {
  if (value instanceof Start) return value.goroutine
  return typeof value === 'function' ? (value as Partial<Callable>)[made] : undefined
}

/** The arguments of `go`: a Start and options, or a goroutine and its arguments. Throws InvalidCall for anything else. */
export function startOf(
  what: unknown,
  rest: readonly unknown[],
): { goroutine: GoroutineValue; args: readonly unknown[]; options: SpawnOptions } {
  if (what instanceof Start) {
    const options = (rest[0] ?? {}) as SpawnOptions
    return { goroutine: what.goroutine, args: what.args, options }
  }
  const goroutine = goroutineOf(what)
  if (goroutine === undefined) throw new InvalidCall(`go: ${notAGoroutine(what)}`)
  return { goroutine, args: rest, options: {} }
}

function notAGoroutine(value: unknown): string {
  if (typeof value === 'function') {
    const name = value.name || 'work'
    return `${inWords(value)} is no goroutine; declare it at module level, export const ${name} = goroutine(import.meta, '${name}', async ctx => …), then go(${name}(…))`
  }
  if (typeof value !== 'object' || value === null) {
    return `${inWords(value)} is no goroutine; pass what calling one gives: go(worker(jobs, done))`
  }
  if (source in value) {
    const { name } = value as BehaviorValue
    return `'${name}' is a behavior; its actors are spawned: spawn(${name}, …)`
  }
  return `${describe(value)} is no goroutine; pass what calling one gives: go(worker(jobs, done))`
}

/** Throws InvalidCall where a goroutine was passed for a behavior. */
export function refuseGoroutine(call: 'spawn' | 'lookup', value: unknown): void {
  const goroutine = goroutineOf(value)
  if (goroutine === undefined) return
  const { name } = goroutine
  const advice =
    call === 'spawn'
      ? `start it: go(${name}(…))`
      : 'it is reached by the channels that it was given, and by its task.mailbox, which can be passed on'
  throw new InvalidCall(`${call}: '${name}' is a goroutine; ${advice}`)
}
