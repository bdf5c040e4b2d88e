// How an actor starts, faults, restarts and stops.
//
//   expected ─ its spawn comes ─▶ placed ─▶ starting ─ started settles ─▶ running
//   running ─ fault, supervision says restart ─▶ waiting ─ after the backoff ─▶ starting
//   any ─ stop, or supervision says so ─▶ stopping ─ children, then its own hook ─▶ stopped
//
// Invariants: a life begins with fresh state from the init, which is kept as it was; it ends with its turns revoked, its
// timers and watches gone and its children stopped, before the next one begins. The mailbox outlives a restart. `stopped`
// is reached once, and whoever waits for start, stop or room, or watches, is told then at the latest.
import type { Cell } from './cell.ts'
import type { Asker } from './ask.ts'
import { type Started, stateOf, type Stopping } from './behavior-value.ts'
import { ActorStopped, InvalidCall, NameTaken, type Ran, SpawnFailed, type TroupeError, TurnExpired } from './errors.ts'
import type { Mailbox, Taken } from './mailbox.ts'
import { type Decision, supervise } from './supervision.ts'
import { TimerNode } from './timers.ts'
import type { Turn } from './turn.ts'
import { assertNever } from './platform.ts'
import * as turns from './turns.ts'
import * as watches from './watches.ts'

/** Stands where a cell's state does before its first life and between two. */
export const NO_STATE: unique symbol = Symbol('no state')

/** Called when a cell that is not running gets its time. */
export function proceed(cell: Cell): void {
  const { status, extra } = cell
  if (status === 'waiting' && cell.state === NO_STATE && extra?.stopping) beginStopping(cell, 'stopped', undefined)
  if (status !== 'placed') return
  if (extra?.stopping || (extra?.draining && !cell.mailbox?.count)) beginStopping(cell, 'stopped', undefined)
  else start(cell, 'spawned')
}

// ── start ─────────────────────────────────────────────────────────────────────────────────────────────────────

function start(cell: Cell, why: Started): void {
  cell.status = 'starting'
  const name = cell.extra?.name
  if (name === undefined || why !== 'spawned') return begin(cell, why)
  cell.core.names.claim(name, cell.address).then(
    () => begin(cell, why),
    (error: unknown) => startFailed(cell, why, error),
  )
}

function begin(cell: Cell, why: Started): void {
  if (cell.status !== 'starting') return
  const { behavior } = cell.loaded!
  const { core } = cell
  try {
    const init = cell.init === undefined ? undefined : core.copyFor(cell.init, cell)
    cell.state = stateOf(behavior, value => core.copyFor(value, cell) as typeof value, init)
    if (typeof (cell.state as PromiseLike<unknown> | undefined)?.then === 'function') {
      throw new InvalidCall(`the state of '${behavior.name}' is a promise; do what takes time in started()`)
    }
  } catch (error) {
    return startFailed(cell, why, error)
  }
  const { started } = behavior
  if (started === undefined) return running(cell)
  turns.hook(
    cell,
    'started',
    ctx => started(ctx, why),
    error => (error === undefined ? running(cell) : startFailed(cell, why, error)),
  )
}

function running(cell: Cell): void {
  if (cell.status !== 'starting') return
  cell.status = 'running'
  if (cell.onStart !== undefined) {
    cell.onStart(undefined)
    cell.onStart = undefined
  }
  turns.proceed(cell)
}

function startFailed(cell: Cell, why: Started, error: unknown): void {
  if (cell.status !== 'starting') return
  if (why !== 'spawned') return decide(cell, error, 'started', true)
  const { core, address } = cell
  const text = `${address.id} could not start`
  const failure =
    error instanceof NameTaken ? error : core.failures.make(SpawnFailed, text, error, address, 'started', 'no')
  if (cell.parent !== undefined && cell.onStart === undefined) core.spawning.tellParent(cell.parent, failure)
  beginStopping(cell, 'faulted', failure)
}

// ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A handler threw something that is no Refusal. */
export function fault(cell: Cell, error: unknown, method: string, asker: Asker | undefined): void {
  asker?.fail(cell.core.failures.fault(error, cell.address, method))
  decide(cell, error, method, false)
}

