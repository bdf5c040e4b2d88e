// All that the code of one actor waits for at channels, so that it can be ended with the actor's life.
//
// Invariant: a wait is in the list of its owner from when it begins until it ends, in no order that matters. A list of
// links in the waits themselves, as beginning and ending one is all that a rendezvous costs.

/** Why what has begun in a life ends with it. */
export const OVER = 'the actor has stopped, or its turn took too long'

/** A wait, as its owner's list sees it. */
export interface Listed {
  listed: Waits | undefined
  prior: Listed | undefined
  later: Listed | undefined
  /** Its owner's life is over. */
  abandon(error: Error): void
}

export class Waits {
  #first: Listed | undefined = undefined
  /** The owner is to stop, and waited for nothing when it was told: the next thing that it would do hears of it, once. */
  due: Error | undefined = undefined

  add(wait: Listed): void {
    const first = this.#first
    wait.listed = this
    wait.later = first
    if (first !== undefined) first.prior = wait
    this.#first = wait
  }

  /** Whether it was there. */
  remove(wait: Listed): boolean {
    if (wait.listed !== this) return false
    const { prior, later } = wait
    if (prior === undefined) this.#first = later
    else prior.later = later
    if (later !== undefined) later.prior = prior
    wait.listed = wait.prior = wait.later = undefined
    return true
  }

  /** Ends all of them; says whether there were any. */
  abandon(error: Error): boolean {
    const all: Listed[] = []
    for (let wait = this.#first; wait !== undefined; wait = wait.later) all.push(wait)
    for (const wait of all) wait.abandon(error)
    return all.length > 0
  }

  takeDue(): Promise<never> | undefined {
    const { due } = this
    if (due === undefined) return undefined
    this.due = undefined
    const told = Promise.reject(due)
    told.catch(() => {}) // what nobody waits for may hear of it first
    return told
  }
}
