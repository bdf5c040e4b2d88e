// The other nodes, as one thread knows them. The hub tells (hub.ts), always in order with what the nodes' threads send: so
// whatever comes from a node comes before the word that it is down.
//
// Invariants: a node that is down stays so, with all its threads: another one of that name has another id. The threads of
// a node are known to this core once it has had to do with them, or has been told of them; with the node all of them are lost.
import { FIRST_FAR } from './address.ts'
import { inWords } from './behavior-value.ts'
import type { Core } from './core.ts'
import { type ErrorAbout, InvalidCall, NodeLost, ThreadLost, type TroupeError } from './errors.ts'
import { NOBODY } from './heirs.ts'
import { NodeLosses } from './node-losses.ts'
import { nameOf } from './places.ts'

export type NodeState = 'joining' | 'up' | 'suspect' | 'leaving' | 'left' | 'down'

/** A node, as its members know it. Plain data. */
export interface NodeInfo {
  /** `name~incarnation` */
  readonly id: string
  readonly state: NodeState
  /** Its threads that take actors, and how many each has. */
  readonly threads: readonly (readonly [thread: number, actors: number])[]
  /** The behaviors that it knows: `name@version`. */
  readonly behaviors: readonly string[]
}

export class Nodes {
  readonly #core: Core
  readonly #all = new Map<string, NodeInfo>()
  /** Why each was lost. */
  readonly #down = new Map<string, string>()
  /** Threads of other nodes that this core has had to do with. */
  readonly #met = new Map<number, string>()
  /** Those that have been told what was gone before them. */
  readonly #begun = new Set<number>()
  /** Spawns since a node last told how many actors it has. */
  readonly #spawned = new Map<number, number>()
  readonly losses: NodeLosses

  constructor(core: Core) {
    this.#core = core
    this.losses = new NodeLosses(core)
  }

