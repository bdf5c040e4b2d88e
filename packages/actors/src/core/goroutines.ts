// A goroutine where it runs: an actor whose body is one turn for as long as it lives.
//
//   placed ─ name claimed ─▶ running: the body ─ returns, or throws ─▶ stopping ─ its children ─▶ stopped: `ended` settles
//                            running ─ stop ─▶ interrupted ─ the body ends, or its grace does ─▶ stopping
//
// Invariants: `ended` settles once, when the actor has stopped: with what the body returned, or why it did not. A stop
// rejects at once what the body waits for, or if that is nothing, what it does next, and aborts its signal; it then has
// GRACE ms to clean up, in which it may wait again, and what it throws is no fault. It is never restarted. One that ends
// leaves those that it has started alone, as in Go; one that is stopped stops them. All end with the actor in whose turn the
// first of them was started, or with the system.
import { type BehaviorValue, body } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import { Channel } from './channel-end.ts'
import { GRACE } from './ending.ts'
import { ActorStopped, InvalidCall, Refusal, SystemClosed, type TroupeError, TurnEnded } from './errors.ts'
import { GoContext } from './go-context.ts'
import { beginStopping } from './stopping.ts'
import { go, type Task } from './task.ts'
import { Alarm } from './timers.ts'
import * as turns from './turns.ts'
import { abandon } from './waiter.ts'

/** Whether what another node wants to be started can be started so. Throws InvalidCall. */
export function checkStart(call: 'spawn' | 'go', behavior: BehaviorValue, init: unknown): void {
  const isGoroutine = body in behavior
  const isRight = isGoroutine ? Array.isArray(init) && init.at(-1) instanceof Channel : true
  if (isGoroutine !== (call === 'go') || !isRight)
    throw new InvalidCall(`${call}: ${behavior.name} cannot be started like that`)
}

type Outcome = { readonly value: unknown } | { readonly error: TroupeError }

export class Running {
  readonly cell: Cell
  /** Settles once the goroutine has stopped; rejects with a TroupeError. */
  readonly ended: Promise<unknown>
  /** It is to stop; what its code waits for is rejected with this. */
  stopped: ActorStopped | undefined = undefined
  /** The actor that gets the result, if one here does. */
  readonly #by: Cell | undefined
  /** Those it has started that have not ended. */
  readonly #started = new Set<Task>()
  #outcome: Outcome | undefined = undefined
  #grace: Alarm | undefined = undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: TroupeError) => void

  constructor(cell: Cell, by: Cell | undefined) {
    this.cell = cell
    this.#by = by
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    cell.more.run = this
  }

  /** The actor has begun. */
  begin(): void {
    const { cell } = this
    if (cell.status !== 'running') return // it was stopped before
    const args = cell.init as unknown[]
    cell.init = undefined // the body's own now
    const mailbox = args.pop() as Channel
    const run = cell.loaded!.behavior[body]!
    turns.hook(
      cell,
      'body',
      ctx => run(new GoContext(ctx, this, mailbox), ...args),
      (error, value) => this.#over(error, value),
      Infinity,
    )
  }

  /** The body is through; an `error` of undefined says that it has returned. */
  #over(error: unknown, value: unknown): void {
    const { cell } = this
    const { failures, closing } = cell.core
    if (error === undefined) this.#outcome = this.#result(value)
    else if (this.stopped !== undefined || (closing && error instanceof SystemClosed)) {
      this.#outcome = { error: this.#stoppedBy(error) }
    } else if (error instanceof Refusal) this.#outcome = { error: failures.refusal(error, cell.address, 'body') }
    else return cell.fault(error, 'body', undefined)
    beginStopping(cell, 'stopped', undefined)
  }

  #result(value: unknown): Outcome {
    const { core, address } = this.cell
    const { id } = address
    try {
      return { value: core.copyFor(value, this.#by) }
    } catch (error) {
      return { error: core.failures.unsendable(error, `${id}: its result`, id, 'body', 'yes') }
    }
  }

  /** Whatever it threw on its way out, other than that it was stopped, is told with the stop. */
  #stoppedBy(error: unknown): ActorStopped {
    const { stopped } = this
    if (stopped !== undefined && (error === stopped || error instanceof TurnEnded)) return stopped
    const { id } = this.cell.address
    const cause = this.cell.core.failures.portable(error)
    return new ActorStopped(`${id} was stopped`, { actor: id, method: 'body', ran: 'yes', cause })
  }

  // ── stop ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** It is asked to stop. */
  interrupt(): void {
    const { cell } = this
    if (this.stopped !== undefined || cell.status !== 'running') return
    const { core, address } = cell
    const stopped = new ActorStopped(`${address.id} was stopped`, { actor: address.id, method: 'body', ran: 'unknown' })
    this.stopped = stopped
    this.#grace = new Alarm(() => beginStopping(cell, 'stopped', undefined))
    core.timers.set(this.#grace, core.platform.now() + GRACE)
    // what it waits for of these ends with it, too
    const waits = core.offloads.has(cell) || this.#started.values().some(task => task.looked)
    const told = abandon(cell, stopped) || waits
    for (const task of this.#started) void task.stop()
    cell.context?.abort(stopped)
    if (!told) core.channels.waitsOf(cell).due = stopped
  }

  /** Its actor has stopped; with an error, where that is why. */
  finish(error: TroupeError | undefined): void {
    if (this.#grace !== undefined) this.cell.core.timers.clear(this.#grace)
    const outcome = this.#outcome
    if (outcome !== undefined && 'value' in outcome) this.#resolve(outcome.value)
    else this.#reject(outcome?.error ?? error ?? this.stopped ?? this.#neverBegun())
  }
  #neverBegun(): ActorStopped {
    const { id } = this.cell.address
    return new ActorStopped(`${id} was stopped before it had begun`, { actor: id, method: 'body', ran: 'no' })
  }

  // ── what it starts ──────────────────────────────────────────────────────────────────────────────────────────

  go(host: Cell, what: unknown, rest: readonly unknown[]): Task {
    this.checkGoing('go')
    const { task, ended } = go(host, what, rest)
    this.#started.add(task)
    const forget = (): void => void this.#started.delete(task)
    ended.then(forget, forget)
    return task
  }
  /** Throws ActorStopped once it is to stop: what it started then, nobody would stop. */
  checkGoing(call: 'go' | 'spawn'): void {
    if (this.stopped === undefined) return
    const { id } = this.cell.address
    throw new ActorStopped(`${call}: ${id} is being stopped, and can start nothing any more`, {
      actor: id,
      method: call,
    })
  }
}
