// What threads say to each other about a channel, in frames of kind CHANNEL (frame.ts): eight words, then a value. The
// layout and the operations stand below.
//
// Invariant: what a thread says to a channel's home is numbered by it, and applied there in that order; a frame passed on
// by an earlier home may come after a later one that went straight there.

//   word 2  the channel's birth (16) | the thread that it comes from, however many have passed it on (16)
//   word 3  the channel: serial's low bits
//   word 4  operation (8) | the channel: serial's high bits (8) | unused (16)
//   word 5  seq: which of that thread's messages to this channel's home it is, from 0
//   word 6  life: which of that thread's proxies for the channel speaks
//   word 7  ticket: who waits there; or a number, as the operation says
//   word 8  CLAIM flag only: where the select's word is (claims.ts) and what it says while it waits (word 9); of another node's
//           select, that tells it from others of its thread
//
// To the home, in the order of seq (a frame passed on by an earlier home may come after a later one that was not):
//   GREET      this thread has an end now. ticket: the thread that it got it from
//   PUT        a value, into room that was promised
//   SEND       a value; waits for TAKEN.          RECEIVE    waits for VALUE or ENDED
//   WITHDRAW   the ticket waits no longer.        CLOSE      and ticket: promised room given back
//   RETURN     ticket: promised room given back.  WANT       somebody here tries without waiting: come, if it suits
//   SWITCHED   from now on I write to the home of epoch `ticket`
//   BYE        this thread has no end any more.   DROP       the same, out of turn: what I sent may be lost
//   HELD       the ticket's select is yours alone.  BUSY      it is claimed by another (both far-waiter.ts)
// From the home:
//   TAKEN, VALUE, ENDED, FAILED (seq: the thread that was lost)    to a ticket
//   CREDIT     ticket: so much room is promised.  REVOKE     give it back
//   CLOSED     it has been closed
//   MOVED      the home is on thread `ticket` now, epoch `seq`.   SETTLED   what you sent by older ways has arrived
//   BROKEN     seq: the thread with which it was lost
//   UNPIN      whoever got an end from you has greeted.           FORGET    no thread has an end of it any more
//   GONE       your farewell has arrived: the home will not come to you
//   HOLD       the ticket's select, of another node: nobody else is to choose it.   LET_GO     not needed after all

export const GREET = 1
export const PUT = 2
export const SEND = 3
export const RECEIVE = 4
export const WITHDRAW = 5
export const CLOSE = 6
export const RETURN = 7
export const WANT = 8
export const SWITCHED = 9
export const BYE = 10
export const DROP = 11
export const HELD = 12
export const BUSY = 13

export const TAKEN = 16
export const VALUE = 17
export const ENDED = 18
export const FAILED = 19
export const CREDIT = 20
export const REVOKE = 21
export const CLOSED = 22
export const MOVED = 23
export const SETTLED = 24
export const UNPIN = 25
export const FORGET = 26
export const BROKEN = 27
export const GONE = 28
export const HOLD = 29
export const LET_GO = 30

/** Whether an operation is for the home, or from it. */
export function isToHome(op: number): boolean {
  return op < TAKEN
}

/** The flag of a frame that carries a claim. */
export const CLAIM = 1
/** That of one whose value holds channel ends. */
export const ENDS = 2
export const CHANNEL_WORDS = 8
export const CLAIM_WORDS = 2

/** Which channel: birth (16 bits) and serial (36) in one number, so that it can be a key. */
export type ChannelKey = number
const SERIALS = 2 ** 36
export function keyOf(birth: number, serial: number): ChannelKey {
  return birth * SERIALS + serial
}
export function birthOf(key: ChannelKey): number {
  return Math.floor(key / SERIALS)
}
export function serialOf(key: ChannelKey): number {
  return key % SERIALS
}

const HIGH = 2 ** 32
export function serialHigh(key: ChannelKey): number {
  return Math.floor(serialOf(key) / HIGH)
}

/** One frame's words; its sender fills it in, and may use it again at once. */
export class ChannelFrame {
  op = 0
  key: ChannelKey = 0
  origin = 0
  /** The thread that it came from last; not a part of what it says. */
  from = 0
  seq = 0
  life = 0
  ticket = 0
  claimAt = -1
  claimWord = 0

  /** One that lasts. */
  copy(): ChannelFrame {
    return ChannelFrame.of(this.key, this.data())
  }
  /** All but the channel, to be sent. */
  data(): ChannelFrameData {
    return [this.op, this.origin, this.seq, this.life, this.ticket, this.claimAt, this.claimWord]
  }
  static of(key: ChannelKey, [op, origin, seq, life, ticket, claimAt, claimWord]: ChannelFrameData): ChannelFrame {
    return Object.assign(new ChannelFrame(), { key, op, origin, seq, life, ticket, claimAt, claimWord })
  }
}
export type ChannelFrameData = [
  op: number,
  origin: number,
  seq: number,
  life: number,
  ticket: number,
  claimAt: number,
  claimWord: number,
]

/** Reads what a frame at word `base` says. */
export function readChannelFrame(words: Int32Array, base: number, claims: boolean, into: ChannelFrame): void {
  const place = words[base + 2]!
  const op = words[base + 4]!
  into.op = op >>> 24
  into.key = keyOf(place >>> 16, ((op >>> 16) & 255) * HIGH + (words[base + 3]! >>> 0))
  into.origin = place & 0xffff
  into.seq = words[base + 5]!
  into.life = words[base + 6]!
  into.ticket = words[base + 7]!
  into.claimAt = claims ? words[base + 8]! : -1
  into.claimWord = claims ? words[base + 9]! : 0
}
