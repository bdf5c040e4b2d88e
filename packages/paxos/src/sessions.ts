// Sessions: each command is applied once, however often it is sent (Ongaro: Consensus, 2014, section 6.3). A client opens a session, which is
// known by the slot of that entry, and counts its commands. The table is a part of what is replicated: a command that comes again is
// answered with the recorded reply. A client says which replies it has, so that these can be forgotten, and may have many commands under way.
//
// Invariants: the table depends on nothing but the log. Sessions are in the order of their last use; the oldest go first, when there are
// too many or by log time. A command of a session that is gone is not applied: whether it was before is not known any more.

export interface SessionLimits {
  /** How many there are at most; 10,000. */
  readonly most?: number
  /** ms of log time without a command after which one is forgotten; an hour. */
  readonly idle?: number
}
/** Plain data. */
export interface StoredSession {
  readonly session: number
  readonly used: number
  readonly answered: number
  readonly replies: readonly (readonly [number: number, reply: unknown])[]
}
interface Session<Reply> {
  used: number
  /** Replies of lower numbers have arrived. */
  answered: number
  readonly replies: Map<number, Reply>
}
/** `forgotten`: the client has said that it has the reply. */
export type Recorded<Reply> =
  | { readonly kind: 'done'; readonly reply: Reply }
  | { readonly kind: 'expired' | 'forgotten' }

const MOST = 10_000
const IDLE = 3_600_000

export class Sessions<Reply> {
  readonly #most: number
  readonly #idle: number
  #table = new Map<number, Session<Reply>>()

  constructor({ most = MOST, idle = IDLE }: SessionLimits = {}) {
    this.#most = most
    this.#idle = idle
  }
  get size(): number {
    return this.#table.size
  }

  open(session: number, time: number): void {
    this.expire(time)
    const oldest = this.#table.keys().next()
    if (this.#table.size >= this.#most && oldest.done !== true) this.#table.delete(oldest.value)
    this.#table.set(session, { used: time, answered: 1, replies: new Map() })
  }
  /** A command comes up in the log; `apply` is called unless it was before. */
  apply(session: number, number: number, answered: number, time: number, apply: () => Reply): Recorded<Reply> {
    this.expire(time)
    const known = this.#table.get(session)
    if (known === undefined) return { kind: 'expired' }
    this.#table.delete(session)
    this.#table.set(session, known)
    known.used = time
    if (answered > known.answered) {
      known.answered = answered
      for (const old of known.replies.keys()) if (old < answered) known.replies.delete(old)
    }
    if (number < known.answered) return { kind: 'forgotten' }
    if (known.replies.has(number)) return { kind: 'done', reply: known.replies.get(number)! }
    const reply = apply()
    known.replies.set(number, reply)
    return { kind: 'done', reply }
  }
  /** Those that nobody has used for long; the order of the table is that of use. */
  expire(time: number): void {
    for (const [session, { used }] of this.#table) {
      if (used + this.#idle >= time) return
      this.#table.delete(session)
    }
  }

  stored(): StoredSession[] {
    return [...this.#table].map(([session, { used, answered, replies }]) => ({
      session,
      used,
      answered,
      replies: [...replies],
    }))
  }
  restore(stored: readonly StoredSession[]): void {
    this.#table = new Map(
      stored.map(({ session, used, answered, replies }) => {
        return [session, { used, answered, replies: new Map(replies as readonly (readonly [number, Reply])[]) }]
      }),
    )
  }
}
