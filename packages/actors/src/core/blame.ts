// A promise was rejected and nobody handled it: an event, and its actor's fault where it is known whose it is.
import type { Core } from './core.ts'
import * as life from './life.ts'

/** An actor is to blame if only one has run since the event loop last turned. */
export function blame(core: Core, reason: unknown): void {
  const cell = core.scheduler.suspect
  const actor = cell?.address.id
  core.emit('unhandledRejection', { actor, thread: core.platform.thread, error: core.failures.portable(reason) })
  if (cell !== undefined && cell.status === 'running') life.fault(cell, reason, 'unhandled rejection', undefined)
}
