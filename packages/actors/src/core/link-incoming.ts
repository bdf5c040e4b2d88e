// What one side of a link receives: bytes, cut anywhere, made into records again.
//
// Invariants:
// - Bytes are copied once, behind each other, into one buffer that begins with a segment: so every payload that is handed out
//   starts 8-aligned in a buffer whose own offset is 0, and is valid during the call only.
// - A segment counts as received (`received`) from the moment before it is handed out; each is handed out once, in order, and
//   any other number is the peer's fault.
// - Memory follows what has come, not what a header promises: a record of many segments grows as they arrive.
import { LinkFailed } from './link-errors.ts'
import type { TakeRecord } from './link-outgoing.ts'
import { ACK, BEAT, BLOCK, HEADER, LAST, MORE, MOST_PAYLOAD, segmentSize } from './link-segment.ts'

/** Room for a segment of which a part is here, and for as much as a socket gives at once. */
const MOST_BUFFER = 2 * BLOCK
const SMALLEST_BUFFER = 4 * 1024
/** A buffer for records of several segments that is larger is not kept. */
const MOST_ASSEMBLY = 4 * BLOCK

export interface IncomingEvents {
  record: TakeRecord
  /** A datagram of the peer; valid during the call only. */
  beat(bytes: Uint8Array, start: number, end: number): void
  acknowledged(number: number): void
}

export class LinkIncoming {
  /** Number of the last segment that was received. */
  received = 0
  readonly #events: IncomingEvents
  readonly #maxRecord: number
  #bytes = new Uint8Array(0)
  #words = new Int32Array(0)
  #filled = 0
  /** Counts resets, so that a handler that ends the connection ends the loop around it. */
  #resets = 0
  /** A record of which the first segments are here, and of which kind it is; -1: none. */
  #assembly = new Uint8Array(0)
  #assembled = 0
  #kind = -1

  constructor(events: IncomingEvents, maxRecord: number) {
    this.#events = events
    this.#maxRecord = maxRecord
  }

  /** Takes bytes of the present connection. Throws a LinkFailed when they make no sense. */
  take(chunk: Uint8Array): void {
    const resets = this.#resets
    let from = 0
    while (from < chunk.length) {
      const count = Math.min(chunk.length - from, MOST_BUFFER - this.#filled)
      this.#reserve(this.#filled + count)
      this.#bytes.set(count === chunk.length ? chunk : chunk.subarray(from, from + count), this.#filled)
      this.#filled += count
      from += count
      this.#parse()
      if (resets !== this.#resets) return
    }
  }

  /** The connection has ended: the peer will send anew what was not received whole. */
  reset(): void {
    this.#resets++
    this.#filled = 0
  }

  /** Gives memory back, if nothing is here in part. */
  shrink(): void {
    if (this.#filled === 0) this.#resize(0)
    if (this.#kind < 0) this.#assembly = new Uint8Array(0)
  }

  #parse(): void {
    const resets = this.#resets
    let at = 0
    while (this.#filled - at >= HEADER) {
      const length = this.#words[at >> 2]!
      const head = this.#words[(at >> 2) + 1]!
      if (length < 0 || length > MOST_PAYLOAD) {
        throw malformed(`a segment of ${length >>> 0} bytes; the longest has ${MOST_PAYLOAD}`)
      }
      const size = segmentSize(length)
      if (this.#filled - at < size) break
      this.#segment(head, at + HEADER, length)
      if (resets !== this.#resets) return
      at += size
    }
    if (at === 0) return
    this.#bytes.copyWithin(0, at, this.#filled)
    this.#filled -= at
  }

  #segment(head: number, start: number, length: number): void {
    const class_ = head & 255
    const kind = (head >>> 8) & 255
    if (class_ === LAST || class_ === MORE) {
      const number = this.received + 1
      if (head >>> 16 !== (number & 0xffff)) {
        throw malformed(`segment ${head >>> 16} (modulo 65536), and not ${number & 0xffff}`)
      }
      this.received = number
      if (class_ === LAST && this.#kind < 0) return this.#whole(kind, this.#bytes, start, start + length)
      return this.#part(class_, kind, start, length)
    }
    if (class_ === ACK && length === 8) {
      const high = this.#words[(start >> 2) + 1]! >>> 0
      return this.#events.acknowledged((this.#words[start >> 2]! >>> 0) + high * 2 ** 32)
    }
    if (class_ === BEAT) return this.#events.beat(this.#bytes, start, start + length)
    throw malformed(`a segment of class ${class_} with ${length} bytes`)
  }

  #part(class_: number, kind: number, start: number, length: number): void {
    if (this.#kind >= 0 && kind !== this.#kind) throw malformed(`a record of kind ${this.#kind} goes on as ${kind}`)
    const total = this.#assembled + length
    this.#limit(total)
    if (length === 0 && class_ === MORE) throw malformed('an empty segment that is not the last of its record')
    if (total > this.#assembly.length) {
      const larger = new Uint8Array(Math.min(this.#maxRecord, Math.max(total, 2 * this.#assembly.length)))
      larger.set(this.#assembly.subarray(0, this.#assembled))
      this.#assembly = larger
    }
    this.#assembly.set(this.#bytes.subarray(start, start + length), this.#assembled)
    this.#assembled = total
    this.#kind = kind
    if (class_ === MORE) return
    const whole = this.#assembly
    this.#kind = -1
    this.#assembled = 0
    // what handles the record may make more arrive before it is done with it
    this.#assembly = new Uint8Array(0)
    this.#whole(kind, whole, 0, total)
    if (whole.length <= MOST_ASSEMBLY && this.#assembly.length === 0) this.#assembly = whole
  }

  #whole(kind: number, bytes: Uint8Array, start: number, end: number): void {
    this.#limit(end - start)
    this.#events.record(kind, bytes, start, end)
  }

  #limit(length: number): void {
    if (length <= this.#maxRecord) return
    throw new LinkFailed('too-large', `the peer sends a record of more than ${this.#maxRecord} bytes`)
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    let capacity = Math.max(SMALLEST_BUFFER, this.#bytes.length)
    while (capacity < size) capacity *= 2
    this.#resize(capacity)
  }

  #resize(capacity: number): void {
    const old = this.#bytes
    this.#bytes = new Uint8Array(capacity)
    this.#words = new Int32Array(this.#bytes.buffer)
    if (this.#filled > 0) this.#bytes.set(old.subarray(0, this.#filled))
  }
}

function malformed(what: string): LinkFailed {
  return new LinkFailed('malformed', `the peer sends what makes no sense: ${what}`)
}
