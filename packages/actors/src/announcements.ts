// How a system's program hears what happens: by its listeners, or on standard error where there are none.
//
// Invariants: events come in the order in which they happened. A program cannot listen before it has the system, and a node hears of
// others, and of their end, while it is still joining: so between `hold` and `open` they wait. A listener's error is the program's, not that of the actor whose turn this happens to be.
import { type Events, Printer } from './events.ts'

/** What of an EventEmitter is needed here. */
interface Emitter {
  emit: (event: string, data: unknown) => boolean
}

export class Announcements {
  readonly #emitter: Emitter
  readonly #printer = new Printer()
  /** What has happened since `hold`; none where nothing is held. */
  #held: [event: string, data: unknown][] | undefined

  constructor(emitter: Emitter) {
    this.#emitter = emitter
  }

  announce(event: string, data: unknown): void {
    if (this.#held === undefined) this.#tell(event, data)
    else this.#held.push([event, data])
  }

  /** The program cannot listen yet. */
  hold(): void {
    this.#held ??= []
  }

  /** From now on events are told at once: those that wait, first. */
  open(): void {
    for (const [event, data] of this.#held ?? []) this.#tell(event, data) // with what they make happen meanwhile
    this.#held = undefined
  }

  #tell(event: string, data: unknown): void {
    try {
      if (!this.#emitter.emit(event, data)) this.#printer.print(event as keyof Events, data)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
