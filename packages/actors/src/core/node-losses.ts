// A node that is down, as those that go on tell each other. What went by way of a thread that had not heard of it may be lost there,
// and where an actor has gone that was there last others may know better. So each thread says to all others when it has heard:
// what it has passed on before has been read by then, with all that it knows of where actors are, and what it passes on later comes back.
//
// An actor that was spawned there, and has moved on, is an orphan: its origin, which always knew where it is, cannot be asked any more.
// So each thread says first which orphans it has, or knows of; from then on all others keep that in mind.
//
// Invariants: what was on a lost node is over here only when all have said so, also those who cannot be reached for a while, as the
// actor may have gone there last: until then all that is for it waits. What may have been lost by way of another thread is sent again once that one has said so.
// Several nodes are over together: one that was to say where an orphan of the first had gone may have been on the second.
import { FIRST_FAR } from './address.ts'
import type { Core } from './core.ts'
import { MOVED } from './handoff-frame.ts'
import { NOBODY } from './heirs.ts'
import { whereabouts } from './revival.ts'
import { threadNumbers } from './thread-number.ts'

export class NodeLosses {
  readonly #core: Core
  /** By node that is down: who has not said yet that it has heard of it. */
  readonly #waiting = new Map<string, Set<number>>()
  /** By node: who has said that it has heard of it, maybe before this thread. */
  readonly #said = new Map<string, Set<number>>()

  constructor(core: Core) {
    this.#core = core
  }

  /** A node is down; its threads are lost. */
  down(id: string): void {
    const { nodes, places, routes } = this.#core
    const others = nodes.everywhere
    this.#tellOfOrphans(id, others)
    routes.watch() // some may have ended there
    for (const thread of others) this.#say(thread, id)
    const said = this.#said.get(id)
    const waiting = others.filter(thread => said?.has(thread) !== true)
    this.#waiting.set(id, new Set(waiting))
    for (const thread of places.of(id)) this.#hearsNoMore(thread)
    this.#check()
  }
  /** Whether all is over that was there. */
  isOver(id: string): boolean {
    return !this.#waiting.has(id)
  }

  /** A thread has heard that a node is down; so will others of its node. */
  heard(id: string, others: readonly number[], from: number): void {
    const { nodes } = this.#core
    const said = this.#said.get(id) ?? new Set()
    for (const thread of others) this.#expect(id, thread)
    const isNew = !said.has(from)
    const waited = this.#waiting.get(id)?.delete(from) === true
    if (nodes.hasDown(id) || nodes.all.some(node => node.id === id)) this.#said.set(id, said.add(from))
    if (waited) this.#check()
    if (nodes.hasDown(id)) {
      this.#again(id)
      // one that has come since waits for an answer
      if (waited || !isNew) return
      this.#tellOfOrphans(id, [from])
      this.#say(from, id)
    }
    // it was gone before this thread was told of it, and never will be told
    else if (!said.has(from)) this.#say(from, id)
  }
  /** With who else of this node has yet to say so: of a node that has just come others may know only the first thread. */
  #say(to: number, id: string): void {
    this.#core.calls.send(to, 'downHeard', [id, threadNumbers(this.#core.others())])
  }
  /** A thread that this one may not know of: it is waited for, too, and told, so that it answers. */
  #expect(id: string, thread: number): void {
    const { nodes } = this.#core
    if (thread < FIRST_FAR || !nodes.meet(thread) || this.#core.hasLost(thread)) return
    const waiting = this.#waiting.get(id)
    if (waiting === undefined || waiting.has(thread) || this.#said.get(id)?.has(thread) === true) return
    waiting.add(thread)
    this.#say(thread, id)
  }
  /** A thread has ended, by itself or with its node: then that is the next that all have to say that they have heard. */
  lost(thread: number): void {
    if (!this.#core.nodes.isDown(thread) && this.#hearsNoMore(thread)) this.#check()
  }
  #hearsNoMore(thread: number): boolean {
    let waited = false
    for (const waiting of this.#waiting.values()) if (waiting.delete(thread)) waited = true
    return waited
  }

  /** Tells a thread of another node what was gone before. */
  introduce(thread: number): void {
    const { heirs, calls, nodes } = this.#core
    const { ids, followed } = nodes.gone
    if (ids.length === 0) return
    const standIns = followed.map(one => heirs.of(one))
    calls.send(thread, 'goneBefore', [ids, threadNumbers(followed), threadNumbers(standIns)])
  }
  /** Of those nodes this one has never been told; for some of their threads others stand in. */
  goneBefore(ids: readonly string[], threads: readonly number[], standIns: readonly number[]): void {
    const { nodes, heirs, places } = this.#core
    const known = new Set([places.self, ...nodes.all.map(({ id }) => id)])
    const news = new Set(ids.filter(id => !known.has(id) && !nodes.hasDown(id)))
    for (const [at, thread] of threads.entries()) {
      if (!news.has(places.node(thread))) continue
      nodes.threadLost(thread, true)
      nodes.threadFollowed(thread, standIns[at]!)
      heirs.revived([thread])
    }
    for (const id of news) nodes.down(id, 'it was gone before this node came')
  }

  /** Of those that live here all are told again, as where they were before may have been there. */
  #tellOfOrphans(id: string, others: readonly number[]): void {
    const { places, platform, heirs, outbound } = this.#core
    for (const [address, epoch, place] of whereabouts(this.#core)) {
      const origin = heirs.of(address.home)
      if (places.node(origin) !== id && !(place === platform.thread && heirs.areNone(origin))) continue
      for (const thread of others) if (thread !== place) outbound.handoff(thread, address, MOVED, 0, epoch, place)
    }
  }

  #check(): void {
    const waiting = [...this.#waiting]
    if (waiting.some(([, threads]) => threads.size > 0)) return
    this.#waiting.clear()
    for (const [id] of waiting) for (const thread of this.#core.places.of(id)) this.#core.heir(thread, NOBODY)
  }
  /** Fences, marks and calls that went by way of that thread may have been lost behind it. */
  #again(id: string): void {
    const { routes, places, handoffs, calls } = this.#core
    for (const stand of [...routes.stands()]) stand.fenceAgain()
    for (const thread of places.of(id)) handoffs.senders.lost(thread)
    calls.callAgain()
  }
}