/** A turn took longer than its limit: nobody knows what it may still do, so this life of the actor ends. */
export function expire(cell: Cell, turn: Turn, error = overdue(cell, turn)): void {
  const { after, method } = turn
  turns.revoke(cell, () => cell.core.failures.own(error))
  if (after === undefined) decide(cell, error, method.name, true)
  else after(error)
}
function overdue(cell: Cell, { method: { name, limit } }: Turn): TroupeError {
  const about = { actor: cell.address.id, method: name, ran: 'unknown' as const }
  const ms = limit ?? cell.core.limits.turnLimit
  return new TurnExpired(`${cell.address.id}.${name}: its turn took longer than ${ms} ms`, about)
}

function decide(cell: Cell, error: unknown, method: string, ended: boolean): void {
  const { core, address, status } = cell
  const actor = address.id
  if (status === 'stopping' || status === 'stopped' || status === 'waiting') {
    const onItsWay = status === 'waiting' ? 'restart' : 'stop'
    return core.emit('fault', { actor, method, error: core.failures.portable(error), decision: onItsWay })
  }
  const { more } = cell
  const now = core.platform.now()
  const { decision, restarts } = supervise(cell.loaded!.supervision, more.restarts, error, now, !ended)
  more.restarts = restarts
  core.emit('fault', { actor, method, error: core.failures.portable(error), decision: decision.kind })
  act(cell, decision, error, method)
}

function act(cell: Cell, decision: Decision, error: unknown, method: string): void {
  const { core, address } = cell
  switch (decision.kind) {
    case 'resume':
      return turns.proceed(cell)
    case 'restart':
      return restart(cell, error, decision.delay, decision.times)
    case 'stop':
      return beginStopping(cell, 'faulted', core.failures.fault(error, address, method))
    case 'escalate': {
      const failure = core.failures.fault(error, address, method)
      if (cell.parent !== undefined) core.calls.childFault(cell.parent, failure)
      return beginStopping(cell, 'faulted', failure)
    }
    default:
      return assertNever(decision)
  }
}

/** Something to do once a time has come. */
export class Wait extends TimerNode {
  readonly #action: () => void
  constructor(action: () => void) {
    super()
    this.#action = action
  }
  fire(): void {
    this.#action()
  }
}

function restart(cell: Cell, error: unknown, delay: number, times: number): void {
  const { core, address } = cell
  cell.status = 'waiting'
  endLife(cell, 'faulted', core.failures.fault(error, address, ''), () => {
    if (cell.status !== 'waiting') return
    cell.state = NO_STATE
    if (cell.extra!.stopping) return beginStopping(cell, 'stopped', undefined)
    const again = (): void => {
      if (cell.status !== 'waiting') return
      core.emit('restarted', { actor: address.id, error: core.failures.portable(error), times })
      if (cell.status === 'waiting') start(cell, 'restarted') // a listener may have stopped it
    }
    core.timers.set(new Wait(again), core.platform.now() + delay)
  })
}

// ── stop ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Stops the actor after its current turn, or after its mailbox; `done` is called when it has stopped. */
export function requestStop(cell: Cell, drain: boolean, done?: () => void): void {
  if (cell.status === 'stopped') return done?.()
  const { more } = cell
  if (done !== undefined) (more.onStop ??= []).push(done)
  if (cell.status === 'stopping') return
  if (drain) more.draining = true
  else more.stopping = true
  more.attention = true
  // Between two lives there is nothing to wait for.
  if (cell.status === 'waiting' && cell.state === NO_STATE && !drain) beginStopping(cell, 'stopped', undefined)
  else cell.core.scheduler.enqueue(cell)
}

/** Looks at what was asked of a running actor beside messages; true when no turn may begin now. */
export function attend(cell: Cell): boolean {
  const extra = cell.extra!
  const { mailbox, loaded } = cell
  const { onRoom } = extra
  if (onRoom !== undefined && hasRoom(mailbox, loaded!)) {
    extra.onRoom = undefined
    for (const done of onRoom) done(undefined)
  }
  extra.attention = extra.stopping || extra.draining || extra.onRoom !== undefined
  if (!extra.stopping && !(extra.draining && !mailbox?.count && extra.empty)) return false
  if (cell.turn === undefined && (extra.beside?.size ?? 0) === 0) beginStopping(cell, 'stopped', undefined)
  return true
}

