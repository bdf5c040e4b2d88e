// What makes it impossible that all flights land: a message lost, an airport that failed, a thread that has ended. The
// system tells of it on the thread that made it; who waits for the flights hears of it over a channel, wherever that is.
//
// Invariant: only the first loss counts. It is the reason; others, and whatever else fails, may follow from it.
import { type ActorId, type Receiver, Refusal, type System } from '@troupe/actors'

export interface Loss {
  readonly text: string
  /** Whose id stands in the text, for whoever knows a better name. */
  readonly actor?: ActorId
  readonly cause?: unknown
}

/** The channel on which the first loss comes. */
export function firstLossOf(system: System): Receiver<Loss> {
  const losses = system.channel<Loss>({ capacity: 1 })
  let any = false
  const lose = (loss: Loss): void => {
    if (any) return
    any = true
    losses.trySend(loss)
  }
  system.on('deadLetter', ({ to, method, reason }) => {
    lose({ actor: to, text: `a flight is lost: ${to} got no ${method} (${reason})` })
  })
  system.on('fault', ({ actor, method, error }) => {
    lose({ actor, text: `${actor} failed at ${method}`, cause: error })
  })
  system.on('threadLost', ({ thread, error }) => {
    lose({ text: `thread ${thread} has ended: ${error instanceof Error ? error.message : String(error)}` })
  })
  return losses.receiver
}

/** The refusal that tells of a loss. Nothing is wrong with the file then. */
export function lost({ text, cause }: Loss): Refusal {
  return new Refusal('flights-lost', undefined, { message: text, cause })
}
