// `offload(import.meta, name, work)`: a plain function that may block its thread, to be run beside the actors.
//
// Like a behavior it is a module-level value: `import.meta` and its name say where the threads of the pool find it.
import { inWords } from './core/behavior-value.ts'
import { InvalidCall } from './core/errors.ts'
import { defineOffload, type Work } from './core/offload-value.ts'
import type { Moved } from './moved.ts'

/** A plain function that may block its thread: run by the pool's own threads, never beside actors. */
export interface Offload<A extends unknown[], R> {
  readonly name: string
  readonly '~run': (...args: A) => R
}

/** What a run gives: the function's result, and where that is `moved(bytes)`, the bytes. */
export type ResultOf<R> = Awaited<R> extends infer V ? (V extends Moved<infer T> ? T : V) : never

/**
 * Declares a function for `run`: `export const resize = offload(import.meta, 'resize', (image: Uint8Array, width: number) => …)`,
 * at module level and above any `await createSystem`. It may be async. Arguments and result travel as in a message, but no
 * refs, late replies or channels: there is no system where it runs. What it returns as `moved(bytes)` is not copied.
 * Throws InvalidCall when the declaration cannot be one.
 */
export function offload<A extends unknown[], R>(
  meta: ImportMeta,
  name: string,
  work: (...args: A) => R,
): Offload<A, ResultOf<R>> {
  const url = (meta as ImportMeta | undefined)?.url
  if (typeof url !== 'string')
    throw new InvalidCall('offload: its first argument is import.meta, then come name and function')
  if (typeof name !== 'string' || name === '') {
    throw new InvalidCall('offload: its second argument is a name, a string that is not empty')
  }
  if (typeof work !== 'function') throw new InvalidCall(`offload '${name}': ${inWords(work)} is no function to run`)
  return defineOffload(url, name, work as unknown as Work) as unknown as Offload<A, ResultOf<R>>
}
