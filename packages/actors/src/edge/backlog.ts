// Frames that wait in the producer's own memory because a lane is full: first in, first out, one behind the other in
// large chunks, so that overload costs a copy for each frame and no object.
//
// Invariants:
// - `messages` and `bytes` count exactly what has been pushed and not yet shifted; `bytes` counts frames at their padded
//   size, which is what they take.
// - The front frame stays whole until `shift`, also while its fragments are being sent (`sent` of its bytes are out).
// - A frame starts 8-aligned in its chunk and its first word is its length, as in the ring.

const CHUNK_BYTES = 64 * 1024
/** Below this a loop over words beats the fixed cost of making a view for `set` (measured: 256 bytes). */
const LOOP_BYTES = 256

/** Copies a frame between 4-aligned byte offsets, in whole words: up to three bytes behind it are copied along. */
export function copyFrame(
  fromWords: Int32Array,
  fromBytes: Uint8Array,
  from: number,
  toWords: Int32Array,
  toBytes: Uint8Array,
  to: number,
  length: number,
): void {
  if (length > LOOP_BYTES) return toBytes.set(fromBytes.subarray(from, from + length), to)
  const count = (length + 3) >> 2
  const source = from >> 2
  const target = to >> 2
  for (let i = 0; i < count; i++) toWords[target + i] = fromWords[source + i] as number
}

/** What a frame of this length takes in a ring or a chunk. */
export function padded(length: number): number {
  return (length + 7) & ~7
}

class Chunk {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  read = 0
  written = 0
  next: Chunk | undefined
  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.words = new Int32Array(this.bytes.buffer)
  }
}

export class Backlog {
  messages = 0
  bytes = 0
  /** Bytes of the front frame that have left already as fragments. */
  sent = 0
  #first: Chunk = EMPTY
  #last: Chunk = EMPTY
  /** One chunk kept for reuse: a backlog that stands at its limit takes no new memory. */
  #spare: Chunk | undefined

  push(words: Int32Array, bytes: Uint8Array, length: number): void {
    const size = padded(length)
    if (this.#last.written + size > this.#last.bytes.length) this.#grow(size)
    const chunk = this.#last
    copyFrame(words, bytes, 0, chunk.words, chunk.bytes, chunk.written, length)
    chunk.words[chunk.written >> 2] = length
    chunk.written += size
    this.messages++
    this.bytes += size
  }

  /** The chunk that holds the front frame, and where it starts in it. Only while there are messages. */
  get frontWords(): Int32Array {
    return this.#first.words
  }
  get frontBytes(): Uint8Array {
    return this.#first.bytes
  }
  get frontAt(): number {
    return this.#first.read
  }
  get frontLength(): number {
    return this.#first.words[this.#first.read >> 2] as number
  }

  /** Takes the front frame out. */
  shift(): void {
    const chunk = this.#first
    const size = padded(this.frontLength)
    chunk.read += size
    this.messages--
    this.bytes -= size
    this.sent = 0
    if (chunk.read < chunk.written) return
    this.#first = chunk.next ?? EMPTY
    if (chunk.next === undefined) this.#last = EMPTY
    chunk.next = undefined
    chunk.read = chunk.written = 0
    if (chunk.bytes.length === CHUNK_BYTES) this.#spare = chunk
  }

  #grow(size: number): void {
    const chunk =
      size <= CHUNK_BYTES && this.#spare !== undefined ? this.#spare : new Chunk(Math.max(size, CHUNK_BYTES))
    if (chunk === this.#spare) this.#spare = undefined
    if (this.messages === 0) this.#first = chunk
    else this.#last.next = chunk
    this.#last = chunk
  }
}

/** Stands for no chunk, so that a backlog that was never used holds no memory. Nothing fits in it. */
const EMPTY = new Chunk(0)
