// What clients want of a replica: entries that wait to be proposed, entries that wait to be decided, and what is said of them.
//
// Invariants: each request is answered once. While there is no leader here none waits: what was never proposed has certainly not been done
// (`not-leader`), of what was nothing is known (`unknown`), and its client asks again with the same number.
import type { Entry } from './log-messages.ts'
import { isSame, type Members, successors } from './membership.ts'
import { PaxosError } from './paxos-error.ts'
import type { Call, Outcome, ReplicaEvent, RequestId } from './replica-events.ts'
import type { Applied } from './state-machine.ts'

interface Wish<Command> {
  readonly id: RequestId
  readonly entry: Entry<Command>
}
/** How far this leader is, by how much a new voter may be behind, and since when it must have been heard. */
interface LeaderView {
  readonly decided: number
  readonly lag: number
  readonly since: number
  readonly now: number
  /** A change that it has not asked for itself is under way. */
  readonly isClosed: boolean
}
type Reconfigure = Extract<ReplicaEvent<never>, { readonly on: 'reconfigure' }>

export class Requests<Command, Reply> {
  readonly #reply: (id: RequestId, outcome: Outcome<Reply>) => void
  #queue: Wish<Command>[] = []
  /** By slot. */
  readonly #waiting = new Map<number, RequestId>()
  /** How far others have said to be, and when. */
  readonly #seen = new Map<string, { readonly decided: number; readonly at: number }>()
  #isChanging = false

  constructor(reply: (id: RequestId, outcome: Outcome<Reply>) => void) {
    this.#reply = reply
  }

  command({ id, session, number, answered, command }: Call<Command>, now: number): void {
    this.#queue.push({ id, entry: { kind: 'command', time: now, session, number, answered, command } })
  }
  open(id: RequestId, now: number): void {
    this.#queue.push({ id, entry: { kind: 'open', time: now } })
  }
  /** A change of members: answered at once where it is so already, or cannot be now. */
  reconfigure({ id, voters, sizes }: Reconfigure, members: Members, known: LeaderView): void {
    if (this.#isChanging || known.isClosed) return this.#reply(id, { kind: 'busy' })
    try {
      if (isSame(members, voters, sizes)) return this.#reply(id, { kind: 'changed', members })
      const next = successors(members, voters, sizes)
      const isBehind = (voter: string): boolean => {
        const { at, decided } = this.#seen.get(voter) ?? { at: -Infinity, decided: 0 }
        return !members.quorums.members.includes(voter) && (at < known.since || decided + known.lag < known.decided)
      }
      const replica = voters.find(isBehind)
      if (replica !== undefined) return this.#reply(id, { kind: 'lagging', replica })
      this.#isChanging = true
      this.#queue.push({ id, entry: { kind: 'members', time: known.now, members: next } })
    } catch (error) {
      if (!(error instanceof PaxosError)) throw error
      this.#reply(id, { kind: 'refused', error })
    }
  }
  /** A replica has said how far it is. */
  seen(from: string, decided: number, at: number): void {
    this.#seen.set(from, { decided, at })
  }

  /** What is to be proposed now, in the slots from `from` on: not more than up to a change of members. */
  take(from: number): Entry<Command>[] {
    if (this.#queue.length === 0) return []
    const change = this.#queue.findIndex(({ entry }) => entry.kind === 'members')
    const wishes = this.#queue.splice(0, change === -1 ? this.#queue.length : change + 1)
    for (const [at, { id }] of wishes.entries()) this.#waiting.set(from + at, id)
    return wishes.map(({ entry }) => entry)
  }
  applied(slot: number, outcome: Applied<Reply>): void {
    const id = this.#waiting.get(slot)
    if (id === undefined) return
    if (outcome.kind === 'changed') this.#isChanging = false
    this.#waiting.delete(slot)
    this.#reply(id, outcome)
  }
  /** This replica leads no longer. */
  letGo(): void {
    for (const id of this.#waiting.values()) this.#reply(id, { kind: 'unknown' })
    for (const { id } of this.#queue.splice(0)) this.#reply(id, { kind: 'not-leader', leader: undefined })
    this.#waiting.clear()
    this.#isChanging = false
  }
}
