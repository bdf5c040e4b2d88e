// Values as msgpack frames between the threads of one process: the rich dialect. What the copy within a thread takes comes
// out equal, and what that refuses is refused with the same path (`test/values.conformance.test.ts`).
//
//   encode:  value → plain tree (lowering.ts) → msgpackr, with record shapes of the whole process (record-shapes.ts)
//   decode:  msgpackr → plain tree → value (raising.ts), which is skipped for a tree that holds plain data only
//
// The wire dialect, for other processes, is wire-codec.ts; the first byte tells the two apart. TRUST: what comes from another
// process was scanned (wire-scan.ts); all else must be of this process's own encoder, as it runs users' codecs and rebuilds cycles.
// Invariants: a frame refers to nothing but the shape table, so any thread may decode it, late or twice; what was decoded aliases
// no byte of it; a frame lies in msgpackr's buffer until the next encode.

// Not from the package's main entry, which loads streams and a native addon: three times as long, on each thread.
import { Packr, REUSE_BUFFER_MODE, RESET_BUFFER_MODE, Unpackr } from 'msgpackr/pack'
import { NOT_PRIMITIVE, PRIMITIVE_BYTES, readPrimitive, writePrimitive } from '../core/primitives.ts'
import type { Packed } from '../core/platform.ts'
import type { TravelKind } from '../core/sendable.ts'
import type { WireNames } from '../core/wire-form.ts'
import { FlatRecords } from './flat-records.ts'
import { Lowering } from './lowering.ts'
import { raise } from './raising.ts'
import { RecordShapes } from './record-shapes.ts'
import type { SharedTable } from './shared-table.ts'
import { WireCodec } from './wire-codec.ts'
import { WIRE } from './wire-scan.ts'

const NEW_BUFFER_BYTES = 8192
/** A buffer that one large frame made larger than this is not kept for the small ones. */
const KEPT_BYTES = 1024 * 1024
/** Frames up to this are copied byte by byte, which beats a call to copy them. */
const BY_HAND_BYTES = 64

/** What msgpackr's types leave out. */
interface Encoder {
  pack(value: unknown, mode: number): Uint8Array & { start: number; end: number }
  useBuffer(buffer: Uint8Array): void
}

export class Codec {
  readonly #kinds: readonly TravelKind<unknown>[]
  readonly #shapes: RecordShapes
  readonly #lowering: Lowering
  readonly #flat: FlatRecords
  readonly #packr: Encoder
  readonly #unpackr: Unpackr
  readonly #wire: WireCodec | undefined
  readonly #small = new Uint8Array(PRIMITIVE_BYTES)
  readonly #packed: Packed = { bytes: this.#small, start: 0, end: 0 }
  #scratch = Buffer.alloc(NEW_BUFFER_BYTES)

  /** The kinds are numbered by their place: the same list on every thread. `names`: in a node, for the others. */
  constructor(shapes: SharedTable, kinds: readonly TravelKind<unknown>[], from?: unknown, names?: WireNames) {
    this.#kinds = kinds
    this.#shapes = new RecordShapes(shapes)
    this.#flat = new FlatRecords(shapes)
    this.#lowering = new Lowering(kinds, from)
    this.#packr = new Packr(this.#shapes.encoderOptions())
    this.#unpackr = new Unpackr(this.#shapes.decoderOptions())
    if (names !== undefined) this.#wire = new WireCodec(kinds, from, names)
  }

  /** `value` as a frame, valid until the next encode. Throws NotSendable with the path to what cannot travel. */
  encode(value: unknown): Uint8Array {
    const { bytes, start, end } = this.pack(value)
    return bytes.subarray(start, end)
  }

  /** The same without a view, which costs a fifth of a small frame: where the frame stands until the next encode. */
  pack(value: unknown): Packed {
    const place = this.#packed
    if (this.#primitive(value)) return place
    const tree = this.#lowering.lower(value)
    this.#shapes.beforeEncode()
    const packed = this.#packr.pack(tree, REUSE_BUFFER_MODE | RESET_BUFFER_MODE)
    if (packed.length > KEPT_BYTES) this.#packr.useBuffer(Buffer.allocUnsafeSlow(NEW_BUFFER_BYTES))
    place.bytes = packed
    place.start = packed.start
    place.end = packed.end
    return place
  }

  #primitive(value: unknown): boolean {
    const place = this.#packed
    place.bytes = this.#small
    place.start = 0
    place.end = writePrimitive(value, this.#small, 0)
    return place.end >= 0
  }

  /** The same for another node, whose processes share nothing with this one. Throws NotSendable. */
  packWire(value: unknown): Packed {
    return this.#primitive(value) ? this.#packed : this.#wire!.pack(value)
  }
  /** Arguments that were packed, in either dialect, as another node can read them; valid until the next call. Raises nothing. */
  transcode(bytes: Uint8Array, start: number, end: number): Packed {
    if (bytes[start] === WIRE || readPrimitive(bytes, start) !== NOT_PRIMITIVE) return { bytes, start, end }
    return this.#wire!.transcode(this.#tree(bytes, start, end))
  }
  /** The same of one flat record. */
  transcodeFlat(bytes: Uint8Array, at: number): Packed {
    return this.#wire!.transcode(this.#flat.read(bytes, at))
  }

  writeFlat(value: object, target: Uint8Array, at: number): number {
    return this.#flat.write(value, target, at)
  }
  readFlat(bytes: Uint8Array, at: number): unknown {
    return this.#flat.read(bytes, at)
  }

  /** The value of the frame at [start, end); `to` gets it. */
  decode(bytes: Uint8Array, start: number, end: number, to: unknown): unknown {
    const primitive = readPrimitive(bytes, start)
    if (primitive !== NOT_PRIMITIVE) return primitive
    if (bytes[start] !== WIRE) return raise(this.#tree(bytes, start, end), this.#kinds, to)
    const size = end - start - 1
    return this.#wire!.decode(this.#copied(bytes, start + 1, size), size, to)
  }
  #tree(bytes: Uint8Array, start: number, end: number): unknown {
    this.#shapes.beforeDecode()
    const size = end - start
    return this.#unpackr.unpack(this.#copied(bytes, start, size), size)
  }

  /** The frame in memory of this thread: shared memory may not be given to text decoders, and msgpackr likes offset 0. */
  #copied(bytes: Uint8Array, start: number, size: number): Uint8Array {
    if (size > this.#scratch.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, NEW_BUFFER_BYTES))
      larger.set(bytes.subarray(start, start + size))
      if (size <= KEPT_BYTES) this.#scratch = larger
      return larger
    }
    const scratch = this.#scratch
    if (size > BY_HAND_BYTES) scratch.set(bytes.subarray(start, start + size))
    else for (let i = 0; i < size; i++) scratch[i] = bytes[start + i]!
    return scratch
  }
}
