// How actors come to be, here or on another thread.
//
// Invariants: an actor has its address as soon as it is spawned; what is sent there waits for its start. A start that
// fails is told to whoever spawned it: the promise of a root's spawn, or an event in the parent's name. The init is
// copied once for the actor and kept as it came, for restarts.
import { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import {
  type BehaviorValue,
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
import type { Loaded } from './protocol.ts'
import * as life from './life.ts'

export interface SpawnOptions {
  /** The thread it shall stand on: beside its parent, or on the least loaded, where none is given. */
  readonly on?: { readonly thread: number } | undefined
  /** What others look it up by. */
  readonly name?: string | undefined
}

const PARTS = ['on', 'name'] satisfies (keyof SpawnOptions)[]

/**
 * A spawn on its way to another thread. What may hold instances of users' classes is sealed: their codecs may be known
 * there only once the behavior's module is.
 */
export type SpawnCall = [
  source: Source | Uint8Array,
  protocol: number,
  serial: number,
  init: unknown,
  parent: ActorRef | undefined,
  name: string | undefined,
]

export class Spawning {
  readonly #core: Core
  constructor(core: Core) {
    this.#core = core
  }

  /** Spawns a child of an actor; its failure is an event in the parent's name. */
  child(parent: Cell, behavior: BehaviorValue, init: unknown, options: SpawnOptions): Address {
    const core = this.#core
    const here = core.platform.thread
    if (options.name !== undefined || (options.on !== undefined && options.on.thread !== here)) {
      return this.#childApart(parent, behavior, init, options)
    }
    // The usual case costs no promise and no closure: a start that fails finds its parent by itself (life.ts).
    const child = this.#here(this.#check(behavior, options), init, parent.address, undefined)
    link(parent, child)
    return child.address
  }

  /** A child with a name, or on another thread: whether it starts is known only later. */
  #childApart(parent: Cell, behavior: BehaviorValue, init: unknown, options: SpawnOptions): Address {
    const { address, started } = this.#spawn(behavior, init, options, this.#core.platform.thread, parent.address)
    const { more } = parent
    if (address.cell !== undefined) link(parent, address.cell)
    else (more.away ??= new Map()).set(address.id, address)
    started.catch((error: unknown) => {
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
  async root(behavior: BehaviorValue, init: unknown, options: SpawnOptions): Promise<Address> {
    try {
      const { address, started } = this.#spawn(behavior, init, options, undefined, undefined)
      await started
      return address
    } catch (error) {
      this.#core.emit('spawnFailed', { behavior: String(behavior?.name), error: this.#core.failures.portable(error) })
      throw error
    }
  }

  #check(behavior: BehaviorValue, options: SpawnOptions): Loaded {
    const core = this.#core
    const { on, name } = options
    if (core.closing) throw new SystemClosed('spawn: the system is closed')
    if (typeof behavior !== 'object' || behavior === null || behavior[source] === undefined) {
      throw new InvalidCall(notABehavior('spawn', behavior))
    }
    checkParts('spawn', options, PARTS)
    if (on !== undefined && (typeof on !== 'object' || on === null)) {
      throw new InvalidCall(`spawn: on is ${String(on)}; pass thread(n)`)
    }
    if (on !== undefined && !(Number.isInteger(on.thread) && on.thread >= 0 && on.thread < core.platform.threads)) {
      throw new InvalidCall(
        `spawn: there is no thread ${on.thread}; this system has threads 0 to ${core.platform.threads - 1}`,
      )
    }
    if (name !== undefined && (typeof name !== 'string' || name === '')) {
      throw new InvalidCall(`spawn: a name is a string that is not empty, not ${inWords(name)}`)
    }
    return core.behaviors.load(behavior)
  }

  #spawn(
    behavior: BehaviorValue,
    init: unknown,
    options: SpawnOptions,
    near: number | undefined,
    parent: Address | undefined,
  ): { address: Address; started: Promise<unknown> } {
    const core = this.#core
    const loaded = this.#check(behavior, options)
    const home = options.on?.thread ?? near ?? core.platform.place()
    if (home === core.platform.thread) {
      const cell = this.#here(loaded, init, parent, options.name)
      const started = new Promise<void>((done, failed) => {
        cell.onStart = error => (error === undefined ? done() : failed(error))
      })
      return { address: cell.address, started }
    }
    const { protocol } = loaded
    this.checkDefined(behavior)
    core.copyFor(init, core, 'init') // says what cannot travel, with its path, before anything is numbered
    const address = core.directory.next(protocol, home)
    const parentRef = parent && new ActorRef(parent, undefined)
    const from = behavior[source]
    const sealed = 'inner' in from ? this.#seal(from) : from
    const own = typeof init === 'object' && init !== null ? this.#seal(init) : init
    const call: SpawnCall = [sealed, protocol.number, address.serial, own, parentRef, options.name]
    try {
      return { address, started: core.calls.begin(home, 'spawn', call, true) }
    } catch (error) {
      core.directory.takeBack(address)
      throw error
    }
  }

  #here(loaded: Loaded, init: unknown, parent: Address | undefined, name: string | undefined): Cell {
    const core = this.#core
    const address = core.directory.next(loaded.protocol, core.platform.thread)
    const cell = new Cell(core, address, 'placed', undefined, parent)
    if (init !== undefined) cell.init = core.copyFor(init, cell, 'init')
    if (name !== undefined) cell.more.name = name
    this.#place(cell, loaded)
    core.directory.add(cell)
    return cell
  }

  #place(cell: Cell, loaded: Loaded): void {
    cell.loaded = loaded
    cell.status = 'placed'
    this.#core.scheduler.enqueue(cell)
  }

  /** A spawn that came from another thread; resolves when the actor has started. */
  async receive([from, protocol, serial, init, parent, name]: SpawnCall, birth: number): Promise<void> {
    const core = this.#core
    const address = core.directory.reach(core.behaviors.protocol(protocol), birth, serial)!
    core.directory.arrived(birth, serial)
    const cell = address.cell!
    cell.parent = parent?.address
    if (name !== undefined) cell.more.name = name
    const started = new Promise<void>((done, failed) => {
      cell.onStart = error => (error === undefined ? done() : failed(error))
    })
    started.catch(() => {}) // it may fail while the module loads, before anybody waits for it
    try {
      const behavior = await core.platform.load(this.#unseal(from, cell) as Source)
      cell.init = this.#unseal(init, cell)
      if (cell.status === 'expected') this.#place(cell, core.behaviors.load(behavior))
    } catch (error) {
      const failure = error instanceof TroupeError ? error : core.failures.fault(error, address, 'spawn')
      life.beginStopping(cell, 'faulted', failure)
    }
    await started
  }

  #seal(value: object): Uint8Array {
    const { bytes, start, end } = this.#core.platform.codec.pack(value)
    return new Uint8Array(bytes.subarray(start, end))
  }
  #unseal(value: unknown, to: Cell): unknown {
    return value instanceof Uint8Array ? this.#core.platform.codec.decode(value, 0, value.length, to) : value
  }

  /** Another thread finds a behavior by its module and name, so what is found there must be this one. */
  protected checkDefined(behavior: BehaviorValue): void {
    const from = behavior[source]
    if ('inner' in from || defined(from) === behavior) return
    const text = `'${from.name}' was made again later in ${from.url}: other threads know a behavior by its name, so make each once, at module level`
    throw new InvalidCall(text)
  }
}
