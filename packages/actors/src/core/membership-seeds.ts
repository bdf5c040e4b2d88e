// The addresses that a node was told to join at, and whether it may found a cluster there itself.
//
// Of several that start at once from one list, one founds the cluster: the one that was created first. A node listens
// before it asks anybody, so of any two at least one finds the other: it is answered by a cluster, by one that lets it go first, or by
// one that it lets go first; or refused, and then the other will ask. So there is one founder, as long as they reach each other.
//
// Invariant: a node without its own address in the list never founds anything.
import type { MembershipEffect } from './membership-events.ts'
import type { Peer } from './membership-peer.ts'
import { compareIds, type NodeId } from './membership-roster.ts'
import type { MembershipTimes } from './membership-times.ts'

interface Seed {
  id: NodeId | undefined
  dialing: boolean
  retryAt: number
  backoff: number
  /** Nobody is there, or was when it was last tried. */
  absent: boolean
}

export class Seeds {
  readonly #self: NodeId
  readonly #times: MembershipTimes
  readonly #seeds = new Map<string, Seed>()
  readonly #start: number
  /** This node is one of those who can found a cluster. */
  readonly mine: boolean

  constructor(self: NodeId, own: readonly string[], join: readonly string[], times: MembershipTimes, now: number) {
    this.#self = self
    this.#times = times
    this.#start = now
    this.mine = join.length === 0 || join.some(address => own.includes(address))
    for (const address of join) {
      if (own.includes(address)) continue
      this.#seeds.set(address, { id: undefined, dialing: false, retryAt: now, backoff: 0, absent: false })
    }
  }

  connected(address: string, id: NodeId): void {
    const seed = this.#seeds.get(address)
    if (seed) Object.assign(seed, { id, dialing: false, absent: false, backoff: 0 })
  }
  failed(address: string, absent: boolean, now: number): void {
    const seed = this.#seeds.get(address)
    if (seed === undefined) return
    const [first, longest] = this.#times.retry
    const backoff = Math.min(longest, seed.backoff === 0 ? first : 2 * seed.backoff)
    Object.assign(seed, { id: undefined, dialing: false, absent, backoff, retryAt: now + backoff })
  }

  /** Asks again for all that are not linked: seldom when this node is a member, to find a cluster that was founded apart. */
  *dial(linked: (id: NodeId) => boolean, member: boolean, now: number): Generator<MembershipEffect> {
    for (const [address, seed] of this.#seeds) {
      if (seed.id !== undefined && !linked(seed.id)) Object.assign(seed, { id: undefined, retryAt: now })
      if (seed.id !== undefined || seed.dialing || now < seed.retryAt + (member ? this.#times.found : 0)) continue
      seed.dialing = true
      yield { kind: 'connect', address, addresses: [address] }
    }
  }

  /** Whether nobody else has founded the cluster, and all others let this node do it. */
  mayFound(peers: ReadonlyMap<NodeId, Peer>, ended: (id: NodeId) => boolean, now: number): boolean {
    if (!this.mine) return false
    for (const peer of peers.values()) {
      if (ended(peer.id)) continue
      if (peer.cluster !== '' || (peer.founds && compareIds(peer.id, this.#self) < 0)) return false
    }
    const late = now - this.#start >= this.#times.found
    for (const seed of this.#seeds.values()) {
      if (seed.absent || (late && seed.id === undefined)) continue
      const peer = seed.id === undefined ? undefined : peers.get(seed.id)
      if (peer === undefined || !(peer.at >= 0 && peer.knows)) return false
    }
    return true
  }
}
