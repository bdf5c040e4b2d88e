// What `run` does: the runs that this thread has asked for, and on thread 0, which has the pool, those of all threads.
//
//   any thread   run → arguments packed ─ call 'run' ─▶ thread 0: RunQueue → the platform's pool → outcome ─ reply ─▶ result
//   any thread   the owner's life ends ─ call 'cancelRun' ─▶ thread 0: taken out of the queue, or its thread ended
//
// Invariants: a run settles once: with its outcome, or when the life of its owner, its thread, or the system ends, and
// from then on it waits for no thread and keeps none busy. A thread counts its runs, and they arrive in order, though a
// cancel may overtake its run; so of a number that it does not know thread 0 can tell whether it has yet to come.
import { Context } from './context.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { Aborted, ActorStopped, SystemClosed, type TroupeError } from './errors.ts'
import { type Job, jobOf, type Outcome, resultOf } from './offload-job.ts'
import { checkedOffload } from './offload-value.ts'
import { type QueuedRun, RunQueue } from './run-queue.ts'

/** A run, as the thread that asked for it sees it. */
class Run {
  readonly name: string
  readonly number: number
  readonly promise: Promise<unknown>
  /** The same as its caller has it. */
  given: Promise<unknown>
  /** On thread 0: where it waits, or is under way. */
  queued: QueuedRun | undefined = undefined
  /** Where it is listed until it has settled. */
  readonly #lists: readonly Set<Run>[]
  #settled = false
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void

  constructor(name: string, number: number, lists: readonly Set<Run>[]) {
    this.name = name
    this.number = number
    this.#lists = lists
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.given = this.promise
    for (const list of lists) list.add(this)
  }

  /** With what `result` gives or throws. */
  settle(result: () => unknown): void {
    if (this.#settled) return
    try {
      this.#resolve(result())
    } catch (error) {
      this.#reject(error)
    }
    this.#close()
  }
  fail(error: unknown): void {
    if (this.#settled) return
    this.#reject(error)
    this.#close()
  }
  #close(): void {
    this.#settled = true
    for (const list of this.#lists) list.delete(this)
  }
}

/** The runs that another thread has asked thread 0 for. */
class Guest {
  newest = 0
  readonly open = new Map<number, QueuedRun>()
  /** Cancelled before they came. */
  readonly cancelled = new Set<number>()
}

export class Offloads {
  readonly #core: Core
  readonly #open = new Set<Run>()
  /** By the signal of their owner's life. */
  readonly #lives = new WeakMap<AbortSignal, Set<Run>>()
  #made = 0
  #queue: RunQueue | undefined = undefined
  readonly #guests = new Map<number, Guest>()
  #closed = false

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * Runs the function on a thread of the pool. `owner`: the actor whose life it ends with. Bytes that are moved are handed
   * over at once, whatever becomes of the run. Rejects with what the function throws, NotSendable, MailboxFull, ThreadLost,
   * BehaviorUnavailable, ActorStopped, SystemClosed or InvalidCall.
   */
  run(work: unknown, args: readonly unknown[], owner: Cell | undefined): Promise<unknown> {
    try {
      const run = this.#begin(work, args, owner)
      return (run.given = this.#core.noted(run.promise, `run '${run.name}'`))
    } catch (error) {
      return Promise.try(() => {
        throw error
      })
    }
  }

  #begin(work: unknown, args: readonly unknown[], owner: Cell | undefined): Run {
    const offload = checkedOffload(work)
    const core = this.#core
    if (this.#closed || (core.closing && owner === undefined)) throw closed(offload.name)
    const lists = owner === undefined ? [this.#open] : [this.#open, this.#runsOf(owner, offload.name)]
    const job = jobOf(offload, args, core.platform.offloading.codec)
    const run = new Run(job.name, ++this.#made, lists)
    this.#outcomeOf(run, job).then(
      made => run.settle(() => resultOf(made, run.name, core.platform.offloading.codec)),
      (error: unknown) => run.fail(error),
    )
    return run
  }

  async #outcomeOf(run: Run, job: Job): Promise<Outcome> {
    const core = this.#core
    if (core.platform.thread !== 0) return (await core.calls.ask(0, 'run', [run.number, job], true)) as Outcome
    run.queued = this.#pool.add(job)
    return await run.queued.outcome
  }

  /** Those of an actor's present life, whose end is theirs. */
  #runsOf(owner: Cell, name: string): Set<Run> {
    const { signal } = (owner.context ??= new Context(owner, undefined))
    if (signal.aborted) throw lifeOver(name, owner)
    let runs = this.#lives.get(signal)
    if (runs === undefined) {
      const made = new Set<Run>()
      this.#lives.set(signal, (runs = made))
      signal.addEventListener('abort', () => this.#endLife(owner, made), { once: true })
    }
    return runs
  }

  /** Whether an actor's code waits for a run. */
  has({ context }: Cell): boolean {
    const runs = context && this.#lives.get(context.signal)
    return runs !== undefined && runs.size > 0
  }

  #endLife(owner: Cell, runs: Set<Run>): void {
    for (const run of runs) {
      this.#end(run, lifeOver(run.name, owner))
      run.given.catch(() => {}) // nobody may be left to hear of it
    }
  }

  #end(run: Run, error: TroupeError): void {
    const core = this.#core
    run.fail(error)
    run.queued?.end(error)
    if (core.platform.thread !== 0 && !core.hasLost(0)) core.calls.send(0, 'cancelRun', [run.number])
  }

  // ── on thread 0 ───────────────────────────────────────────────────────────────────────────────────────────────

  get #pool(): RunQueue {
    return (this.#queue ??= new RunQueue(this.#core.platform.offloading, this.#core.limits))
  }

  #guest(thread: number): Guest {
    let guest = this.#guests.get(thread)
    if (guest === undefined) this.#guests.set(thread, (guest = new Guest()))
    return guest
  }

  /** A run that another thread asks for. */
  async receive(number: number, job: Job, from: number): Promise<Outcome> {
    if (this.#closed) throw closed(job.name)
    const guest = this.#guest(from)
    guest.newest = number
    if (guest.cancelled.delete(number)) throw waitsNoLonger()
    const run = this.#pool.add(job)
    guest.open.set(number, run)
    try {
      return await run.outcome
    } finally {
      guest.open.delete(number)
    }
  }
  cancel(number: number, from: number): void {
    const guest = this.#guest(from)
    if (number > guest.newest) guest.cancelled.add(number)
    else guest.open.get(number)?.end(waitsNoLonger())
  }

  /** Nobody waits for its runs any longer. */
  lostThread(thread: number): void {
    const guest = this.#guests.get(thread)
    this.#guests.delete(thread)
    for (const run of guest?.open.values() ?? []) run.end(waitsNoLonger())
  }

  /** After the last actor has stopped: rejects what is left, and ends the pool's threads; resolves when they have ended. */
  async close(): Promise<void> {
    this.#closed = true
    for (const run of this.#open) this.#end(run, closed(run.name))
    for (const { open } of this.#guests.values()) for (const run of open.values()) run.end(waitsNoLonger())
    if (this.#core.platform.thread === 0) await this.#core.platform.offloading.close()
  }
}

const closed = (name: string): TroupeError => new SystemClosed(`run '${name}': the system is closed`, { method: name })
const lifeOver = (name: string, { address: { id } }: Cell): TroupeError =>
  new ActorStopped(`run '${name}': ${id} is stopped, or begins anew`, { actor: id, method: name, ran: 'unknown' })
const waitsNoLonger = (): TroupeError => new Aborted('run: whoever asked for it waits no longer')
