// Actors by name. One thread keeps the table: thread 0 of the process, or, in a cluster, that of the node that has been there
// longest; every other one asks it, by way of its own thread 0, which remembers what names its process has.
//
// Invariants: a name belongs to one actor at a time, from before its start until it has stopped; names of different
// behaviors do not meet, so what a lookup finds has the protocol that was asked for. When another node comes to keep the
// table, each thread 0 claims the names of its process there again: of two that have one name, the later claim loses it, and
// is told.
import { ActorRef } from './actor-ref.ts'
import { type Address, FIRST_FAR } from './address.ts'
import { type BehaviorValue, notABehavior } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall, isLoss, NameTaken, NodeRefused } from './errors.ts'
import { ThreadNumber } from './thread-number.ts'

/** ms between two attempts while it is not settled who keeps the table. */
const AGAIN = 20

export class Names {
  readonly #core: Core
  readonly #table = new Map<string, Address>()
  /** Of those that another node has claimed, for its own: its thread 0. */
  readonly #claimers = new Map<string, number>()
  /** On thread 0: those of this process that another node keeps for it. */
  readonly #own = new Map<string, Address>()
  /** Whose actor may be gone: the heir that is to say. */
  readonly #doubtful = new Map<string, number>()
  #keeper = 0

  constructor(core: Core) {
    this.#core = core
  }

  /** The thread that keeps the table, as far as is known here. */
  get keeper(): number {
    return this.#core.platform.thread === 0 ? this.#keeper : 0
  }

