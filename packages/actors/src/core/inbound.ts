// Reads frames that came for this thread.
//
// Invariants: `bytes` and `words` are lent for the call only, so what waits is copied out: hot primitives are decoded at
// once, other arguments wait as msgpack (a Parcel) until their turn. Parcels share chunks of memory; a chunk lives as
// long as the longest-waiting message in it, so a parcel above a quarter of a chunk gets memory of its own.
import type { Address } from './address.ts'
import { type Ask, type Asker, Chain } from './ask.ts'
import type { Core } from './core.ts'
import { CHANNEL_WORDS, ChannelFrame, CLAIM, CLAIM_WORDS, ENDS, readChannelFrame } from './channel-frame.ts'
import { type PackedError, type TroupeError, unpackError } from './errors.ts'
import * as frame from './frame.ts'
import { EndsParcel } from './held.ts'
import { ASKED, MANY_ARGUMENTS, METHOD_SHIFT, ONE_ARGUMENT, PARCEL, Parcel } from './mailbox.ts'
import { readPrimitive, skipPrimitive } from './primitives.ts'
import { waits } from './turns.ts'

const CHUNK = 16 * 1024

/** An ask that another thread waits for. */
class RemoteAsk implements Asker {
  readonly #core: Core
  readonly #thread: number
  readonly #number: number
  readonly sender: Address | undefined
  readonly chain: Chain | undefined
  readonly until: number
  settled = false

