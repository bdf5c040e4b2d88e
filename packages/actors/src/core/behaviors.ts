// The behaviors that one thread runs, and the protocols that it knows of.
//
// Invariants: all threads number protocols alike, by their text in a shared table. A behavior's name and version are its
// identity: two of one name and version would be taken for each other, so the second one is refused, unless an upgrade
// has brought it (upgrades.ts).
import { type BehaviorValue, source } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall } from './errors.ts'
import { Loaded, Protocol, protocolText } from './protocol.ts'

export class Behaviors {
  readonly #core: Core
  readonly #protocols: (Protocol | undefined)[] = []
  readonly #loaded = new WeakMap<BehaviorValue, Loaded>()
  readonly #named = new Map<string, BehaviorValue>()
  /** By protocol: those that are not composed, of which there is one for each. */
  readonly #plain: (Loaded | undefined)[] = []
  /** Of the cores themselves, as targets of calls. */
  readonly none: Protocol

  constructor(core: Core) {
    this.#core = core
    this.none = new Protocol(core, -1, '{"name":"core","version":0,"methods":[]}')
  }

  protocol(number: number): Protocol {
    if (number < 0) return this.none
    return (this.#protocols[number] ??= new Protocol(this.#core, number, this.#core.platform.protocols.text(number)))
  }

  /** The behavior of a protocol, where it has been loaded here and its protocol alone says which it is. */
  known({ number }: Protocol): Loaded | undefined {
    return this.#plain[number]
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
      if (!('inner' in behavior[source])) this.#plain[protocol.number] = loaded
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
    const { name, version } = behavior
    const identity = `${version} ${name}`
    const known = this.#named.get(identity)
    if (known === undefined) return void this.#named.set(identity, behavior)
    if (this.#core.upgrades.hasBrought(behavior)) return
    const same = 'inner' in known[source] && 'inner' in behavior[source] && known[source].url === behavior[source].url
    if (same) return // one wrapper around one behavior, with other options
    const files = [...new Set([known[source].url, behavior[source].url])].join(' and ')
    throw new InvalidCall(`two behaviors are named '${name}', in ${files}; a name is an identity, so give each its own`)
  }
}
