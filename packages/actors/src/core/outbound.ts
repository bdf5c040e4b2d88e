// Writes frames and hands them to the platform. One scratch buffer a thread, reused for every frame.
//
// Invariants: nothing of a frame is posted before all of it could be encoded; a user frame that the way refuses is given
// back to the caller (false), who fails the ask or makes the dead letter. Encoding the arguments may run users' code
// (getters, codecs), and that may send: so they are written first, all that stands before them after.
import type { Address } from './address.ts'
import type { Ask, Chain } from './ask.ts'
import type { Core } from './core.ts'
import { CHANNEL_WORDS, type ChannelFrame, CLAIM, CLAIM_WORDS, ENDS, keyWord, serialOf } from './channel-frame.ts'
import { packError, type TroupeError } from './errors.ts'
import * as frame from './frame.ts'
import { EndsParcel } from './held.ts'
import { MANY_ARGUMENTS, ONE_ARGUMENT, Parcel } from './mailbox.ts'
import type { Packed } from './platform.ts'
import { writePrimitive } from './primitives.ts'

/** Room for the longest chain, and behind it for as many hot primitives as there may be. */
const SCRATCH = 64 * 1024
const MOST_PRIMITIVES = 24 // the keys of a flat record

export class Outbound {
  readonly #core: Core
  #bytes = new Uint8Array(SCRATCH)
  #words = new Int32Array(this.#bytes.buffer)
  /** Where the arguments begin, in bytes. */
  #at = 0
  #count = 0
  #encoding = frame.PRIMITIVES
  /** The channel that was written about last. */
  #key = -1
  #keyWord = 0
  #keyLow = 0
  /** Whether there are channel ends in its value. */
  #ends = false
  /** Counts the frames begun. */
  #begun = 0

  constructor(core: Core) {
    this.#core = core
  }

  tell(to: Address, sender: Address | undefined, method: number, shape: number, argument: unknown): boolean {
    const at = sender === undefined ? frame.HEADER_WORDS : frame.HEADER_WORDS + frame.SENDER_WORDS
    this.#arguments(at * 4, shape, argument)
    if (sender !== undefined) this.#writeSender(frame.HEADER_WORDS, sender)
    this.#target(to, method, -1)
    return this.#post(to.home, frame.TELL, sender === undefined ? 0 : frame.SENDER, false)
  }

  ask(ask: Ask, method: number, shape: number, argument: unknown): boolean {
    const { target, sender, chain } = ask
    let flags = sender === undefined ? 0 : frame.SENDER
    if (ask.until - ask.begun <= frame.LONGEST_DEADLINE) flags |= frame.DEADLINE
    if (chain !== undefined) flags |= frame.CHAIN
    this.#arguments((frame.HEADER_WORDS + sectionWords(flags, chain)) * 4, shape, argument)
    let at = frame.HEADER_WORDS
    if (sender !== undefined) at = this.#writeSender(at, sender)
    if ((flags & frame.DEADLINE) !== 0) this.#words[at++] = Math.ceil(ask.until)
    if (chain !== undefined) this.#writeChain(at, chain)
    this.#target(target, method, ask.handle().number)
    return this.#post(target.home, frame.ASK, flags, false)
  }

  reply(thread: number, number: number, value: unknown): void {
    this.#arguments(frame.HEADER_WORDS * 4, 1, value)
    this.#answer(thread, number, frame.REPLY)
  }

  fail(thread: number, number: number, error: TroupeError): void {
    this.#begun++
    this.#packed(frame.HEADER_WORDS * 4, packError(error))
    this.#answer(thread, number, frame.FAILURE)
  }

  /** A call of another thread's core. Ordered ones stay behind the user frames before them, and may be refused. */
  call(thread: number, operation: number, number: number, args: unknown, ordered: boolean): boolean {
    this.#begun++
    this.#packed(frame.HEADER_WORDS * 4, args)
    const words = this.#words
    words[2] = words[3] = 0
    words[4] = operation
    words[5] = number
    return this.#post(thread, frame.CALL, 0, !ordered)
  }

  /** Encodes the value of a channel's frame, if it has one; `channel` then posts it. Throws NotSendable. */
  value(has: boolean, claims: boolean, value: unknown): void {
    const at = (CHANNEL_WORDS + (claims ? CLAIM_WORDS : 0)) * 4
    this.#ends = value instanceof EndsParcel
    if (!(value instanceof Parcel)) {
      this.#arguments(at, has ? ONE_ARGUMENT : 0, value)
      this.#ends = this.#encoding === frame.PACKED && this.#core.channels.entries.gave
      return
    }
    const { bytes, start, end } = value
    this.#begun++
    this.#core.channels.entries.begin() // none of this thread's ends is in it
    this.#reserve(at + end - start)
    this.#bytes.set(bytes.subarray(start, end), at)
    this.#at = at + end - start
    this.#encoding = frame.PACKED
    this.#count = 1
  }
  channel(thread: number, message: ChannelFrame, system: boolean, alone: boolean): boolean {
    const words = this.#words
    if (message.key !== this.#key) {
      this.#key = message.key
      this.#keyWord = keyWord(message.key)
      this.#keyLow = serialOf(message.key) | 0
    }
    words[2] = this.#keyWord
    words[3] = this.#keyLow
    words[4] = (message.op << 24) | message.origin
    words[5] = message.seq
    words[6] = message.life
    words[7] = message.ticket
    let flags = this.#ends ? ENDS : 0
    if (message.claimAt >= 0) {
      flags |= CLAIM
      words[8] = message.claimAt
      words[9] = message.claimWord
    }
    return this.#post(thread, frame.CHANNEL, flags, system, alone)
  }
  /** Sends a frame on as it is. */
  pass(thread: number, bytes: Uint8Array, start: number, length: number): void {
    this.#reserve(length)
    this.#bytes.set(bytes.subarray(start, start + length))
    this.#core.platform.post(thread, this.#bytes, length, true)
    if (this.#bytes.length > SCRATCH) this.#resize(SCRATCH)
  }

  #answer(thread: number, number: number, kind: number): void {
    const words = this.#words
    words[2] = words[3] = words[4] = 0
    words[5] = number
    this.#post(thread, kind, 0, true)
  }

