// `go`, as its caller sees it: the Task that it returns at once, and how that hears of the end.
//
// Invariants: what is wrong at the call is thrown by it; whatever can be known only later rejects `done`. `done` is settled
// once, and never unhandled: what nobody looked at is an event, unless it was one already (a fault), or follows from what
// the program did itself (a stop, a close) or has been told of (a lost thread). The mailbox is an ordinary channel, made
// here, and closed here once the goroutine has ended, whatever became of it.
import type { Receiver } from './actor-ref.ts'
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import { Channel } from './channel-end.ts'
import type { Core } from './core.ts'
import {
  ActorFault,
  type ActorId,
  ActorStopped,
  NotSendable,
  Refusal,
  SystemClosed,
  isLoss,
  TroupeError,
} from './errors.ts'
import { startOf } from './goroutine-value.ts'
import { releaseOf } from './outbox.ts'

/** A goroutine, as whoever started it sees it. */
export class Task {
  readonly mailbox: Channel['sender']
  readonly #core: Core
  readonly #address: Address
  readonly #by: Cell | undefined
  readonly #ended: Promise<unknown>
  /** Made when somebody looks. */
  #done: Promise<unknown> | undefined = undefined

  constructor(core: Core, address: Address, by: Cell | undefined, ended: Promise<unknown>, mailbox: Channel) {
    this.#core = core
    this.#by = by
    this.#address = address
    this.mailbox = mailbox.sender
    ended.catch((error: unknown) => this.#unseen(error))
    this.#ended = ended.catch((error: unknown) => {
      throw this.#reason(error)
    })
    this.#ended.catch(() => {}).finally(() => close(mailbox))
  }

  get id(): ActorId {
    return this.#address.id
  }
  /** The result, or what the body threw. */
  get done(): Promise<unknown> {
    releaseOf(this.#by)
    if (this.#done === undefined) {
      this.#done = this.#core.noted(this.#ended, `the end of ${this.id}`)
      this.#done.catch(() => {}) // whoever looks may look later
    }
    return this.#done
  }
  get looked(): boolean {
    return this.#done !== undefined
  }
  /** Resolves once it has ended. */
  stop(): Promise<void> {
    return this.#core.stop(this.#address, false)
  }

  /** Why it ended, as the body or the caller put it. */
  #reason(error: unknown): unknown {
    const { id, home } = this.#address
    if (error instanceof ActorFault && error.actor === id && error.method === 'body') return error.cause ?? error
    const about = { actor: id, method: 'body', ran: 'unknown' as const, cause: (error as Error).cause }
    // of the call that has waited for its end
    if (isLoss(error)) return this.#core.nodes.lossOf(home, what => `${id}: ${what}`, about)
    if (error instanceof SystemClosed) return new SystemClosed(`${id}: the system was closed`, about)
    return error
  }

  /** It rejects, and nobody looks: an event, if it was not one where it happened. */
  #unseen(error: unknown): void {
    if (this.#done !== undefined) return
    const { id } = this
    if (error instanceof ActorStopped || isLoss(error) || error instanceof SystemClosed) return
    if (error instanceof ActorFault && error.actor === id) return
    const method = error instanceof Refusal || error instanceof NotSendable ? 'body' : 'go'
    this.#core.emit('fault', { actor: id, method, error: this.#core.failures.portable(error), decision: 'stop' })
  }
}

/** Nobody reads it any more. Its user may have closed it; its home may be gone. */
function close(mailbox: Channel): void {
  try {
    if (!mailbox.closed) mailbox.close()
  } catch (error) {
    if (!(error instanceof TroupeError)) throw error
  }
}

/** Starts a goroutine; `ended` settles with it. Throws InvalidCall, NotSendable, MailboxFull or SystemClosed. */
export function go(
  { core, cell }: Receiver,
  what: unknown,
  rest: readonly unknown[],
): { task: Task; ended: Promise<unknown> } {
  const { goroutine, args, options } = startOf(what, rest)
  if (core.closing) throw new SystemClosed('go: the system is closed')
  // a system may set no limit, or half a message's
  const capacity = Math.min(Math.ceil(core.limits.capacity), Number.MAX_SAFE_INTEGER)
  const mailbox = new Channel(core.channels.make({ capacity }), cell)
  const { address, outcome } = core.spawning.goroutine(cell, goroutine, [...args, mailbox], options)
  return { task: new Task(core, address, cell, outcome, mailbox), ended: outcome }
}
