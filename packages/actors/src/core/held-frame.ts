// A frame that waits, or is passed on: a copy that lasts, and that says in words 6 and 7 how it has come (frame.ts, ROUTED).
//
// Invariant: its bytes begin at a buffer of their own, so they can be seen as words.
import type { Address } from './address.ts'
import * as frame from './frame.ts'

export type HeldFrame = Uint8Array

/** Takes a frame that must not be sent yet. */
export interface Holder {
  hold(to: Address, own: HeldFrame): void
}

export function wordsOf(own: Uint8Array): Int32Array {
  return new Int32Array(own.buffer, own.byteOffset, own.byteLength >> 2)
}

/** A copy of a frame that lasts, with the section ROUTED. `from`: who sent it, where it does not say so itself. */
export function routedCopy(bytes: Uint8Array, words: Int32Array, start: number, from: number): HeldFrame {
  const base = start >> 2
  const length = words[base]!
  if ((words[base + 1]! & (frame.ROUTED << 8)) !== 0) {
    const copy = new Uint8Array(length)
    copy.set(bytes.subarray(start, start + length))
    return copy
  }
  const copy = new Uint8Array(length + frame.ROUTED_WORDS * 4)
  const at = frame.HEADER_WORDS * 4
  copy.set(bytes.subarray(start, start + at))
  copy.set(bytes.subarray(start + at, start + length), at + frame.ROUTED_WORDS * 4)
  const own = wordsOf(copy)
  own[0] = length + frame.ROUTED_WORDS * 4
  own[1] = own[1]! | (frame.ROUTED << 8)
  own[frame.FIRST_SENDER] = from
  return copy
}

/** Whether it is a tell or an ask, not what cores say to each other. */
export function isMessage(own: HeldFrame): boolean {
  const kind = frame.kindIn(wordsOf(own)[1]!)
  return kind === frame.TELL || kind === frame.ASK
}
