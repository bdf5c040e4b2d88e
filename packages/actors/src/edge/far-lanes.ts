// What one thread sends to threads of other nodes: in the wire dialect, by way of the lane to the hub.
//
// Behind each frame, and counted in its length, is one word more: which thread it is for, and flags. The hub puts there who it
// is from when it hands on what other nodes have sent (hub.ts).
// Invariants: frames of one class for one thread leave in the order in which they were posted. While the hub has said that no more
// user frames are to be sent to a thread, they wait here, up to the limits that lanes have, and then are refused.
import { FIRST_FAR } from '../core/address.ts'
import { CHANNEL_WORDS, CLAIM, CLAIM_WORDS } from '../core/channel-frame.ts'
import * as frame from '../core/frame.ts'
import { HANDOFF_WORDS, OFFER } from '../core/handoff-frame.ts'
import type { Core } from '../core/core.ts'
import type { Packed } from '../core/platform.ts'
import { Backlog, copyFrame } from './backlog.ts'
import type { Codec } from './codec.ts'
import { WIRE } from './wire-scan.ts'

/** In the last word: nobody refuses it; and, from the hub: it could not be delivered. */
export const SYSTEM_BIT = 1 << 30
export const RETURNED_BIT = 1 << 31
/** In that of what could not be delivered: it may have been, as its node has not acknowledged all that it had. */
export const DOUBT_BIT = 1 << 29
export const NUMBER_BITS = 0xffff

const SCRATCH = 64 * 1024
const MOST_MESSAGES = 65_536
const MOST_BYTES = 16 * 1024 * 1024

/** Sends the first bytes of a scratch buffer to the hub; false where they are refused. */
export type PostToHub = (bytes: Uint8Array, length: number, system: boolean, kept: boolean) => boolean

export class FarLanes {
  readonly #post: PostToHub
  readonly #codec: Codec
  /** By thread: whether to wait. */
  readonly #stops: Int32Array
  /** User frames, with their last words. */
  readonly #waiting = new Map<number, Backlog>()
  #bytes = new Uint8Array(SCRATCH)
  #words = new Int32Array(this.#bytes.buffer)
  /** What was posted last, and its words: mostly a core's one scratch buffer, so a frame makes no view. */
  #own: Uint8Array = this.#bytes
  #ownWords: Int32Array = this.#words

  constructor(post: PostToHub, codec: Codec, stops: SharedArrayBuffer) {
    this.#post = post
    this.#codec = codec
    this.#stops = new Int32Array(stops)
  }

