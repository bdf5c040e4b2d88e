// Values for other processes: the wire dialect. 0xc1, which msgpack never uses, then the lowered tree with its marks
// (marks.ts) as plain msgpack: no records, no extension but undefined, and what only this process knows by number in words
// (core/wire-form.ts). So a frame's values refer to nothing, and any node may keep them, or pass them on.
//
// Invariants: what is packed passes the scan that other processes make of it (wire-scan.ts), as it is refused here otherwise;
// transcoding works on the tree and raises nothing, as an end of a channel that is raised greets its home. TRUST: `decode`
// reads what this process has packed, or what was scanned when it came.
import { Packr, REUSE_BUFFER_MODE, RESERVE_START_SPACE, RESET_BUFFER_MODE, Unpackr } from 'msgpackr/pack'
import { NotSendable } from '../core/errors.ts'
import type { Packed } from '../core/platform.ts'
import type { TravelKind } from '../core/sendable.ts'
import { toWire, type WireNames } from '../core/wire-form.ts'
import { BadFrame } from './bad-frame.ts'
import { Lowering } from './lowering.ts'
import { isMark, KIND, MARKED } from './marks.ts'
import { raise } from './raising.ts'
import { type Admission, WIRE, WireScan } from './wire-scan.ts'

const NEW_BUFFER_BYTES = 8192
const KEPT_BYTES = 1024 * 1024
/** So short a body passes no limit of the scan. */
const SURE_BYTES = 256

const WRITTEN: object = { useRecords: false, variableMapSize: true, useToJSON: false, moreTypes: false }
const READ: object = { useRecords: false, mapsAsObjects: true, copyBuffers: true, moreTypes: false }

/** What msgpackr's types leave out. */
interface Encoder {
  pack(value: unknown, mode: number): Uint8Array & { start: number; end: number }
  useBuffer(buffer: Uint8Array): void
}
type Kinds = readonly TravelKind<unknown>[]

/** What this process says, it knows. */
const own: Admission = { place: () => true, protocol: () => true }

export class WireCodec {
  readonly #kinds: Kinds
  readonly #names: WireNames
  readonly #lowering: Lowering
  readonly #scan: WireScan
  readonly #packr: Encoder = new Packr(WRITTEN)
  readonly #unpackr = new Unpackr(READ)
  readonly #packed: Packed = { bytes: new Uint8Array(0), start: 0, end: 0 }

  constructor(kinds: Kinds, from: unknown, names: WireNames) {
    this.#kinds = kinds
    this.#names = names
    this.#lowering = new Lowering(kinds, from, names)
    this.#scan = new WireScan(kinds)
  }

  /** Valid until the next call. Throws NotSendable. */
  pack(value: unknown): Packed {
    return this.#write(this.#lowering.lower(value))
  }

  /** The same of a tree that was packed for the threads of this process, and is this call's own. */
  transcode(tree: unknown): Packed {
    if (Array.isArray(tree) && tree[0] === MARKED) this.#translate(tree[1])
    return this.#write(tree)
  }

  /** The value whose bytes, without the first one, are at [0, size) of a memory of this thread's own; `to` gets it. */
  decode(bytes: Uint8Array, size: number, to: unknown): unknown {
    return raise(this.#unpackr.unpack(bytes, size), this.#kinds, to, this.#names)
  }

  #write(tree: unknown): Packed {
    // one byte is left free, for the first
    const bytes = this.#packr.pack(tree, REUSE_BUFFER_MODE | RESET_BUFFER_MODE | RESERVE_START_SPACE | 1)
    if (bytes.length > KEPT_BYTES) this.#packr.useBuffer(Buffer.allocUnsafeSlow(NEW_BUFFER_BYTES))
    const { start, end } = bytes
    bytes[start] = WIRE
    if (end - start > SURE_BYTES) this.#check(bytes, start, end)
    return Object.assign(this.#packed, { bytes, start, end })
  }
  #check(bytes: Uint8Array, start: number, end: number): void {
    try {
      this.#scan.body(bytes, start, end, own)
    } catch (error) {
      if (error instanceof BadFrame) throw new NotSendable('', `too much for another node to take: ${error.what}`)
      throw error
    }
  }

  /** Says in words, in the marks of a tree, what is numbers of this process. */
  #translate(node: unknown): void {
    if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return
    if (!Array.isArray(node)) {
      for (const key in node) this.#translate((node as Record<string, unknown>)[key])
      return
    }
    // an item of another mark that looks like one of a kind is not: the first item of a mark is a string, and escaped
    const wire = isMark(node[0]) && node[0] === KIND ? this.#kinds[node[1] as number]?.wire : undefined
    if (wire === undefined) for (const item of node) this.#translate(item)
    else node[2] = toWire(wire, node[2], this.#names)
  }
}
