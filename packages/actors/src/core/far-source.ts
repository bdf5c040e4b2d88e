// Behaviors by name alone, as nodes speak of them: a peer can never make this process load a module by its URL.
//
// Invariants: a name is looked up among what this process's first thread has defined, by its own imports; what is found must
// have the same protocol (name, version, names of handlers), or it is refused. The options of a composed behavior come as they are.
import { type NamedSource, type Source, sourceNamed } from './behavior-value.ts'
import type { Core } from './core.ts'
import { BehaviorUnavailable, InvalidCall } from './errors.ts'
import { type Protocol, protocolIn } from './protocol.ts'

/** A behavior as another node can find it. */
export type FarBehavior = readonly [source: NamedSource, protocol: string]

/** Whether a source came from another node. */
export function isFar(from: unknown): from is FarBehavior {
  return Array.isArray(from)
}

/** As it is told to another node. */
export function farBehavior(from: Source, protocol: Protocol): FarBehavior {
  return [named(from), protocol.core.platform.protocols.text(protocol.number)]
}
function named(from: Source): NamedSource {
  const { name } = from
  return 'inner' in from ? { name, options: from.options, inner: named(from.inner) } : { name }
}

/** The protocol that another node has told of. Throws InvalidCall for a text that is none. */
export function protocolOf(core: Core, text: string): Protocol {
  if (protocolIn(text) === undefined)
    throw new InvalidCall('a node has told of a behavior in a way that makes no sense')
  return core.behaviors.protocol(core.platform.protocols.intern(text))
}

/** Where this process has what is meant. Rejects with BehaviorUnavailable. */
export async function nearSource(core: Core, from: NamedSource): Promise<Source> {
  if (core.platform.thread !== 0) return (await core.calls.ask(0, 'sourceOf', [from])) as Source
  return sourceHere(core, from)
}
/** On the first thread, which has loaded the program. */
export function sourceHere(core: Core, from: NamedSource): Source {
  const inner = 'inner' in from ? sourceHere(core, from.inner) : undefined
  const url = core.upgrades.urlOf(from.name) ?? sourceNamed(inner === undefined ? 'behavior' : 'wrapper', from.name)
  if (url === undefined) {
    const what = inner === undefined ? 'behavior or goroutine' : 'wrapper'
    const text = `this node has no ${what} named '${from.name}': import its module there, or pass it to createSystem({ behaviors })`
    throw new BehaviorUnavailable(core.places.self === '' ? text : `${core.places.self}: ${text}`)
  }
  if (inner === undefined) return { url, name: from.name }
  return { url, name: from.name, options: (from as { options: readonly unknown[] }).options, inner }
}
