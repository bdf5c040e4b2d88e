// Bytes that are handed over instead of copied: what `moved(bytes)` makes, as an argument of `run` or a value of a channel.
//
// Invariants: nothing happens to the bytes until they are taken, which is once; then the sender's view is detached, and so
// is every other view over the same buffer. A view over only a part of its buffer is copied, and both stay as they were:
// the rest of the buffer may be somebody else's, as with the small Buffers that Node.js cuts out of a common one. What comes
// out is of the kind that a copy would be (natives.ts). Anywhere else, a MovedBytes is refused.
import { inWords } from './behavior-value.ts'
import { InvalidCall, NotSendable } from './errors.ts'
import { type FlatNative, nativeOf, nativeTagged } from './natives.ts'
import { describe, travel, type TravelKind } from './sendable.ts'

export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>

/** Bytes without their class, which any thread can give them again: a buffer that holds nothing else, and a native's tag. */
export interface BareBytes {
  readonly tag: string
  readonly buffer: ArrayBuffer
}

export class MovedBytes {
  /** Still the sender's, until they are taken. */
  readonly bytes: Bytes
  readonly #native: FlatNative

  /** Throws InvalidCall for what has no bytes that can be handed over. */
  constructor(bytes: unknown) {
    const native = nativeOfBytes(bytes)
    if (native === undefined) throw new InvalidCall(`moved: ${noBytes(bytes)}`)
    this.#native = native
    this.bytes = bytes as Bytes
    if (!(this.buffer instanceof ArrayBuffer)) {
      throw new InvalidCall(
        'moved: these bytes lie in a SharedArrayBuffer, which is not one’s own to hand over; pass a copy',
      )
    }
    this.check()
  }

  /** The buffer that the bytes lie in, perhaps with others. */
  get buffer(): ArrayBuffer {
    const bytes = this.bytes
    return bytes instanceof ArrayBuffer ? bytes : bytes.buffer
  }
  get byteLength(): number {
    return this.bytes.byteLength
  }
  /** Whether taking them detaches the buffer; a part of one is copied. */
  get whole(): boolean {
    return this.bytes.byteLength === this.buffer.byteLength
  }

  /** Throws InvalidCall when the bytes are no longer there, or may change their length on the way. */
  check(): void {
    const { buffer } = this
    if (buffer.detached) {
      throw new InvalidCall('moved: these bytes have been handed over already; pass them on from where they are now')
    }
    if (buffer.resizable) {
      throw new InvalidCall(
        'moved: these bytes lie in a resizable ArrayBuffer; pass what its transferToFixedLength() gives, or a copy',
      )
    }
  }

  /** The same bytes, in a buffer that the caller alone has. Throws InvalidCall as `check` does. */
  take(): Bytes {
    return dressed(this.takeBare())
  }
  takeBare(): BareBytes {
    this.check()
    const { tag } = this.#native
    return { tag, buffer: this.whole ? transferred(this.buffer) : bufferOf(this.#native.copy(this.bytes) as Bytes) }
  }

  /** Whether somebody else has them by now. */
  get gone(): boolean {
    return this.buffer.detached
  }
  /** The same where it must not fail any more: what has not gone and cannot be handed over is copied. */
  takeOrCopy(): object {
    try {
      return this.take()
    } catch {
      return this.#native.copy(this.bytes)
    }
  }

  declare readonly [travel]: TravelKind<MovedBytes>
}

/** A copy of what is nothing but bytes; undefined for anything else. */
export function copiedBytes(value: unknown): BareBytes | undefined {
  const native = nativeOfBytes(value)
  return native && { tag: native.tag, buffer: bufferOf(native.copy(value as Bytes) as Bytes) }
}

/** Gives bytes their class again; the buffer becomes the result's own. */
export function dressed({ tag, buffer }: BareBytes): Bytes {
  return (nativeTagged(tag) as FlatNative).make([new Uint8Array(buffer)]) as Bytes
}

function bufferOf(bytes: Bytes): ArrayBuffer {
  return bytes instanceof ArrayBuffer ? bytes : bytes.buffer
}

function nativeOfBytes(value: unknown): FlatNative | undefined {
  if (!(value instanceof ArrayBuffer || ArrayBuffer.isView(value))) return undefined
  return nativeOf(value, Object.getPrototypeOf(value) as object | null) as FlatNative | undefined
}

function noBytes(value: unknown): string {
  const what = typeof value === 'object' && value !== null ? describe(value) : inWords(value)
  return `${what} cannot be handed over; pass an ArrayBuffer, a typed array, a DataView or a Buffer`
}

function transferred(buffer: ArrayBuffer): ArrayBuffer {
  try {
    return buffer.transfer()
  } catch (cause) {
    // memory of WebAssembly, or what Node.js has marked as its own
    throw new InvalidCall('moved: the memory of these bytes belongs to something else; pass a copy', { cause })
  }
}

function refuse(): never {
  const advice = 'only a whole argument of run, or a whole value of a channel, can be handed over'
  throw new NotSendable('', `moved(…) (${advice})`)
}

Object.defineProperty(MovedBytes.prototype, travel, {
  value: { tag: '', copy: refuse, pack: refuse, unpack: refuse } satisfies TravelKind<MovedBytes>,
})
