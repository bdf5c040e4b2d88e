// A value on its way through a channel, between the copy that its sender gave and the one that its receiver gets.
//
// Invariants: what is held belongs to nobody: primitives and plain copies go to the receiver as they are; a Carrier holds
// refs or channel ends and is copied once more for the receiver, so that they become its own; a Parcel came in a frame, is
// passed on to another thread as it is, and is decoded by whoever receives it. Bytes that a select would hand over stay with
// it, as MovedBytes, until its case is chosen; everywhere else they are taken at once. What happens to a value once its
// sender and receiver have been chosen cannot fail.
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { Parcel } from './mailbox.ts'
import { MovedBytes } from './moved.ts'

/** A copy that holds refs or channel ends. */
class Carrier {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
}

/** A Parcel with channel ends in it: dropped unread, they must be let go. */
export class EndsParcel extends Parcel {}

/** A primitive, a copy, or one of Carrier, Parcel, MovedBytes. */
export type Held = unknown

/** Takes a value from its sender. Throws NotSendable, or InvalidCall for bytes that cannot be handed over. */
export function hold(core: Core, value: unknown): Held {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' || value === undefined) {
    return value
  }
  return value instanceof MovedBytes ? value.take() : copied(core, value)
}
/** The same for a case of a select, which may lose. */
export function offer(core: Core, value: unknown): Held {
  if (!(value instanceof MovedBytes)) return hold(core, value)
  if (value.gone) value.take() // says so
  return value
}
function copied(core: Core, value: unknown): Held {
  const copy = core.copyFor(value, undefined, 'channel: value')
  return core.copied.kinds > 0 ? new Carrier(copy) : copy
}

/** Whether a select can no longer hand over what it offered. */
export function spoiled(value: Held): boolean {
  return value instanceof MovedBytes && value.gone
}
/** What a select had offered, now that it is chosen. */
export function surrender(value: Held): Held {
  return value instanceof MovedBytes ? value.takeOrCopy() : value
}

/** Gives it to its receiver. Throws where a codec of the user's fails, or is not known on this thread. */
export function release(core: Core, value: Held, to: Cell | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Parcel) return core.platform.codec.decode(value.bytes, value.start, value.end, to ?? core)
  return value instanceof Carrier ? core.copyFor(value.value, to) : value
}

/** As it goes into a frame; what a select offers stays with it meanwhile. A Parcel stays one. */
export function packable(value: Held): unknown {
  if (value instanceof Carrier) return value.value
  return value instanceof MovedBytes ? value.bytes : value
}

/** As bytes of its own, for a home that goes to another thread. Throws where a codec of the user's fails. */
export function sealed(core: Core, value: Held): Uint8Array {
  if (value instanceof Parcel) return value.bytes.slice(value.start, value.end)
  const { bytes, start, end } = core.platform.codec.pack(packable(value))
  return new Uint8Array(bytes.subarray(start, end))
}

/** A value that is lent for a call, as something that lasts. */
export function lasting(value: Held): Held {
  if (!(value instanceof Parcel)) return value
  const bytes = value.bytes.slice(value.start, value.end)
  return value instanceof EndsParcel ? new EndsParcel(bytes, 0, bytes.length) : new Parcel(bytes, 0, bytes.length)
}

const TICK = Promise.resolve()

/**
 * Nobody gets it, which may be lent: whoever gave away the ends in it need not wait for them. To let them go is to decode
 * it, and that may run a codec of the user's, which must not find a channel in the middle of something: so it comes a
 * microtask later. Once for each value, or a thread would forget an end that is still under way.
 */
export function discard(core: Core, value: Held): void {
  if (!(value instanceof EndsParcel)) return
  const dropped = lasting(value)
  void TICK.then(() => {
    try {
      release(core, dropped, undefined)
    } catch {
      // it could not have been received either
    }
  })
}
