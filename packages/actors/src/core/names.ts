// Actors by name. Thread 0 keeps the table, as the thread that lives as long as the system; the others ask it.
//
// Invariants: a name belongs to one actor at a time, from before its start until it has stopped; names of different
// behaviors do not meet, so what a lookup finds has the protocol that was asked for.
import { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import { type BehaviorValue, notABehavior } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall, NameTaken } from './errors.ts'

export class Names {
  readonly #core: Core
  readonly #table = new Map<string, Address>()
  /** Whose actor may be gone: the heir that is to say. */
  readonly #doubtful = new Map<string, number>()

  constructor(core: Core) {
    this.#core = core
  }

  async claim(name: string, address: Address): Promise<void> {
    if (this.#core.platform.thread === 0) return this.claimHere(name, address)
    await this.#core.calls.ask(0, 'claim', [name, new ActorRef(address, undefined)])
  }
  release(name: string, address: Address): void {
    if (this.#core.platform.thread === 0) this.releaseHere(name, address)
    else this.#core.calls.send(0, 'release', [name, new ActorRef(address, undefined)])
  }
  async find(behavior: BehaviorValue, name: string): Promise<Address | undefined> {
    if (typeof behavior?.name !== 'string') throw new InvalidCall(notABehavior('lookup', behavior))
    const key = keyOf(behavior.name, name)
    if (this.#core.platform.thread === 0) return this.findHere(key)
    const ref = (await this.#core.calls.ask(0, 'find', [key])) as ActorRef | undefined
    return ref?.address
  }

  claimHere(name: string, address: Address): void {
    const key = keyOf(address.protocol.name, name)
    const holder = this.#table.get(key)
    if (holder !== undefined && !holder.equals(address)) {
      const text = `the name '${name}' belongs to ${holder.id}; look it up, or choose another`
      throw new NameTaken(text, { actor: holder.id })
    }
    this.#table.set(key, address)
  }
  releaseHere(name: string, address: Address): void {
    const key = keyOf(address.protocol.name, name)
    if (this.#table.get(key)?.equals(address)) this.#table.delete(key)
  }
  findHere(key: string): Address | undefined {
    return this.#table.get(key)
  }
  /** A lost thread has an heir, which may revive those that had a name there: until it has said so, they keep it. */
  inherited(thread: number, heir: number): void {
    const { routes } = this.#core
    for (const [key, address] of this.#table) if (routes.placeOf(address) === thread) this.#doubtful.set(key, heir)
    for (const [key, of] of this.#doubtful) if (of === thread) this.#doubtful.set(key, heir)
  }
  /** An heir has revived what it can: of all others that have ended the names are free. */
  revived(heir: number, keys: readonly string[]): void {
    const kept = new Set(keys)
    for (const [key, of] of this.#doubtful) {
      if (of !== heir) continue
      this.#doubtful.delete(key)
      if (kept.has(key)) continue
      // it has ended, or has gone elsewhere and this thread has not heard of it
      const address = this.#table.get(key)
      if (address !== undefined) this.#core.calls.named(address, key.slice(keyOf(address.protocol.name, '').length))
    }
  }
  /** Frees the names of a thread that was lost. */
  lostThread(thread: number): void {
    const { routes } = this.#core
    for (const [key, address] of this.#table) {
      if (routes.placeOf(address) !== thread && this.#doubtful.get(key) !== thread) continue
      this.#table.delete(key)
      this.#doubtful.delete(key)
    }
  }
}

/** One text for both, as no other pair makes it. */
export function keyOf(behavior: string, name: string): string {
  return `${behavior.length} ${behavior} ${name}`
}
