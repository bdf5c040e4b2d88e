// How a node is emptied, so that its process can end: its actors go to the other nodes, in turn.
//
// Invariants: an actor goes only to a node that is up and has its behavior; what cannot move stays alive here, and is named with the
// reason. What begins here meanwhile goes, too: it is over when nothing is left but what cannot move, or when the time is.
import { source, type Source } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { type ActorId, ActorStopped, isLoss, MoveFailed } from './errors.ts'
import { words } from './failures.ts'
import { nameOf } from './places.ts'

/** Moves under way at a time, on each thread. */
const WINDOW = 64
/** ms that one move may take before the next attempt; between two looks at what is left. */
const PATIENCE = 5_000
const PAUSE = 5

/** An actor that could not leave. */
export interface Left {
  readonly actor: ActorId
  readonly why: string
}

export class Drain {
  readonly #core: Core
  /** By the common clock. */
  readonly #until: number
  /** Why those stay that will never move. */
  readonly #staying = new Map<Cell, string>()
  #moved = 0
  #turn = 0

  constructor(core: Core, until: number) {
    this.#core = core
    this.#until = until
  }

  /** Resolves with how many have been moved, and what is left here. */
  async run(): Promise<[moved: number, left: Left[]]> {
    const { directory, handoffs, platform } = this.#core
    for (;;) {
      const here = [...directory].filter(cell => !this.#staying.has(cell))
      if ((here.length === 0 && handoffs.departures.leaving.length === 0) || platform.now() > this.#until) break
      await this.#moveAll(here.filter(({ status }) => status === 'running'))
      await this.#core.sleep(PAUSE)
    }
    const left = [...directory].map(cell => this.#left(cell))
    return [this.#moved, left]
  }
  #left(cell: Cell): Left {
    return { actor: cell.address.id, why: this.#staying.get(cell) ?? 'its turn, or its move, has not ended in time' }
  }

  async #moveAll(cells: readonly Cell[]): Promise<void> {
    let next = 0
    const some = async (): Promise<void> => {
      while (next < cells.length) await this.#move(cells[next++]!)
    }
    await Promise.all(Array.from({ length: Math.min(WINDOW, cells.length) }, some))
  }
  async #move(cell: Cell): Promise<void> {
    const { handoffs, platform } = this.#core
    if (cell.extra?.run !== undefined) return void this.#staying.set(cell, 'a goroutine stays on its thread')
    const to = this.#target(cell)
    if (to === undefined) return
    try {
      await handoffs.departures.request(cell, to, Math.min(this.#until, platform.now() + PATIENCE))
      this.#moved++
    } catch (error) {
      const passing = error instanceof MoveFailed && (error.why === 'late' || error.why === 'gone')
      if (cell.status !== 'running' || passing || isLoss(error) || error instanceof ActorStopped) return
      this.#staying.set(cell, words(error))
    }
  }
  /** The next node's turn, of those that can have it. */
  #target(cell: Cell): number | undefined {
    const { nodes } = this.#core
    const up = nodes.others.filter(({ state }) => state === 'up')
    if (up.length === 0) {
      this.#staying.set(cell, 'there is no other node that is up')
      return undefined
    }
    const { behavior, protocol } = cell.loaded!
    const wanted = `${baseName(behavior[source])}@`
    const capable = up.filter(({ behaviors }) => behaviors.some(one => one.startsWith(wanted)))
    if (capable.length === 0) {
      this.#staying.set(cell, `no other node has the behavior '${protocol.name}'`)
      return undefined
    }
    const { id } = capable[this.#turn++ % capable.length]!
    return nodes.threadOf(nameOf(id), undefined, 'drain')
  }
}

function baseName(from: Source): string {
  return 'inner' in from ? baseName(from.inner) : from.name
}
