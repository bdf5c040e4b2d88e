// How records lie in a link's stream of bytes, after the handshake: as segments of 8 bytes of header, a payload, and padding.
//
//     word 0   length of the payload in bytes
//     word 1   class (8 bits) | kind (8) | the segment's number, its low 16 bits (16); both 0 where they mean nothing
//
// Invariants: every segment takes a multiple of 8 bytes, and the stream begins with one: so all payloads lie 8-aligned wherever
// their stream does. Words are in the machine's byte order, which the handshake compares. A record longer than one segment
// holds is several, MORE … LAST, between which acknowledgements and beats may stand. Numbers count LAST and MORE, from 1.

export const HEADER = 8
/** A record, or its last part. */
export const LAST = 0
/** A part of a record, of which more follows. */
export const MORE = 1
/** All up to a number has been received: the number in two words, low and high. */
export const ACK = 2
/** A datagram beside the records: not numbered, not sent again. */
export const BEAT = 3

/** Segments are gathered in blocks of so many bytes; the largest fills one. */
export const BLOCK = 64 * 1024
export const MOST_PAYLOAD = BLOCK - HEADER

/** Bytes of a segment in the stream. */
export function segmentSize(payload: number): number {
  return HEADER + ((payload + 7) & ~7)
}

export function headWord(class_: number, kind: number, number: number): number {
  return class_ | (kind << 8) | (number << 16)
}

/** Bytes shorter than this are copied faster one by one than by way of a view. */
const SHORT = 96

export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start < SHORT) for (let i = start; i < end; i++) to[at++] = from[i]!
  else to.set(from.subarray(start, end), at)
}
