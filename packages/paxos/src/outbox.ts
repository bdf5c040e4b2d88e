// The effects of one step, in order, which all parts of a replica add to.
//
// Invariants: a record stands in front of all that is said of it. That another replica leads is said once, when it becomes known.
import type { StoredRecord } from './log-acceptor.ts'
import type { Entry, LogMessage } from './log-messages.ts'
import type { Outcome, ReplicaEffect, RequestId } from './replica-events.ts'

export class Outbox<Command, Reply> {
  #effects: ReplicaEffect<Command, Reply>[] = []
  #leader: string | undefined = undefined

  get leader(): string | undefined {
    return this.#leader
  }
  setLeader(leader: string | undefined): void {
    if (leader === this.#leader) return
    this.#leader = leader
    this.add({ do: 'leader', leader })
  }
  add(effect: ReplicaEffect<Command, Reply>): void {
    this.#effects.push(effect)
  }
  /** `ahead`: it need not wait for the disk. */
  send(to: string, message: LogMessage<Command>, ahead = false): void {
    this.add({ do: 'send', to, message, ahead })
  }
  persist(record: StoredRecord<Entry<Command>> | undefined): void {
    if (record !== undefined) this.add({ do: 'persist', record })
  }
  reply(id: RequestId, outcome: Outcome<Reply>): void {
    this.add({ do: 'reply', id, outcome })
  }
  /** All of them; the next step begins with none. */
  take(): ReplicaEffect<Command, Reply>[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}
