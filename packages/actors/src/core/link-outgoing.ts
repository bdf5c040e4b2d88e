// What one side of a link has to send: records gathered in blocks, written from there, and kept there until the peer has
// acknowledged them, so that they can be written again over another connection.
//
// Invariants:
// - Three marks follow each other through the chain of blocks: kept ≤ acknowledged ≤ written. All that is behind `kept` is
//   whole records, so what is lost with a peer can be told as records, even one that it had in part.
// - A block is written to only behind `written`, or when all in it has been acknowledged. So a connection may hold on to the
//   bytes that it was given until they are acknowledged, or until it is destroyed.
// - More than `window` bytes are never on their way, but for the rest of one block.
import { LinkFailed } from './link-errors.ts'
import { BLOCK, copyBytes, headWord, HEADER, LAST, MORE, MOST_PAYLOAD, segmentSize } from './link-segment.ts'

/** Where a link's bytes go. `write` is false when no more should come until there is room again. */
export interface Sink {
  write(bytes: Uint8Array): boolean
  /** What is written between the two goes out together. */
  cork(): void
  uncork(): void
}

/** Takes a record: `bytes` from `start` to `end`. Valid during the call only. */
export type TakeRecord = (kind: number, bytes: Uint8Array, start: number, end: number) => void

interface Block {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  filled: number
  /** Number of the last segment in it. */
  last: number
  next: Block | undefined
}

interface Mark {
  block: Block
  at: number
}

/** Parts are joined to records of at most so many bytes. */
const MOST_JOINED = 32 * 1024

export class LinkOutgoing {
  /** Numbers of the last segments appended, written, acknowledged. */
  #appended = 0
  #written = 0
  #acknowledged = 0
  /** Bytes that are not acknowledged, of these written. */
  #pending = 0
  #onTheWay = 0
  /** Undefined: an empty one, made when it is needed. */
  #last: Block | undefined
  #kept: Mark | undefined
  #ack: Mark | undefined
  #write: Mark | undefined
  /** Where the header of the last record is, while parts may join it. */
  #open = -1
  #openKind = 0

  /** Bytes, with their headers, that the peer has not acknowledged. */
  get pending(): number {
    return this.#pending
  }
  /** Whether anything has not been written yet. */
  get waits(): boolean {
    return this.#pending > this.#onTheWay
  }
  /** Bytes written and not acknowledged. */
  get onTheWay(): number {
    return this.#onTheWay
  }

  append(kind: number, bytes: Uint8Array, start: number, end: number): void {
    while (end - start > MOST_PAYLOAD) {
      this.#segment(MORE, kind, bytes, start, start + MOST_PAYLOAD)
      start += MOST_PAYLOAD
    }
    this.#segment(LAST, kind, bytes, start, end)
  }

