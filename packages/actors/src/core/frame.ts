// One message between threads: a fixed header of six 32-bit words, sections that are there only when used, then the
// arguments as msgpack. The layout stands below.
//
// Invariants: a frame is a multiple of 4 bytes and its arguments begin on a word. Words have the machine's own order, and
// numbers in them are this process's own: what another node sends is translated before any core sees it (edge/wire-frame.ts).
import type { Address } from './address.ts'

//   word 0  length in bytes, all included
//   word 1  version (2 bits) | unused bytes at the end (2) | kind (4) | the target: serial's high bits (8) | flags (8) |
//           arguments: how many (6), encoding (2)
//   word 2  the target: home (16) | birth (16); 0 in replies, and in calls of a thread
//   word 3  the target: serial's low bits
//   word 4  protocol (16) | method (16), or operation of a call
//   word 5  number of the ask that waits for the reply; -1 when none does
//   ROUTED    2 words: the epoch by which the last sender chose the way, the thread that sent it first; when the target
//             has moved, as far as the sender knows, and in all frames that are passed on
//   SENDER    3 words: home | birth, the serial's low bits, the serial's high bits (16) | protocol (16)
//   DEADLINE  1 word: ms of the system's clock, modulo 2^32; absent when it is more than 2^31 ms away
//   CHAIN     1 word: how many entries; 5 words each: three as of a sender, turn, method
//   TRACE     7 words: room for a W3C trace context; skipped by readers that do not know it

export const VERSION = 2
export const HEADER_WORDS = 6
export const TELL = 0
export const ASK = 1
export const REPLY = 2
export const FAILURE = 3
export const CALL = 4
/** About a channel: channel-frame.ts. */
export const CHANNEL = 5
/** About an actor that moves: handoff-frame.ts. */
export const HANDOFF = 6

export const SENDER = 1
export const DEADLINE = 2
export const CHAIN = 4
export const TRACE = 8
export const ROUTED = 16
/** A call for an actor, which is passed on to where it is. */
export const ADDRESSED = 32
export const ROUTED_WORDS = 2
/** Where ROUTED stands: first, so that whoever passes a frame on finds it without reading the rest. */
export const STAMP = 6
export const FIRST_SENDER = 7
/** Instead of an epoch, while it waits: it is of this thread's own stream, though maybe in the name of another one that asks. */
export const OWN = -1
export const SENDER_WORDS = 3
export const CHAIN_WORDS = 5
export const TRACE_WORDS = 7

/** The arguments are hot primitives, one after the other. */
export const PRIMITIVES = 0
/** The arguments are one msgpack value: the argument, or an array of several. */
export const PACKED = 1
/** The argument is one flat record: an object of hot primitives. */
export const FLAT = 2

/** How long a call chain in a frame may be; what lies further out ends by deadline instead. */
export const LONGEST_CHAIN = 1_000

const HIGH = 2 ** 32
export function placeWord({ home, birth }: Address): number {
  return (home << 16) | birth
}
export function homeOf(word: number): number {
  return word >>> 16
}
export function birthOf(word: number): number {
  return word & 0xffff
}
export function serialHigh(serial: number): number {
  return serial < HIGH ? 0 : Math.floor(serial / HIGH)
}
export function serialOf(high: number, low: number): number {
  return high * HIGH + (low >>> 0)
}
/** An actor's protocol, and what of its serial has no room elsewhere. */
export function protocolWord({ serial, protocol }: Address): number {
  return (serialHigh(serial) << 16) | protocol.number
}
export function protocolOf(word: number): number {
  return word & 0xffff
}
export function highOf(protocolWord: number): number {
  return protocolWord >>> 16
}

/** Beyond this a deadline is none. */
export const LONGEST_DEADLINE = 2 ** 31 - 2
/** The deadline that is nearest to `now`, of all that have this word. `now` may be the time of an earlier look, days ago. */
export function deadlineOf(word: number, now: number): number {
  const whole = Math.floor(now)
  return whole + ((word - whole) | 0)
}

export function methodWord(protocol: number, method: number): number {
  return (protocol << 16) | method
}

export function headWord(
  unused: number,
  kind: number,
  high: number,
  flags: number,
  count: number,
  encoding: number,
): number {
  return (VERSION << 30) | (unused << 28) | (kind << 24) | (high << 16) | (flags << 8) | (count << 2) | encoding
}
export function unusedIn(head: number): number {
  return (head >>> 28) & 3
}
export function kindIn(head: number): number {
  return (head >>> 24) & 15
}
export function targetHigh(head: number): number {
  return (head >>> 16) & 255
}
