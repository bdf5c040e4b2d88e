// How an actor stops, and what ends with a life that is followed by another.
//
// Invariants: a life ends with its turns revoked, what its code waits for rejected, its timers and watches gone and its
// children stopped, before its own `stopping` runs; what that has begun ends after it. No message is lost in silence:
// those that wait are returned. `stopped` is reached once, and whoever waits for start, stop or room, or watches, is told
// then at the latest. A goroutine hears of its stop at once; an actor finishes its turn first.
import type { Cell } from './cell.ts'
import type { Stopping } from './behavior-value.ts'
import { ActorStopped, type Ran, type TroupeError } from './errors.ts'
import type { Mailbox, Taken } from './mailbox.ts'
import * as turns from './turns.ts'
import * as watches from './watches.ts'

/** Stands where a cell's state does before its first life and between two. */
export const NO_STATE: unique symbol = Symbol('no state')

/** Stops the actor after its current turn, or after its mailbox; `done` is called when it has stopped. */
export function requestStop(cell: Cell, drain: boolean, done?: () => void): void {
  if (cell.status === 'stopped') return done?.()
  const { core } = cell
  if (cell.status === 'moved') return void stopElsewhere(cell, drain, done)
  if (core.handoffs.departures.defers(cell, () => void stopElsewhere(cell, drain, done))) return
  const { more } = cell
  if (done !== undefined) (more.onStop ??= []).push(done)
  if (cell.status === 'stopping') return
  if (drain) more.draining = true
  else {
    more.stopping = true
    more.run?.interrupt()
  }
  more.attention = true
  // Between two lives there is nothing to wait for.
  if (cell.status === 'waiting' && cell.state === NO_STATE && !drain) beginStopping(cell, 'stopped', undefined)
  else cell.core.scheduler.enqueue(cell)
}

/** It has moved, or its thread is lost: then it has stopped. */
async function stopElsewhere({ core, address }: Cell, drain: boolean, done: (() => void) | undefined): Promise<void> {
  await Promise.allSettled([core.stop(address, drain)])
  done?.()
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
  extra.attention = extra.stopping || extra.draining || extra.departing || extra.onRoom !== undefined
  const inTurn = cell.turn !== undefined || (extra.beside?.size ?? 0) > 0
  if (!extra.stopping && !(extra.draining && !mailbox?.count && extra.empty)) {
    if (!extra.departing || inTurn) return false
    cell.core.handoffs.departures.depart(cell)
    return true
  }
  if (!inTurn) beginStopping(cell, 'stopped', undefined)
  return true
}

/** Whether a mailbox is less than half full, so that it is worth sending on. */
export function hasRoom(mailbox: Mailbox | undefined, limits: { capacity: number; bytes: number }): boolean {
  return mailbox === undefined || (mailbox.count * 2 <= limits.capacity && mailbox.bytes * 2 <= limits.bytes)
}

export function beginStopping(cell: Cell, why: 'stopped' | 'faulted', error: TroupeError | undefined): void {
  if (cell.status === 'stopping' || cell.status === 'stopped') return
  cell.core.handoffs.departures.ended(cell)
  cell.core.checkpoints.gone(cell)
  const begun = cell.status !== 'placed' && cell.status !== 'expected'
  cell.status = 'stopping'
  returnMessages(cell)
  const finish = (): void => finishStopping(cell, why, error)
  if (begun) endLife(cell, why, error, finish)
  else finish()
}

/** Ends a life: open turns, timers, watches, children, then the behavior's own hook, and what that has begun. */
export function endLife(cell: Cell, why: Stopping, error: TroupeError | undefined, then: () => void): void {
  const { core, address } = cell
  core.checkpoints.lifeEnded(cell)
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
        turns.endContext(cell)
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
  turns.endContext(cell)
  core.removed(cell)
  const freed = extra?.name === undefined ? undefined : core.names.release(extra.name, address)
  if (cell.parent !== undefined) core.calls.childGone(cell.parent, cell)
  watches.tellWatchers(cell, why, error)
  cell.onStart?.(error ?? stoppedError(cell, 'no'))
  if (extra === undefined) return
  extra.run?.finish(error)
  for (const done of extra.onRoom ?? []) done(error ?? stoppedError(cell, 'no'))
  const stopped = (): void => {
    for (const done of extra.onStop ?? []) done()
  }
  if (freed === undefined) stopped()
  else void freed.then(stopped)
}

function stoppedError({ address: { id } }: Cell, ran: Ran): TroupeError {
  return new ActorStopped(`${id} has stopped`, { actor: id, ran })
}
