// What a lane looks like in shared memory: the one-way ring of frames from one thread to another. One thread writes it
// (lane-writer.ts), one reads it (lane-reader.ts).
//
// Invariants:
// - TAIL and HEAD count bytes for ever (modulo 2^32), multiples of 8, with 0 <= TAIL - HEAD <= ring. Only the producer
//   stores TAIL, when the records before it are complete; only the consumer HEAD, when it is done with those before it.
// - TAKEN is where the consumer stands, stored before a frame is handed on. Whoever reads a lane after its consumer's
//   loss starts there, and so never reports a frame that may have been handled.
// - A producer without room sets WANT and then looks at HEAD; a consumer stores HEAD and then looks at WANT. Whichever
//   way these four fall, one of the two sees the other.

/** Header words. What the producer stores and what the consumer stores lie 128 bytes apart; CLEARED is word 49. */
export const TAIL = 0
export const WANT = 16
export const HEAD = 32
export const TAKEN = 33
export const CLAIM = 48

// The ring is a row of records, each contiguous and starting 8-aligned. The first word of a record says what it is:
//   n > 0      a frame of n bytes, this word included
//   SKIP       nothing more before the ring's end: go on at its start
//   n <= -16   a fragment of -n bytes: [n, flags, bytes of the whole frame, 0] and then its part of the frame
// Frames over a quarter of the ring travel as fragments: so order needs no care and memory stays what was stated.

export const SKIP = -1
export const FRAGMENT_HEADER = 16
/** Flags of a fragment. System frames pass user frames, so one of each may be half way at a time. */
export const FIRST = 1
export const LAST = 2
export const SYSTEM = 4

/** The longest frame that travels whole. */
export function wholeLimit(ringBytes: number): number {
  return ringBytes >> 2
}

/**
 * Takes one frame: `length` bytes from byte `start` (8-aligned) of `bytes`; `words` is the same memory. Valid during the
 * call only. `from` is the thread that sent it.
 */
export type Receive = (bytes: Uint8Array, words: Int32Array, start: number, length: number, from: number) => void