/** Whether a mailbox is less than half full, so that it is worth sending on. */
export function hasRoom(mailbox: Mailbox | undefined, limits: { capacity: number; bytes: number }): boolean {
  return mailbox === undefined || (mailbox.count * 2 <= limits.capacity && mailbox.bytes * 2 <= limits.bytes)
}

export function beginStopping(cell: Cell, why: 'stopped' | 'faulted', error: TroupeError | undefined): void {
  if (cell.status === 'stopping' || cell.status === 'stopped') return
  const begun = cell.status !== 'placed' && cell.status !== 'expected'
  cell.status = 'stopping'
  returnMessages(cell)
  const finish = (): void => finishStopping(cell, why, error)
  if (begun) endLife(cell, why, error, finish)
  else finish()
}

/** Ends a life: open turns, timers, watches, children, then the behavior's own hook, and what that has begun. */
function endLife(cell: Cell, why: Stopping, error: TroupeError | undefined, then: () => void): void {
  const { core, address } = cell
  turns.revoke(cell, () => (error === undefined ? stoppedError(cell, 'unknown') : core.failures.own(error)))
  letGo(cell, () => {
    const { stopping } = cell.loaded!.behavior
    if (stopping === undefined || cell.state === NO_STATE) return then()
    turns.hook(
      cell,
      'stopping',
      ctx => stopping(ctx, why),
      thrown => {
        if (thrown !== undefined) {
          const error = core.failures.portable(thrown)
          core.emit('fault', { actor: address.id, method: 'stopping', error, decision: 'stop' })
        }
        cell.context?.revoke()
        cell.context = undefined
        letGo(cell, then)
      },
    )
  })
}

/** Ends timers, watches and what they were about to call, then the children. */
function letGo(cell: Cell, then: () => void): void {
  if (cell.extra !== undefined) cell.extra.side = cell.extra.sideAside = undefined
  for (const timer of cell.extra?.timers?.values() ?? []) {
    cell.core.timers.clear(timer)
    timer.cancelled = true
  }
  cell.extra?.timers?.clear()
  watches.forget(cell)
  stopChildren(cell, then)
}

function stopChildren(cell: Cell, then: () => void): void {
  const { extra, core } = cell
  if (extra === undefined || (extra.firstChild === undefined && extra.away === undefined)) return then()
  const children = extra.children()
  const away = [...(extra.away?.values() ?? [])]
  let left = children.length + away.length
  if (left === 0) return then()
  const one = (): void => {
    if (--left === 0) then()
  }
  for (const child of children) requestStop(child, false, one)
  for (const child of away) core.stop(child, false).then(one, one)
}

/** What waits for a turn that will not come. What the system calls by itself (timers, notices) ends with the actor. */
function returnMessages(cell: Cell): void {
  const { core, mailbox, address, extra } = cell
  const message: Taken = { head: 0, from: undefined, argument: undefined }
  for (const queue of [extra?.aside, mailbox]) {
    while (queue !== undefined && queue.count > 0) {
      queue.take(message)
      core.undeliverable(address, message.head, message.from, 'stopped')
    }
  }
  if (extra !== undefined) extra.aside = extra.side = extra.sideAside = undefined
  cell.mailbox = undefined
}

function finishStopping(cell: Cell, why: 'stopped' | 'faulted', error: TroupeError | undefined): void {
  const { core, address, extra } = cell
  cell.status = 'stopped'
  cell.context?.revoke()
  cell.context = undefined
  core.removed(cell)
  if (extra?.name !== undefined) core.names.release(extra.name, address)
  if (cell.parent !== undefined) core.calls.childGone(cell.parent, cell)
  watches.tellWatchers(cell, why, error)
  cell.onStart?.(error ?? stoppedError(cell, 'no'))
  if (extra === undefined) return
  for (const done of extra.onRoom ?? []) done(error ?? stoppedError(cell, 'no'))
  for (const done of extra.onStop ?? []) done()
}

function stoppedError({ address: { id } }: Cell, ran: Ran): TroupeError {
  return new ActorStopped(`${id} has stopped`, { actor: id, ran })
}
