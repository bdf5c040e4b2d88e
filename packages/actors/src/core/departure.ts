// A move from its source's side, as data: what was asked for, and an actor that is leaving.
//
// Invariant: what it sends ahead of itself is kept here until the actor is known to be live over there.
import type { Cell } from './cell.ts'
import type { TroupeError } from './errors.ts'
import type { UserTimer } from './extra.ts'
import * as say from './handoff-frame.ts'
import type { HeldFrame } from './held-frame.ts'
import type { Mailbox, Taken } from './mailbox.ts'
import type { Stand } from './stand.ts'
import { threadNumbers } from './thread-number.ts'

/** That somebody wants an actor to move. */
export interface MoveRequest {
  readonly to: number
  /** By the common clock: when it must have been done. */
  readonly until: number
  readonly done: (error: TroupeError | undefined) => void
}

/** An actor that is leaving this thread. */
export class Departure {
  readonly cell: Cell
  readonly request: MoveRequest
  readonly ticket: number
  /** Since when it has begun no turn. */
  readonly begun: number
  readonly timers: readonly UserTimer[]
  /** Its mailbox, as it was sent: kept until the actor is known to be live over there. */
  readonly sent: HeldFrame[] = []
  /** Calls for it that came meanwhile: frames, and what this thread itself wanted of it. */
  readonly waiting: (HeldFrame | (() => void))[] = []
  constructor(cell: Cell, request: MoveRequest, ticket: number, begun: number, timers: readonly UserTimer[]) {
    this.cell = cell
    this.request = request
    this.ticket = ticket
    this.begun = begun
    this.timers = timers
  }

  /** The mailbox goes, and then the word that the copy over there is the live one. */
  commit(stand: Stand): void {
    const { cell, request, ticket, waiting } = this
    const { core, address, extra } = cell
    const { knowers } = stand
    const { to } = request
    cell.status = 'moved'
    core.left(cell)
    this.sendAhead(stand, extra?.aside)
    this.sendAhead(stand, cell.mailbox)
    cell.mailbox = undefined
    stand.commit(to)
    core.outbound.handoff(to, address, say.COMMIT, ticket, stand.epoch, core.platform.thread, {
      value: threadNumbers(knowers),
    })
    // the moves that it leaves behind, ahead of what has come since
    const rest = extra!.moves!.filter(one => one !== request)
    extra!.moves = [request]
    for (const { to, until, done } of rest) void told(core.calls.move(address, to, until), done)
    for (const one of waiting) {
      if (typeof one === 'function') one()
      else core.routes.dispatch(address, one)
    }
    for (const done of extra?.onRoom ?? []) void told(core.calls.ready(address), done)
    core.handoffs.senders.left(address, to)
  }
  /** The copy over there was never live, and never will be: this one goes on with what it had. */
  takeBack(stand: Stand): void {
    const { cell, sent, timers } = this
    const { core } = cell
    stand.returned()
    core.arrived(cell)
    core.checkpoints.returned(cell)
    core.routes.settled(stand)
    for (const own of sent) core.inbound.takeIn(own, cell)
    for (const timer of timers) core.timers.set(timer, timer.due)
  }

  /** Sends what waits in a queue of its, in order, for its next stay. */
  sendAhead(stand: Stand, queue: Mailbox | undefined): void {
    const message: Taken = { head: 0, from: undefined, argument: undefined }
    while (queue !== undefined && queue.count > 0) {
      queue.take(message)
      this.#sendOneAhead(stand, message)
    }
  }
  #sendOneAhead(stand: Stand, { head, from, argument }: Taken): void {
    const { core } = this.cell
    try {
      const own = core.outbound.mail(stand.address, head, from, argument)
      this.sent.push(own)
      core.routes.goesAhead(stand, this.request.to, own)
    } catch {
      // only a codec of the user's that fails now can lead here
      core.undeliverable(stand.address, head, from, 'unreadable')
    }
  }
}

/** Whoever waits is told how it ends. */
async function told(end: Promise<unknown>, done: (error: TroupeError | undefined) => void): Promise<void> {
  const [outcome] = await Promise.allSettled([end])
  done(outcome.status === 'fulfilled' ? undefined : (outcome.reason as TroupeError))
}

/** Why a move that was asked for has not begun, in words. */
export function whyLate({ core, extra }: Cell): string {
  const { waking, departing } = extra!
  if (waking !== undefined) return `${core.places.words(waking.from)}, where it was last, has not answered yet`
  return departing ? 'its turn has not ended' : 'it could not begin'
}
