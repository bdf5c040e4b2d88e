// Where the actors of a simulation are, seen from outside: at most one live copy of each, after every step; and, once all has
// come to rest, nothing left of moves but what the thread that an actor was spawned on must know.
//
// Invariant: it only looks.
import { ActorRef } from '../../src/core/actor-ref.ts'
import type { Address } from '../../src/core/address.ts'
import type { Cell, Status } from '../../src/core/cell.ts'
import type { World } from '../../src/testing/world.ts'
import type { Audit } from '../simulation-audit.ts'

/** Steps after which all is looked at, whatever has changed. */
const SELDOM = 16
const THREADS = 64
/** What copies are that are not live yet, or no more. */
const DORMANT = new Set<Status>(['arriving', 'moved', 'stopped'])
const keyOf = ({ home, birth, serial }: Address): number => (home * THREADS + birth) * 2 ** 32 + serial

export class Census {
  readonly #world: World
  readonly #audit: Pick<Audit, 'violations' | 'check'>
  /** The thread that an actor lives on. */
  readonly #places = new Map<number, number>()
  /** By thread: how many it had when last looked at. */
  readonly #sizes: number[] = []
  #notes = 0

  constructor(world: World, audit: Pick<Audit, 'violations' | 'check'>) {
    this.#world = world
    this.#audit = audit
  }

  /** All live copies: those that threads host, and any other that does something. */
  *#cells(): Iterable<[cell: Cell, thread: number]> {
    for (const { core, thread, state } of this.#world.threads) {
      if (state !== 'running') continue
      for (const cell of core.directory) yield [cell, thread]
      for (const { cell, resident } of core.routes.stands()) {
        if (cell !== undefined && !resident && !DORMANT.has(cell.status)) yield [cell, thread]
      }
    }
  }

  /** After a step: looks again where actors have come or gone, and from time to time. */
  note(): void {
    let changed = ++this.#notes % SELDOM === 0
    this.#world.threads.forEach(({ core }, thread) => {
      const { size } = core.directory
      if (this.#sizes[thread] === size) return
      this.#sizes[thread] = size
      changed = true
    })
    if (changed) this.#look()
  }
  #look(): void {
    const places = this.#places
    places.clear()
    for (const [{ address }, thread] of this.#cells()) {
      const key = keyOf(address)
      const other = places.get(key)
      if (other !== undefined)
        this.#audit.violations.push(`${address.id} lives on threads ${other} and ${thread} at once`)
      places.set(key, thread)
    }
  }

  /** All that live. */
  living(): Set<string> {
    return new Set([...this.#cells()].map(([{ address }]) => address.id))
  }
  /** All that live, and the lives in their states. */
  found(): Map<string, number> {
    return new Map([...this.#cells()].map(([{ address, state }]) => [address.id as string, lifeIn(state)]))
  }
  /** Refs to all that live, on the callback's thread, and where they are. */
  all(): [ref: ActorRef, thread: number][] {
    const { core } = this.#world.threads[0]!
    return [...this.#cells()].map(([{ address }, thread]) => {
      const { home, birth, serial, protocol } = address
      const here = core.address(core.behaviors.protocol(protocol.number), home, birth, serial)
      return [new ActorRef(here, undefined), thread]
    })
  }

  rested(): void {
    this.#look()
    for (const { core, thread, state } of this.#world.threads) {
      if (state !== 'running') continue
      let known = 0
      for (const { address, phase, held, fence } of core.routes.stands()) {
        known++
        const place = this.#places.get(keyOf(address))
        const what = `thread ${thread} still has a standing of ${address.id}, ${phase}`
        this.#audit.check(place !== undefined, () => `${what}, which has ended`)
        const needed = thread === core.heirs.of(address.home) && place !== thread
        this.#audit.check(place === undefined || needed, () => `${what}, which is on thread ${place}`)
        this.#audit.check(held.length === 0 && fence === 0, () => `${what}, with ${held.length} frames held`)
      }
      for (const cell of core.directory) {
        if (cell.address.home !== thread) known++
        this.#checkCell(cell)
      }
      const { size } = core.routes
      this.#audit.check(
        size === known,
        () => `thread ${thread} knows ${size} addresses of actors that move, not ${known}`,
      )
      const { pending } = core.handoffs
      this.#audit.check(pending === 0, () => `thread ${thread} still has to do with ${pending} moves`)
    }
  }
  #checkCell({ address, status, extra }: Cell): void {
    const check = (kept: boolean, what: string): void => this.#audit.check(kept, () => `${address.id} ${what}`)
    check(status === 'running', `is ${status}`)
    check(extra?.waking === undefined, 'still holds what it sends')
    check(extra?.moves === undefined && extra?.departing !== true, 'still wants to move')
  }
}

/** A wrapped behavior's state has its own inside. */
function lifeIn(state: unknown): number {
  const { life, inner } = state as { life?: number; inner?: object }
  return life ?? lifeIn(inner)
}
