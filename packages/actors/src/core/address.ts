// Who an actor is, and where: the part of a ref that does not depend on who holds it. Plain numbers, so that an address
// goes into a frame as three words.
//
// Invariants: (birth, home, serial) is never used twice in a system: `birth` is the thread that spawned the actor, which
// numbers its spawns onto `home` from 1. `cell` is set exactly while the actor is hosted by this thread's core.
import type { ActorId } from './errors.ts'
import type { Cell } from './cell.ts'
import type { Protocol } from './protocol.ts'

export class Address {
  readonly protocol: Protocol
  readonly home: number
  readonly birth: number
  readonly serial: number
  cell: Cell | undefined = undefined

  constructor(protocol: Protocol, home: number, birth: number, serial: number) {
    this.protocol = protocol
    this.home = home
    this.birth = birth
    this.serial = serial
  }

  get id(): ActorId {
    return `${this.protocol.name}#${this.home}.${this.birth}.${this.serial}` as ActorId
  }

  equals(other: Address): boolean {
    return other.serial === this.serial && other.birth === this.birth && other.home === this.home
  }

  /** Whether messages to it stay on this thread. */
  get local(): boolean {
    return this.home === this.protocol.core.platform.thread
  }
}