  /** Appends to the last record if it is of that kind, has room and has not been written; 8-aligned in it, too. */
  join(kind: number, bytes: Uint8Array, start: number, end: number): void {
    const block = this.#last
    const size = (end - start + 7) & ~7
    if (block !== undefined && this.#open >= 0 && this.#openKind === kind && block.filled + size <= BLOCK) {
      const length = block.filled - this.#open - HEADER + end - start
      if (length <= MOST_JOINED) {
        copyBytes(bytes, start, end, block.bytes, block.filled)
        block.words[this.#open >> 2] = length
        block.filled += size
        this.#pending += size
        return
      }
    }
    this.append(kind, bytes, start, end)
    this.#open = this.#last!.filled - segmentSize(end - start)
    this.#openKind = kind
    if (end - start > MOST_JOINED) this.#open = -1
  }

  /** Writes as much as the window and the sink take; false when the sink is full. */
  writeTo(sink: Sink, window: number): boolean {
    const mark = this.#write
    if (mark === undefined) return true
    while (this.#onTheWay < window) {
      const { block } = mark
      if (mark.at === block.filled) {
        if (block.next === undefined) break
        mark.block = block.next
        mark.at = 0
        continue
      }
      const bytes = block.bytes.subarray(mark.at, block.filled)
      mark.at = block.filled
      this.#written = block.last
      this.#onTheWay += bytes.length
      this.#open = -1
      if (!sink.write(bytes)) return false
    }
    return true
  }

  /** The peer has all up to `number`. */
  acknowledge(number: number): void {
    if (!(number >= this.#acknowledged && number <= this.#written)) {
      const range = `${this.#acknowledged} to ${this.#written}`
      throw new LinkFailed('malformed', `the peer acknowledges segment ${number}; possible are ${range}`)
    }
    const mark = this.#ack
    if (mark === undefined || number === this.#acknowledged) return
    const kept = this.#kept!
    for (; this.#acknowledged < number; this.#acknowledged++) {
      while (mark.at === mark.block.filled) {
        mark.block = mark.block.next!
        mark.at = 0
      }
      const word = mark.at >> 2
      const size = segmentSize(mark.block.words[word]!)
      mark.at += size
      this.#pending -= size
      this.#onTheWay -= size
      if ((mark.block.words[word + 1]! & 255) === LAST) {
        kept.block = mark.block
        kept.at = mark.at
      }
    }
    if (this.#pending === 0) this.#rewind()
  }

  /** From here on another connection: what is not acknowledged is written again. */
  restart(): void {
    this.#onTheWay = 0
    this.#written = this.#acknowledged
    this.#open = -1
    if (this.#ack !== undefined) this.#write = { ...this.#ack }
  }

  /** Gives memory back, if nothing waits. */
  shrink(): void {
    if (this.#pending === 0) this.#last = this.#kept = this.#ack = this.#write = undefined
  }
  /** Gives up what is not acknowledged. */
  forget(): void {
    this.#pending = this.#onTheWay = 0
    this.shrink()
  }

  /** Hands out, in order, every record that the peer has not acknowledged to its end. */
  unacknowledged(take: TakeRecord): void {
    let block = this.#kept?.block
    let at = this.#kept?.at ?? 0
    let parts: Uint8Array[] = []
    for (; block !== undefined; block = block.next, at = 0) {
      while (at < block.filled) {
        const length = block.words[at >> 2]!
        const head = block.words[(at >> 2) + 1]!
        parts.push(block.bytes.subarray(at + HEADER, at + HEADER + length))
        at += segmentSize(length)
        if ((head & 255) !== LAST) continue
        const whole = parts.length === 1 ? parts[0]! : joined(parts)
        parts = []
        take((head >>> 8) & 255, whole, 0, whole.length)
      }
    }
  }

  #segment(class_: number, kind: number, bytes: Uint8Array, start: number, end: number): void {
    const size = segmentSize(end - start)
    let block = this.#last
    if (block === undefined || block.filled + size > BLOCK) block = this.#grow()
    const at = block.filled
    block.words[at >> 2] = end - start
    block.words[(at >> 2) + 1] = headWord(class_, kind, ++this.#appended)
    copyBytes(bytes, start, end, block.bytes, at + HEADER)
    block.filled = at + size
    block.last = this.#appended
    this.#pending += size
    this.#open = -1
  }

  #grow(): Block {
    const bytes = new Uint8Array(BLOCK)
    const block: Block = {
      bytes,
      words: new Int32Array(bytes.buffer),
      filled: 0,
      last: this.#appended,
      next: undefined,
    }
    if (this.#last === undefined) {
      this.#kept = { block, at: 0 }
      this.#ack = { block, at: 0 }
      this.#write = { block, at: 0 }
    } else this.#last.next = block
    return (this.#last = block)
  }

  /** All is acknowledged: the last block is filled again from its start. */
  #rewind(): void {
    const block = this.#last!
    block.filled = 0
    this.#open = -1
    for (const mark of [this.#kept!, this.#ack!, this.#write!]) {
      mark.block = block
      mark.at = 0
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
