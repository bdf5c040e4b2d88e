// How an actor starts, faults and restarts; how it stops is in stopping.ts.
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
import { type Started, stateOf } from './behavior-value.ts'
import { InvalidCall, NameTaken, SpawnFailed, type TroupeError, TurnExpired } from './errors.ts'
import { beginStopping, endLife, NO_STATE } from './stopping.ts'
import { type Decision, supervise } from './supervision.ts'
import { Alarm } from './timers.ts'
import type { Turn } from './turn.ts'
import { assertNever } from './platform.ts'
import { NO_TURN } from './turn-words.ts'
import * as turns from './turns.ts'

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
  const run = cell.extra?.run
  if (run !== undefined) {
    running(cell)
    return run.begin()
  }
  const { behavior } = cell.loaded!
  const { core } = cell
  core.checkpoints.begin(cell)
  core.scheduler.beginsState(cell)
  try {
    const init = cell.init === undefined ? undefined : core.copyFor(cell.init, cell)
    cell.state = stateOf(behavior, value => core.copyFor(value, cell) as typeof value, init)
    if (typeof (cell.state as PromiseLike<unknown> | undefined)?.then === 'function') {
      throw new InvalidCall(`the state of '${behavior.name}' is a promise; do what takes time in started()`)
    }
  } catch (error) {
    return startFailed(cell, why, error)
  } finally {
    core.scheduler.begins(NO_TURN)
  }
  const { started } = behavior
  if (started === undefined) return hasStarted(cell, why)
  turns.hook(
    cell,
    'started',
    ctx => started(ctx, why),
    error => (error === undefined ? hasStarted(cell, why) : startFailed(cell, why, error)),
  )
}
/** It runs once its first checkpoint has been made. */
function hasStarted(cell: Cell, why: Started): void {
  if (cell.status !== 'starting') return
  const error = cell.core.checkpoints.started(cell)
  if (error === undefined) running(cell)
  else startFailed(cell, why, error)
}

/** An actor whose thread was lost begins on another one: with the state of its checkpoint, or anew. */
export function revive(cell: Cell, hasState: boolean): void {
  cell.status = 'starting'
  if (hasState) goOn(cell, 'revived')
  else begin(cell, 'revived')
}
/** A life goes on, after a move, or one that failed. `told`: the behavior hears of it. */
export function arrive(cell: Cell, told: boolean): void {
  cell.status = 'starting'
  if (told) goOn(cell, 'moved')
  else hasStarted(cell, 'moved')
}
function goOn(cell: Cell, why: 'moved' | 'revived'): void {
  const { started } = cell.loaded!.behavior
  if (started === undefined) return hasStarted(cell, why)
  turns.hook(
    cell,
    'started',
    ctx => started(ctx, why),
    error => (error === undefined ? hasStarted(cell, why) : startFailed(cell, why, error)),
  )
}

function running(cell: Cell): void {
  if (cell.status !== 'starting') return
  cell.status = 'running'
  if (cell.extra?.moves !== undefined) cell.core.handoffs.departures.consider(cell)
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
  const toldElsewhere = cell.onStart !== undefined || cell.extra?.run !== undefined
  if (cell.parent !== undefined && !toldElsewhere) core.spawning.tellParent(cell.parent, failure)
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
  else after(error, undefined)
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
      core.checkpoints.resumed(cell, error)
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

function restart(cell: Cell, error: unknown, delay: number, times: number): void {
  const { core, address } = cell
  cell.status = 'waiting'
  cell.more.lives++
  endLife(cell, 'faulted', core.failures.fault(error, address, ''), () => {
    if (cell.status !== 'waiting') return
    cell.state = NO_STATE
    if (cell.extra!.stopping) return beginStopping(cell, 'stopped', undefined)
    const again = (): void => {
      if (cell.status !== 'waiting') return
      core.emit('restarted', { actor: address.id, error: core.failures.portable(error), times })
      if (cell.status === 'waiting') start(cell, 'restarted') // a listener may have stopped it
    }
    core.timers.set(new Alarm(again), core.platform.now() + delay)
  })
}
