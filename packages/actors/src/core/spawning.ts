// How actors come to be, here or on another thread; goroutines are actors too.
//
// Invariants: an actor has its address as soon as it is spawned; what is sent there waits for its start. A start that
// fails is told to whoever spawned it: the promise of a root's spawn, or an event in the parent's name. The init is
// copied once for the actor and kept as it came, for restarts. A goroutine's parent is the actor in whose turn the first
// of those that started each other was; so it outlives the one that started it, but not that actor.
import { ActorRef } from './actor-ref.ts'
import { type Address, FIRST_FAR } from './address.ts'
import {
  type BehaviorValue,
  body,
  checkParts,
  defined,
  inWords,
  notABehavior,
  type Source,
  source,
} from './behavior-value.ts'
import { Cell } from './cell.ts'
import { link } from './children.ts'
import type { Core } from './core.ts'
import { InvalidCall, SystemClosed, TroupeError } from './errors.ts'
import { type FarBehavior, farBehavior, nearSource, protocolOf } from './far-source.ts'
import { type GoroutineValue, refuseGoroutine } from './goroutine-value.ts'
import { checkStart, Running } from './goroutines.ts'
import { sealed } from './held.ts'
import { outboxOf, releaseOf } from './outbox.ts'
import type { Loaded } from './protocol.ts'
import { sealedFor, unsealed } from './sealed.ts'
import { beginStopping } from './stopping.ts'
import { type Place, threadOf } from './thread-place.ts'

export interface SpawnOptions {
  /** The thread it shall stand on: beside its parent, or on the least loaded, where none is given. */
  readonly on?: Place | undefined
  /** What others look it up by. */
  readonly name?: string | undefined
  /** Whether it stays where it is when the system balances itself. */
  readonly pinned?: boolean | undefined
}

const PARTS = ['on', 'name', 'pinned'] satisfies (keyof SpawnOptions)[]

type Call = 'spawn' | 'go'

/** What is to be, and for whom. */
interface Order {
  readonly call: Call
  readonly behavior: BehaviorValue
  readonly init: unknown
  readonly options: SpawnOptions
  /** The actor that spawns it, beside which it stands where nothing else is said; a goroutine's result becomes its own. */
  readonly by: Cell | undefined
  readonly parent: Address | undefined
}

interface Started {
  readonly address: Address
  readonly outcome: Promise<unknown>
}

/**
 * A spawn on its way to another thread. What may hold instances of users' classes is sealed: their codecs may be known
 * there only once the behavior's module is.
 */
export type SpawnCall = [
  source: Source | Uint8Array | FarBehavior,
  protocol: number,
  serial: number,
  init: unknown,
  parent: ActorRef | undefined,
  name: string | undefined,
  pinned: boolean | undefined,
]

export class Spawning {
  readonly #core: Core
  constructor(core: Core) {
    this.#core = core
  }

  /** Spawns a child of an actor; its failure is an event in the parent's name. */
  child(parent: Cell, known: BehaviorValue, init: unknown, options: SpawnOptions): Address {
    const core = this.#core
    const behavior = core.upgrades.newest(known)
    const here = core.platform.thread
    if (options.name !== undefined || (options.on !== undefined && threadOf(core, options.on, 'spawn') !== here)) {
      return this.#childApart(parent, behavior, init, options)
    }
    // The usual case costs no promise and no closure: a start that fails finds its parent by itself (life.ts).
    const child = this.#here(this.#check('spawn', behavior, options), init, parent.address, options, parent)
    link(parent, child)
    return child.address
  }

