// The scratch buffer in which a thread writes its frames: the arguments first, then what stands before them.
//
// Invariants: one buffer a thread, reused for every frame; one that a large frame made larger is not kept. Encoding the
// arguments may run users' code (getters, codecs), and that may send: so they are written first, and what has been begun
// meanwhile is noticed (`begun`).
import type { Core } from './core.ts'
import * as frame from './frame.ts'
import { type HeldFrame, wordsOf } from './held-frame.ts'
import { MANY_ARGUMENTS, type Parcel } from './mailbox.ts'
import type { Packed } from './platform.ts'
import { writePrimitive } from './primitives.ts'

/** Room for the longest chain, and behind it for as many hot primitives as there may be. */
const SCRATCH = 64 * 1024
const MOST_PRIMITIVES = 24 // the keys of a flat record

export abstract class FrameBuffer {
  protected readonly core: Core
  protected bytes = new Uint8Array(SCRATCH)
  protected words = new Int32Array(this.bytes.buffer)
  /** Where the arguments end, in bytes. */
  protected at = 0
  protected count = 0
  protected encoding = frame.PRIMITIVES
  /** The high bits of the target's serial. */
  protected high = 0
  /** Counts the frames begun. */
  protected begun = 0

  constructor(core: Core) {
    this.core = core
  }

  protected finish(kind: number, flags: number): void {
    const length = (this.at + 3) & ~3
    this.words[0] = length
    this.words[1] = frame.headWord(length - this.at, kind, this.high, flags, this.count, this.encoding)
    this.high = 0
  }
  protected copy(): HeldFrame {
    const copy = this.bytes.slice(0, this.words[0])
    this.shrink()
    return copy
  }
  /** One large frame must not keep its memory. */
  protected shrink(): void {
    if (this.bytes.length > SCRATCH) this.resize(SCRATCH)
  }

  /** Writes arguments that came in a frame, as they are. */
  protected parcel(at: number, { bytes, start, end }: Parcel, count: number): void {
    this.begun++
    this.core.channels.entries.begin() // none of this thread's ends is in it
    this.reserve(at + end - start)
    this.bytes.set(bytes.subarray(start, end), at)
    this.at = at + end - start
    this.encoding = frame.PACKED
    this.count = count
  }
  /** Writes the arguments at byte `at`: by hand where all are small primitives, else through the codec. */
  protected arguments(at: number, shape: number, argument: unknown): void {
    this.begun++
    this.encoding = frame.PRIMITIVES
    this.count = 0
    this.at = at
    if (shape === 0) return
    if (shape !== MANY_ARGUMENTS) return this.argument(at, argument)
    const list = argument as unknown[]
    for (const one of list) {
      const end = list.length > MOST_PRIMITIVES ? -1 : writePrimitive(one, this.bytes, this.at)
      if (end < 0) return this.packed(at, list, 2)
      this.at = end
    }
    this.count = list.length
  }

  protected argument(at: number, value: unknown): void {
    const flat = typeof value === 'object' && value !== null
    const end = flat ? this.flat(at, value) : writePrimitive(value, this.bytes, at)
    if (end < 0) return this.packed(at, value)
    this.at = end
    this.count = 1
    this.encoding = flat ? frame.FLAT : frame.PRIMITIVES
  }

  /** Gives the end, or -1: also where a getter has sent something meanwhile, over what stood here. */
  protected flat(at: number, value: object): number {
    const begun = this.begun
    const end = this.core.platform.codec.writeFlat(value, this.bytes, at)
    return begun === this.begun ? end : -1
  }

  protected packed(at: number, value: unknown, count = 1): void {
    const { bytes, start, end } = this.pack(value)
    const length = end - start
    this.reserve(at + length)
    const to = this.bytes
    // a short body is copied faster by hand
    if (length < 64) for (let i = 0; i < length; i++) to[at + i] = bytes[start + i]!
    else to.set(bytes.subarray(start, end), at)
    this.at = at + length
    this.encoding = frame.PACKED
    this.count = count
  }

  /** Channel ends in a value that cannot be packed are not given away. */
  protected pack(value: unknown): Packed {
    const { platform, channels } = this.core
    channels.entries.begin()
    try {
      return platform.codec.pack(value)
    } catch (error) {
      channels.entries.undo()
      throw error
    }
  }

  /** Sends a frame that was held, by way of the scratch buffer: a view of each one would cost more than the copy. */
  resend(thread: number, own: HeldFrame, stamp: number): void {
    this.reserve(own.length)
    this.bytes.set(own)
    const words = this.words
    words[frame.STAMP] = stamp
    // others' frames are passed on as system frames; a fence, in whose name it may be, must stay behind this thread's own
    const fence = frame.kindIn(words[1]!) === frame.HANDOFF
    const passedOn = !fence && wordsOf(own)[frame.STAMP] !== frame.OWN
    this.core.platform.post(thread, this.bytes, own.length, passedOn, false, true)
    this.shrink()
  }
  /** Sends a frame on as it is. */
  pass(thread: number, bytes: Uint8Array, start: number, length: number): void {
    this.reserve(length)
    this.bytes.set(bytes.subarray(start, start + length))
    this.core.platform.post(thread, this.bytes, length, true)
    this.shrink()
  }

  protected reserve(bytes: number): void {
    if (bytes + 4 > this.bytes.length) this.resize(2 ** Math.ceil(Math.log2(bytes + 4)))
  }
  protected resize(bytes: number): void {
    const old = this.bytes
    this.bytes = new Uint8Array(bytes)
    this.words = new Int32Array(this.bytes.buffer)
    this.bytes.set(old.subarray(0, Math.min(old.length, bytes)))
  }
}
