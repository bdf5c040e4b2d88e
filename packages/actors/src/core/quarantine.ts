// Which actors have ended their threads so often that they are not revived any more. Pure: told the time.
//
// Invariant: one is quarantined for good with its OFFENCES-th offence within WITHIN ms; an offence is the loss of a thread
// in the middle of one of its turns.
import type { ActorId } from './errors.ts'

export const OFFENCES = 3
export const WITHIN = 60_000

export class Quarantine {
  readonly #offences = new Map<ActorId, number[]>()
  readonly #all = new Set<ActorId>()

  /** A thread was lost in the middle of a turn of this actor. */
  note(actor: ActorId, now: number): void {
    const recent = (this.#offences.get(actor) ?? []).filter(at => now - at < WITHIN)
    recent.push(now)
    if (recent.length < OFFENCES) return void this.#offences.set(actor, recent)
    this.#offences.delete(actor)
    this.#all.add(actor)
  }
  get all(): ActorId[] {
    return [...this.#all]
  }
}
