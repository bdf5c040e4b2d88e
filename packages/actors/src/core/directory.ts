// Which actors this thread hosts.
//
// Invariants: an actor is here from its spawn, or the first message to it, until it has stopped. Spawns from one thread
// onto another are numbered and come in that order, so of an unknown actor it is known without any tombstone whether it
// has not come yet (its number is above the highest seen) or has gone.
import { Address } from './address.ts'
import { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { Protocol } from './protocol.ts'
import { Serials } from './serials.ts'

export class Directory {
  readonly #core: Core
  /** By birth thread, then serial. */
  readonly #here: Serials<Address>[] = []
  /** By birth thread: the highest serial whose spawn has come. */
  readonly #highest: number[] = []
  /** By home thread: how many this thread has spawned there. */
  readonly #spawned: number[] = []
  size = 0

  constructor(core: Core) {
    this.#core = core
    this.#know(core.platform.threads)
  }

  /** Threads that take the places of others have higher numbers. */
  #know(count: number): void {
    for (let thread = this.#here.length; thread < count; thread++) {
      this.#here.push(new Serials())
      this.#highest.push(0)
      this.#spawned.push(0)
    }
  }

  /** The address of the next actor that this thread spawns on `home`. */
  next(protocol: Protocol, home: number): Address {
    this.#know(home + 1)
    const serial = ++this.#spawned[home]!
    return new Address(protocol, home, this.#core.platform.thread, serial)
  }
  /** The actor whose address was given last is not spawned after all: nobody may ever wait for it there. */
  takeBack({ home }: Address): void {
    this.#spawned[home]!--
  }

  add(cell: Cell): void {
    const { address } = cell
    address.cell = cell
    this.#know(address.birth + 1)
    if (address.home === this.#core.platform.thread) this.#here[address.birth]!.add(address.serial, address)
    else this.#core.routes.keep(address)
    this.size++
    this.#core.platform.hosts(1)
  }

  remove(cell: Cell): void {
    const { address } = cell
    address.cell = undefined
    const spawnedHere = address.home === this.#core.platform.thread
    if (spawnedHere && !this.#here[address.birth]!.delete(address.serial)) return
    this.size--
    this.#core.platform.hosts(-1)
  }

  /** The spawn of this actor has come. */
  arrived(birth: number, serial: number): void {
    this.#know(birth + 1)
    if (serial > this.#highest[birth]!) this.#highest[birth] = serial
  }

  find(birth: number, serial: number): Address | undefined {
    return this.#here[birth]?.get(serial)
  }

  /** An actor of this thread; one whose spawn is still on its way gets a cell that keeps what comes for it. */
  reach(protocol: Protocol, birth: number, serial: number): Address | undefined {
    const found = this.find(birth, serial)
    if (found !== undefined || birth === this.#core.platform.thread || serial <= (this.#highest[birth] ?? 0))
      return found
    if (this.#core.hasLost(birth)) return undefined // with the spawn that it had not sent yet
    const address = new Address(protocol, this.#core.platform.thread, birth, serial)
    this.add(new Cell(this.#core, address, 'expected', undefined, undefined))
    return address
  }

  *[Symbol.iterator](): Iterator<Cell> {
    for (const table of this.#here) for (const { present } of table.values()) if (present !== undefined) yield present
    yield* this.#core.routes.cells()
  }
}
