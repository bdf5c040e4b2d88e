// What a system tells of, and what of it is printed on standard error while nobody listens, so that it cannot go unseen.
//
// Invariants: what has told its caller already (a spawn that is rejected), or follows from what the program did itself
// (messages to an actor it has stopped), is not printed. Dead letters that somebody will miss are, but once for each
// actor, method and reason, and only so many: whoever sends in a loop would fill the screen.
import type { DeadLetter, DeadReason } from './core/dead-letters.ts'
import type { ActorId } from './core/errors.ts'
import { assertNever } from './core/platform.ts'

export interface Events {
  /** Messages that could not be delivered: `count` alike. */
  deadLetter: DeadLetter
  /** A handler, or a goroutine's body, threw what is no Refusal, a turn took too long, a child could not start, or a task
   *  failed that nobody looked at; and what was done about it. */
  fault: { actor: ActorId; method: string; error: unknown; decision: 'restart' | 'resume' | 'stop' | 'escalate' }
  restarted: { actor: ActorId; error: unknown; times: number }
  /** A spawn by the system was rejected. */
  spawnFailed: { behavior: string; error: unknown }
  /** `actor` where it is known whose rejection it was. */
  unhandledRejection: { actor: ActorId | undefined; thread: number; error: unknown }
  threadLost: { thread: number; error: unknown }
  log: { actor: ActorId; level: 'info' | 'warn' | 'error'; text: string; data: unknown }
}

/** The dead letters that somebody will miss, and why. */
const missed: Partial<Record<DeadReason, string>> = {
  full: 'its mailbox, or the way to it, is full; wait for ref.ready(), or send less',
  unknown: 'it has no such method',
  unreadable: 'its codec cannot decode them',
}
const MOST_DEAD_LETTERS = 100

/** Prints what a system's program does not listen to. */
export class Printer {
  readonly #deadLetters = new Set<string>()

  print(event: keyof Events, data: unknown): void {
    switch (event) {
      case 'deadLetter':
        return this.#deadLetter(data as DeadLetter)
      case 'fault': {
        const { actor, method, error, decision } = data as Events['fault']
        return console.error(`fault in ${actor}.${method} (${decision}):`, error)
      }
      case 'unhandledRejection': {
        const { actor, thread, error } = data as Events['unhandledRejection']
        const where = actor === undefined ? `on thread ${thread}` : `in ${actor}`
        return console.error(`unhandled rejection ${where}:`, error)
      }
      case 'threadLost': {
        const { thread, error } = data as Events['threadLost']
        return console.error(`thread ${thread} has ended:`, error)
      }
      case 'log': {
        const { actor, level, text, data: more } = data as Events['log']
        return console.error(`${level} ${actor}: ${text}`, ...(more === undefined ? [] : [more]))
      }
      case 'restarted':
      case 'spawnFailed':
        return
      default:
        return assertNever(event)
    }
  }

  #deadLetter({ to, method, reason, count }: DeadLetter): void {
    const why = missed[reason]
    const key = `${to} ${method} ${reason}`
    if (why === undefined || this.#deadLetters.has(key) || this.#deadLetters.size >= MOST_DEAD_LETTERS) return
    this.#deadLetters.add(key)
    const which = to === '' ? 'many actors' : `${to}.${method}`
    console.error(`${count === 1 ? 'a dead letter' : `${count} dead letters`} to ${which}: ${why}`)
  }
}
