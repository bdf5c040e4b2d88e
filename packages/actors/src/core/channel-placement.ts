// Where a channel's home belongs: with its receiver. Then values travel one way and need no answer, and a sender and a
// receiver on one thread need no other.
//
// The rules, first that fits:
// - somebody tries without waiting (`tryReceive`, `select` past a case that it cannot see): only the home can tell, so it
//   comes there, once it has been where it is for a while;
// - one thread has been receiving alone for some time: there;
// - several threads receive and one alone sends: there, so that no receiver's work delays what another one is to get.
// Invariant: it moves rarely. What counts as some time doubles with every move, and it does not move before all that was
// sent to its earlier homes has arrived.

/** Messages in a row from one thread, before the first move. */
const RUN = 16
const SEND_RUN = 64
/** Times that the receiver has changed, after which there are several. */
const MIXED = 8
/** Moves after which the times no longer double. */
const MOST_DOUBLINGS = 10
/** ms at one home, for those who try; doubled likewise, up to 64. */
const STAY = 1
const STAY_DOUBLINGS = 6

export class Placement {
  readonly moves: number
  readonly #since: number
  /** Threads that may have sent to an earlier home what is not here yet. */
  readonly unsettled: Set<number>
  /** It is to go, and waits for what it has promised. */
  leaving = false
  #receiver = -1
  #receives = 0
  /** How often it was another thread than before that received. */
  #mixes = 0
  #sender = -1
  #sends = 0
  #wanted = -1
  #localReceives = 0
  #localSends = 0

  constructor(moves: number, now: number, unsettled: Set<number>) {
    this.moves = moves
    this.#since = now
    this.unsettled = unsettled
  }

  received(thread: number): void {
    if (thread === this.#receiver) this.#receives++
    else this.#mix(thread)
  }
  #mix(thread: number): void {
    this.#receiver = thread
    this.#receives = 1
    this.#mixes++
  }
  sent(thread: number): void {
    this.#sends = thread === this.#sender ? this.#sends + 1 : 1
    this.#sender = thread
  }
  wanted(thread: number): void {
    this.#wanted = thread
  }
  settled(thread: number): void {
    this.unsettled.delete(thread)
  }

  /** It cannot go now; it is asked again after as long as after a move. */
  stay(): void {
    this.leaving = false
    this.#receives = this.#sends = this.#mixes = 0
  }

  /** The thread that the home should move to, if to any; the counts are of what code here has done. */
  better(now: number, localReceives: number, localSends: number): number | undefined {
    const to = this.unsettled.size > 0 ? undefined : this.#better(now, localReceives, localSends)
    if (to === undefined) this.leaving = false
    return to
  }

  #better(now: number, localReceives: number, localSends: number): number | undefined {
    const receivesHere = localReceives !== this.#localReceives
    const sendsHere = localSends !== this.#localSends
    this.#localReceives = localReceives
    this.#localSends = localSends
    if (receivesHere && this.#receives > 0) this.#mix(-1)
    if (sendsHere) this.#sends = 0
    if (this.#wanted >= 0 && now - this.#since >= STAY << Math.min(this.moves, STAY_DOUBLINGS)) {
      const to = this.#wanted
      this.#wanted = -1
      return to
    }
    const doublings = Math.min(this.moves, MOST_DOUBLINGS)
    if (this.#receiver >= 0 && this.#receives >= RUN << doublings) return this.#receiver
    return this.#mixes >= MIXED && this.#sends >= SEND_RUN << doublings ? this.#sender : undefined
  }
}
