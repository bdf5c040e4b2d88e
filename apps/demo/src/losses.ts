// What makes it impossible that all flights land: a message lost, an airport that failed, a thread that has ended, or a node. The
// system tells of it on the thread that made it; who waits for the flights hears of it over a channel, wherever that is.
//
// Invariants: only the first loss counts. It is the reason; others, and whatever else fails, may follow from it. A thread that
// is lost on purpose is none, nor is what it takes along; but that nobody takes its place would be.
import { type ActorId, NodeLost, type Receiver, Refusal, type System } from '@troupe/actors'

export interface Loss {
  readonly text: string
  /** Whose id stands in the text, for whoever knows a better name. */
  readonly actor?: ActorId
  readonly cause?: unknown
}

/**
 * The channel on which the first loss comes; but for that of one thread, where it is `expected`. `others` is given what is to hear of
 * losses of which this system does not tell.
 */
export function firstLossOf(
  system: System,
  expected = false,
  others: (lose: (loss: Loss) => void) => void = () => {},
): Receiver<Loss> {
  const losses = system.channel<Loss>({ capacity: 1 })
  let any = false
  const lose = (loss: Loss): void => {
    if (any) return
    any = true
    losses.trySend(loss)
  }
  system.on('deadLetter', ({ to, method, reason }) => {
    if (reason === 'lost') return // because its thread or node is: there is word of that too
    lose({ actor: to, text: `a flight is lost: ${to} got no ${method} (${reason})` })
  })
  system.on('fault', ({ actor, method, error }) => {
    if (error instanceof NodeLost) return // there is word of its node too
    lose({ actor, text: `${actor} failed at ${method}`, cause: error })
  })
  let lostThreads = 0
  system.on('threadLost', ({ thread, error }) => {
    if (expected && lostThreads++ === 0) return
    lose({ text: `thread ${thread} has ended: ${error instanceof Error ? error.message : String(error)}` })
  })
  system.on('threadNotReplaced', ({ thread, why }) => lose({ text: `thread ${thread} is not replaced: ${why}` }))
  others(lose)
  return losses.receiver
}

export interface Replaced {
  readonly thread: number
  /** The thread that has taken its place, and how many milliseconds later. */
  readonly by: number
  readonly ms: number
}

/** Listens for the loss of a thread, and for what takes its place; gives what has been heard of it. `now` counts milliseconds. */
export function replacedThread(system: System, now: () => number): () => Replaced | undefined {
  let lostAt = 0
  let replaced: Replaced | undefined
  system.on('threadLost', () => (lostAt = now()))
  system.on('threadReplaced', ({ thread, by }) => (replaced ??= { thread, by, ms: now() - lostAt }))
  return () => replaced
}

/** The refusal that tells of a loss. Nothing is wrong with the file then. */
export function lost({ text, cause }: Loss): Refusal {
  return new Refusal('flights-lost', undefined, { message: text, cause })
}
