// What a select can wait for: the cases that users make, and how one is tried without waiting.
//
// Invariant: to try a case that is not ready has no effect. `try` gives what the select then gives, named by the case.
import type { Cell } from './cell.ts'
import type { Chan } from './chan.ts'

export abstract class AnyCase {
  /** What the select gives if the case is ready, as far as this thread knows; taking effect. */
  abstract try(name: string): object | undefined
}

/** Sends to a channel, or receives from it. */
export class ChannelCase extends AnyCase {
  readonly chan: Chan
  readonly owner: Cell | undefined
  readonly sends: boolean
  readonly value: unknown
  constructor(chan: Chan, owner: Cell | undefined, sends: boolean, value: unknown) {
    super()
    this.chan = chan
    this.owner = owner
    this.sends = sends
    this.value = value
  }

  try(name: string): object | undefined {
    const { chan } = this
    if (this.sends) return chan.sendNow(this.value, 'send') ? { case: name } : undefined
    if (chan.broken !== undefined) throw chan.broken
    const got = chan.receiveNow(this.owner)
    return got && { case: name, value: got.value, done: got.done }
  }
}

/** Is ready when the time is over. */
export class TimeCase extends AnyCase {
  readonly ms: number
  constructor(ms: number) {
    super()
    this.ms = ms
  }
  try(name: string): object | undefined {
    return this.ms <= 0 ? { case: name } : undefined
  }
}

/** What is known of a promise that selects wait for. One for each, however many selects there are, one after the other. */
class Settling {
  result: object | undefined = undefined
  readonly listeners = new Set<() => void>()
  constructor(promise: PromiseLike<unknown>) {
    const settle = (result: object): void => {
      this.result = result
      for (const listener of [...this.listeners]) listener()
    }
    promise.then(
      value => settle({ status: 'fulfilled', value }),
      (reason: unknown) => settle({ status: 'rejected', reason }),
    )
  }
}
const settlings = new WeakMap<PromiseLike<unknown>, Settling>()

/** Is ready when a promise has settled. */
export class PromiseCase extends AnyCase {
  readonly #settling: Settling
  constructor(promise: PromiseLike<unknown>) {
    super()
    let settling = settlings.get(promise)
    if (settling === undefined) settlings.set(promise, (settling = new Settling(promise)))
    this.#settling = settling
  }
  try(name: string): object | undefined {
    const { result } = this.#settling
    return result && { case: name, ...result }
  }
  /** Calls when it settles, until what this returns is called. */
  whenSettled(call: () => void): () => void {
    const { listeners } = this.#settling
    const listener = (): void => call()
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
}

/** `null` and `undefined` are never ready. */
export type Cases = Readonly<Record<string, AnyCase | null | undefined>>

/**
 * What the first ready case gives, in a random order, so that each of several is as likely. What cannot be seen from this
 * thread is asked to come, as it may be ready as well.
 */
export function tryCases(names: string[], cases: Cases, random: () => number): object | undefined {
  for (let left = names.length; left > 0; left--) {
    const at = left === 1 ? 0 : Math.floor(random() * left)
    const name = names[at]!
    const one = cases[name]
    const won = one === null || one === undefined ? undefined : one.try(name)
    if (won !== undefined) {
      for (const other of names) if (other !== name) want(cases[other])
      return won
    }
    names[at] = names[left - 1]!
    names[left - 1] = name
  }
  return undefined
}

/** Asks for the home of a case's channel that this thread cannot look into. */
export function want(one: AnyCase | null | undefined): void {
  if (one instanceof ChannelCase) one.chan.proxy?.want()
}
