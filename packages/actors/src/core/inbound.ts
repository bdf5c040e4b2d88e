// Reads frames that came for this thread.
//
// Invariants: `bytes` and `words` are lent for the call only, so what waits is copied out: hot primitives are decoded at
// once, other arguments wait as msgpack (a Parcel) until their turn.
import type { Address } from './address.ts'
import { type Ask, Chain } from './ask.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { Undelivered } from './dead-letters.ts'
import { CHANNEL_WORDS, ChannelFrame, CLAIM, CLAIM_WORDS, ENDS, readChannelFrame } from './channel-frame.ts'
import { type PackedError, type TroupeError, unpackError } from './errors.ts'
import * as frame from './frame.ts'
import { FENCE, FENCE_KINDS, FLUSH, FLUSHED } from './handoff-frame.ts'
import type { FenceKind } from './handoff-states.ts'
import { readHandoff } from './handoffs.ts'
import { EndsParcel } from './held.ts'
import { ASKED, type From, MANY_ARGUMENTS, METHOD_SHIFT, ONE_ARGUMENT, PARCEL, Parcel } from './mailbox.ts'
import { Parcels } from './parcels.ts'
import { readPrimitive, readPrimitives } from './primitives.ts'
import { type HeldFrame, routedCopy, wordsOf } from './held-frame.ts'
import { RemoteAsk } from './remote-ask.ts'
import { waits } from './turns.ts'

export class Inbound {
  readonly #core: Core
  readonly #parcels = new Parcels()
  readonly #channelFrame = new ChannelFrame()
  /** Whom the last message was for. */
  #last: Address | undefined = undefined
  #lastPlace = 0
  #lastLow = 0
  #lastHigh = 0

  constructor(core: Core) {
    this.#core = core
  }

  /** Takes in the frame at byte `start` of a memory seen as bytes and as words, sent by thread `from`. */
  receive(bytes: Uint8Array, words: Int32Array, start: number, length: number, from: number): void {
    const base = start >> 2
    const head = words[base + 1]!
    const end = start + length - frame.unusedIn(head)
    const kind = frame.kindIn(head)
    switch (kind) {
      case frame.TELL:
      case frame.ASK: {
        const address = this.target(words, base)
        if (!this.#isHere(address, bytes, words, start, from)) return
        const cell = address.cell ?? address.standing?.taker
        return this.#message(bytes, words, base, end, from, kind === frame.ASK, address, cell)
      }
      case frame.CHANNEL:
        return this.#channel(bytes, words, base, end, from)
      case frame.CALL:
        return this.#call(bytes, words, base, end, from)
      case frame.HANDOFF:
        return this.#handoff(bytes, words, base, end, from)
    }
    const ask = this.#core.asks.find(words[base + 5]!)
    if (ask === undefined) return // it has ended meanwhile: by deadline, abort, or its actor's end
    const body = start + frame.HEADER_WORDS * 4
    if ((head & 3) === frame.PACKED) this.#answer(ask, kind, bytes, body, end)
    else ask.settle(((head >>> 2) & 63) === 0 ? undefined : this.#one(head, bytes, body))
  }

  /** Whether a frame is for an actor here, or one that this thread knows to be gone; if not, it has been passed on, or waits. */
  #isHere(address: Address, bytes: Uint8Array, words: Int32Array, start: number, from: number): boolean {
    const { routes, heirs } = this.#core
    if (address.standing !== undefined) return routes.arrives(address, bytes, words, start, from)
    if (address.cell !== undefined) return true
    if (heirs.keepsUnknown(address, () => routedCopy(bytes, words, start, from))) return false
    return address.local || routes.arrives(address, bytes, words, start, from)
  }

  /** A frame that was on its way, or held, and is for an actor here. */
  takeIn(own: HeldFrame, cell: Cell): void {
    this.#lasting(own, cell.address, cell)
  }
  /** One whose actor has ended meanwhile, in order or with its thread. */
  undeliverable(own: HeldFrame, reason: Undelivered = 'stopped'): void {
    this.#lasting(own, this.target(wordsOf(own), 0), undefined, reason)
  }
  #lasting(own: HeldFrame, address: Address, cell: Cell | undefined, reason?: Undelivered): void {
    const words = wordsOf(own)
    const head = words[1]!
    const end = own.length - frame.unusedIn(head)
    const kind = frame.kindIn(head)
    const { thread } = this.#core.platform
    if (kind === frame.CALL) this.#called(own, words, 0, end, thread)
    else if (kind === frame.HANDOFF) this.#met(words, 0, address)
    else this.#message(own, words, 0, end, thread, kind === frame.ASK, address, cell, reason)
  }

