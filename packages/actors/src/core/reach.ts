// Which behaviors are known to be loadable on which other threads, so that an actor need not stand still while a module loads.
//
// Invariant: what is known stays so while that thread lives; a failure is not remembered.
import { FIRST_FAR } from './address.ts'
import { stays } from './baggage.ts'
import { source } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { isLoss, type MoveFailed } from './errors.ts'
import { words } from './failures.ts'
import { farBehavior } from './far-source.ts'
import type { Loaded } from './protocol.ts'

export class Reach {
  readonly #core: Core
  /** By thread, then protocol: true, or the question that is out. */
  readonly #known = new Map<number, Map<number, Promise<unknown> | true>>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Whether it is known; if not, `told` is called when it is, or with why it cannot be. */
  has({ protocol, behavior }: Loaded, thread: number, told: (error: unknown) => void): boolean {
    let known = this.#known.get(thread)
    if (known === undefined) this.#known.set(thread, (known = new Map()))
    const found = known.get(protocol.number)
    if (found === true) return true
    const from = thread < FIRST_FAR ? behavior[source] : farBehavior(behavior[source], protocol)
    const asked = found ?? this.#core.calls.ask(thread, 'knows', [from, protocol.number])
    known.set(protocol.number, asked)
    asked.then(
      () => {
        known.set(protocol.number, true)
        told(undefined)
      },
      (error: unknown) => {
        known.delete(protocol.number)
        told(error)
      },
    )
    return false
  }
  lost(thread: number): void {
    this.#known.delete(thread)
  }
}

/** Why an actor cannot go to a thread that was asked whether its behavior can be loaded there. */
export function outOfReach({ core, address }: Cell, to: number, error: unknown): MoveFailed {
  const place = core.places.words(to)
  if (isLoss(error)) return stays(address, 'gone', `${place} has ended`, error)
  return stays(address, 'behavior', `its behavior cannot be loaded on ${place}: ${words(error)}`, error)
}
