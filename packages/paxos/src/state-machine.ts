// What the decided log makes: the user's state, the table of sessions, the members, and log time. The same on each replica after the same slot.
//
// Invariants: entries are applied in the order of their slots, each once. Log time never falls, whatever the clocks of leaders do. A snapshot
// holds all that the entries up to its slot have made, so that a replica that has it needs none of them.
import type { Entry } from './log-messages.ts'
import type { Members } from './membership.ts'
import { type Recorded, type SessionLimits, Sessions, type StoredSession } from './sessions.ts'

/** The user's part. It must do the same on each replica: no clock, no randomness, no I/O, nothing thrown. */
export interface Machine<Command, Reply> {
  /** A command that fails is one that replies with its failure. */
  apply(command: Command, at: { readonly slot: number; readonly time: number }): Reply
  /** Changes nothing. */
  query(command: Command): Reply
  /** Plain data that later calls of `apply` leave as it is. */
  snapshot(): unknown
  restore(state: unknown): void
}
/** Plain data. */
export interface Snapshot {
  readonly slot: number
  readonly time: number
  readonly members: Members
  readonly sessions: readonly StoredSession[]
  readonly state: unknown
}
export type Applied<Reply> =
  | Recorded<Reply>
  | { readonly kind: 'opened'; readonly session: number }
  | { readonly kind: 'changed'; readonly members: Members }

export class StateMachine<Command, Reply> {
  readonly #machine: Machine<Command, Reply>
  readonly #sessions: Sessions<Reply>
  #members: Members
  #slot = 0
  #time = 0

  constructor(machine: Machine<Command, Reply>, members: Members, limits?: SessionLimits) {
    this.#machine = machine
    this.#members = members
    this.#sessions = new Sessions(limits)
  }
  get members(): Members {
    return this.#members
  }
  get slot(): number {
    return this.#slot
  }
  get time(): number {
    return this.#time
  }
  get sessions(): number {
    return this.#sessions.size
  }

  apply(slot: number, entry: Entry<Command>): Applied<Reply> {
    if (slot !== this.#slot + 1) throw new RangeError(`slot ${slot} cannot be applied after ${this.#slot}`)
    this.#slot = slot
    this.#time = Math.max(this.#time, entry.time)
    const time = this.#time
    switch (entry.kind) {
      case 'open':
        this.#sessions.open(slot, time)
        return { kind: 'opened', session: slot }
      case 'command': {
        const { session, number, answered, command } = entry
        return this.#sessions.apply(session, number, answered, time, () => this.#machine.apply(command, { slot, time }))
      }
      case 'members':
        // one of an epoch that is over was never decided there, and says nothing now
        if (entry.members.epoch === this.#members.epoch + 1) this.#members = entry.members
        return { kind: 'changed', members: this.#members }
      default:
        return unknownEntry(entry)
    }
  }
  query(command: Command): Reply {
    return this.#machine.query(command)
  }
  snapshot(): Snapshot {
    return {
      slot: this.#slot,
      time: this.#time,
      members: this.#members,
      sessions: this.#sessions.stored(),
      state: this.#machine.snapshot(),
    }
  }
  restore({ slot, time, members, sessions, state }: Snapshot): void {
    this.#machine.restore(state)
    this.#sessions.restore(sessions)
    this.#members = members
    this.#slot = slot
    this.#time = time
  }
}

function unknownEntry(entry: never): never {
  throw new TypeError(`an entry of kind '${(entry as { kind: string }).kind}' is not known here: update this replica`)
}
