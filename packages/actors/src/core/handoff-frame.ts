// What threads say to each other about an actor that moves, in frames of kind HANDOFF (frame.ts): nine words, then a value
// where the operation has one. docs/moving.md has the table of these messages with their meaning.
//
// Invariant: words 6 and 7 are where ROUTED is in other frames, so that a fence, which goes the way of messages, can be held
// and passed on like one of them.

//   words 2, 3  the actor; 0 where it is about a whole thread
//   word 4      protocol (16) | operation (16)
//   word 5      ticket: which offer, fence or question; of the thread that has sent the first of these
//   word 6      the actor's epoch
//   word 7      a thread: where the actor is, or in a FENCE whose it is
//   word 8      which kind of fence; in an OFFER, how many bytes the state takes, which stands before all else

import type { Address } from './address.ts'
import { FIRST_SENDER, HANDOFF, headWord, methodWord, placeWord, ROUTED, serialHigh } from './frame.ts'
import type { FenceKind } from './handoff-states.ts'

export const HANDOFF_WORDS = 9

/** Source to target: the packed actor; the epoch is the one that it is to have. */
export const OFFER = 1
/** Target to source: it stands ready, or cannot, and the value says why. */
export const READY = 2
export const REFUSED = 3
/** Source to target: it is live over there from now on. The value: who has asked the way. */
export const COMMIT = 4
/** Source to target: it stays. */
export const CANCEL = 5
/** To whoever shall know: where it is. */
export const MOVED = 6
/** As the ticket of these news: it has been revived there, whatever its origin believes. */
export const REVIVED = 1
/** Origin to the actor's place: it has heard that. */
export const KNOWN = 7
/** Down a stream, like a message: tells its thread when it meets the actor. */
export const FENCE = 8
export const FENCED = 9
/** To whoever knows of it: it has ended. */
export const ENDED = 10
/** About all that one thread has had from another: tell me when it has been taken in. */
export const FLUSH = 11
export const FLUSHED = 12
/** To an actor's new thread: all that it had sent from its old one has been taken in. */
export const SETTLED = 13
/** To an actor's old thread: send a fence to the target, in my name. */
export const MARK = 14

/** Where is it, if that is known by a higher epoch? Passed on, if need be; answered by MOVED or ENDED, or not at all. */
export const WHERE = 15

/** Target to source, of another node: the commit has come. The copy is live there once that is CONFIRMED, or the source's node is down. */
export const ARRIVED = 16
/** Source to target: it has heard that, and keeps nothing of the actor. */
export const CONFIRMED = 17

/** To the thread that waits for a reply: the ask of that number has been forwarded to this actor. */
export const FORWARDED = 18

/** `gone`, only in an answer: the actor has ended. */
export const FENCE_KINDS = ['way', 'end', 'mark', 'gone'] as const

/** A fence, as a frame that lasts. Not in the scratch buffer: the frame that it is for may stand there. */
export function fenceFrame(of: Address, kind: FenceKind, whose: number, ticket: number): Uint8Array {
  const words = new Int32Array(HANDOFF_WORDS)
  words[0] = HANDOFF_WORDS * 4
  words[1] = headWord(0, HANDOFF, serialHigh(of.serial), ROUTED, 0, 0)
  words[2] = placeWord(of)
  words[3] = of.serial
  words[4] = methodWord(of.protocol.number, FENCE)
  words[5] = ticket
  words[FIRST_SENDER] = whose
  words[8] = FENCE_KINDS.indexOf(kind)
  return new Uint8Array(words.buffer)
}
