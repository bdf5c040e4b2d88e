// What the garbage collector does about channels, in the hands of a test: when one is collected that code on a thread has
// let go of, and when that is found out.
//
// Invariants: what is collected can be: no code of its thread has it, so none waits at it, and no other thread needs its
// home. Between its end and the moment when that is found out another may take its place, as with weak references.
import { Entry } from '../../src/core/channel-entries.ts'
import type { Chan } from '../../src/core/chan.ts'

export class Collection {
  readonly #chans = new Map<Entry, Chan>()
  /** Of each that is known, what is to be called once it is gone. */
  readonly #watched = new Map<Chan, (() => void)[]>()
  /** How often the code of its thread has one. */
  readonly #held = new Map<Chan, number>()
  /** What is to be called for those that are gone. */
  readonly #found: (() => void)[] = []
  #repair: (() => void) | undefined

  /** Takes the place of weak references, until `uninstall`. */
  install(): void {
    const { prototype } = Entry
    const { known, meet } = Object.getOwnPropertyDescriptors(prototype)
    this.#repair = () => void Object.defineProperties(prototype, { known, meet })
    const chans = this.#chans
    Object.defineProperties(prototype, {
      known: {
        configurable: true,
        get(this: Entry) {
          return this.chan ?? chans.get(this)
        },
      },
      meet: {
        configurable: true,
        value(this: Entry, chan: Chan) {
          chans.set(this, chan)
        },
      },
    })
  }
  uninstall(): void {
    this.#repair?.()
    this.reset()
  }
  reset(): void {
    this.#chans.clear()
    this.#watched.clear()
    this.#held.clear()
    this.#found.length = 0
  }

  /** As a platform does. */
  watch(chan: Chan, gone: () => void): void {
    const calls = this.#watched.get(chan)
    if (calls === undefined) this.#watched.set(chan, [gone])
    else calls.push(gone)
  }

  /** Code has it, once more; or once less. */
  hold(chan: Chan): void {
    this.#held.set(chan, (this.#held.get(chan) ?? 0) + 1)
  }
  drop(chan: Chan): void {
    const held = this.#held.get(chan)! - 1
    if (held > 0) this.#held.set(chan, held)
    else this.#held.delete(chan)
  }

  /** What could be collected now. */
  get garbage(): Chan[] {
    return [...this.#watched.keys()].filter(chan => !this.#held.has(chan) && chan.home?.peers === undefined)
  }
  collect(chan: Chan): void {
    for (const [entry, its] of this.#chans) if (its === chan) this.#chans.delete(entry)
    this.#found.push(...this.#watched.get(chan)!)
    this.#watched.delete(chan)
  }
  /** How many are gone of which that has not been found out. */
  get unfound(): number {
    return this.#found.length
  }
  find(which = 0): void {
    for (const gone of this.#found.splice(which, 1)) gone()
  }
}
