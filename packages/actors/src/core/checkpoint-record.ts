// What stands in the records of a vault (platform.ts), written. remains.ts reads it.
//
//   source  {url, name} of a behavior, as msgpack; written once for all its actors
//   birth   words: flags, epoch, handle of the source, bytes of the first value; [parent, name, source] where there is any
//           of them; the init. A wrapped behavior has its source here, sealed, as its options may be instances.
//   state   words: epoch, lives, encoding of the state, its bytes; the state; its things (baggage.ts) where there are any
//
// Invariants: a record refers to nothing in this thread's heap. One buffer is used for all of them; what is in it stands
// until the next one is written. Channel ends in a record are not given away: nobody may ever read it.
import { ActorRef } from './actor-ref.ts'
import { copied, packState, type Refuse, type Things, thingsOf } from './baggage.ts'
import { type Source, source } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { FLAT, PACKED } from './frame.ts'
import type { Packed } from './platform.ts'
import type { Restarts } from './supervision.ts'

export const HEAD_BYTES = 16
/** Flags of a birth. */
export const MORE = 1 // there is a first value
export const PINNED = 2
export const UNPINNED = 4
export const INIT = 8

/** The first value of a birth. */
export type BirthMore = [parent: ActorRef | undefined, name: string | undefined, source: Uint8Array | undefined]
/** What a state record has behind the state. */
export type StateMore = Things & { timersMade: number; restarts: Restarts }

/** Room for the longest flat record. */
const SCRATCH = 64 * 1024
/** A buffer that one large record made larger than this is not kept for the small ones. */
const KEPT = 1024 * 1024
const NOTHING = new Uint8Array(0)

/** What has been packed of an actor that changes seldom, so that not each checkpoint packs it again. */
export interface Packing {
  /** Whether timers or watches have changed since. */
  stale: boolean
  things: Uint8Array
  /** Whether calls of its own waited then. */
  calls: boolean
}

export class RecordWriter {
  readonly #core: Core
  bytes = new Uint8Array(SCRATCH)
  #words = new Int32Array(this.bytes.buffer)

  constructor(core: Core) {
    this.#core = core
  }

  /** Each of these gives where the record ends in `bytes`, that begins at 0. */
  source(from: Source): number {
    return this.#value(0, from)
  }

  /** `sourceRecord`: 0 where the source is to be in it. */
  birth(cell: Cell, sourceRecord: number): number {
    const { entries } = this.#core.channels
    entries.begin()
    try {
      return this.#birth(cell, sourceRecord)
    } finally {
      if (entries.gave) entries.undo()
    }
  }
  #birth(cell: Cell, sourceRecord: number): number {
    const { core, parent, extra, init, pinned, loaded } = cell
    let flags = pinned === undefined ? 0 : pinned ? PINNED : UNPINNED
    let at = HEAD_BYTES
    if (parent !== undefined || extra?.name !== undefined || sourceRecord === 0) {
      flags |= MORE
      const sealed = sourceRecord === 0 ? copied(core.platform.codec.pack(loaded!.behavior[source])) : undefined
      const more: BirthMore = [parent && new ActorRef(parent, undefined), extra?.name, sealed]
      at = this.#value(at, more)
    }
    const first = at - HEAD_BYTES
    if (init !== undefined) {
      flags |= INIT
      at = this.#value(at, init)
    }
    this.#head(flags, epochOf(cell), sourceRecord, first)
    return at
  }

  /** Throws what `refuse` makes where the state cannot be packed. */
  state(cell: Cell, packing: Packing, refuse: Refuse): number {
    const { entries } = this.#core.channels
    entries.begin()
    try {
      return this.#state(cell, packing, refuse)
    } finally {
      if (entries.gave) entries.undo()
    }
  }
  #state(cell: Cell, packing: Packing, refuse: Refuse): number {
    const { extra, state, loaded, core } = cell
    const flat =
      typeof state === 'object' && state !== null && loaded!.behavior.snapshot === undefined
        ? core.platform.codec.writeFlat(state, this.bytes, HEAD_BYTES)
        : -1
    const end = flat < 0 ? this.#copy(HEAD_BYTES, packState(cell, refuse)) : flat
    this.#repack(cell, packing)
    this.#head(epochOf(cell), extra!.lives, flat < 0 ? PACKED : FLAT, end - HEAD_BYTES)
    const { things } = packing
    if (things.length === 0) return end
    this.#reserve(end + things.length)
    this.bytes.set(things, end)
    return end + things.length
  }
  /** What may be called of the actor by itself, packed again only where it may have changed. */
  #repack(cell: Cell, packing: Packing): void {
    const { core } = cell
    const extra = cell.extra!
    const calls = (extra.side?.count ?? 0) + (extra.sideAside?.count ?? 0) > 0
    if (!packing.stale && !calls && !packing.calls) return
    packing.stale = false
    packing.calls = calls
    const { timersMade, restarts } = extra
    const any = calls || timersMade > 0 || restarts.length > 0 || (extra.watching?.size ?? 0) > 0
    const more = (): StateMore => ({ ...thingsOf(cell), timersMade, restarts })
    packing.things = any ? copied(core.platform.codec.pack(more())) : NOTHING
  }

  /** The record is where it belongs: gives memory back, where it has taken much. */
  shrink(): void {
    if (this.bytes.length > KEPT) this.#resize(SCRATCH)
  }

  #head(a: number, b: number, c: number, d: number): void {
    const words = this.#words
    words[0] = a
    words[1] = b
    words[2] = c
    words[3] = d
  }
  #value(at: number, value: unknown): number {
    return this.#copy(at, this.#core.platform.codec.pack(value))
  }
  #copy(at: number, { bytes, start, end }: Packed): number {
    const length = end - start
    this.#reserve(at + length)
    // a short one is copied faster by hand
    if (length < 64) for (let i = 0; i < length; i++) this.bytes[at + i] = bytes[start + i]!
    else this.bytes.set(bytes.subarray(start, end), at)
    return at + length
  }
  #reserve(bytes: number): void {
    if (bytes > this.bytes.length) this.#resize(2 ** Math.ceil(Math.log2(bytes)))
  }
  #resize(bytes: number): void {
    const old = this.bytes
    this.bytes = new Uint8Array(bytes)
    this.#words = new Int32Array(this.bytes.buffer)
    this.bytes.set(old.subarray(0, Math.min(old.length, bytes)))
  }
}

/** How often it has moved. */
function epochOf({ address, extra }: Cell): number {
  return address.standing?.epoch ?? extra?.epoch ?? 0
}
