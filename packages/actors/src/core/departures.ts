// Actors that leave this thread: when a move can begin, what happens to the actor, and what is said to the target.
// standing.ts has the states.
//
// Invariants: a move begins when its actor is in no turn, is settled here, and the target knows its behavior. It ends in one
// of two ways: done, or the actor goes on here and whoever wanted the move gets a MoveFailed. Moves of one actor are done one
// after the other, as asked for; those that it has left behind follow it. While an offer is out the actor begins no turn, and
// calls for it wait. A commit cannot be taken back, but by the loss of its target before that has read it. A move to where
// the actor is gives it newer code, where an upgrade has brought some (upgrades.ts).
import { type Address, FIRST_FAR } from './address.ts'
import { type Baggage, pack, pauseTimers, stays } from './baggage.ts'
import { body } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { Departure, type MoveRequest, whyLate } from './departure.ts'
import { type PackedError, SystemClosed, TroupeError, unpackError } from './errors.ts'
import { words } from './failures.ts'
import * as say from './handoff-frame.ts'
import type { HandoffFrame } from './handoffs.ts'
import type { HeldFrame } from './held-frame.ts'
import * as life from './life.ts'
import { outOfReach, Reach } from './reach.ts'
import type { Stand } from './stand.ts'
import * as turns from './turns.ts'
import { renew } from './unpacking.ts'

export class Departures {
  readonly #core: Core
  readonly #departures = new Map<Stand, Departure>()
  readonly #reach: Reach
  #tickets = 0