  #call(bytes: Uint8Array, words: Int32Array, base: number, end: number, from: number): void {
    const { calls, platform } = this.#core
    const operation = words[base + 4]! & 0xffff
    if (!calls.allows(operation, from)) {
      return this.#core.deadLetter(this.#core.systemOf(platform.thread), `call ${operation}`, 'unknown')
    }
    const addressed = (words[base + 1]! & (frame.ADDRESSED << 8)) !== 0
    if (addressed && !this.#isHere(this.target(words, base), bytes, words, base << 2, from)) return
    this.#called(bytes, words, base, end, from)
  }
  #called(bytes: Uint8Array, words: Int32Array, base: number, end: number, from: number): void {
    if ((words[base + 1]! & (frame.ADDRESSED << 8)) !== 0) {
      const { present, standing } = this.target(words, base)
      const { arrivals, departures } = this.#core.handoffs
      const own = (): HeldFrame => routedCopy(bytes, words, base << 2, from)
      if (present?.status === 'leaving' && departures.defers(present, own())) return
      if (standing?.phase === 'arriving' && arrivals.defers(standing, own)) return
    }
    const routed = (words[base + 1]! & (frame.ROUTED << 8)) !== 0
    const first = routed ? words[base + frame.FIRST_SENDER]! : from
    const body = (base + frame.HEADER_WORDS + (routed ? frame.ROUTED_WORDS : 0)) * 4
    const { calls, platform } = this.#core
    const args = (): unknown => platform.codec.decode(bytes, body, end, this.#core)
    calls.receive(words[base + 4]! & 0xffff, words[base + 5]!, first, args)
  }