  constructor(
    core: Core,
    thread: number,
    number: number,
    sender: Address | undefined,
    chain: Chain | undefined,
    until: number,
  ) {
    this.#core = core
    this.#thread = thread
    this.#number = number
    this.sender = sender
    this.chain = chain
    this.until = until
  }
  begin(): void {}
  handle(): { thread: number; number: number } {
    return { thread: this.#thread, number: this.#number }
  }
  reply(value: unknown, from: Address, method: string): void {
    if (this.settled) return
    this.settled = true
    const { outbound, failures } = this.#core
    try {
      outbound.reply(this.#thread, this.#number, value)
    } catch (error) {
      const failure = failures.unsendable(error, `the reply of ${method}`, from.id, method, 'yes')
      outbound.fail(this.#thread, this.#number, failure)
    }
  }
  fail(error: TroupeError): void {
    if (this.settled) return
    this.settled = true
    this.#core.failTo(this.#thread, this.#number, error)
  }
}

export class Inbound {
  readonly #core: Core
  #chunk = new Uint8Array(CHUNK)
  #used = 0
  readonly #channelFrame = new ChannelFrame()
  /** Whom the last message was for. */
  #last: Address | undefined = undefined
  #lastPlace = 0
  #lastLow = 0

  constructor(core: Core) {
    this.#core = core
  }

  /** Takes in the frame at byte `start` of a memory seen as bytes and as words, sent by thread `from`. */
  receive(bytes: Uint8Array, words: Int32Array, start: number, length: number, from: number): void {
    const base = start >> 2
    const head = words[base + 1]!
    const end = start + length - ((head >>> 24) & 3)
    const kind = (head >>> 16) & 255
    if (kind === frame.TELL || kind === frame.ASK)
      return this.#message(bytes, words, base, end, from, kind === frame.ASK)
    if (kind === frame.CHANNEL) return this.#channel(bytes, words, base, end, from)
    const number = words[base + 5]!
    const body = start + frame.HEADER_WORDS * 4
    const core = this.#core
    if (kind === frame.CALL) {
      core.calls.receive(words[base + 4]!, number, from, () => core.platform.codec.decode(bytes, body, end, core))
    } else {
      const ask = core.asks.find(number)
      if (ask === undefined) return // it has ended meanwhile: by deadline, abort, or its actor's end
      if ((head & 3) === frame.PACKED) this.#answer(ask, kind, bytes, body, end)
      else ask.settle(((head >>> 2) & 63) === 0 ? undefined : this.#one(head, bytes, body))
    }
  }

  #channel(bytes: Uint8Array, words: Int32Array, base: number, end: number, from: number): void {
    const head = words[base + 1]!
    const message = this.#channelFrame
    const flags = (head >>> 8) & 255
    readChannelFrame(words, base, (flags & CLAIM) !== 0, message)
    message.from = from
    const at = (base + CHANNEL_WORDS + (message.claimAt < 0 ? 0 : CLAIM_WORDS)) * 4
    let value: unknown
    if ((head & 3) === frame.PACKED) value = new ((flags & ENDS) === 0 ? Parcel : EndsParcel)(bytes, at, end)
    else if (((head >>> 2) & 63) !== 0) value = this.#one(head, bytes, at)
    const { outbound, channels } = this.#core
    channels.receive(message, value, to => outbound.pass(to, bytes, base * 4, words[base]!))
  }

  /** Decoding may run users' codecs, which may fail, or not be known on this thread. */
  #answer(ask: Ask, kind: number, bytes: Uint8Array, start: number, end: number): void {
    const core = this.#core
    let answer: unknown
    try {
      answer = core.platform.codec.decode(bytes, start, end, ask.sender?.cell ?? core)
      if (kind === frame.FAILURE) answer = unpackError(answer as PackedError)
    } catch (error) {
      return ask.fail(core.failures.unreadable(ask.target, ask.method, error))
    }
    if (kind === frame.FAILURE) ask.fail(answer as TroupeError)
    else ask.settle(answer)
  }

  /** A frame that its thread can no longer read: a message becomes a dead letter; asks have been failed by then. */
  returned(words: Int32Array, start: number): void {
    const base = start >> 2
    const kind = (words[base + 1]! >>> 16) & 255
    const core = this.#core
    if (kind === frame.CHANNEL) {
      readChannelFrame(words, base, false, this.#channelFrame)
      return core.channels.returned(this.#channelFrame)
    }
    if (kind !== frame.TELL && kind !== frame.ASK) return
    core.deadLetter(this.#target(words, base), core.platform.methods.text(words[base + 4]! & 0xffff), 'lost')
  }

  #message(bytes: Uint8Array, words: Int32Array, base: number, end: number, from: number, asked: boolean): void {
    const core = this.#core
    const head = words[base + 1]!
    const flags = (head >>> 8) & 255
    const method = words[base + 4]! & 0xffff
    let at = base + frame.HEADER_WORDS
    let sender: Address | undefined
    if ((flags & frame.SENDER) !== 0) {
      sender = this.#address(words, at)
      at += frame.SENDER_WORDS
    }
    let until = Infinity
    if ((flags & frame.DEADLINE) !== 0) until = frame.deadlineOf(words[at++]!, core.scheduler.now)
    let chain: Chain | undefined
    if ((flags & frame.CHAIN) !== 0) {
      chain = this.#chain(words, at)
      at += 1 + words[at]! * frame.CHAIN_WORDS
    }
    if ((flags & frame.TRACE) !== 0) at += frame.TRACE_WORDS

    const address = this.#target(words, base)
    const source = asked ? new RemoteAsk(core, from, words[base + 5]!, sender, chain, until) : sender
    let mailHead = (method << METHOD_SHIFT) | (asked ? ASKED : 0)
    if (address.cell === undefined) return core.undeliverable(address, mailHead, source, 'stopped')
    const count = (head >>> 2) & 63
    let argument: unknown
    let size = 16
    if ((head & 3) === frame.PACKED) {
      mailHead |= PARCEL | (count > 1 ? MANY_ARGUMENTS : ONE_ARGUMENT)
      argument = this.#parcel(bytes, at * 4, end)
      size = end - at * 4 + 16
    } else if (count === 1) {
      mailHead |= ONE_ARGUMENT
      argument = this.#one(head, bytes, at * 4)
      size = end - at * 4 + 16
    } else if (count > 1) {
      mailHead |= MANY_ARGUMENTS
      argument = this.#primitives(bytes, at * 4, count)
    }
    if (chain !== undefined) {
      const cycle = waits(address.cell, method, chain)
      if (cycle === 'cycle')
        return (source as RemoteAsk).fail(core.failures.cycle(address, core.platform.methods.text(method), chain))
      if (cycle === 'beside') return address.cell.acceptAside(mailHead, source, argument, size)
    }
    address.cell.accept(mailHead, source, argument, size)
  }

  #one(head: number, bytes: Uint8Array, at: number): unknown {
    return (head & 3) === frame.FLAT ? this.#core.platform.codec.readFlat(bytes, at) : readPrimitive(bytes, at)
  }

  #primitives(bytes: Uint8Array, at: number, count: number): unknown[] {
    const list: unknown[] = []
    for (let i = 0; i < count; i++) {
      list.push(readPrimitive(bytes, at))
      at = skipPrimitive(bytes, at)
    }
    return list
  }

  #target(words: Int32Array, base: number): Address {
    const place = words[base + 2]!
    const low = words[base + 3]!
    const last = this.#last
    // most frames come in streams to one actor
    if (place === this.#lastPlace && low === this.#lastLow && last !== undefined && last.cell !== undefined) return last
    const core = this.#core
    const protocol = core.behaviors.protocol(words[base + 4]! >>> 16)
    this.#lastPlace = place
    this.#lastLow = low
    const serial = frame.serialOf(place, low)
    return (this.#last = core.address(protocol, frame.homeOf(place), frame.birthOf(place), serial))
  }

  #address(words: Int32Array, at: number): Address {
    const place = words[at]!
    const serial = frame.serialOf(place, words[at + 1]!)
    const core = this.#core
    return core.address(core.behaviors.protocol(words[at + 2]!), frame.homeOf(place), frame.birthOf(place), serial)
  }

  #chain(words: Int32Array, at: number): Chain | undefined {
    const { methods } = this.#core.platform
    let chain: Chain | undefined
    for (let entry = words[at]! - 1; entry >= 0; entry--) {
      const from = at + 1 + entry * frame.CHAIN_WORDS
      chain = new Chain(this.#address(words, from), words[from + 3]!, methods.text(words[from + 4]!), chain)
    }
    return chain
  }

  #parcel(bytes: Uint8Array, start: number, end: number): Parcel {
    const length = end - start
    if (length > CHUNK / 4) return new Parcel(bytes.slice(start, end), 0, length)
    if (this.#used + length > CHUNK) {
      this.#chunk = new Uint8Array(CHUNK)
      this.#used = 0
    }
    const at = this.#used
    const chunk = this.#chunk
    if (length < 64) for (let i = 0; i < length; i++) chunk[at + i] = bytes[start + i]!
    else chunk.set(bytes.subarray(start, end), at)
    this.#used += length
    return new Parcel(chunk, at, at + length)
  }
}
