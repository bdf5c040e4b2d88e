// Who an actor is, and where: the part of a ref that does not depend on who holds it. Plain numbers, so that an address
// goes into a frame as three words. A number names a thread: one of this process below FIRST_FAR, above that one of another
// node, as this process has numbered it (places.ts).
//
// Invariants: (birth, home, serial) is never used twice in a system: `birth` is the thread that spawned the actor, which
// numbers its spawns onto `home` from 1. It stays the same wherever the actor moves. `cell` is set while the actor is hosted
// by this thread's core and what is sent to it here may go straight there. Of an actor that has moved, and that this thread
// knows of, there is one address that counts (routes.ts), with its `standing`. Its protocol is the newest that has been
// heard of: an upgrade gives an actor another one.
import type { ActorId } from './errors.ts'
import type { Cell } from './cell.ts'
import type { Protocol } from './protocol.ts'
import type { Stand } from './stand.ts'

/** Threads of other nodes have numbers from here on, to 65,535. */
export const FIRST_FAR = 4096

export class Address {
  protocol: Protocol
  /** The thread that it was spawned on. */
  readonly home: number
  readonly birth: number
  readonly serial: number
  cell: Cell | undefined = undefined
  standing: Stand | undefined = undefined

  constructor(protocol: Protocol, home: number, birth: number, serial: number) {
    this.protocol = protocol
    this.home = home
    this.birth = birth
    this.serial = serial
  }

  /** The actor may have been upgraded. */
  learn(protocol: Protocol): void {
    if (protocol.version > this.protocol.version) this.protocol = protocol
  }

  get id(): ActorId {
    const { places } = this.protocol.core
    return `${this.protocol.name}#${places.text(this.home)}.${places.text(this.birth)}.${this.serial}` as ActorId
  }

  equals(other: Address): boolean {
    return other.serial === this.serial && other.birth === this.birth && other.home === this.home
  }

  /** Whether this thread answers for it, as it was spawned here, or on one that this has inherited from: only that can say that it is gone. */
  get local(): boolean {
    const { platform, heirs } = this.protocol.core
    return this.home === platform.thread || heirs.answersFor(this.home)
  }
  /** The actor, where it is live on this thread. */
  get present(): Cell | undefined {
    if (this.cell !== undefined) return this.cell
    const { standing } = this
    return standing !== undefined && standing.resident ? standing.cell : undefined
  }
}