  #handoff(bytes: Uint8Array, words: Int32Array, base: number, end: number, from: number): void {
    const { handoffs, routes } = this.#core
    const op = words[base + 4]! & 0xffff
    if (op === FLUSH || op === FLUSHED) return handoffs.flushing(op, words[base + 5]!, from)
    const address = this.target(words, base)
    if (op === FENCE) {
      const kind = FENCE_KINDS[words[base + 8]!] as FenceKind
      if (routes.isBack(address, kind, words[base + frame.FIRST_SENDER]!, words[base + 5]!)) return
      if (!this.#isHere(address, bytes, words, base << 2, from)) return
      const { standing } = address
      const own = (): HeldFrame => routedCopy(bytes, words, base << 2, from)
      if (standing?.phase === 'arriving' && handoffs.arrivals.defers(standing, own)) return
      return this.#met(words, base, address)
    }
    handoffs.receive(readHandoff(this.#core, address, bytes, words, base, end, from))
  }
  #met(words: Int32Array, base: number, address: Address): void {
    const kind = FENCE_KINDS[words[base + 8]!] as FenceKind
    this.#core.routes.met(address, kind, words[base + frame.FIRST_SENDER]!, words[base + 5]!)
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
      answer = core.platform.codec.decode(bytes, start, end, ask.sender?.present ?? core)
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
    const kind = frame.kindIn(words[base + 1]!)
    const core = this.#core
    if (kind === frame.CHANNEL) {
      readChannelFrame(words, base, false, this.#channelFrame)
      return core.channels.returned(this.#channelFrame)
    }
    if (kind === frame.HANDOFF)
      return core.handoffs.departures.returned(this.target(words, base), words[base + 4]! & 0xffff, words[base + 5]!)
    if (kind !== frame.TELL && kind !== frame.ASK) return
    core.deadLetter(this.target(words, base), core.platform.methods.text(words[base + 4]! & 0xffff), 'lost')
  }

  #message(
    bytes: Uint8Array,
    words: Int32Array,
    base: number,
    end: number,
    from: number,
    asked: boolean,
    address: Address,
    cell: Cell | undefined,
    why?: Undelivered,
  ): void {
    const core = this.#core
    const head = words[base + 1]!
    const flags = (head >>> 8) & 255
    const method = words[base + 4]! & 0xffff
    let at = base + frame.HEADER_WORDS
    if ((flags & frame.ROUTED) !== 0) {
      from = words[at + 1]!
      at += frame.ROUTED_WORDS
    }
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

    const source = asked ? new RemoteAsk(core, from, words[base + 5]!, sender, chain, until) : sender
    const mailHead = (method << METHOD_SHIFT) | (asked ? ASKED : 0)
    if (cell === undefined) {
      const reason = why ?? (core.heirs.answersForLost(address.home) ? 'lost' : 'stopped')
      return core.undeliverable(address, mailHead, source, reason)
    }
    const wait = chain === undefined ? 'no' : waits(cell, method, chain)
    if (wait === 'cycle') {
      const cycle = core.failures.cycle(address, core.platform.methods.text(method), chain!)
      return (source as RemoteAsk).fail(cycle)
    }
    this.#deliver(bytes, head, at, end, mailHead, source, cell, wait === 'beside')
  }

  #deliver(
    bytes: Uint8Array,
    head: number,
    at: number,
    end: number,
    mailHead: number,
    source: From,
    cell: Cell,
    beside: boolean,
  ): void {
    const count = (head >>> 2) & 63
    let argument: unknown
    let size = 16
    if ((head & 3) === frame.PACKED) {
      mailHead |= PARCEL | (count > 1 ? MANY_ARGUMENTS : ONE_ARGUMENT)
      argument = this.#parcels.of(bytes, at * 4, end)
      size = end - at * 4 + 16
    } else if (count === 1) {
      mailHead |= ONE_ARGUMENT
      argument = this.#one(head, bytes, at * 4)
      size = end - at * 4 + 16
    } else if (count > 1) {
      mailHead |= MANY_ARGUMENTS
      argument = readPrimitives(bytes, at * 4, count)
    }
    if (beside) cell.acceptAside(mailHead, source, argument, size)
    else cell.accept(mailHead, source, argument, size)
  }

  #one(head: number, bytes: Uint8Array, at: number): unknown {
    return (head & 3) === frame.FLAT ? this.#core.platform.codec.readFlat(bytes, at) : readPrimitive(bytes, at)
  }

  target(words: Int32Array, base: number): Address {
    const place = words[base + 2]!
    const low = words[base + 3]!
    const high = frame.targetHigh(words[base + 1]!)
    const last = this.#last
    // most frames come in streams to one actor
    const isLast = place === this.#lastPlace && low === this.#lastLow && high === this.#lastHigh
    if (isLast && last !== undefined && last.cell !== undefined) return last
    const core = this.#core
    const protocol = core.behaviors.protocol(words[base + 4]! >>> 16)
    this.#lastPlace = place
    this.#lastLow = low
    this.#lastHigh = high
    const serial = frame.serialOf(high, low)
    return (this.#last = core.address(protocol, frame.homeOf(place), frame.birthOf(place), serial))
  }

  #address(words: Int32Array, at: number): Address {
    const place = words[at]!
    const known = words[at + 2]!
    const serial = frame.serialOf(frame.highOf(known), words[at + 1]!)
    const core = this.#core
    const protocol = core.behaviors.protocol(frame.protocolOf(known))
    return core.address(protocol, frame.homeOf(place), frame.birthOf(place), serial)
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
}
