// Another thread that has an end of a channel, as the channel's home keeps it.
//
// Invariant: `next` is the number of the message that is applied next; those in `early` have higher ones. `credit` is room
// in the channel that was promised to this peer and has come back neither as a value nor unused.
import type { ChannelFrame } from './channel-frame.ts'
import type { Held } from './held.ts'

/** A message that has come before its turn. */
export interface Early {
  readonly frame: ChannelFrame
  readonly value: Held
}

export class Peer {
  readonly thread: number
  readonly life: number
  /** The number of its next message, modulo 2^32. */
  next: number
  early: Map<number, Early> | undefined = undefined
  credit = 0
  /** Its credit has been asked back. */
  revoking = false
  sent = false
  received = false
  constructor(thread: number, life: number, next: number) {
    this.thread = thread
    this.life = life
    this.next = next
  }
}
