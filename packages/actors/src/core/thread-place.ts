// What a user means by a place: a thread of this node, another node, or a thread of that.
//
// Invariant: a number that is accepted names a thread that there has been; it means who has taken its place since.
import { inWords } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall } from './errors.ts'
import { nameOf } from './places.ts'

export type Place = { readonly thread: number } | { readonly node: string; readonly thread?: number | undefined }

/** The number of the thread that is there now; throws InvalidCall where there is none of it. `call` names what was called. */
export function threadOf(core: Core, place: Place, call: string): number {
  if (typeof place !== 'object' || place === null || !('thread' in place || 'node' in place)) {
    throw new InvalidCall(`${call}: ${inWords(place)} is no place; pass thread(n) or node(name)`)
  }
  const { thread } = place
  const name = 'node' in place ? place.node : undefined
  if (name !== undefined && name !== nameOf(core.places.self)) return core.nodes.threadOf(name, thread, call)
  if (name !== undefined && thread === undefined) return core.platform.place()
  const { threads } = core.platform
  const current = Number.isInteger(thread) ? core.platform.current(thread!) : -1
  if (current >= 0) return current
  throw new InvalidCall(`${call}: there is no thread ${inWords(thread)}; this system has threads 0 to ${threads - 1}`)
}