  #post(thread: number, kind: number, flags: number, system: boolean, alone = false): boolean {
    const length = (this.#at + 3) & ~3
    this.#words[0] = length
    this.#words[1] = frame.headWord(length - this.#at, kind, flags, this.#count, this.#encoding)
    const posted = this.#core.platform.post(thread, this.#bytes, length, system, alone)
    if (this.#bytes.length > SCRATCH) this.#resize(SCRATCH) // one large frame must not keep its memory
    if (!posted && this.#encoding === frame.PACKED) this.#core.channels.entries.undo()
    return posted
  }

  #target(to: Address, method: number, number: number): void {
    const words = this.#words
    words[2] = frame.placeWord(to)
    words[3] = to.serial
    words[4] = frame.methodWord(to.protocol.number, method)
    words[5] = number
  }

  #writeSender(at: number, sender: Address): number {
    const words = this.#words
    words[at] = frame.placeWord(sender)
    words[at + 1] = sender.serial
    words[at + 2] = sender.protocol.number
    return at + frame.SENDER_WORDS
  }

  #writeChain(at: number, chain: Chain): void {
    const count = entriesOf(chain)
    const words = this.#words
    words[at++] = count
    let entry: Chain | undefined = chain
    for (let left = count; left > 0; left--) {
      const { actor, turn, method, outer }: Chain = entry!
      words[at] = frame.placeWord(actor)
      words[at + 1] = actor.serial
      words[at + 2] = actor.protocol.number
      words[at + 3] = turn
      words[at + 4] = this.#core.platform.methods.intern(method)
      at += frame.CHAIN_WORDS
      entry = outer
    }
  }

  /** Writes the arguments at byte `at`: by hand where all are small primitives, else through the codec. */
  #arguments(at: number, shape: number, argument: unknown): void {
    this.#begun++
    this.#encoding = frame.PRIMITIVES
    this.#count = 0
    this.#at = at
    if (shape === 0) return
    if (shape !== MANY_ARGUMENTS) return this.#argument(at, argument)
    const list = argument as unknown[]
    for (const one of list) {
      const end = list.length > MOST_PRIMITIVES ? -1 : writePrimitive(one, this.#bytes, this.#at)
      if (end < 0) return this.#packed(at, list, 2)
      this.#at = end
    }
    this.#count = list.length
  }

  #argument(at: number, value: unknown): void {
    const flat = typeof value === 'object' && value !== null
    const end = flat ? this.#flat(at, value) : writePrimitive(value, this.#bytes, at)
    if (end < 0) return this.#packed(at, value)
    this.#at = end
    this.#count = 1
    this.#encoding = flat ? frame.FLAT : frame.PRIMITIVES
  }

  /** Gives the end, or -1: also where a getter has sent something meanwhile, over what stood here. */
  #flat(at: number, value: object): number {
    const begun = this.#begun
    const end = this.#core.platform.codec.writeFlat(value, this.#bytes, at)
    return begun === this.#begun ? end : -1
  }

  #packed(at: number, value: unknown, count = 1): void {
    const { bytes, start, end } = this.#pack(value)
    const length = end - start
    this.#reserve(at + length)
    const to = this.#bytes
    // a short body is copied faster by hand
    if (length < 64) for (let i = 0; i < length; i++) to[at + i] = bytes[start + i]!
    else to.set(bytes.subarray(start, end), at)
    this.#at = at + length
    this.#encoding = frame.PACKED
    this.#count = count
  }

  /** Channel ends in a value that cannot be packed are not given away. */
  #pack(value: unknown): Packed {
    const { platform, channels } = this.#core
    channels.entries.begin()
    try {
      return platform.codec.pack(value)
    } catch (error) {
      channels.entries.undo()
      throw error
    }
  }

  #reserve(bytes: number): void {
    if (bytes + 4 > this.#bytes.length) this.#resize(2 ** Math.ceil(Math.log2(bytes + 4)))
  }
  #resize(bytes: number): void {
    const old = this.#bytes
    this.#bytes = new Uint8Array(bytes)
    this.#words = new Int32Array(this.#bytes.buffer)
    this.#bytes.set(old.subarray(0, Math.min(old.length, bytes)))
  }
}

/** How many words stand between the header and the arguments of an ask. */
function sectionWords(flags: number, chain: Chain | undefined): number {
  const sender = (flags & frame.SENDER) === 0 ? 0 : frame.SENDER_WORDS
  const deadline = (flags & frame.DEADLINE) === 0 ? 0 : 1
  return sender + deadline + (chain === undefined ? 0 : 1 + entriesOf(chain) * frame.CHAIN_WORDS)
}
function entriesOf(chain: Chain): number {
  return Math.min(chain.length, frame.LONGEST_CHAIN)
}
