// Which of several connections between the same two nodes is used: when both dial at once, or one of them has noticed the end of
// a connection before the other. One of the two decides, the node whose id is the lower one; the other follows its last GO.
//
// Invariants:
// - The decider has at most one current connection. It says GO on the next only when the one before is destroyed, and each GO
//   has a higher generation: so the two never write to two connections at once.
// - A node stamps what it says of its connections with a number that grows. So the decider can tell whether the peer began a
//   connection before it had adopted the current one (a duplicate) or after (it has lost that one, and this takes its place).
// - While a GO is not confirmed a further connection waits, as it may be either.
import type { Standing } from './link-messages.ts'

interface Candidate<C> {
  readonly connection: C
  readonly standing: Standing
}

export interface Verdicts<C> {
  /** The one that was current is over: destroy it first, then say GO with this generation. */
  go(connection: C, generation: number, before: C | undefined): void
  duplicate(connection: C): void
}

export class LinkChoice<C> {
  readonly #verdicts: Verdicts<C>
  #current: C | undefined
  /** The peer's stamp when it confirmed; undefined: it has not. */
  #confirmed: number | undefined
  #waiting: Candidate<C> | undefined
  #generation = 0

  constructor(verdicts: Verdicts<C>) {
    this.#verdicts = verdicts
  }

  /** A connection whose peer is known; `standing` is what that has said. */
  offer(connection: C, standing: Standing): void {
    if (this.#current === undefined) return this.#go(connection)
    if (this.#confirmed === undefined) {
      const older = this.#waiting
      this.#waiting = { connection, standing }
      if (older !== undefined) this.#verdicts.duplicate(older.connection)
      return
    }
    if (standing.stamp > this.#confirmed && standing.generation !== this.#generation) this.#go(connection)
    else this.#verdicts.duplicate(connection)
  }

  /** The peer has adopted the current connection. */
  confirm(connection: C, stamp: number): void {
    if (connection !== this.#current) return
    this.#confirmed = stamp
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined) this.offer(waiting.connection, waiting.standing)
  }

  /** A connection has ended. */
  ended(connection: C): void {
    if (this.#waiting?.connection === connection) this.#waiting = undefined
    if (this.#current !== connection) return
    this.#current = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined) this.#go(waiting.connection)
  }

  #go(connection: C): void {
    const before = this.#current
    this.#current = connection
    this.#confirmed = undefined
    this.#verdicts.go(connection, ++this.#generation, before)
  }
}
