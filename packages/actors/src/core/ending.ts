// The end of a thread: its own, in order, or another one's, without.
//
// Invariants: on close every actor finishes its turn and stops after its children; a turn that does not end within GRACE
// ms is revoked, so that a close always ends. When another thread is lost, asks fail with ThreadLost that it may have begun,
// and what waited here for a spawn from it is returned. What becomes of its actors is in heirs.ts.
import { loseThread as loseChannels } from './channel-loss.ts'
import type { Core } from './core.ts'
import { SystemClosed } from './errors.ts'
import { beginStopping, requestStop } from './stopping.ts'
import { Alarm } from './timers.ts'

/** ms that open turns have to end when the system closes. */
export const GRACE = 5_000

export function stopAll(core: Core): void {
  for (const cell of [...core.directory]) {
    if (cell.status === 'expected') beginStopping(cell, 'stopped', undefined)
    // a goroutine at once, as a turn may be waiting for it
    else if (cell.parent === undefined || cell.extra?.run !== undefined) requestStop(cell, false)
  }
  const grace = new Alarm(() => {
    for (const cell of [...core.directory]) beginStopping(cell, 'stopped', undefined)
  })
  core.timers.set(grace, core.platform.now() + GRACE)
}

/** After the last actor has stopped: what still waits, waits in vain. */
export function rejectAsks(core: Core): void {
  core.channels.close()
  core.replacements.changed()
  for (const { address, extra } of core.handoffs.departures.leaving) {
    const about = { actor: address.id, method: 'move', ran: 'unknown' as const }
    const error = new SystemClosed(`${address.id}: the system was closed before its move was over`, about)
    for (const { done } of extra?.moves ?? []) done(error)
  }
  for (const ask of [...core.asks]) {
    const { id } = ask.target
    ask.fail(
      new SystemClosed(`${id}.${ask.method}: the system was closed`, { actor: id, method: ask.method, ran: ask.ran }),
    )
  }
}

/** `inOrder`: its actors and channels are elsewhere. */
export function loseThread(core: Core, thread: number, reason: unknown, inOrder = false): void {
  if (!inOrder) loseChannels(core.channels, thread)
  for (const ask of [...core.asks]) {
    const { target, method } = ask
    // what is on its way by a thread that ended in order arrives
    if (inOrder && target.serial > 0) continue
    if (core.routes.placeOf(target) !== thread || core.heirs.isUnread(ask.number)) continue
    const about = { actor: target.id, method, ran: 'unknown' as const, cause: reason }
    ask.fail(core.nodes.lossOf(thread, what => `${target.id}.${method}: ${what}`, about))
  }
  core.calls.callAgain()
  for (const cell of [...core.directory]) {
    if (cell.status === 'expected' && cell.address.birth === thread) beginStopping(cell, 'stopped', undefined)
  }
}
