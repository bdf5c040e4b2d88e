// How a thread is emptied whose place another one takes in order, so that its actors run newer code (rollout.ts).
//
// Its actors move over, a few at a time; each is upgraded as it is unpacked (upgrades.ts). Goroutines cannot move: their
// signals are aborted, and those that go on for longer than they may are stopped. What comes in meanwhile follows.
// Then the thread gives its channels away, and ends when nothing needs it any more; who inherits from it is known by then.
//
// Invariants: an actor that cannot move stays alive where it is, and with it this thread. On the first thread, which nobody
// can take the place of, actors get newer code where they are.
import type { Cell } from './cell.ts'
import { leaveChannels } from './channel-leave.ts'
import type { Core } from './core.ts'
import { rejectAsks } from './ending.ts'
import { ActorStopped, isLoss, MoveFailed, SystemClosed, UpgradeFailed } from './errors.ts'
import { requestStop } from './stopping.ts'

/** Moves under way at a time. */
const WINDOW = 64
/** ms that one move may take before the next attempt. */
const PATIENCE = 5_000
/** ms between two looks at what is left. */
const PAUSE = 1
const LONG_PAUSE = 50

/** By the common clock: when it must have been done, and until when goroutines may go on. */
export interface EvacuationLimits {
  readonly until: number
  readonly goroutinesUntil: number
}

export class Evacuation {
  readonly #core: Core
  readonly #limits: EvacuationLimits
  readonly #inPlace: boolean
  readonly #told = new Set<Cell>()
  #moved = 0

  constructor(core: Core, limits: EvacuationLimits) {
    this.#core = core
    this.#limits = limits
    this.#inPlace = this.#target === core.platform.thread
  }
  /** Whoever has taken this thread's place, by now. */
  get #target(): number {
    return this.#core.platform.current(this.#core.platform.thread)
  }

  /** Resolves when no actor is left here with older code: with how many have been moved. Rejects with why one cannot be. */
  async run(): Promise<number> {
    const core = this.#core
    for (;;) {
      // one that is on its way may come back, should its target be lost
      const left = [...core.directory, ...core.handoffs.departures.leaving].filter(cell => this.#mustGo(cell))
      if (left.length === 0 && !core.heirs.isReviving) return this.#moved
      const now = core.platform.now()
      if (core.closing) throw new SystemClosed('upgrade: the system is closed')
      if (left.length > 0 && now > this.#limits.until) throw tooLate(left)
      for (const cell of left) if (cell.extra?.run !== undefined) this.#seeOff(cell, now)
      await this.#moveAll(left.filter(({ status, extra }) => status === 'running' && extra?.run === undefined))
      await core.sleep(PAUSE)
    }
  }
  #mustGo({ loaded, extra }: Cell): boolean {
    if (!this.#inPlace) return true
    return loaded !== undefined && extra?.run === undefined && this.#core.upgrades.renews(loaded)
  }

  async #moveAll(cells: readonly Cell[]): Promise<void> {
    let next = 0
    let failed: { error: unknown } | undefined
    const some = async (): Promise<void> => {
      while (next < cells.length && failed === undefined) {
        const error = await this.#move(cells[next++]!)
        if (error !== undefined) failed ??= { error }
      }
    }
    await Promise.all(Array.from({ length: WINDOW }, some))
    if (failed !== undefined) throw failed.error
  }
  /** Gives why it will never move, if so. */
  async #move(cell: Cell): Promise<unknown> {
    const { handoffs, platform } = this.#core
    const to = this.#target
    try {
      await handoffs.departures.request(cell, to, Math.min(this.#limits.until, platform.now() + PATIENCE))
      this.#moved++
      return undefined
    } catch (error) {
      // somebody else may have moved it before: then it is the other thread's
      return cell.status === 'moved' || this.#core.hasLost(to) || isPassing(error) ? undefined : error
    }
  }

  #seeOff(cell: Cell, now: number): void {
    const { id } = cell.address
    if (!this.#told.has(cell)) {
      this.#told.add(cell)
      cell.context?.abort(new ActorStopped(`${id}: its thread is about to end, for an upgrade`, { actor: id }))
    }
    if (now > this.#limits.goroutinesUntil) requestStop(cell, false)
  }
}

/** What another attempt may find otherwise. */
function isPassing(error: unknown): boolean {
  if (error instanceof ActorStopped || isLoss(error)) return true
  return error instanceof MoveFailed && (error.why === 'late' || error.why === 'gone' || error.why === 'pinned')
}

function tooLate(left: readonly Cell[]): UpgradeFailed {
  const { address, extra } = left[0]!
  const what = extra?.run === undefined ? 'actor' : 'goroutine'
  const others = left.length === 1 ? '' : `, and ${left.length - 1} others`
  return new UpgradeFailed(
    `upgrade: the deadline has passed, and the ${what} ${address.id}${others} could not leave its thread`,
    { actor: address.id },
  )
}

/** After the evacuation: ends this thread as soon as nobody needs it any more. */
export async function leave(core: Core): Promise<void> {
  const { platform } = core
  for (;;) {
    const forever: EvacuationLimits = { until: Infinity, goroutinesUntil: platform.now() }
    try {
      await new Evacuation(core, forever).run()
      if (isQuiet(core) && (await leaveChannels(core.channels, platform.current(platform.thread))) && isQuiet(core))
        break
    } catch (error) {
      if (core.closing) return
      core.emit('unhandledRejection', {
        actor: undefined,
        thread: platform.thread,
        error: core.failures.portable(error),
      })
      await core.sleep(PATIENCE)
    }
    await core.sleep(LONG_PAUSE)
    if (core.closing) return
  }
  rejectAsks(core)
  core.onEnd(true)
}

function isQuiet({ directory, handoffs, asks, routes, platform }: Core): boolean {
  if (directory.size > 0 || handoffs.pending > 0 || asks.size > 0 || platform.stalled?.() === true) return false
  for (const { held } of routes.stands()) if (held.length > 0) return false
  return true
}
