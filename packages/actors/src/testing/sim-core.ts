// The core of one simulated thread: the real one, whose promises to users are noted (waiting.ts), and whose behaviors run
// their handlers in a scope of their own.
//
// Behaviors go to other simulated threads by value: their source carries a number besides, so that one that was made in
// the middle of a test, or twice under one name, is found. Invariant: whatever the real core refuses is refused here.
import type { ActorRef } from '../core/actor-ref.ts'
import type { Address } from '../core/address.ts'
import { type BehaviorValue, body, defined, type Source, source } from '../core/behavior-value.ts'
import type { Cell } from '../core/cell.ts'
import type { Context } from '../core/context.ts'
import { Core } from '../core/core.ts'
import { GoContext } from '../core/go-context.ts'
import type { GoroutineValue } from '../core/goroutine-value.ts'
import { Names } from '../core/names.ts'
import type { Limits } from '../core/platform.ts'
import { Spawning, type SpawnOptions } from '../core/spawning.ts'
import type { Turn } from '../core/turn.ts'
import type { SimThread } from './sim-thread.ts'
import { Scope, waiting, within } from './waiting.ts'

export class SimCore extends Core {
  override readonly names: Names
  override readonly spawning: Spawning

  constructor(thread: SimThread, limits: Limits) {
    super(thread, limits)
    this.names = new SimNames(this)
    this.spawning = new SimSpawning(this, thread.world.behaviors)
  }
  override ask(ref: ActorRef, method: number, name: string, shape: number, argument: unknown): Promise<unknown> {
    return waiting(`${ref.id}.${name}`, super.ask(ref, method, name, shape, argument))
  }
  override noted<T>(promise: Promise<T>, what: string): Promise<T> {
    return waiting(what, promise)
  }
  override stop(address: Address, drain: boolean): Promise<void> {
    return waiting(`the end of ${address.id}`, super.stop(address, drain))
  }
  override move(address: Address, to: number): Promise<void> {
    return waiting(`the move of ${address.id}`, super.move(address, to))
  }
  override ready(address: Address): Promise<void> {
    return waiting(`room in the mailbox of ${address.id}`, super.ready(address))
  }
}

class SimNames extends Names {
  override find(behavior: BehaviorValue, name: string): Promise<Address | undefined> {
    return waiting(`the lookup of '${name}'`, super.find(behavior, name))
  }
}

class SimSpawning extends Spawning {
  readonly #core: Core
  readonly #behaviors: SimBehaviors
  constructor(core: Core, behaviors: SimBehaviors) {
    super(core)
    this.#core = core
    this.#behaviors = behaviors
  }
  override child(parent: Cell, behavior: BehaviorValue, init: unknown, options: SpawnOptions): Address {
    return super.child(parent, this.#simulated(behavior), init, options)
  }
  override root(behavior: BehaviorValue, init: unknown, options: SpawnOptions): Promise<Address> {
    const started = super.root(this.#simulated(behavior), init, options)
    return waiting(`the start of '${String(behavior?.name)}'`, started)
  }
  override goroutine(
    by: Cell | undefined,
    behavior: GoroutineValue,
    init: unknown[],
    options: SpawnOptions,
  ): { address: Address; outcome: Promise<unknown> } {
    return super.goroutine(by, this.#simulated(behavior), init, options)
  }
  #simulated<B extends BehaviorValue>(behavior: B): B {
    return this.#behaviors.simulated(this.#core.upgrades.newest(behavior))
  }
  /** Simulated threads find a behavior by its number. */
  protected override checkDefined(): void {}
}

type NumberedSource = Source & { readonly number: number }

/** The behaviors that a simulation has met. */
export class SimBehaviors {
  readonly #found: BehaviorValue[] = []
  readonly #made = new Map<BehaviorValue, BehaviorValue>()
  readonly #scopes = new WeakMap<Cell, Scope>()
  /** Turns whose handlers have returned a promise, and some that have ended since. */
  readonly open = new Set<Turn>()

  /** The same behavior, as simulated threads run it. */
  simulated<B extends BehaviorValue>(behavior: B): B {
    // what is no behavior is the core's to refuse
    if (typeof behavior !== 'object' || behavior?.[source] === undefined) return behavior
    let made = this.#made.get(behavior)
    if (made === undefined) {
      made = this.#make(behavior, this.#found.length)
      this.#found.push(made)
      this.#made.set(behavior, made).set(made, made)
    }
    return made as B
  }

  of(from: Source): { number: number; behavior: BehaviorValue } {
    const { number } = from as Partial<NumberedSource>
    if (number !== undefined) return { number, behavior: this.#found[number]! }
    // wrapped anew, around what an upgrade has brought
    const behavior = this.simulated(defined(from)!)
    return { number: (behavior[source] as NumberedSource).number, behavior }
  }

  scopeOf(cell: Cell): Scope {
    let scope = this.#scopes.get(cell)
    if (scope === undefined) {
      this.#scopes.set(cell, (scope = new Scope(cell.core.platform as SimThread, cell)))
    }
    return scope
  }

  #make(behavior: BehaviorValue, number: number): BehaviorValue {
    const { started, stopping, [body]: run } = behavior
    const from: NumberedSource = { ...behavior[source], number }
    const handlers = Object.entries(behavior.handlers).map(([name, handler]) => [
      name,
      (ctx: unknown, ...args: unknown[]) => this.#turn(cellOf(ctx), () => handler(ctx, ...args)),
    ])
    return {
      ...behavior,
      handlers: Object.fromEntries(handlers) as BehaviorValue['handlers'],
      ...(started && { started: (ctx, why) => this.#turn(cellOf(ctx), () => started(ctx, why)) }),
      ...(stopping && { stopping: (ctx, why) => this.#turn(cellOf(ctx), () => stopping(ctx, why)) }),
      ...(run && {
        [body]: (ctx, ...args) => this.#turn(GoContext.cellOf(ctx as GoContext), () => run(ctx, ...args)),
      }),
      [source]: from,
    }
  }

  #turn(cell: Cell, run: () => unknown): unknown {
    const scope = this.scopeOf(cell)
    // a lost thread runs nothing any more, not even the rest of the stretch in which it was lost
    if (scope.thread.state === 'lost') return new Promise(() => {})
    const result = within(scope, run)
    const held = typeof (result as PromiseLike<unknown> | undefined | null)?.then === 'function'
    if (held && cell.turn !== undefined) this.open.add(cell.turn)
    return result
  }
}

const cellOf = (ctx: unknown): Cell => (ctx as Context).self.owner!