  constructor(core: Core) {
    this.#core = core
    this.#reach = new Reach(core)
  }
  /** Those that are packed, and not heard of as live elsewhere. */
  get leaving(): Cell[] {
    return [...this.#departures.values()].map(({ cell }) => cell)
  }

  /** Moves an actor of this thread as soon as it can; rejects with MoveFailed, ActorStopped or SystemClosed. */
  request(cell: Cell, to: number, until: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: TroupeError | undefined): void => {
        clear()
        if (error === undefined) resolve()
        else reject(error)
      }
      const request: MoveRequest = { to, until, done }
      const clear = this.#core.later(until - this.#core.platform.now(), () => this.#late(cell, request))
      ;(cell.more.moves ??= []).push(request)
      this.consider(cell)
    })
  }

  /** Begins the actor's next move, if it wants one and can. */
  consider(cell: Cell): void {
    const { core, extra, address, status } = cell
    const request = extra?.moves?.[0]
    if (request === undefined || extra!.departing || status !== 'running') return
    const refusal = this.#refusal(cell, request.to)
    if (refusal !== undefined) return this.#over(cell, request, refusal)
    if (request.to === core.platform.thread) {
      if (!core.upgrades.renews(cell.loaded!)) return this.#over(cell, request, undefined)
    } else {
      const stand = core.routes.stand(address)
      if (extra!.waking !== undefined) return
      if (!stand.settled || stand.held.length > 0) return stand.settle()
      if (!this.#isLoadable(cell, request)) return
    }
    extra!.departing = extra!.attention = true
    core.scheduler.enqueue(cell)
  }
  #refusal({ address, loaded, extra, core }: Cell, to: number): TroupeError | undefined {
    if (body in loaded!.behavior) return stays(address, 'pinned', 'a goroutine stays on its thread')
    if (extra!.stopping || extra!.draining) return stays(address, 'pinned', 'it is being stopped')
    if (core.closing)
      return new SystemClosed(`${address.id}: the system is closed`, { actor: address.id, method: 'move' })
    return core.hasLost(to) ? stays(address, 'gone', `${core.places.words(to)} has ended`) : undefined
  }
  /** Whether its behavior is known to be there; if not, it is asked for, so that the actor need not stand still meanwhile. */
  #isLoadable(cell: Cell, request: MoveRequest): boolean {
    const { to } = request
    return this.#reach.has(cell.loaded!, to, error => {
      if (error === undefined) this.consider(cell)
      else this.#over(cell, request, outOfReach(cell, to, error))
    })
  }

  /** One request has been dealt with; on with the next. */
  #over(cell: Cell, request: MoveRequest, error: TroupeError | undefined): void {
    const { extra } = cell
    const at = extra?.moves?.indexOf(request) ?? -1
    if (at < 0) return
    extra!.moves!.splice(at, 1)
    if (extra!.moves!.length === 0) extra!.moves = undefined
    if (at === 0) extra!.departing = false
    request.done(error)
    this.consider(cell)
  }
  #late(cell: Cell, request: MoveRequest): void {
    const { address, extra, core } = cell
    if (extra?.moves?.includes(request) !== true) return
    const departure = address.standing && this.#departures.get(address.standing)
    if (departure?.request === request) {
      // too late for that, too: it is live over there
      if (address.standing!.phase === 'given') return
      core.outbound.handoff(request.to, address, say.CANCEL, departure.ticket, 0, 0)
      const late = stays(address, 'late', `${core.places.words(request.to)} did not answer in time`)
      return this.#thaw(address.standing!, departure, late)
    }
    this.#over(cell, request, stays(address, 'late', `the deadline has passed: ${whyLate(cell)}`))
    core.scheduler.enqueue(cell)
  }

  /** Its turns have ended: it goes. */
  depart(cell: Cell): void {
    const { behavior } = cell.loaded!
    const begun = cell.core.platform.now()
    cell.status = 'leaving'
    if (behavior.stopping === undefined) return this.#offer(cell, begun)
    turns.hook(
      cell,
      'stopping',
      ctx => behavior.stopping!(ctx, 'moved'),
      thrown => {
        if (cell.status !== 'leaving') return
        if (thrown === undefined) {
          cell.core.checkpoints.leaving(cell)
          return this.#offer(cell, begun)
        }
        cell.status = 'running'
        const failure = stays(cell.address, 'fault', `stopping threw: ${words(thrown)}`, thrown)
        const request = cell.extra!.moves?.[0]
        if (request !== undefined) this.#over(cell, request, failure)
        cell.fault(thrown, 'stopping', undefined)
      },
    )
  }

  #offer(cell: Cell, begun: number): void {
    const { core, address, extra } = cell
    const request = extra!.moves?.[0]
    turns.endContext(cell)
    const stand = core.routes.stand(address)
    // its deadline has passed meanwhile, or it is to stop
    if (request === undefined || !extra!.departing || extra!.stopping || extra!.draining) return this.#goOn(cell)
    if (request.to === core.platform.thread) {
      const error = renew(cell)
      this.#over(cell, request, error)
      return this.#goOn(cell, error === undefined)
    }
    let baggage: Baggage
    try {
      baggage = pack(cell, request.to)
    } catch (error) {
      this.#over(cell, request, core.failures.own(error))
      return this.#goOn(cell)
    }
    const ticket = ++this.#tickets
    stand.offer()
    this.#departures.set(stand, new Departure(cell, request, ticket, begun, pauseTimers(cell)))
    core.outbound.offer(request.to, address, ticket, stand.epoch + 1, baggage)
  }
  #goOn(cell: Cell, renewed = false): void {
    cell.extra!.departing = false
    // whoever was told that it leaves is told that it is there
    life.arrive(cell, renewed || cell.loaded!.behavior.stopping !== undefined)
  }

  /** It stays after all. */
  #thaw(stand: Stand, departure: Departure, error: TroupeError): void {
    const { cell, request, timers, waiting } = departure
    this.#departures.delete(stand)
    stand.rollBack()
    for (const timer of timers) cell.core.timers.set(timer, timer.due)
    this.#over(cell, request, error)
    this.#goOn(cell)
    for (const one of waiting) {
      if (typeof one === 'function') one()
      else cell.core.inbound.takeIn(one, cell)
    }
  }

  /** The copy over there is live, as has been heard. */
  dropped(stand: Stand): void {
    const departure = this.#departures.get(stand)
    if (departure === undefined) return
    this.#departures.delete(stand)
    const { cell, request, begun } = departure
    const { core, extra, address } = cell
    stand.cell = undefined
    core.checkpoints.gone(cell)
    extra!.moves = undefined
    const ms = core.platform.now() - begun
    if (request.to >= FIRST_FAR) {
      if (extra!.name !== undefined) core.names.moved(extra!.name, address, request.to)
      core.outbound.handoff(request.to, address, say.CONFIRMED, departure.ticket, 0, core.platform.thread)
    }
    core.emit('moved', {
      actor: address.id,
      from: core.places.place(core.platform.thread),
      to: core.places.place(request.to),
      ms,
    })
    request.done(undefined)
  }

  /** The actor ends. */
  ended(cell: Cell): void {
    const { extra, address, core } = cell
    const { standing } = address
    const departure = standing && this.#departures.get(standing)
    if (departure !== undefined) {
      core.outbound.handoff(departure.request.to, address, say.CANCEL, departure.ticket, 0, 0)
      this.#departures.delete(standing!)
      standing!.rollBack()
    }
    const moves = extra?.moves
    if (moves === undefined) return
    extra!.moves = undefined
    extra!.departing = false
    for (const { done } of moves) done(stays(address, 'pinned', 'it is being stopped'))
  }

  /** Whether calls for the actor must wait now; if so, `later` runs where it is then. */
  defers(cell: Cell, later: HeldFrame | (() => void)): boolean {
    if (cell.status !== 'leaving') return false
    const departure = cell.address.standing && this.#departures.get(cell.address.standing)
    if (departure === undefined) return false
    departure.waiting.push(later)
    return true
  }

  /** The target has answered. */
  answered({ op, address, from, ticket, value }: HandoffFrame): void {
    const stand = address.standing
    const departure = stand && this.#departures.get(stand)
    if (departure?.ticket !== ticket || departure.request.to !== from || stand!.phase !== 'leaving') return
    if (op === say.READY && !this.#core.closing) return departure.commit(stand!)
    if (op === say.READY) {
      this.#core.outbound.handoff(from, address, say.CANCEL, ticket, 0, 0)
      const about = { actor: address.id, method: 'move' }
      return this.#thaw(stand!, departure, new SystemClosed(`${address.id}: the system is closed`, about))
    }
    const error = unpackError(value() as PackedError)
    this.#thaw(stand!, departure, error instanceof TroupeError ? error : stays(address, 'gone', words(error)))
  }

  // ── threads that are lost ───────────────────────────────────────────────────────────────────────────────────

  /** A frame of kind HANDOFF that its thread has not read. A commit is taken back, unless it has been: the copy over there was never live. */
  returned(address: Address, op: number, ticket: number): void {
    const stand = this.#core.routes.of(address).standing
    const departure = stand && this.#departures.get(stand)
    if (op === say.COMMIT && departure?.ticket === ticket && stand!.phase === 'given') this.#takeBack(stand!, departure)
  }
  #takeBack(stand: Stand, departure: Departure): void {
    const { core, address } = departure.cell
    this.#departures.delete(stand)
    departure.takeBack(stand)
    const lost = core.nodes.lossOf(departure.request.to, what => what, {})
    this.#over(departure.cell, departure.request, stays(address, 'gone', lost.message))
    this.#goOn(departure.cell)
    core.routes.flush(stand)
  }
  /** The target, on another node, has the commit. */
  arrived({ address, from, ticket, epoch }: HandoffFrame): void {
    const stand = this.#core.routes.of(address).standing
    const departure = stand && this.#departures.get(stand)
    const isOurs = departure?.ticket === ticket && departure.request.to === from
    if (isOurs && stand!.phase === 'given') stand!.heard(from, epoch)
  }
  /** A node cannot be reached, or can again: whether what was committed has come there is in doubt, or will be known. */
  doubt(id: string, doubted: boolean): void {
    const { places, routes } = this.#core
    for (const [stand, { request }] of [...this.#departures]) {
      if (stand.phase !== 'given' || places.node(request.to) !== id) continue
      stand.doubted = doubted
      if (doubted) routes.doubted(stand)
      else routes.flush(stand)
    }
  }
  /** Whether a frame that has come back is one of a mailbox that was sent ahead, and so is here still. */
  isKept({ standing: stand }: Address, stamp: number): boolean {
    return stand !== undefined && stand.phase === 'given' && stamp === stand.epoch && this.#departures.has(stand)
  }
  lost(thread: number): void {
    for (const [stand, departure] of [...this.#departures]) {
      if (departure.request.to !== thread) continue
      const gone = stays(stand.address, 'gone', `${this.#core.places.words(thread)} has ended`)
      if (stand.phase === 'leaving') this.#thaw(stand, departure, gone)
      else if (this.#core.nodes.isDown(thread)) this.#takeBack(stand, departure)
      else stand.heard(thread, stand.epoch)
    }
    this.#reach.lost(thread)
  }
}
