// Who waits for a thread to be replaced.
//
// Invariants: whoever waits looks again after each change, since another thread may have been meant; a wait ends with its
// time, or with the system, so nobody waits for ever.
import type { Core } from './core.ts'
import { Alarm } from './timers.ts'

export class Replacements {
  readonly #core: Core
  readonly #waiting = new Set<() => void>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Gives the thread that `wanted` gives, as soon as it is one that is there, or that none follows; or as it is in time. */
  async settled(wanted: () => number, until: number): Promise<number> {
    const { platform } = this.#core
    let thread = wanted()
    while (platform.awaited(thread) && platform.now() < until && !this.#core.closing) {
      await this.#change(until)
      thread = wanted()
    }
    return thread
  }

  #change(until: number): Promise<void> {
    const { timers } = this.#core
    return new Promise(done => {
      const go = (): void => {
        timers.clear(alarm)
        this.#waiting.delete(go)
        done()
      }
      const alarm = new Alarm(go)
      this.#waiting.add(go)
      timers.set(alarm, until)
    })
  }

  /** A thread has been replaced, or never will be; or the system closes. */
  changed(): void {
    for (const go of [...this.#waiting]) go()
  }
}