  async claim(name: string, address: Address): Promise<void> {
    if (this.#core.platform.thread !== 0) {
      await this.#core.calls.ask(0, 'claim', [name, new ActorRef(address, undefined)])
    } else await this.#claim(name, address)
  }
  async #claim(name: string, address: Address): Promise<void> {
    if (this.#keeper === 0) return this.claimHere(name, address)
    await this.#atKeeper('claim', [name, new ActorRef(address, undefined)], () => this.claimHere(name, address))
    this.#own.set(keyOf(address.protocol.name, name), address)
  }
  /** In a cluster it takes a while until others find it free: resolves then. */
  release(name: string, address: Address): Promise<void> | undefined {
    const { platform, calls, places } = this.#core
    const key = keyOf(address.protocol.name, name)
    if (this.#own.get(key)?.equals(address)) this.#own.delete(key)
    const { keeper } = this
    if (keeper === platform.thread) {
      this.releaseHere(name, address)
      return undefined
    }
    const args = [name, new ActorRef(address, undefined)]
    if (places.self !== '') return calls.ask(keeper, 'release', args).then(ignore, ignore)
    calls.send(keeper, 'release', args)
    return undefined
  }
  async find(behavior: BehaviorValue, name: string): Promise<Address | undefined> {
    if (typeof behavior?.name !== 'string') throw new InvalidCall(notABehavior('lookup', behavior))
    return this.findFor(keyOf(behavior.name, name))
  }
  async findFor(key: string): Promise<Address | undefined> {
    const { platform, calls } = this.#core
    if (platform.thread === 0 && this.#keeper === 0) return this.findHere(key)
    const found =
      platform.thread === 0
        ? await this.#atKeeper('find', [key], () => refTo(this.findHere(key)))
        : await calls.ask(0, 'find', [key])
    return (found as ActorRef | undefined)?.address
  }
  /** Asks whoever keeps the table, as long as an ask may take: that may change meanwhile. */
  async #atKeeper(
    operation: 'claim' | 'find',
    args: unknown[],
    here: () => unknown,
    isWanted = (): boolean => true,
  ): Promise<unknown> {
    const { calls, platform, limits } = this.#core
    const until = platform.now() + limits.askDeadline
    while (isWanted()) {
      if (this.#keeper === 0) return here()
      try {
        return await calls.ask(this.#keeper, operation, args)
      } catch (error) {
        if (!(isLoss(error) || error instanceof NodeRefused) || platform.now() > until) throw error
        await this.#core.sleep(AGAIN)
      }
    }
    return undefined
  }

  /** An actor has come from another node, or has gone to one: whose process is to claim its name again, if need be. */
  moved(name: string, address: Address, to: number): void {
    const { platform, calls, places } = this.#core
    if (platform.thread !== 0) return calls.send(0, 'nameMoved', [name, new ActorRef(address, undefined), to])
    const key = keyOf(address.protocol.name, name)
    if (to >= FIRST_FAR) {
      this.#own.delete(key)
      const claimer = places.number(`${places.node(to)}/0`)
      // it may be lost before it has claimed the name
      if (this.#keeper === 0) this.passed(name, address, 0, claimer)
      else calls.send(this.#keeper, 'namePassed', [name, new ActorRef(address, undefined), new ThreadNumber(claimer)])
      return
    }
    this.#own.set(key, address)
    // who keeps the table may have changed while neither process had the actor
    void this.#claimAgain(key, address)
  }

  // ── where the table is ────────────────────────────────────────────────────────────────────────────────────────

  /** By another thread: for its actor, or in the name of its process. */
  claimBy(name: string, address: Address, from: number): void | Promise<void> {
    if (from < FIRST_FAR) return this.#claim(name, address)
    this.#checkKeeper()
    this.claimHere(name, address)
    this.#claimers.set(keyOf(address.protocol.name, name), from)
  }
  releaseBy(name: string, address: Address, from: number): Promise<void> | undefined {
    if (from < FIRST_FAR) return this.release(name, address)
    this.releaseHere(name, address)
    return undefined
  }
  /** A process has given the actor of a name to another one, which is to claim it. */
  passed(name: string, address: Address, from: number, to: number): void {
    const key = keyOf(address.protocol.name, name)
    const claimer = this.#claimers.get(key) ?? 0
    if (claimer !== from || !this.#table.get(key)?.equals(address)) return // claimed since
    if (this.#core.hasLost(to)) this.#free(key)
    else if (to !== 0) this.#claimers.set(key, to)
    else this.#claimers.delete(key)
  }
  findBy(key: string, from: number): Promise<Address | undefined> {
    if (from >= FIRST_FAR) this.#checkKeeper()
    return this.findFor(key)
  }
  #checkKeeper(): void {
    if (this.#keeper !== 0) throw new NodeRefused('another node keeps the names by now')
  }

  claimHere(name: string, address: Address): void {
    const key = keyOf(address.protocol.name, name)
    const holder = this.#table.get(key)
    if (holder !== undefined && !holder.equals(address)) {
      const text = `the name '${name}' belongs to ${holder.id}; look it up, or choose another`
      throw new NameTaken(text, { actor: holder.id })
    }
    this.#table.set(key, address)
    this.#claimers.delete(key)
  }
  releaseHere(name: string, address: Address): void {
    const key = keyOf(address.protocol.name, name)
    if (this.#table.get(key)?.equals(address)) this.#free(key)
  }
  #free(key: string): void {
    this.#table.delete(key)
    this.#claimers.delete(key)
    this.#doubtful.delete(key)
  }

  findHere(key: string): Address | undefined {
    return this.#table.get(key)
  }

  /** On thread 0: another node, or this one again, keeps the table from now on. */
  keptBy(thread: number): void {
    if (this.#core.platform.thread !== 0 || thread === this.#keeper) return
    const { routes } = this.#core
    for (const [key, address] of this.#table) if (routes.placeOf(address) < FIRST_FAR) this.#own.set(key, address)
    this.#table.clear()
    this.#claimers.clear()
    this.#keeper = thread
    for (const [key, address] of [...this.#own]) void this.#claimAgain(key, address)
  }
  async #claimAgain(key: string, address: Address): Promise<void> {
    const name = nameIn(key, address)
    try {
      const here = (): void => this.claimHere(name, address)
      // it may end, or leave for another node, meanwhile
      const isWanted = (): boolean => this.#own.get(key)?.equals(address) === true
      await this.#atKeeper('claim', [name, new ActorRef(address, undefined)], here, isWanted)
      if (this.#keeper === 0) this.#own.delete(key)
    } catch (error) {
      if (!(error instanceof NameTaken)) return // claimed again once another node keeps the table
      this.#own.delete(key)
      this.#core.emit('nameLost', { actor: address.id, name, error: this.#core.failures.portable(error) })
    }
  }

  // ── threads that are lost ─────────────────────────────────────────────────────────────────────────────────────

  /** A lost thread has an heir, which may revive those that had a name there: until it has said so, they keep it. */
  inherited(thread: number, heir: number): void {
    const { routes } = this.#core
    for (const [key, address] of this.#table) {
      if ((this.#claimers.get(key) ?? routes.placeOf(address)) === thread) this.#doubtful.set(key, heir)
    }
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
      if (address !== undefined) this.#core.calls.named(address, nameIn(key, address))
    }
  }
  /** Frees the names of a thread that was lost. */
  lostThread(thread: number): void {
    const { routes } = this.#core
    for (const [key, address] of this.#table) {
      const of = this.#claimers.get(key) ?? this.#doubtful.get(key)
      if (of === thread || (routes.placeOf(address) === thread && !this.#claimers.has(key))) this.#free(key)
    }
    for (const [key, address] of this.#own) {
      if (routes.placeOf(address) === thread) void this.release(nameIn(key, address), address)
    }
  }
}

const ignore = (): void => {}

/** One text for both, as no other pair makes it. */
export function keyOf(behavior: string, name: string): string {
  return `${behavior.length} ${behavior} ${name}`
}
function nameIn(key: string, { protocol }: Address): string {
  return key.slice(keyOf(protocol.name, '').length)
}
function refTo(address: Address | undefined): ActorRef | undefined {
  return address && new ActorRef(address, undefined)
}
