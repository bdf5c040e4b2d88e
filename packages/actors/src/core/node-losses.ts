// A node that is down, as those that go on tell each other. What went by way of a thread that had not heard of it may be lost there,
// and where an actor has gone that was there last others may know better. So each thread says to all others when it has heard:
// what it has passed on before has been read by then, with all that it knows of where actors are, and what it passes on later comes back.
//
// Invariants: what was on a lost node is over here only when all have said so, also those who cannot be reached for a while, as the
// actor may have gone there last: until then all that is for it waits. What may have been lost by way of another thread is sent again once that one has said so.
import type { Core } from './core.ts'
import { NOBODY } from './heirs.ts'

export class NodeLosses {
  readonly #core: Core
  /** By node that is down: who has not said yet that it has heard of it. */
  readonly #waiting = new Map<string, Set<number>>()
  /** Those who had heard of it before this thread. */
  readonly #said = new Map<string, Set<number>>()

  constructor(core: Core) {
    this.#core = core
  }

  /** A node is down; its threads are lost. */
  down(id: string): void {
    const { nodes, calls } = this.#core
    const others = [...this.#core.others(), ...nodes.hosts]
    for (const thread of others) calls.send(thread, 'downHeard', [id])
    const said = this.#said.get(id)
    this.#said.delete(id)
    const waiting = others.filter(thread => said?.has(thread) !== true)
    this.#waiting.set(id, new Set(waiting))
    this.#check(id)
  }
  /** Whether all is over that was there. */
  isOver(id: string): boolean {
    return !this.#waiting.has(id)
  }

  /** A thread has heard that a node is down. */
  heard(id: string, from: number): void {
    const { nodes, calls } = this.#core
    const waiting = this.#waiting.get(id)
    if (waiting?.delete(from) === true) this.#check(id)
    if (nodes.hasDown(id)) this.#again(id)
    else if (nodes.all.some(node => node.id === id)) this.#said.set(id, (this.#said.get(id) ?? new Set()).add(from))
    // it was gone before this thread was told of it, and never will be told
    else calls.send(from, 'downHeard', [id])
  }
  /** Nothing is to be heard from a thread any more. */
  lost(thread: number): void {
    for (const [id, waiting] of [...this.#waiting]) if (waiting.delete(thread)) this.#check(id)
  }

  #check(id: string): void {
    if (this.#waiting.get(id)?.size !== 0) return
    this.#waiting.delete(id)
    for (const thread of this.#core.places.of(id)) this.#core.heir(thread, NOBODY)
  }
  /** Fences, marks and calls that went by way of that thread may have been lost behind it. */
  #again(id: string): void {
    const { routes, places, handoffs, calls } = this.#core
    for (const stand of [...routes.stands()]) stand.fenceAgain()
    for (const thread of places.of(id)) handoffs.senders.lost(thread)
    calls.callAgain()
  }
}
