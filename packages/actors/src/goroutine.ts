// Goroutines, as users see them: `goroutine()`, and what `go` gives. What they do is in core/goroutines.ts.
//
// A goroutine is an async function that any thread can run, known like a behavior by its module and its name. It has no
// deadline and no turn limit: it lives until it returns, throws, or is stopped. It takes and gives values over channels, asks
// actors through the refs that it holds, and has a mailbox of its own.
import type { Log } from './behavior.ts'
import type { Receiver, Sender } from './channel.ts'
import { define, inWords } from './core/behavior-value.ts'
import { type ActorId, InvalidCall } from './core/errors.ts'
import { callable, goroutineValue } from './core/goroutine-value.ts'
import type { Hosting } from './hosting.ts'

/** What the body of a goroutine can do. Valid until it has ended; late use throws TurnEnded. M: what its mailbox takes. */
export interface GoContext<M = never> extends Hosting {
  /** Its own channel, into which `task.mailbox` sends; closed when it has ended. */
  readonly mailbox: Receiver<M>
  /** Aborted when it is to stop. What it waits for through its channels and `sleep` is rejected then. */
  readonly signal: AbortSignal
  readonly log: Log
  /** Resolves in `ms` milliseconds. Rejects with ActorStopped when the goroutine is stopped meanwhile. */
  sleep(ms: number): Promise<void>
  /** ms since 1970. */
  now(): number
  /** In [0, 1). */
  random(): number
}

/** Calling it starts nothing: it says what to start, as in Go's `go worker(jobs, done)`. */
export type Goroutine<A extends unknown[], R, M = never> = (...args: A) => Start<R, M>

/** A goroutine and its arguments: what `go` starts. */
export interface Start<R, M = never> {
  readonly '~start': { reply: R; mailbox: M }
}

/** A goroutine that was started. */
export interface Task<R, M = never> {
  readonly id: ActorId
  /**
   * What the body returns, once all that it has spawned has stopped. Rejects with what it throws; with ActorStopped if it
   * was stopped, ThreadLost if its thread has ended, SystemClosed, BehaviorUnavailable, NameTaken, or NotSendable where the
   * result cannot travel. Nobody need look: a fault is an event, too.
   */
  readonly done: Promise<R>
  /** Sends to `ctx.mailbox`. Holds as much as an actor's mailbox, then `send` waits. It can be passed on. */
  readonly mailbox: Sender<M>
  /**
   * Tells it to end: its signal is aborted, and what it waits for rejected, so that it can clean up, within 5 seconds. What
   * it has started is stopped too. Resolves once it has ended.
   */
  stop(): Promise<void>
}

/**
 * Declares a goroutine: `export const worker = goroutine(import.meta, 'worker', async (ctx, jobs: Receiver<Job>) => …)`, at
 * module level and above any `await createSystem`. `system.go(worker(jobs))` starts one. Throws InvalidCall when the
 * declaration cannot be one.
 */
export function goroutine<A extends unknown[], R, M = never>(
  meta: ImportMeta,
  name: string,
  body: (ctx: GoContext<M>, ...args: A) => Promise<R>,
): (...args: A) => Start<R, M> {
  const url = (meta as ImportMeta | undefined)?.url
  if (typeof url !== 'string') {
    throw new InvalidCall('goroutine: its first argument is import.meta, then come its name and its body')
  }
  if (typeof name !== 'string' || name === '') {
    throw new InvalidCall(
      `goroutine: its second argument is a name, a string that is not empty; this is ${inWords(name)}`,
    )
  }
  if (typeof body !== 'function') {
    throw new InvalidCall(`goroutine '${name}': its third argument is its body, a function; this is ${inWords(body)}`)
  }
  const value = goroutineValue(url, name, body as never)
  define('behavior', url, name, value)
  return callable(value) as never
}
