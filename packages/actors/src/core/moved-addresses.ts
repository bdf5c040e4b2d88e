// Of actors that have moved: the one address that counts on this thread.
//
// Invariant: an address is here while the actor lives here though it was spawned elsewhere, or has a standing here.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { Serials } from './serials.ts'

const PLACES = 65_536

export class MovedAddresses {
  protected readonly core: Core
  /** By home and birth, then serial. */
  readonly #table = new Map<number, Serials<Address>>()
  /** Addresses in the table. */
  size = 0
  #asked: Address | undefined = undefined
  #found: Address | undefined = undefined

  constructor(core: Core) {
    this.core = core
  }

  find(home: number, birth: number, serial: number): Address | undefined {
    return this.#table.get(home * PLACES + birth)?.get(serial)
  }
  /** The address that counts, for any address of an actor. */
  of(address: Address): Address {
    if (this.size === 0 || address.standing !== undefined) return address
    if (this.#asked === address) return this.#found!
    const found = this.find(address.home, address.birth, address.serial) ?? address
    this.#asked = address
    return (this.#found = found)
  }
  /** From here on this is the one that counts. */
  keep(address: Address): void {
    const { home, birth, serial } = address
    const key = home * PLACES + birth
    let serials = this.#table.get(key)
    if (serials === undefined) this.#table.set(key, (serials = new Serials()))
    if (serials.get(serial) !== undefined) return
    serials.add(serial, address)
    this.size++
    this.#asked = undefined
  }
  /** Neither lives here nor has a standing. */
  protected letGo({ home, birth, serial }: Address): void {
    if (this.#table.get(home * PLACES + birth)?.delete(serial) !== true) return
    this.size--
    this.#asked = undefined
  }
  *cells(): Iterable<Cell> {
    for (const serials of this.#table.values()) {
      for (const { home, present } of serials.values()) {
        if (present !== undefined && home !== this.core.platform.thread) yield present
      }
    }
  }

  /** Whether it has ended, as this thread would know. */
  isGone(any: Address): boolean {
    const { standing, cell, local } = this.of(any)
    return standing === undefined && cell === undefined && local && !this.core.heirs.isReviving
  }
  /** Whether nobody can be asked who always knows where it is: the thread that it was spawned on is lost, and has no heir, or none yet. */
  isOrphan({ home }: Address): boolean {
    const { heirs, someLost } = this.core
    return someLost && (heirs.isOpen(heirs.of(home)) || heirs.areNone(home))
  }
  /** Where the actor is, as far as this thread knows. */
  placeOf(any: Address): number {
    const { standing, cell, home } = this.of(any)
    if (cell !== undefined) return this.core.platform.thread
    if (standing === undefined) return this.core.heirs.of(home)
    return standing.resident ? standing.self : this.core.heirs.of(standing.place)
  }
}
