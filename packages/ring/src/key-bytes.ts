// Keys as bytes: a string is its UTF-8, so that programs in other languages hash the same; bytes are themselves.
//
// Invariant: short ASCII, which most keys are, is written by a loop, several times as fast as a call to the encoder. What
// has been loaded is valid until the next load: whoever loads hashes at once, and nothing in between can run.
import { RingError, shown } from './ring-error.ts'

/** What a ring places: text, or bytes. */
export type Key = string | Uint8Array

/** From here on the encoder is faster than the loop. */
const LONG = 48

const encoder = new TextEncoder()

export class KeyBytes {
  /** At least as long as what was loaded last. */
  bytes = new Uint8Array(256)

  /** Writes the UTF-8 of `text` into `bytes`, and returns its length. Unpaired surrogates become U+FFFD. */
  load(text: string): number {
    const { length } = text
    if (length > LONG) return this.#encode(text)
    const { bytes } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return this.#encode(text)
      bytes[i] = code
    }
    return length
  }

  #encode(text: string): number {
    if (text.length * 3 > this.bytes.length) this.bytes = new Uint8Array(text.length * 4)
    return encoder.encodeInto(text, this.bytes).written
  }
}

/** Refuses what is neither text nor bytes. */
export function checkedBytes(key: Key): Uint8Array {
  if (key instanceof Uint8Array) return key
  throw new RingError('bad-key', `a key is a string or a Uint8Array, and ${shown(key)} is neither`)
}