  /** A child with a name, or on another thread: whether it starts is known only later. */
  #childApart(parent: Cell, behavior: BehaviorValue, init: unknown, options: SpawnOptions): Address {
    const order: Order = { call: 'spawn', behavior, init, options, by: parent, parent: parent.address }
    const { address, outcome } = this.#spawn(order)
    const { more } = parent
    if (address.cell !== undefined) link(parent, address.cell)
    else (more.away ??= new Map()).set(address.id, address)
    outcome.catch((error: unknown) => {
      more.away?.delete(address.id)
      this.tellParent(parent.address, error)
    })
    return address
  }

  /** A child could not start. */
  tellParent(parent: Address, error: unknown): void {
    const core = this.#core
    core.emit('fault', { actor: parent.id, method: 'spawn', error: core.failures.portable(error), decision: 'resume' })
  }

  /** Spawns an actor without a parent; resolves when it has started. */
  async root(known: BehaviorValue, init: unknown, options: SpawnOptions): Promise<Address> {
    const behavior = this.#core.upgrades.newest(known)
    try {
      const order: Order = { call: 'spawn', behavior, init, options, by: undefined, parent: undefined }
      const { address, outcome } = await this.#spawnInTime(order)
      await outcome
      return address
    } catch (error) {
      this.#core.emit('spawnFailed', { behavior: String(behavior?.name), error: this.#core.failures.portable(error) })
      throw error
    }
  }

  /** Starts a goroutine, in the name of an actor or of nobody; the outcome is its result. */
  goroutine(
    by: Cell | undefined,
    known: GoroutineValue,
    init: unknown[],
    options: SpawnOptions,
  ): { address: Address; outcome: Promise<unknown> } {
    const behavior = this.#core.upgrades.newest(known)
    const parent = by?.extra?.run === undefined ? by?.address : by.parent
    const started = this.#spawn({ call: 'go', behavior, init, options, by, parent })
    const { address, outcome } = started
    if (parent === undefined) return started
    if (address.cell !== undefined) {
      this.#core.calls.childAdopted(parent, address.cell)
    } else if (parent.cell !== undefined) {
      const { more } = parent.cell
      ;(more.away ??= new Map()).set(address.id, address)
      outcome.catch(() => more.away?.delete(address.id))
    }
    return started
  }

  #check(call: Call, behavior: BehaviorValue, options: SpawnOptions): Loaded {
    const core = this.#core
    if (core.closing) throw new SystemClosed(`${call}: the system is closed`)
    if (call === 'spawn') refuseGoroutine(call, behavior)
    if (typeof behavior !== 'object' || behavior === null || behavior[source] === undefined) {
      throw new InvalidCall(notABehavior('spawn', behavior))
    }
    checkParts(call, options, PARTS)
    const { on, name, pinned } = options
    if (on !== undefined) threadOf(core, on, call)
    if (name !== undefined && (typeof name !== 'string' || name === '')) {
      throw new InvalidCall(`${call}: a name is a string that is not empty, not ${inWords(name)}`)
    }
    if (pinned !== undefined && typeof pinned !== 'boolean') {
      throw new InvalidCall(`${call}: pinned is ${inWords(pinned)}; it must be true or false`)
    }
    return core.behaviors.load(behavior)
  }

  #spawn(order: Order): Started {
    const loaded = this.#check(order.call, order.behavior, order.options)
    return this.#spawnOn(this.#homeOf(order), loaded, order)
  }

  /** The thread that is meant, or suits. */
  #homeOf({ options: { on }, by }: Order): number {
    const { platform } = this.#core
    if (on !== undefined) return threadOf(this.#core, on, 'spawn')
    return by === undefined ? platform.place() : platform.thread
  }

  /** Where a thread is being replaced, the spawn waits for that as long as an ask would. */
  #spawnInTime(order: Order): Started | Promise<Started> {
    const { platform, replacements, limits } = this.#core
    const loaded = this.#check(order.call, order.behavior, order.options)
    const home = this.#homeOf(order)
    if (!platform.awaited(home)) return this.#spawnOn(home, loaded, order)
    const settled = replacements.settled(() => this.#homeOf(order), platform.now() + limits.askDeadline)
    return settled.then(home => this.#spawnOn(home, this.#check(order.call, order.behavior, order.options), order))
  }

  #spawnOn(home: number, loaded: Loaded, order: Order): Started {
    const core = this.#core
    const { call, behavior, init, options, by, parent } = order
    const here = core.platform.thread
    if (home !== here || call === 'go') releaseOf(by)
    if (home === here) {
      const cell = this.#here(loaded, init, parent, options, by)
      return { address: cell.address, outcome: outcomeOf(call, cell, by) }
    }
    const { protocol } = loaded
    this.checkDefined(behavior)
    core.copyFor(init, core, rootOf(behavior)) // says what cannot travel, with its path, before anything is numbered
    const address = core.directory.next(protocol, home)
    const parentRef = parent && new ActorRef(parent, undefined)
    const own = typeof init === 'object' && init !== null ? sealedFor(core, init, home) : init
    const from = behavior[source]
    const near = 'inner' in from && home < FIRST_FAR ? sealed(core, from) : from
    const found = home < FIRST_FAR ? near : farBehavior(from, protocol)
    const args: SpawnCall = [found, protocol.number, address.serial, own, parentRef, options.name, pinnedBy(options)]
    try {
      core.nodes.spawnedOn(home)
      return { address, outcome: core.calls.begin(home, call, args, true, by?.address) }
    } catch (error) {
      core.directory.takeBack(address)
      throw error
    }
  }

  #here(loaded: Loaded, init: unknown, parent: Address | undefined, options: SpawnOptions, by: Cell | undefined): Cell {
    const core = this.#core
    const address = core.directory.next(loaded.protocol, core.platform.thread)
    const cell = new Cell(core, address, 'placed', undefined, parent)
    if (init !== undefined) cell.init = core.copyFor(init, cell, rootOf(loaded.behavior))
    if (options.name !== undefined) cell.more.name = options.name
    cell.pinned = pinnedBy(options)
    this.#place(cell, loaded, by)
    core.directory.add(cell)
    return cell
  }

  #place(cell: Cell, loaded: Loaded, by: Cell | undefined): void {
    cell.loaded = loaded
    cell.status = 'placed'
    const { checkpoints, scheduler } = this.#core
    checkpoints.placed(cell)
    const outbox = outboxOf(by)
    if (outbox === undefined) scheduler.enqueue(cell)
    else outbox.add(0, () => scheduler.enqueue(cell))
  }

  /** A spawn that came from another thread; resolves when the actor has started, or the goroutine ended. */
  async receive(call: Call, spawned: SpawnCall, birth: number): Promise<unknown> {
    const [from, number, serial, init, parent, name, pinned] = spawned
    const core = this.#core
    const protocol = Array.isArray(from) ? protocolOf(core, from[1]) : core.behaviors.protocol(number)
    const address = core.directory.reach(protocol, birth, serial)
    core.directory.arrived(birth, serial)
    const cell = address?.cell
    if (cell?.status !== 'expected' || cell.onStart !== undefined || cell.extra?.run !== undefined)
      throw new InvalidCall(`${call}: this actor has been spawned before`)
    cell.parent = parent?.address
    cell.pinned = pinned
    if (name !== undefined) cell.more.name = name
    const outcome = outcomeOf(call, cell, undefined)
    outcome.catch(() => {}) // it may fail while the module loads, before anybody waits for it
    if (parent !== undefined && parent.address.home !== birth) core.calls.childAdopted(parent.address, cell)
    try {
      if (core.closing) throw new SystemClosed(`${call}: the system is closed`)
      const found = Array.isArray(from) ? await nearSource(core, from[0]) : unsealed(from, cell, birth)
      const loaded = await core.upgrades.load(found as Source, protocol)
      cell.address.learn(loaded.protocol)
      cell.init = unsealed(init, cell, birth)
      checkStart(call, loaded.behavior, cell.init)
      if (cell.status === 'expected') this.#place(cell, loaded, undefined)
    } catch (error) {
      const failure = error instanceof TroupeError ? error : core.failures.fault(error, cell.address, call)
      beginStopping(cell, 'faulted', failure)
    }
    return await outcome
  }

  /** Another thread finds a behavior by its module and name, so what is found there must be this one. */
  protected checkDefined(behavior: BehaviorValue): void {
    const from = behavior[source]
    if ('inner' in from || defined(from) === behavior) return
    const text = `'${from.name}' was made again later in ${from.url}: other threads know a behavior by its name, so make each once, at module level`
    throw new InvalidCall(text)
  }
}

/** Settles with the start of an actor, or with the end of a goroutine. */
function outcomeOf(call: Call, cell: Cell, by: Cell | undefined): Promise<unknown> {
  if (call === 'go') return new Running(cell, by).ended
  return new Promise<void>((done, failed) => {
    cell.onStart = error => (error === undefined ? done() : failed(error))
  })
}

/** Who says where an actor shall be means it to stay there, unless it says otherwise. */
function pinnedBy({ on, pinned }: SpawnOptions): boolean | undefined {
  return pinned ?? (on === undefined ? undefined : true)
}

/** What an init is called in an error. */
function rootOf(behavior: BehaviorValue): string {
  return body in behavior ? `${behavior.name}: arguments` : 'init'
}
