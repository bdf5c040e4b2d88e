// The ring: which of its nodes a key belongs to, and what moves when they change. What users hold.
//
// Invariants: a ring never changes: `with` and `without` make another one. The same nodes and options give the same owners
// on every machine and thread, in whatever order the nodes were given (but for jump, which numbers them as they come).
// A lookup makes no object and no bigint, except what a hash from elsewhere makes (xxh64, md5).
import { assigned } from './bounded-load.ts'
import { description } from './description.ts'
import { hashNamed, type HashName } from './hash.ts'
import type { Key } from './key-bytes.ts'
import { nodesOf, type NodeSpec, type RingNode } from './node.ts'
import { settled, type RingOptions } from './options.ts'
import { placementOf, type Placement, type Settings, type Strategy } from './placement.ts'
import { planOf, type Plan, type Side } from './plan.ts'
import { preferenceList, Zones } from './preference.ts'
import { RingError, shown } from './ring-error.ts'

/** An immutable map from keys to nodes, in which few keys move when nodes come and go. */
export interface Ring {
  /** By id; of 'jump' by number. */
  readonly nodes: readonly RingNode[]
  readonly strategy: Strategy
  readonly hash: HashName
  /** The id of the node that a key belongs to. */
  owner(key: Key): string
  /**
   * The key's preference list: the owner, then the nodes that keep it too, all distinct, each zone once before any is there
   * twice. With fewer than `count` nodes it is all of them.
   */
  owners(key: Key, count: number): string[]
  /**
   * The node of each of these keys where no node may have more than ceil(bound × keys × its part of the weights): the
   * owner, or who has room next. Depends on the set of keys, not on their order. Throws `infeasible-bound` where the nodes
   * have not enough room together, as with a bound below 1. Of several equal keys each takes room; the last one's node is kept.
   */
  assign<K extends Key>(keys: Iterable<K>, options?: { readonly bound?: number }): Map<K, string>
  /** Where a key is on the circle (0 to 2^32 - 1) or in maglev's table; undefined with 'rendezvous' and 'jump'. */
  position(key: Key): number | undefined
  /** A ring with these nodes as well. Throws `duplicate-node` for one that is there. */
  with(...nodes: NodeSpec[]): Ring
  /** A ring without these. Throws `unknown-node` for one that is not there, `no-nodes` for the last. */
  without(...ids: string[]): Ring
  /** What moves from this ring to another one, from whom, to whom. */
  plan(next: Ring): Plan
  /** Strategy, options and memory, and each node's share of the keys, in lines for people. */
  describe(): string
}

/**
 * A ring of these nodes. Throws a `RingError` where a node or an option makes no sense.
 *
 *     const hosts = ring(['a', 'b', { id: 'c', weight: 2, zone: 'east' }])
 *     hosts.owner('user-42')
 */
export function ring(nodes: readonly NodeSpec[], options: RingOptions = {}): Ring {
  const settings = settled(options)
  return new PlacedRing(nodesOf(nodes, settings.strategy === 'jump'), settings)
}

const BOUND = 1.25

class PlacedRing implements Ring, Side {
  readonly nodes: readonly RingNode[]
  readonly #settings: Settings
  readonly #placement: Placement
  readonly #zones: Zones
  readonly #ids: readonly string[]

  constructor(nodes: readonly RingNode[], settings: Settings) {
    this.nodes = Object.freeze(nodes.map(node => Object.freeze(node)))
    this.#settings = settings
    this.#placement = placementOf(nodes, hashNamed(settings.hash), settings)
    this.#zones = new Zones(nodes)
    this.#ids = nodes.map(({ id }) => id)
  }

  get strategy(): Strategy {
    return this.#settings.strategy
  }
  get hash(): HashName {
    return this.#settings.hash
  }
  get spans() {
    return this.#placement.spans
  }
  get table(): string {
    const { strategy, hash, tableSize } = this.#settings
    return `${strategy} ${hash} ${tableSize}`
  }

  owner(key: Key): string {
    return this.#ids[this.#placement.owner(key)]!
  }
  owners(key: Key, count: number): string[] {
    if (!(Number.isInteger(count) && count >= 1))
      throw new RingError('bad-count', `owners(key, count) takes a whole number from 1 on, not ${shown(count)}`)
    return preferenceList(this.#placement, this.#zones, key, count).map(node => this.#ids[node]!)
  }
  assign<K extends Key>(keys: Iterable<K>, { bound = BOUND }: { readonly bound?: number } = {}): Map<K, string> {
    const list = [...keys]
    const hash = hashNamed(this.hash)
    const owners = assigned(list, this.nodes, { placement: this.#placement, hash, bound })
    return new Map(list.map((key, index) => [key, this.#ids[owners[index]!]!]))
  }
  position(key: Key): number | undefined {
    return this.#placement.position?.(key)
  }

  with(...nodes: NodeSpec[]): Ring {
    return ring([...this.nodes.map(spec), ...nodes], this.#settings)
  }
  without(...ids: string[]): Ring {
    const left = [...this.nodes]
    for (const id of ids) {
      const at = left.findIndex(node => node.id === id)
      if (at < 0) throw new RingError('unknown-node', `there is no node ${shown(id)} to take out of this ring`)
      const last = left.pop()!
      if (at < left.length) left[at] = last // its number goes to the last, as jump has it; the others sort anyway
    }
    return ring(left.map(spec), this.#settings)
  }

  plan(next: Ring): Plan {
    if (next instanceof PlacedRing) return planOf(this, next)
    throw new RingError('bad-option', `a plan leads to another ring, as ring() makes them, and not to ${shown(next)}`)
  }
  describe(): string {
    return description(this.nodes, this.#settings, this.#placement)
  }
}

/** A node as it can be given again. */
function spec({ id, weight, zone }: RingNode): NodeSpec {
  return zone === undefined ? { id, weight } : { id, weight, zone }
}
