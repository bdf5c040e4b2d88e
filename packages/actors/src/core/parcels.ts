// Arguments that have come in a frame and wait: copied out of it, many of them into one chunk of memory.
//
// Invariant: a chunk lives as long as the longest-waiting message in it, so a parcel above a quarter of a chunk gets memory of
// its own.
import { Parcel } from './mailbox.ts'

const CHUNK = 16 * 1024
/** Below this a loop beats a call to copy. */
const BY_HAND = 64

export class Parcels {
  #chunk = new Uint8Array(CHUNK)
  #used = 0

  of(bytes: Uint8Array, start: number, end: number): Parcel {
    const length = end - start
    if (length > CHUNK / 4) return new Parcel(bytes.slice(start, end), 0, length)
    if (this.#used + length > CHUNK) {
      this.#chunk = new Uint8Array(CHUNK)
      this.#used = 0
    }
    const at = this.#used
    const chunk = this.#chunk
    if (length < BY_HAND) for (let i = 0; i < length; i++) chunk[at + i] = bytes[start + i]!
    else chunk.set(bytes.subarray(start, end), at)
    this.#used += length
    return new Parcel(chunk, at, at + length)
  }
}
