// Finds behaviors, and functions to run, on this thread, loading their modules by the URL that `import.meta` gave.
//
// Invariants: a module is loaded once; it need not finish, as what it defines is known from the moment it is defined:
// a program that has everything in one file waits for ever at its `await createSystem(…)`. Whatever goes wrong says what
// was looked for, in which file, and what to do.
import { type BehaviorValue, defined, definedIn, type Source, urlsOf } from '../core/behavior-value.ts'
import { BehaviorUnavailable, TroupeError } from '../core/errors.ts'
import { definedOffload, type OffloadValue } from '../core/offload-value.ts'
import type { Codec } from './codec.ts'
import { onHalt } from './host-mark.ts'

/** ms that a module may take to load once another one of its thread has come to its createSystem, and may hold it up. */
const PATIENCE = 10_000
/** Composed behaviors that are kept, by what they are composed of. */
const MOST_COMPOSED = 1_000

type Loading = { state: 'loading' | 'loaded' | 'halted'; done: Promise<void> }

export class ModuleLoader {
  readonly #codec: Codec
  readonly #modules = new Map<string, Loading>()
  readonly #composed = new Map<string, BehaviorValue>()

  constructor(codec: Codec) {
    this.#codec = codec
  }

  async load(source: Source): Promise<BehaviorValue> {
    if (!('inner' in source)) return this.#behavior(source)
    const key = Buffer.from(this.#codec.encode(source)).toString('latin1')
    const known = this.#composed.get(key)
    if (known !== undefined) return known
    const made = await this.#behavior(source)
    if (this.#composed.size >= MOST_COMPOSED) this.#composed.delete(this.#composed.keys().next().value!)
    this.#composed.set(key, made)
    return made
  }

  /** All behaviors that a module makes, on this thread; one that could not be loaded is tried again. Rejects with BehaviorUnavailable. */
  async module(url: string): Promise<BehaviorValue[]> {
    try {
      await import(url)
    } catch (error) {
      if (error instanceof TroupeError) throw error
      throw new BehaviorUnavailable(`upgrade: ${file(url)} cannot be loaded: ${String(error)}`, { cause: error })
    }
    return definedIn(url)
  }

  /** Finds a function to run; rejects with BehaviorUnavailable. */
  loadOffload(source: Source): Promise<OffloadValue> {
    return this.#find(source, definedOffload, 'put the function into a file of its own')
  }
  #behavior(source: Source): Promise<BehaviorValue> {
    return this.#find(source, defined, 'put the behavior into a file of its own, or use threads: 0')
  }

  async #find<T>(source: Source, look: (source: Source) => T | undefined, otherwise: string): Promise<T> {
    const known = look(source)
    if (known !== undefined) return known
    for (const url of urlsOf(source)) await this.#import(url, source, otherwise)
    const found = look(source)
    if (found !== undefined) return found
    throw this.#missing(source)
  }

  async #import(url: string, source: Source, otherwise: string): Promise<void> {
    let module = this.#modules.get(url)
    if (module === undefined) {
      module = { state: 'loading', done: Promise.resolve() }
      this.#modules.set(url, module)
      module.done = this.#evaluate(url, module)
    }
    try {
      await module.done
    } catch (error) {
      if (error instanceof TroupeError) throw error
      const what = `'${source.name}' cannot be loaded on another thread: ${file(url)} fails there: ${String(error)}`
      const advice = `A test file, a bundle or an aliased import cannot be loaded by Node itself: ${otherwise}.`
      throw new BehaviorUnavailable(`${what}. ${advice}`, { cause: error })
    }
  }

  /** Resolves when the module has been evaluated, or waits at its createSystem. */
  async #evaluate(url: string, module: Loading): Promise<void> {
    const halted = Promise.withResolvers<void>()
    const halt = (): void => {
      if (module.state === 'loading') module.state = 'halted'
      halted.resolve()
    }
    let patience: NodeJS.Timeout | undefined
    // one that imports a module which waits at its createSystem waits with it, and nobody says so
    const beginPatience = (): void => void (patience ??= setTimeout(halt, PATIENCE))
    const forget = onHalt(stack => {
      // the rest of the module's synchronous code still runs: look after it
      if (this.#hasCalled(url, stack)) setImmediate(halt)
      else beginPatience()
    })
    if (this.#modules.values().some(({ state }) => state === 'halted')) beginPatience()
    try {
      await Promise.race([import(url), halted.promise])
      if (module.state === 'loading') module.state = 'loaded'
    } finally {
      forget()
      clearTimeout(patience)
    }
  }

  /** Whether a call came from this module, or from one that it imports: then no module that is loading is in the stack. */
  #hasCalled(url: string, stack: string): boolean {
    const callers = [...this.#modules].filter(
      ([other, { state }]) => state === 'loading' && stack.includes(`${other}:`),
    )
    return callers.length === 0 || callers.some(([caller]) => caller === url)
  }

  #missing(source: Source): BehaviorUnavailable {
    const halted = urlsOf(source).find(url => this.#modules.get(url)?.state === 'halted')
    const what = `'${source.name}' is not defined when ${file(source.url)} is loaded on another thread`
    if (halted !== undefined) {
      return new BehaviorUnavailable(
        `${what}: move it above the 'await createSystem(…)' in ${file(halted)}, where modules end on other threads, and to module level if a function makes it`,
      )
    }
    return new BehaviorUnavailable(`${what}: it must be made at module level, not inside functions or conditions`)
  }
}

function file(url: string): string {
  return url.startsWith('file:') ? decodeURIComponent(new URL(url).pathname) : url
}
