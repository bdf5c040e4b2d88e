// A function that `run` takes, as core sees it: where it can be found, on any thread. The public `offload()` makes these.
//
// Invariants: it is known by (module url, name), like a behavior; the registry holds definitions only, never anything of
// a system. Two of one name in one module cannot be told apart, so neither can be run.
import { inWords } from './behavior-value.ts'
import { InvalidCall } from './errors.ts'

export type Work = (...args: unknown[]) => unknown

export class OffloadValue {
  readonly name: string
  readonly url: string
  readonly #work: Work

  constructor(url: string, name: string, work: Work) {
    this.url = url
    this.name = name
    this.#work = work
  }
  get work(): Work {
    return this.#work
  }
}

const defined = new Map<string, OffloadValue>()
const clashes = new Set<string>()

/** A URL has no space in it. */
const keyOf = (url: string, name: string): string => `${url} ${name}`

export function defineOffload(url: string, name: string, work: Work): OffloadValue {
  const key = keyOf(url, name)
  if (defined.has(key)) clashes.add(key)
  const value = new OffloadValue(url, name, work)
  defined.set(key, value)
  return value
}

/** The definition on this thread, undefined when its module has not made it. Throws when the module made two of them. */
export function definedOffload({
  url,
  name,
}: {
  readonly url: string
  readonly name: string
}): OffloadValue | undefined {
  const key = keyOf(url, name)
  if (clashes.has(key)) {
    throw new InvalidCall(
      `${url} gives offload() the name '${name}' twice; give each a name of its own, at module level`,
    )
  }
  return defined.get(key)
}

/** What a caller passed as a function to run. Throws InvalidCall when it cannot be. */
export function checkedOffload(value: unknown): OffloadValue {
  if (!(value instanceof OffloadValue)) {
    throw new InvalidCall(
      `run: ${inWords(value)} is not what offload() returned; declare it at module level: export const work = offload(import.meta, 'work', …)`,
    )
  }
  definedOffload(value)
  return value
}
