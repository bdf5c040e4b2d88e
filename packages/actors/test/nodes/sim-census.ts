// Where the actors of a simulated cluster are, seen from outside: at most one live copy of each, after every step; and, once all
// has come to rest, nothing left of moves but what the thread that an actor was spawned on must know.
//
// Invariant: it only looks. A node that was declared down is looked at as long as it runs: it does not know, and yet no copy there
// may run beside another.
import type { Cell, Status } from '../../src/core/cell.ts'
import type { SimCluster, SimNode } from '../../src/testing/sim-cluster.ts'
import type { Stand } from '../../src/core/stand.ts'
import type { SimThread } from '../../src/testing/sim-thread.ts'

/** Steps after which all is looked at, whatever has changed. */
const SELDOM = 16
/** What copies are that are not live yet, or no more. */
const DORMANT = new Set<Status>(['arriving', 'moved', 'stopped'])

export class Census {
  readonly #cluster: SimCluster
  readonly #violations: string[]
  /** The node and thread that an actor lives on. */
  readonly #places = new Map<string, string>()
  /** Actors of which a node had something when it was declared down, or since. */
  readonly lost = new Set<string>()
  #sizes = ''
  #notes = 0

  constructor(cluster: SimCluster, violations: string[]) {
    this.#cluster = cluster
    this.#violations = violations
  }

  *#threads(): Iterable<[node: SimNode, thread: SimThread]> {
    for (const node of this.#cluster.nodes) {
      if (node.life === 'over') continue
      for (const thread of node.world.threads) if (thread.state === 'running') yield [node, thread]
    }
  }
  /** All live copies: those that threads host, and any other that does something. */
  *#cells(): Iterable<[cell: Cell, node: SimNode, thread: SimThread]> {
    for (const [node, thread] of this.#threads()) {
      for (const cell of thread.core.directory) yield [cell, node, thread]
      for (const { cell, resident } of thread.core.routes.stands()) {
        if (cell !== undefined && !resident && !DORMANT.has(cell.status)) yield [cell, node, thread]
      }
    }
  }

  /** After a step: looks again where actors have come or gone, and from time to time. */
  note(): void {
    let sizes = ''
    for (const [node, { core, thread }] of this.#threads()) sizes += `${node.name}${thread} ${core.directory.size} `
    if (sizes === this.#sizes && ++this.#notes % SELDOM > 0) return
    this.#sizes = sizes
    this.#look()
    for (const node of this.#cluster.nodes) if (node.life === 'expelled') this.losing(node)
  }
  #look(): void {
    const places = this.#places
    places.clear()
    for (const [{ address }, node, { thread }] of this.#cells()) {
      const place = `${node.name}/${thread}`
      const other = places.get(address.id)
      if (other !== undefined) this.#violations.push(`${address.id} lives on ${other} and ${place} at once`)
      places.set(address.id, place)
    }
  }
  /** Whether the node is gone that an actor was spawned on: of such a one nobody can be asked where it is. */
  #isOrphan({ address }: Stand): boolean {
    const { core } = address.protocol
    return core.heirs.areNone(address.home)
  }
  /** What a node has, live or not, goes with it. */
  losing(node: SimNode): void {
    for (const { core, state } of node.world.threads) {
      if (state !== 'running') continue
      for (const cell of core.directory) this.lost.add(cell.address.id)
      for (const { address, cell } of core.routes.stands()) if (cell !== undefined) this.lost.add(address.id)
    }
  }

  /** All that live on nodes that run. */
  living(): Map<string, string> {
    this.#look()
    return this.#places
  }

  rested(): void {
    this.#look()
    const check = (kept: boolean, what: string): void => void (kept || this.#violations.push(what))
    for (const [node, { core, thread }] of this.#threads()) {
      const here = `${node.name}/${thread}`
      let known = 0
      let orphans = false
      for (const stand of core.routes.stands()) {
        const { address, phase, held, fence } = stand
        known++
        const place = this.#places.get(address.id)
        const what = `${here} still has a standing of ${address.id}, ${phase}`
        check(place !== undefined, `${what}, which has ended`)
        if (this.#isOrphan(stand)) {
          orphans = true
          continue
        }
        check(
          place === undefined || (core.heirs.of(address.home) === thread && place !== here),
          `${what}, which is on ${place}`,
        )
        check(held.length === 0 && fence === 0, `${what}, with ${held.length} frames held`)
      }
      for (const cell of core.directory) {
        if (cell.address.home !== thread) known++
        const { address, status, extra } = cell
        check(status === 'running', `${address.id} is ${status}`)
        check(extra?.waking === undefined, `${address.id} still holds what it sends`)
        check(extra?.moves === undefined && extra?.departing !== true, `${address.id} still wants to move`)
      }
      const { size } = core.routes
      check(orphans || size === known, `${here} knows ${size} addresses of actors that move, not ${known}`)
      check(core.handoffs.pending === 0, `${here} still has to do with ${core.handoffs.pending} moves`)
      // a goroutine may wait for ever
      const asks = [...core.asks]
        .filter(({ method }) => method !== 'go')
        .map(({ target, method }) => `${target.id}.${method}`)
      check(asks.length === 0, `${here} still asks ${asks.join()}`)
      check(core.heirs.isIdle, `${here} still waits for an heir, or is one`)
      check(!core.platform.stalled!(), `${here} still has frames that wait for other nodes`)
    }
    for (const node of this.#cluster.living) {
      for (const peer of node.hub.hub.peers()) check(!peer.waits, `${node.name} has frames that wait for ${peer.id}`)
      for (const { id, pending } of node.links.values()) {
        check(node.sees.get(id) === 'down' || pending === 0, `${node.name} has ${pending} bytes for ${id}`)
      }
    }
  }
}
