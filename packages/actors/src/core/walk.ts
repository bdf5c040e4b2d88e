// What the two ways through a value share: the copy within a thread (`values.ts`) and the encoding into a frame. Both
// visit the same objects in the same order and refuse the same ones with the same path, because both walk on this.
//
// Invariants: `depth` is the number of steps from the root to the value in hand, and `steps[0..depth)` are those steps.
// Each object is entered once; what it became is remembered until `forget`, so shared references and cycles stay what
// they are. Up to LIST objects are remembered in a list (most messages hold fewer), more in a Map. Nothing here is
// allocated for a message, nor kept from one to the next.

import { NotSendable } from './errors.ts'
import type { DeepNative } from './natives.ts'
import { describe, writtenKey } from './sendable.ts'

/** Deeper values are refused, before any stack overflows: 1,000 levels take a quarter of the smallest default stack. */
export const MAX_DEPTH = 1000
/** An array may have this many holes (they travel as undefined); past it, it is sparse and refused. */
export const MAX_HOLES = 65_536

/** Stands for an object that is being made again and cannot be referred to yet. */
const PENDING: unique symbol = Symbol('pending')
const LIST = 16
/** Of a longer path, only the first and the last steps are shown. */
const SHOWN = 12

/** Says how a step of a native object (an entry of a Map, the cause of an Error) is written. */
type StepName = (at: number) => string

/** A codec's packed form is no step of the user's path. */
const NO_STEP: StepName = () => ''

export abstract class Walk {
  protected depth = 0
  protected readonly steps: (string | number)[] = []
  /** For each depth at which a native object stands, how its steps are written. */
  protected readonly names: (StepName | undefined)[] = []

  protected count = 0
  readonly #from: unknown[] = new Array<unknown>(LIST).fill(undefined)
  readonly #into: unknown[] = new Array<unknown>(LIST).fill(undefined)
  #more: Map<unknown, unknown> | undefined = undefined

  /** Goes through one value: a copy of it, or its plain form. */
  protected abstract visit(value: unknown): unknown

  /** What `value` became, or undefined when it is met for the first time. */
  protected met(value: object): unknown {
    const listed = this.count < LIST ? this.count : LIST
    for (let i = 0; i < listed; i++) {
      if (this.#from[i] === value) return this.#known(this.#into[i], value)
    }
    if (this.#more === undefined) return undefined
    const into = this.#more.get(value)
    return into === undefined ? undefined : this.#known(into, value)
  }

  /** Enters `value`, which becomes `into`. Objects are numbered in the order in which they are entered. */
  protected enter(value: object, into: unknown): void {
    if (this.depth > MAX_DEPTH) throw this.refusal(`nested more than ${MAX_DEPTH} levels deep`)
    if (this.count < LIST) {
      this.#from[this.count] = value
      this.#into[this.count] = into
    } else {
      this.#more ??= new Map()
      this.#more.set(value, into)
    }
    this.count++
  }

  /** Enters a value that can be made only when its parts are: it may not hold itself. */
  protected enterPending(value: object): void {
    this.enter(value, PENDING)
  }

  protected settle(value: object, into: unknown): void {
    for (let i = 0; i < LIST && i < this.count; i++) {
      if (this.#from[i] === value) {
        this.#into[i] = into
        return
      }
    }
    this.#more?.set(value, into)
  }

  /** Forgets all objects but the first `keep`: 0 ends a walk, more takes an attempt back. */
  protected forget(keep: number): void {
    for (let i = keep; i < LIST && i < this.count; i++) {
      this.#from[i] = undefined
      this.#into[i] = undefined
    }
    if (this.#more !== undefined) this.#forgetMore(keep)
    this.count = keep
    if (keep === 0 && this.names.length > 0) this.names.length = 0
  }

  #forgetMore(keep: number): void {
    if (keep <= LIST) {
      this.#more = undefined
      return
    }
    let at = LIST
    for (const value of this.#more!.keys()) if (at++ >= keep) this.#more!.delete(value)
  }

  #known(into: unknown, value: object): unknown {
    if (into === PENDING) throw this.refusal(`${describe(value)} that holds itself`)
    return into
  }

  /** Goes one step down from `depth`. */
  protected step(depth: number, at: string | number): void {
    this.steps[depth] = at
    this.depth = depth + 1
  }

  /** The parts of a native object, each visited. */
  protected parts(parts: unknown[], native: DeepNative): unknown[] {
    const { depth } = this
    this.names[depth] = at => native.step(parts, at)
    const made: unknown[] = []
    for (let i = 0; i < parts.length; i++) {
      this.step(depth, i)
      made.push(native.optional?.(i) === true ? this.#attempt(parts[i]) : this.visit(parts[i]))
    }
    this.names[depth] = undefined
    return made
  }

  /** What cannot travel becomes undefined here, and leaves no trace in the walk. */
  #attempt(value: unknown): unknown {
    const { count, depth } = this
    try {
      return this.visit(value)
    } catch (error) {
      if (!(error instanceof NotSendable)) throw error
      this.forget(count)
      if (this.names.length > depth) this.names.length = depth
      return undefined
    }
  }

  /** What a codec packed its instance into: one level down, though no step of the path. */
  protected packed(plain: unknown): unknown {
    const { depth } = this
    this.names[depth] = NO_STEP
    this.step(depth, 0)
    const made = this.visit(plain)
    this.names[depth] = undefined
    return made
  }

  /** A refusal by a kind itself knows no path. */
  protected located(error: unknown): unknown {
    return error instanceof NotSendable && error.path === '' ? this.refusal(error.what) : error
  }

  /** Takes a native object apart; what only poses as one (a proxy, an object made from its prototype) is refused. */
  protected apart<T>(value: object, name: string, take: (value: object) => T): T {
    try {
      return take(value)
    } catch (error) {
      throw error instanceof TypeError ? this.refusal(`no usable ${name}`) : error
    }
  }

  protected refusal(what: string): NotSendable {
    return new NotSendable(this.#path(), what)
  }

  #path(): string {
    const { depth } = this
    let path = ''
    for (let i = 0; i < depth; i++) {
      if (depth > 2 * SHOWN && i === SHOWN) {
        path += '…'
        i = depth - SHOWN
      }
      path += this.#written(i)
    }
    return path
  }

  #written(i: number): string {
    const at = this.steps[i]!
    const name = this.names[i]
    if (typeof at === 'number') return name === undefined ? `[${at}]` : name(at)
    return writtenKey(at)
  }
}
