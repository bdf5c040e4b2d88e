// FNV-1a with 64 bits (Fowler, Noll, Vo; RFC 9923), as two halves of 32.
//
// The prime is 2^40 + 0x1b3, so that a multiplication is one of each half by 0x1b3, and the lower half moved up by 40 bits.
import type { Digest } from './hash.ts'

const PRIME = 0x1b3

/** The hash of the first `length` bytes. */
export function fnv1a(bytes: Uint8Array, length: number, into: Digest): void {
  let hi = 0xcbf29ce4 | 0
  let lo = 0x84222325 | 0
  for (let i = 0; i < length; i++) {
    lo ^= bytes[i]!
    const low = (lo & 0xffff) * PRIME // below 2^25, as what follows: integers throughout
    const high = (lo >>> 16) * PRIME + (low >>> 16)
    hi = (Math.imul(hi, PRIME) + (lo << 8) + (high >>> 16)) | 0
    lo = (high << 16) | (low & 0xffff)
  }
  into.hi = hi
  into.lo = lo
}
