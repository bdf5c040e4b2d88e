// What the body of a goroutine can do: its `ctx`.
//
// Invariants: it lives as long as the context of its actor's life; late use throws TurnEnded. Once the goroutine is to stop
// it can start nothing any more. A sleep is a node of the timers, and one of the things that its actor's code waits for.
import type { ActorRef } from './actor-ref.ts'
import type { BehaviorValue } from './behavior-value.ts'
import { inWords } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import type { Channel } from './channel-end.ts'
import type { Context } from './context.ts'
import { InvalidCall } from './errors.ts'
import type { Running } from './goroutines.ts'
import { ActorHosting, host } from './hosting.ts'
import type { SpawnOptions } from './spawning.ts'
import type { Task } from './task.ts'
import { TimerNode } from './timers.ts'
import { due, tooLate } from './waiter.ts'
import type { Listed, Waits } from './waits.ts'

export class GoContext extends ActorHosting {
  readonly #context: Context
  readonly #running: Running
  readonly #mailbox: Channel['receiver']

  constructor(context: Context, running: Running, mailbox: Channel) {
    super()
    this.#context = context
    this.#running = running
    this.#mailbox = mailbox.receiver
  }
  /** Whose a context is. */
  static cellOf(ctx: GoContext): Cell {
    return ctx.#running.cell
  }

  [host](): Cell {
    return this.#context[host]()
  }

  get mailbox(): Channel['receiver'] {
    this[host]()
    return this.#mailbox
  }
  /** Aborted when the goroutine is to stop, or has ended. */
  get signal(): AbortSignal {
    return this.#context.signal
  }
  sleep(ms: number): Promise<void> {
    const { cell } = this.#running
    if (this.#context.over) return tooLate(cell)
    if (typeof ms !== 'number' || !(ms >= 0 && ms < Infinity)) {
      const { id } = cell.address
      throw new InvalidCall(`${id}: a sleep of ${inWords(ms)} makes no sense in ms`, { actor: id, method: 'sleep' })
    }
    const stopped = due(cell)
    if (stopped !== undefined) return stopped
    const slept = cell.core.noted(new Promise<void>((done, failed) => Sleep.begin(cell, ms, done, failed)), `${ms} ms`)
    slept.catch(() => {}) // one that nobody awaits may be cut short all the same
    return slept
  }

  override go(what: unknown, ...rest: unknown[]): Task {
    return this.#running.go(this[host](), what, rest)
  }
  override spawn(behavior: BehaviorValue, init?: unknown, options?: SpawnOptions): ActorRef {
    this[host]()
    this.#running.checkGoing('spawn')
    return super.spawn(behavior, init, options)
  }
}

class Sleep extends TimerNode implements Listed {
  listed: Waits | undefined = undefined
  prior: Listed | undefined = undefined
  later: Listed | undefined = undefined
  readonly #cell: Cell
  readonly #done: () => void
  readonly #failed: (error: Error) => void

  private constructor(cell: Cell, done: () => void, failed: (error: Error) => void) {
    super()
    this.#cell = cell
    this.#done = done
    this.#failed = failed
  }
  static begin(cell: Cell, ms: number, done: () => void, failed: (error: Error) => void): void {
    const { core } = cell
    const sleep = new Sleep(cell, done, failed)
    core.channels.waitsOf(cell).add(sleep)
    core.timers.set(sleep, core.platform.now() + ms)
  }

  fire(): void {
    this.listed?.remove(this)
    this.#done()
  }
  /** Its goroutine is to stop. */
  abandon(error: Error): void {
    this.listed?.remove(this)
    this.#cell.core.timers.clear(this)
    this.#failed(error)
  }
}
