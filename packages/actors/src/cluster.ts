// A system's part in its cluster: who is there, and what its program is told of that.
//
// Invariants: what others say about themselves comes by the hub, which no code of users can block; the program hears of it in the order in
// which it happened. A node that was expelled says so, and closes: whatever it would still do, the others have gone on without it.
import type { Core } from './core/core.ts'
import { Drain, type Left } from './core/drain.ts'
import { SystemClosed, TroupeError } from './core/errors.ts'
import { nameOf } from './core/places.ts'
import type { HubNews, HubOrder } from './core/node-settings.ts'

/** joining, up, suspect (not heard for a while), leaving; left and down are over for good. */
export type MemberState = 'joining' | 'up' | 'suspect' | 'leaving' | 'left' | 'down'

/** A node of the cluster, as this one sees it. */
export interface Member {
  readonly node: string
  /** `name~incarnation`: a node that comes back has another one. */
  readonly id: string
  readonly state: MemberState
  /** Whether it is this one. */
  readonly self: boolean
}

/** What a system offers as a node. */
export interface Clustered {
  /**
   * Moves all actors of this node to others, for its process to end; others choose it no more. Resolves with how many have moved, and which could not, and
   * why: goroutines, and what no other node can have. `deadline`: ms, 30,000. Rejects with InvalidCall where this process is no node.
   */
  drain(options?: { deadline?: number }): Promise<Drained>
  /** Drains this node, leaves the cluster, so that nobody waits for it, and closes. What could not move ends. */
  leave(options?: { deadline?: number }): Promise<Drained>
  /** All nodes of the cluster, this one first; none where this process is no node. */
  nodes(): Member[]
}

/** The thread of the hub, as its owner has it. */
export interface HubHandle {
  joined(within: number): Promise<void>
  order(order: HubOrder): void
  close(): Promise<void>
}
/** Starts one, which tells what happens. */
export type StartHub = (events: { news(news: HubNews): void; failed(error: Error): void }) => HubHandle

/** What a drain has done: how many actors have moved; those that could not, and why. */
export interface Drained {
  readonly moved: number
  readonly left: readonly Left[]
}

export class Cluster {
  readonly #core: Core
  readonly #emit: (event: string, data: unknown) => void
  readonly #expelled: () => void
  readonly #members = new Map<string, MemberState>()
  #hub: HubHandle | undefined
  #retired: () => void = () => {}
  /** What becomes of the others, and of links, is of no concern any more. */
  #over = false

  constructor(core: Core, emit: (event: string, data: unknown) => void, expelled: () => void) {
    this.#core = core
    this.#emit = emit
    this.#expelled = expelled
  }

  async join(start: StartHub, within: number): Promise<void> {
    this.#hub = start({
      news: news => this.#take(news),
      failed: error => this.#emit('expelled', { by: undefined, why: `its hub failed: ${error.message}`, error }),
    })
    await this.#hub.joined(within)
  }
  close(): Promise<void> | undefined {
    this.#over = true
    return this.#hub?.close()
  }

  /** Gives all away that can be given; resolves with what could not be. */
  /** `threads`: the others of this process. */
  async drain(threads: readonly number[], within: number): Promise<Drained> {
    this.#hub!.order({ kind: 'leave' })
    const { calls, platform } = this.#core
    const until = platform.now() + within
    const others = threads.map(thread => calls.ask(thread, 'drain', [until])) as Promise<[number, Left[]]>[]
    const all = await Promise.all([new Drain(this.#core, until).run(), ...others])
    return { moved: all.reduce((sum, [moved]) => sum + moved, 0), left: all.flatMap(([, left]) => left) }
  }
  /** Another node answers from now on for what was spawned here. */
  async retire(): Promise<void> {
    await new Promise<void>(done => {
      this.#retired = done
      this.#hub!.order({ kind: 'retire' })
    })
    this.#hub!.order({ kind: 'left' })
    this.#over = true
  }

  nodes(): Member[] {
    const { self } = this.#core.places
    const all = [...this.#members].map(([id, state]) => ({ node: nameOf(id), id, state, self: id === self }))
    return all.toSorted((a, b) => Number(b.self) - Number(a.self) || (a.id < b.id ? -1 : 1))
  }

  #take(news: HubNews): void {
    if (this.#over && news.kind !== 'retired' && !(news.kind === 'changed' && news.self)) return
    switch (news.kind) {
      case 'changed': {
        const { id, from, to, why, self, info } = news
        if (!self) this.#core.nodes.introduce(info)
        if (to === 'left' || to === 'down') this.#members.delete(id)
        else this.#members.set(id, to as MemberState)
        // whoever had gone before this node came has never been there for it
        if (from === undefined && !this.#members.has(id)) return
        return this.#emit('nodeChanged', { node: nameOf(id), id, from, to, why })
      }
      case 'majority':
        return this.#emit('majority', { heard: news.heard, of: news.of })
      case 'minority':
        return this.#emit('minority', { heard: news.heard, of: news.of, why: news.why })
      case 'expelled':
        this.#emit('expelled', {
          by: news.by,
          why: news.why,
          error: new SystemClosed(`this node was expelled: ${news.why}`),
        })
        return this.#expelled()
      case 'linkFailed':
        return this.#emit('linkFailed', { node: nameOf(news.id), error: new TroupeError('link-failed', news.message) })
      case 'retired':
        return this.#retired()
      case 'open':
      case 'failed':
      case 'refused':
      case 'turnedAway':
        return
    }
  }
}
