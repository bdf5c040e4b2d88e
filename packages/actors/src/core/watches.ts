// Who hears of whose end.
//
// Invariants: a watcher hears of a watched actor's end exactly once, whether it ended before or after, on which thread,
// or with its thread; after unwatch it hears nothing. What it hears comes after the arguments it gave: how it ended.
import { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import type { WatchData } from './baggage.ts'
import type { Cell } from './cell.ts'
import type { ActorId, TroupeError } from './errors.ts'
import type { OwnCall } from './extra.ts'

/** The last argument of a watch's handler. */
export interface Ended {
  readonly actor: ActorId
  readonly why: 'stopped' | 'faulted' | 'lost'
  /** What went wrong, where something did. */
  readonly error?: string
}

/** What a watcher wants to hear: which of its handlers to call, and with what. It lasts until that call's turn. */
export class Watch implements OwnCall {
  readonly cell: Cell
  readonly address: Address
  readonly method: number
  readonly #args: readonly unknown[]
  /** Known once the actor has ended. */
  how: Ended | undefined = undefined
  cancelled = false

  constructor(cell: Cell, address: Address, method: number, args: readonly unknown[]) {
    this.cell = cell
    this.address = address
    this.method = method
    this.#args = args
  }
  take(): unknown[] {
    const { cell } = this
    cell.extra!.watching!.delete(this.address.id)
    cell.extra!.touch()
    return [...this.#args.map(argument => cell.core.copyFor(argument, cell)), { ...this.how }]
  }
  /** As it goes to another thread. */
  data(): WatchData {
    const method = this.cell.core.platform.methods.text(this.method)
    return [new ActorRef(this.address, undefined), method, this.#args, this.how]
  }
  static of(cell: Cell, [{ address }, method, args, how]: WatchData): Watch {
    const watch = new Watch(cell, address, cell.core.platform.methods.intern(method), args)
    watch.how = how
    return watch
  }
  cancel(): void {
    this.cancelled = true
    if (this.how === undefined) this.cell.core.calls.unwatch(this.address, this.cell.address)
  }
}

export function watch(cell: Cell, address: Address, method: number, args: readonly unknown[]): void {
  const { core, more } = cell
  const { id } = address
  const known = (more.watching ??= new Map()).get(id)
  more.watching.set(id, new Watch(cell, address, method, args))
  more.touch()
  if (known !== undefined) known.cancelled = true
  // one that has ended says so again
  if (known === undefined || known.how !== undefined) core.calls.watch(address, cell.address)
}

export function unwatch(cell: Cell, address: Address): void {
  const found = cell.extra?.watching?.get(address.id)
  if (found === undefined) return
  cell.extra!.watching!.delete(address.id)
  cell.extra!.touch()
  found.cancel()
}

/** Ends all watches of a life that ends. */
export function forget(cell: Cell): void {
  for (const watch of cell.extra?.watching?.values() ?? []) watch.cancel()
  cell.extra?.watching?.clear()
}

/** The watched actor has ended: its watcher is told, if it still wants to know. */
export function ended(cell: Cell, how: Ended): void {
  const found = cell.extra?.watching?.get(how.actor)
  if (found === undefined || found.how !== undefined) return
  found.how = how
  cell.remind(found)
}

export function tellWatchers(cell: Cell, why: 'stopped' | 'faulted', error: TroupeError | undefined): void {
  const actor = cell.address.id
  const how: Ended = error === undefined ? { actor, why } : { actor, why, error: error.message }
  for (const watcher of cell.extra?.watchers?.values() ?? []) cell.core.calls.ended(watcher, how)
}

/** How an actor has ended whose thread was lost. */
export function lostWith({ id, protocol }: Address, thread: number): Ended {
  return { actor: id, why: 'lost', error: protocol.core.nodes.lossOf(thread, what => what, {}).message }
}
