// A value on its way to another thread that can be read only later, once the code is loaded that knows its classes.
//
// Invariants: within a process it is bare bytes of the process's own dialect; what goes to another node is of the wire dialect, so
// any process may hold it, or pass it on, and is scanned where it comes, like all else (edge/wire-scan.ts). No node can make
// this one read bytes that were not.
import { FIRST_FAR } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { InvalidCall } from './errors.ts'
import { sealed } from './held.ts'
import { travel, type TravelKind } from './sendable.ts'

export class Sealed {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
  declare readonly [travel]: TravelKind<Sealed>
}
export const sealedTravel: TravelKind<Sealed> = {
  tag: 'sealed',
  wire: 'body',
  pack: ({ bytes }) => bytes,
  unpack: plain => new Sealed(plain as Uint8Array),
}
Object.defineProperty(Sealed.prototype, travel, { value: sealedTravel })

/** Throws NotSendable. */
export function sealedFor(core: Core, value: object, thread: number): Uint8Array | Sealed {
  if (thread < FIRST_FAR) return sealed(core, value)
  const { bytes, start, end } = core.platform.codec.packWire(value)
  return new Sealed(new Uint8Array(bytes.subarray(start, end))) // never a Buffer, which is another kind of value
}

/** What was sealed, or is primitive; `to` gets it, and it came from the thread `from`. */
export function unsealed(value: unknown, to: Cell, from: number): unknown {
  const bytes = value instanceof Sealed ? value.bytes : value
  if (!(bytes instanceof Uint8Array)) return value
  if (bytes === value && from >= FIRST_FAR) throw new InvalidCall('what another node has sent makes no sense')
  return to.core.platform.codec.decode(bytes, 0, bytes.length, to)
}