  /** All that there are, this one not among them. */
  get all(): NodeInfo[] {
    return [...this.#all.values()]
  }
  /** The first threads of nodes that can be reached or may be again. */
  get others(): NodeInfo[] {
    return this.all.filter(({ state }) => state !== 'left' && state !== 'down')
  }
  named(name: string): NodeInfo | undefined {
    return this.others.find(({ id }) => nameOf(id) === name)
  }
  hasDown(id: string): boolean {
    return this.#down.has(id)
  }
  /** Those that are down, or have left; and threads of those that have left, for whom others stand in. */
  get gone(): { ids: string[]; followed: number[] } {
    const { heirs } = this.#core
    const threads = [...this.#met].filter(([, id]) => this.#down.has(id)).map(([thread]) => thread)
    const followed = threads.filter(thread => this.#core.hasRetired(thread) && !heirs.areNone(thread))
    return { ids: [...this.#down.keys()], followed }
  }
  isDown(thread: number): boolean {
    return thread >= FIRST_FAR && this.#down.has(this.#core.places.node(thread))
  }

  /** Something is for a thread of another node: whether that can still be sent. */
  meet(thread: number): boolean {
    const node = this.#met.get(thread)
    if (node !== undefined) return !this.#down.has(node)
    const id = this.#core.places.node(thread)
    this.#met.set(thread, id)
    if (!this.#down.has(id)) return true
    this.#lose(thread, id)
    return false
  }

  /** Threads of other nodes that this one has had to do with, and that live as far as it knows. */
  get met(): number[] {
    return [...this.#met.keys()].filter(thread => !this.#core.hasLost(thread))
  }

  /** All threads of other nodes that may host actors, met or not. */
  get hosts(): number[] {
    const all = this.others.flatMap(node => this.#threadsOf(node))
    return [...new Set([...this.met, ...all])].filter(one => !this.#core.hasLost(one))
  }
  #threadsOf({ id, threads }: NodeInfo): number[] {
    return [0, ...threads.map(([thread]) => thread)].map(one => this.#core.places.number(`${id}/${one}`))
  }
  /** There is a thread of another node: before anything else it is told what was gone before. */
  #begin(thread: number): void {
    if (this.#begun.has(thread)) return
    this.#begun.add(thread)
    this.losses.introduce(thread)
  }

  /** All other threads, of this node and of others, that may host actors. */
  get everywhere(): number[] {
    return [...this.#core.others(), ...this.hosts]
  }

  /** A node that this thread may not have been told of yet, in order, as its program hears of it. */
  introduce(node: NodeInfo): void {
    if (!this.#all.has(node.id) && node.state !== 'down' && node.state !== 'left') this.told(node)
  }

  // ── what the hub tells ────────────────────────────────────────────────────────────────────────────────────────

  told(node: NodeInfo): void {
    if (this.#down.has(node.id)) return
    const before = this.#all.get(node.id)
    this.#all.set(node.id, node)
    for (const [thread] of node.threads) this.#spawned.delete(this.#core.places.number(`${node.id}/${thread}`))
    for (const thread of this.#threadsOf(node)) this.#begin(thread)
    if (before?.state === node.state) return
    this.#core.replacements.changed()
    const { departures } = this.#core.handoffs
    if (node.state === 'suspect') departures.doubt(node.id, true)
    if (before?.state === 'suspect') departures.doubt(node.id, false)
  }
  /** The node that has been there longest. */
  ledBy(id: string): void {
    const { places, names } = this.#core
    names.keptBy(id === places.self ? 0 : places.number(`${id}/0`))
  }
  /** A thread of another node has ended, and its actors with it or not. */
  threadLost(thread: number, inOrder: boolean): void {
    this.#met.set(thread, this.#core.places.node(thread))
    this.#core.platform.forsake?.(thread)
    this.#core.lostThread(thread, undefined, inOrder)
  }
  threadFollowed(thread: number, heir: number): void {
    this.#core.heir(thread, heir)
  }
  /** A node is down, or has left: with it are all its threads. */
  down(id: string, why: string): void {
    if (this.#down.has(id)) return
    this.#down.set(id, why)
    const known = this.#all.get(id)
    if (known !== undefined)
      this.#all.set(id, { ...known, state: known.state === 'leaving' ? 'left' : 'down', threads: [] })
    // also those with which this thread has had nothing to do: names and watches may be of actors there
    const { places, platform } = this.#core
    for (const thread of places.of(id)) {
      this.#met.set(thread, id)
      platform.forsake?.(thread)
      this.#core.lostThread(thread, new Error(why))
    }
    this.losses.down(id)
    this.#core.replacements.changed()
  }
  #lose(thread: number, id: string): void {
    this.#core.platform.forsake?.(thread)
    this.#core.lostThread(thread, new Error(this.#down.get(id)))
    if (this.losses.isOver(id)) this.#core.heir(thread, NOBODY)
  }

  // ── where to ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** The thread that is meant by a place of another node's. Throws InvalidCall where there is no such node, or thread. */
  threadOf(name: string, thread: number | undefined, call: string): number {
    const { places } = this.#core
    const node = this.named(name)
    if (node === undefined) {
      const known = this.others.map(({ id }) => nameOf(id)).join(', ') || 'none now'
      const others = places.self === '' ? 'this process is none (createSystem: node)' : `other nodes are: ${known}`
      throw new InvalidCall(`${call}: there is no node '${name}'; ${others}`)
    }

    if (thread === undefined) return this.#least(node)
    if (!node.threads.some(([one]) => one === thread) && thread !== 0) {
      throw new InvalidCall(`${call}: node '${name}' has no thread ${inWords(thread)}`)
    }
    return places.number(`${node.id}/${thread}`)
  }
  /** The least loaded of a node's threads. */
  #least({ id, threads }: NodeInfo): number {
    let least = this.#core.places.number(`${id}/0`)
    let fewest = Infinity
    for (const [thread, actors] of threads) {
      const number = this.#core.places.number(`${id}/${thread}`)
      const load = actors + (this.#spawned.get(number) ?? 0)
      if (load < fewest) [least, fewest] = [number, load]
    }
    return least
  }
  spawnedOn(thread: number): void {
    if (thread >= FIRST_FAR) this.#spawned.set(thread, (this.#spawned.get(thread) ?? 0) + 1)
  }

  /** What whoever waits for a lost thread is told. `text`: what of it concerns them. */
  lossOf(thread: number, text: (what: string) => string, about: ErrorAbout): TroupeError {
    const id = this.#core.places.node(thread)
    // the threads of a node that leaves end before it has left
    const why = this.#down.get(id) ?? (this.#all.get(id)?.state === 'leaving' ? 'it leaves the cluster' : undefined)
    if (thread >= FIRST_FAR && why !== undefined) {
      return new NodeLost(text(`node ${nameOf(id)} is gone (${why})`), about)
    }
    return new ThreadLost(text(`${this.#core.places.words(thread)} has ended`), about)
  }
}
