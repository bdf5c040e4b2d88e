// What a system, a simulation, a turn and a goroutine offer alike: channels, goroutines, runs, actors and where to find them.
//
// Invariants: each call first asks who hosts, which throws once that one no longer may. What an actor or a goroutine gets
// is its own: refs and channel ends send in its name, actors are its children, runs end with it. What a system gets is
// nobody's. A spawn by a system resolves when the actor has started; in a turn the ref comes at once.
import { ActorRef, type Receiver } from './actor-ref.ts'
import type { BehaviorValue } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import { Channel } from './channel-end.ts'
import type { ChannelOverflow } from './channel-options.ts'
import { InvalidCall } from './errors.ts'
import { refuseGoroutine } from './goroutine-value.ts'
import { RoutedRef } from './routed-ref.ts'
import type { SpawnOptions } from './spawning.ts'
import { go, type Task } from './task.ts'
import type { Place } from './thread-place.ts'

type LogLevel = 'info' | 'warn' | 'error'

/** Gives who hosts: an actor, or a thread's core. Throws when that is over. */
export const host: unique symbol = Symbol('host')

abstract class Hosting {
  abstract [host](): Receiver

  channel(options?: { capacity?: number; overflow?: ChannelOverflow }): Channel {
    const { core, cell } = this[host]()
    return new Channel(core.channels.make(options), cell)
  }
  go(what: unknown, ...rest: unknown[]): Task {
    return go(this[host](), what, rest).task
  }
  run(work: unknown, ...args: unknown[]): Promise<unknown> {
    const { core, cell } = this[host]()
    // this very promise: where nobody awaits it, its end with its actor is no unhandled rejection
    return core.offloads.run(work, args, cell)
  }
  async lookup(behavior: BehaviorValue, name: string): Promise<ActorRef | undefined> {
    const { core, cell } = this[host]()
    refuseGoroutine('lookup', behavior)
    const address = await core.names.find(behavior, name)
    return address && new ActorRef(address, cell)
  }
}

/** A system's, or a simulation's. */
export abstract class SystemHosting extends Hosting {
  /** Moves all of them; one error is given as it is, several as one AggregateError. */
  async move(refs: ActorRef | readonly ActorRef[], to: Place): Promise<void> {
    const all = Array.isArray(refs) ? (refs as readonly ActorRef[]) : [refs as ActorRef]
    const moved = await Promise.allSettled(all.map(ref => ref.move(to)))
    const errors = moved.flatMap(one => (one.status === 'rejected' ? [one.reason as unknown] : []))
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} of ${all.length} actors did not move`)
  }
  /** Of a hosted behavior: (hosted, options?), and gives its handle. */
  async spawn(what: BehaviorValue | HostedValue, init?: unknown, options?: SpawnOptions): Promise<unknown> {
    if (isHosted(what)) return what[opening](this, init ?? {})
    const address = await this[host]().core.spawning.root(what, init, options ?? {})
    return new ActorRef(address, undefined)
  }
}

/** A turn's, or a goroutine's. */
export abstract class ActorHosting extends Hosting {
  abstract override [host](): Cell

  spawn(behavior: BehaviorValue, init?: unknown, options: SpawnOptions & { as?: unknown } = {}): ActorRef {
    const cell = this[host]()
    const { as, ...rest } = options
    const routed = as === undefined ? undefined : checkedRoute(cell, as, rest)
    const address = cell.core.spawning.child(cell, behavior, init, rest)
    if (routed !== undefined) address.cell!.more.as = routed
    return new ActorRef(address, cell)
  }
  get log(): Record<LogLevel, (text: string, data?: unknown) => void> {
    const cell = this[host]()
    const line = (level: LogLevel) => (text: string, data?: unknown) => cell.core.log(cell, level, text, data)
    return { info: line('info'), warn: line('warn'), error: line('error') }
  }
  now(): number {
    return this[host]().core.platform.wall()
  }
  random(): number {
    return this[host]().core.platform.random()
  }
}

/** A hosted behavior, as core sees it: what opens it, from any system. */
export interface HostedValue {
  readonly [opening]: (system: SystemHosting, options: SpawnOptions) => Promise<unknown>
}
export const opening: unique symbol = Symbol('opening')
function isHosted(what: BehaviorValue | HostedValue): what is HostedValue {
  return typeof what === 'object' && what !== null && opening in what
}

/** The ref with a route that is to lead to a child: it stands beside its router, which is its parent. */
function checkedRoute(cell: Cell, as: unknown, { on, name }: SpawnOptions): RoutedRef {
  const { id } = cell.address
  if (!(as instanceof RoutedRef) || !as.address.equals(cell.address)) {
    throw new InvalidCall(`${id}: spawn({ as }) takes a ref that leads by way of this very actor`, { actor: id })
  }
  if (on === undefined && name === undefined) return as
  throw new InvalidCall(`${id}: what is spawned as ${as.id} stands beside its router: without on, and without a name`, {
    actor: id,
  })
}
