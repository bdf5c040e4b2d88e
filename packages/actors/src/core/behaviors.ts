// The behaviors that one thread runs, and the protocols that it knows of.
//
// Invariants: all threads number protocols alike, by their text in a shared table. A behavior's name is its identity: two
// behaviors of one name in a system would be taken for each other, so the second one is refused.
import { type BehaviorValue, source } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall } from './errors.ts'
import { Loaded, Protocol, protocolText } from './protocol.ts'

export class Behaviors {
  readonly #core: Core
  readonly #protocols: (Protocol | undefined)[] = []
  readonly #loaded = new WeakMap<BehaviorValue, Loaded>()
  readonly #named = new Map<string, BehaviorValue>()
  /** Of the cores themselves, as targets of calls. */
  readonly none: Protocol

  constructor(core: Core) {
    this.#core = core
    this.none = new Protocol(core, -1, '{"name":"core","methods":[]}')
  }

  protocol(number: number): Protocol {
    if (number < 0) return this.none
    return (this.#protocols[number] ??= new Protocol(this.#core, number, this.#core.platform.protocols.text(number)))
  }

  /** The behavior as this thread runs it. */
  load(behavior: BehaviorValue): Loaded {
    let loaded = this.#loaded.get(behavior)
    if (loaded === undefined) {
      this.#checkName(behavior)
      this.#checkOptions(behavior)
      const protocol = this.protocol(this.#core.platform.protocols.intern(protocolText(behavior)))
      loaded = new Loaded(this.#core, protocol, behavior)
      this.#loaded.set(behavior, loaded)
    }
    return loaded
  }

  /** Says what cannot travel in the options of a composed behavior, before it is spawned anywhere. */
  #checkOptions({ name, [source]: from }: BehaviorValue): void {
    for (let layer = from; 'inner' in layer; layer = layer.inner) {
      this.#core.copyFor(layer.options, this.#core, `${name}: options`)
    }
  }

  #checkName(behavior: BehaviorValue): void {
    const { name } = behavior
    const known = this.#named.get(name)
    if (known === undefined) return void this.#named.set(name, behavior)
    const same = 'inner' in known[source] && 'inner' in behavior[source] && known[source].url === behavior[source].url
    if (same) return // one wrapper around one behavior, with other options
    const files = [...new Set([known[source].url, behavior[source].url])].join(' and ')
    throw new InvalidCall(`two behaviors are named '${name}', in ${files}; a name is an identity, so give each its own`)
  }
}
