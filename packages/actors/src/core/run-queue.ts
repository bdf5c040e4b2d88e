// Runs that wait for a thread of the pool, first come, first served. On thread 0 alone, for the whole system.
//
// Invariants: at most `width` runs are under way, and nobody waits while fewer are; a run that is ended while it waits never
// starts, and holds nothing from then on. So many runs may wait, or so many bytes of what was copied for them; one alone
// always may. Bytes that were moved do not count: they take the room that they took before.
import { MailboxFull } from './errors.ts'
import type { Job, Outcome } from './offload-job.ts'
import type { Limits, Offloading } from './platform.ts'

/** A run that waits, or is under way. */
export class QueuedRun {
  readonly job: Job
  readonly outcome: Promise<Outcome>
  /** Undefined while it waits. */
  abort: AbortController | undefined = undefined
  before: QueuedRun | undefined = undefined
  behind: QueuedRun | undefined = undefined
  readonly #queue: RunQueue
  #over = false
  resolve!: (outcome: Outcome) => void
  reject!: (error: unknown) => void

  constructor(queue: RunQueue, job: Job) {
    this.#queue = queue
    this.job = job
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
  /** Takes it out of the queue, or ends its thread; nothing if that has been done. */
  end(error: Error): void {
    if (this.#over) return
    this.#over = true
    if (this.abort !== undefined) return this.abort.abort(error)
    this.#queue.remove(this)
    this.reject(error)
  }
}

export class RunQueue {
  readonly #offloading: Offloading
  readonly #limits: Limits
  #under = 0
  #count = 0
  #bytes = 0
  #first: QueuedRun | undefined = undefined
  #last: QueuedRun | undefined = undefined

  constructor(offloading: Offloading, limits: Limits) {
    this.#offloading = offloading
    this.#limits = limits
  }

  /** Its outcome rejects with ThreadLost, or with what it is ended with. Throws MailboxFull. */
  add(job: Job): QueuedRun {
    const run = new QueuedRun(this, job)
    if (this.#under < this.#offloading.width) this.#start(run)
    else this.#enqueue(run)
    return run
  }

  #start(run: QueuedRun): void {
    this.#under++
    run.abort = new AbortController()
    this.#offloading.run(run.job, run.abort.signal).then(
      outcome => {
        this.#ended()
        run.resolve(outcome)
      },
      (error: unknown) => {
        this.#ended()
        run.reject(error)
      },
    )
  }
  #ended(): void {
    this.#under--
    const next = this.#first
    if (next === undefined) return
    this.remove(next)
    this.#start(next)
  }

  #enqueue(run: QueuedRun): void {
    const { name, bytes } = run.job
    const { capacity, bytes: most } = this.#limits
    if (this.#count > 0 && (this.#count >= capacity || this.#bytes + bytes > most)) {
      const waiting = `${this.#count} runs with ${this.#bytes} bytes of arguments`
      const text = `run '${name}': ${waiting} wait for a thread already; wait for some of them to end`
      throw new MailboxFull(text, { method: name })
    }
    run.before = this.#last
    if (this.#last === undefined) this.#first = run
    else this.#last.behind = run
    this.#last = run
    this.#count++
    this.#bytes += bytes
  }
  /** Takes out a run that waits. */
  remove(run: QueuedRun): void {
    const { before, behind } = run
    if (before === undefined) this.#first = behind
    else before.behind = behind
    if (behind === undefined) this.#last = before
    else behind.before = before
    this.#count--
    this.#bytes -= run.job.bytes
  }
}
