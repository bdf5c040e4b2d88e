// What a user means by a thread.
//
// Invariant: a number that is accepted names a thread that there has been; it means who has taken its place since.
import { inWords } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall } from './errors.ts'

/** The number of the thread that is there now; throws InvalidCall where there is none of it. `call` names what was called. */
export function threadOf(core: Core, place: { readonly thread: number }, call: string): number {
  const thread = typeof place === 'object' && place !== null ? place.thread : undefined
  if (thread === undefined) throw new InvalidCall(`${call}: ${inWords(place)} is no place; pass thread(n)`)
  const { threads } = core.platform
  const current = Number.isInteger(thread) ? core.platform.current(thread) : -1
  if (current >= 0) return current
  throw new InvalidCall(`${call}: there is no thread ${inWords(thread)}; this system has threads 0 to ${threads - 1}`)
}
