// Which actors this thread hosts.
//
// Threads of other nodes have high numbers (address.ts), so what is kept by number is in a table for each kind.
//
// Invariants: an actor is here from its spawn, or the first message to it, until it has stopped. Spawns from one thread
// onto another are numbered and come in that order, so of an unknown actor it is known without any tombstone whether it
// has not come yet (its number is above the highest seen) or has gone.
import { Address, FIRST_FAR } from './address.ts'
import { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { Protocol } from './protocol.ts'
import { Serials } from './serials.ts'

/** What a thread has had to do with another one's spawns. */
class Births {
  /** Its actors that are here, by serial. */
  readonly here = new Serials<Address>()
  /** The highest serial whose spawn has come from there. */
  highest = 0
  /** How many this thread has spawned there. */
  spawned = 0
}

export class Directory {
  readonly #core: Core
  /** By thread, of this node and of others. */
  readonly #near: Births[] = []
  readonly #far = new Map<number, Births>()
  size = 0

  constructor(core: Core) {
    this.#core = core
    this.#of(core.platform.threads - 1)
  }

  #of(thread: number): Births {
    const known = this.#known(thread)
    if (known !== undefined) return known
    if (thread < FIRST_FAR) {
      // threads that take the places of others have higher numbers
      while (this.#near.length <= thread) this.#near.push(new Births())
      return this.#near[thread]!
    }
    const births = new Births()
    this.#far.set(thread, births)
    return births
  }
  #known(thread: number): Births | undefined {
    return thread < FIRST_FAR ? this.#near[thread] : this.#far.get(thread)
  }

  /** The address of the next actor that this thread spawns on `home`. */
  next(protocol: Protocol, home: number): Address {
    const serial = ++this.#of(home).spawned
    return new Address(protocol, home, this.#core.platform.thread, serial)
  }
  /** The actor whose address was given last is not spawned after all: nobody may ever wait for it there. */
  takeBack({ home }: Address): void {
    this.#of(home).spawned--
  }

  add(cell: Cell): void {
    const { address } = cell
    address.cell = cell
    const births = this.#of(address.birth)
    if (address.home === this.#core.platform.thread) births.here.add(address.serial, address)
    else this.#core.routes.keep(address)
    this.size++
    this.#core.platform.hosts(1)
  }

  remove(cell: Cell): void {
    const { address } = cell
    address.cell = undefined
    const spawnedHere = address.home === this.#core.platform.thread
    if (spawnedHere && !this.#of(address.birth).here.delete(address.serial)) return
    this.size--
    this.#core.platform.hosts(-1)
  }

  /** The spawn of this actor has come. */
  arrived(birth: number, serial: number): void {
    const births = this.#of(birth)
    if (serial > births.highest) births.highest = serial
  }

  find(birth: number, serial: number): Address | undefined {
    return this.#known(birth)?.here.get(serial)
  }

  /** An actor of this thread; one whose spawn is still on its way gets a cell that keeps what comes for it. */
  reach(protocol: Protocol, birth: number, serial: number): Address | undefined {
    const found = this.find(birth, serial)
    if (found !== undefined || birth === this.#core.platform.thread || serial <= (this.#known(birth)?.highest ?? 0))
      return found
    if (this.#core.hasLost(birth)) return undefined // with the spawn that it had not sent yet
    const address = new Address(protocol, this.#core.platform.thread, birth, serial)
    this.add(new Cell(this.#core, address, 'expected', undefined, undefined))
    return address
  }

  *[Symbol.iterator](): Iterator<Cell> {
    for (const { here } of [...this.#near, ...this.#far.values()]) {
      for (const { present } of here.values()) if (present !== undefined) yield present
    }
    yield* this.#core.routes.cells()
  }
}