  post(to: number, own: Uint8Array, length: number, system: boolean, kept: boolean): boolean {
    const size = this.#write(own, length)
    this.#words[size >> 2] = system ? to | SYSTEM_BIT : to
    this.#words[0] = size + 4
    const waiting = this.#waiting.get(to)
    const posted =
      system || (waiting === undefined && Atomics.load(this.#stops, to - FIRST_FAR) === 0)
        ? this.#post(this.#bytes, size + 4, system, kept)
        : this.#wait(to, waiting, size + 4, kept)
    if (this.#bytes.length > SCRATCH) this.#resize(SCRATCH)
    return posted
  }
  #wait(to: number, known: Backlog | undefined, length: number, kept: boolean): boolean {
    const waiting = known ?? new Backlog()
    if (!kept && (waiting.messages >= MOST_MESSAGES || waiting.bytes + length > MOST_BYTES)) return false
    this.#waiting.set(to, waiting)
    waiting.push(this.#words, this.#bytes, length)
    return true
  }

  /** Sends what waits for threads that take it again; and what is for one that is `lost` comes back. */
  flush(): void {
    for (const [to, waiting] of this.#waiting) {
      if (Atomics.load(this.#stops, to - FIRST_FAR) !== 0) continue
      this.#waiting.delete(to)
      this.#empty(waiting, length => this.#post(this.#bytes, length, false, true))
    }
  }
  /** A thread is lost: what waits for it. */
  forsake(to: number, report: (bytes: Uint8Array, words: Int32Array, length: number) => void): void {
    const waiting = this.#waiting.get(to)
    this.#waiting.delete(to)
    if (waiting === undefined) return
    this.#empty(waiting, length => {
      this.#words[0] = length - 4 // without its last word
      report(this.#bytes, this.#words, length - 4)
    })
  }
  #empty(waiting: Backlog, take: (length: number) => void): void {
    while (waiting.messages > 0) {
      const { frontAt, frontBytes, frontLength } = waiting
      this.#reserve(frontLength)
      this.#bytes.set(frontBytes.subarray(frontAt, frontAt + frontLength))
      waiting.shift()
      take(frontLength)
    }
  }
  get stalled(): boolean {
    return this.#waiting.size > 0
  }

  /** The frame as other nodes can read it, in the scratch buffer; gives its length. */
  #write(own: Uint8Array, length: number): number {
    const words = this.#wordsOf(own)
    const head = words[1]!
    const encoding = head & 3
    const at = bodyAt(words)
    if (encoding === frame.PRIMITIVES && at.state === at.body) return this.#copy(own, length)
    const end = length - frame.unusedIn(head)
    if (encoding === frame.PACKED && at.state === at.body && own[at.body] === WIRE) return this.#copy(own, length)
    this.#reserve(length)
    this.#bytes.set(own.subarray(0, at.state))
    let to = at.state
    if (at.state < at.body) {
      to = this.#append(to, this.#codec.transcode(own, at.state, at.body))
      this.#words[8] = to - at.state
    }
    if (encoding === frame.PRIMITIVES) to = this.#append(to, { bytes: own, start: at.body, end })
    else if (encoding === frame.FLAT) to = this.#append(to, this.#codec.transcodeFlat(own, at.body))
    else to = this.#append(to, this.#codec.transcode(own, at.body, end))
    const size = (to + 3) & ~3
    const kept = head & 0x0fff_fffc // all but the unused bytes and the encoding; the version is put back below
    this.#words[1] =
      (head & 0xc000_0000) | ((size - to) << 28) | kept | (encoding === frame.FLAT ? frame.PACKED : encoding)
    return size
  }
  #copy(own: Uint8Array, length: number): number {
    this.#reserve(length)
    copyFrame(this.#ownWords, own, 0, this.#words, this.#bytes, 0, length)
    return length
  }
  #wordsOf(own: Uint8Array): Int32Array {
    if (own === this.#own) return this.#ownWords
    this.#own = own
    return (this.#ownWords = new Int32Array(own.buffer, own.byteOffset, own.byteLength >> 2))
  }
  #append(to: number, { bytes, start, end }: Packed): number {
    this.#reserve(to + end - start)
    this.#bytes.set(bytes.subarray(start, end), to)
    return to + end - start
  }
  /** Room for so many bytes, and the last word. */
  #reserve(bytes: number): void {
    if (bytes + 8 > this.#bytes.length) this.#resize(2 ** Math.ceil(Math.log2(bytes + 8)))
  }
  #resize(size: number): void {
    const old = this.#bytes
    this.#bytes = new Uint8Array(size)
    this.#words = new Int32Array(this.#bytes.buffer)
    this.#bytes.set(old.subarray(0, Math.min(old.length, size)))
  }
}

/** Takes in what has come from the hub, on a thread; its last word says from whom, or that it could not be delivered. */
export function receiveFar(core: Core, bytes: Uint8Array, words: Int32Array, start: number, length: number): void {
  const last = words[(start + length - 4) >> 2]!
  const thread = last & NUMBER_BITS
  words[start >> 2] = length - 4
  if ((last & RETURNED_BIT) === 0) core.inbound.receive(bytes, words, start, length - 4, thread)
  else core.heirs.returned(bytes, words, start, thread, (last & DOUBT_BIT) !== 0)
}

/** Where the arguments of a frame begin, in bytes; in an offer, the state stands before them. */
function bodyAt(words: Int32Array): { state: number; body: number } {
  const head = words[1]!
  const flags = (head >>> 8) & 255
  let at = frame.HEADER_WORDS
  switch (frame.kindIn(head)) {
    case frame.CHANNEL:
      at = CHANNEL_WORDS + ((flags & CLAIM) !== 0 ? CLAIM_WORDS : 0)
      break
    case frame.HANDOFF: {
      const state = HANDOFF_WORDS * 4
      return { state, body: (words[4]! & 0xffff) === OFFER ? state + words[8]! : state }
    }
    case frame.TELL:
    case frame.ASK:
    case frame.CALL:
      if ((flags & frame.ROUTED) !== 0) at += frame.ROUTED_WORDS
      if ((flags & frame.SENDER) !== 0) at += frame.SENDER_WORDS
      if ((flags & frame.DEADLINE) !== 0) at++
      if ((flags & frame.CHAIN) !== 0) at += 1 + words[at]! * frame.CHAIN_WORDS
      if ((flags & frame.TRACE) !== 0) at += frame.TRACE_WORDS
  }
  return { state: at * 4, body: at * 4 }
}
