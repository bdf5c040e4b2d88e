// Writes frames and hands them to the platform; the scratch buffer and the arguments are frame-buffer.ts.
//
// Invariants: nothing of a frame is posted before all of it could be encoded; a user frame that the way refuses is given
// back to the caller (false), who fails the ask or makes the dead letter. Encoding the arguments may run users' code
// (getters, codecs), and that may send: so they are written first, all that stands before them after.
import type { Address } from './address.ts'
import type { Ask, Asker, Chain } from './ask.ts'
import type { Baggage } from './baggage.ts'
import {
  CHANNEL_WORDS,
  type ChannelFrame,
  CLAIM,
  CLAIM_WORDS,
  birthOf,
  ENDS,
  serialHigh,
  serialOf,
} from './channel-frame.ts'
import { packError, type TroupeError } from './errors.ts'
import { FrameBuffer } from './frame-buffer.ts'
import * as frame from './frame.ts'
import { EndsParcel } from './held.ts'
import { FENCE_KINDS, HANDOFF_WORDS, OFFER } from './handoff-frame.ts'
import { ASKED, type From, MANY_ARGUMENTS, METHOD_SHIFT, ONE_ARGUMENT, PARCEL, Parcel } from './mailbox.ts'
import type { HeldFrame, Holder } from './held-frame.ts'
import type { FenceAnswer } from './handoff-states.ts'
import { PRIMITIVE_BYTES } from './primitives.ts'

export class Outbound extends FrameBuffer {
  /** The channel that was written about last. */
  #key = -1
  #keyBirth = 0
  #keyLow = 0
  #keyHigh = 0
  /** Whether there are channel ends in its value. */
  #ends = false

  /** `holder`: takes the frame, where it must not be sent yet. */
  tell(
    to: Address,
    sender: Address | undefined,
    method: number,
    shape: number,
    argument: unknown,
    holder?: Holder,
  ): boolean {
    let flags = this.#isRouted(to, holder) ? frame.ROUTED : 0
    if (sender !== undefined) flags |= frame.SENDER
    this.arguments((frame.HEADER_WORDS + sectionWords(flags, undefined)) * 4, shape, argument)
    const at = this.#routed(flags, this.core.platform.thread)
    if (sender !== undefined) this.#writeSender(at, sender)
    this.#target(to, method, -1)
    return this.#send(to, frame.TELL, flags, holder)
  }

  ask(ask: Ask, method: number, shape: number, argument: unknown, holder?: Holder): boolean {
    const { target, sender, chain } = ask
    let flags = this.#isRouted(target, holder) ? frame.ROUTED : 0
    if (sender !== undefined) flags |= frame.SENDER
    if (ask.until - ask.begun <= frame.LONGEST_DEADLINE) flags |= frame.DEADLINE
    if (chain !== undefined) flags |= frame.CHAIN
    this.arguments((frame.HEADER_WORDS + sectionWords(flags, chain)) * 4, shape, argument)
    const { thread, number } = ask.handle()
    this.#sections(flags, thread, sender, ask)
    this.#target(target, method, number)
    return this.#send(target, frame.ASK, flags, holder)
  }
  #sections(flags: number, first: number, sender: Address | undefined, asker: Asker | undefined): void {
    let at = this.#routed(flags, first)
    if (sender !== undefined) at = this.#writeSender(at, sender)
    if ((flags & frame.DEADLINE) !== 0) this.words[at++] = Math.ceil(asker!.until)
    if (asker?.chain !== undefined) this.#writeChain(at, asker.chain)
  }
  /** Whether a frame may have to wait, or take another way than to where the actor was spawned. */
  #isRouted({ standing, home }: Address, holder?: Holder): boolean {
    return standing !== undefined || holder !== undefined || this.core.heirs.isOpen(this.core.heirs.of(home))
  }
  #routed(flags: number, from: number): number {
    if ((flags & frame.ROUTED) === 0) return frame.HEADER_WORDS
    this.words[frame.STAMP] = from === this.core.platform.thread ? frame.OWN : 0
    this.words[frame.FIRST_SENDER] = from
    return frame.HEADER_WORDS + frame.ROUTED_WORDS
  }

  /** A message as a frame that lasts: out of the mailbox of an actor that has moved, or `own`, as this thread has sent it itself. */
  mail(to: Address, head: number, from: From, argument: unknown, own = false): HeldFrame {
    const asker = (head & ASKED) === 0 ? undefined : (from as Asker)
    const sender = asker === undefined ? (from as Address | undefined) : asker.sender
    let flags = frame.ROUTED
    if (sender !== undefined) flags |= frame.SENDER
    if (asker !== undefined && asker.until - this.core.platform.now() <= frame.LONGEST_DEADLINE) flags |= frame.DEADLINE
    if (asker?.chain !== undefined) flags |= frame.CHAIN
    const body = (frame.HEADER_WORDS + sectionWords(flags, asker?.chain)) * 4
    if ((head & PARCEL) !== 0) this.parcel(body, argument as Parcel, (head & MANY_ARGUMENTS) !== 0 ? 2 : 1)
    else this.arguments(body, head & (ONE_ARGUMENT | MANY_ARGUMENTS), argument)
    const handle = asker?.handle()
    this.#sections(flags, handle?.thread ?? this.core.platform.thread, sender, asker)
    this.#target(to, head >> METHOD_SHIFT, handle?.number ?? -1)
    if (own) this.words[frame.STAMP] = frame.OWN
    this.finish(asker === undefined ? frame.TELL : frame.ASK, flags)
    return this.copy()
  }

  reply(thread: number, number: number, value: unknown): void {
    this.arguments(frame.HEADER_WORDS * 4, 1, value)
    this.#answer(thread, number, frame.REPLY)
  }

  fail(thread: number, number: number, error: TroupeError): void {
    this.begun++
    this.packed(frame.HEADER_WORDS * 4, packError(error))
    this.#answer(thread, number, frame.FAILURE)
  }

  /** A call of another thread's core. Ordered ones stay behind the user frames before them, and may be refused. */
  call(thread: number, operation: number, number: number, args: unknown, ordered: boolean): boolean {
    this.begun++
    this.packed(frame.HEADER_WORDS * 4, args)
    const words = this.words
    words[2] = words[3] = 0
    words[4] = operation
    words[5] = number
    return this.#post(thread, frame.CALL, 0, !ordered)
  }

  /** A call for an actor, wherever it is: it goes the way of messages. */
  callActor(to: Address, operation: number, number: number, args: unknown, ordered: boolean): boolean {
    const flags = frame.ADDRESSED | (this.#isRouted(to) ? frame.ROUTED : 0)
    this.begun++
    this.packed((frame.HEADER_WORDS + sectionWords(flags, undefined)) * 4, args)
    this.#routed(flags, this.core.platform.thread)
    this.#target(to, operation, number)
    return this.#send(to, frame.CALL, flags, undefined, !ordered)
  }

  /** What threads say about an actor that moves, or about themselves: `of` undefined. */
  handoff(
    thread: number,
    of: Address | undefined,
    op: number,
    ticket: number,
    epoch: number,
    about: number,
    more?: { kind?: FenceAnswer; value?: unknown; ordered?: boolean },
  ): void {
    const value = more?.value
    const shape = value === undefined ? 0 : Array.isArray(value) ? MANY_ARGUMENTS : ONE_ARGUMENT
    this.arguments(HANDOFF_WORDS * 4, shape, value)
    this.#handoff(of, op, ticket, epoch, about, FENCE_KINDS.indexOf(more?.kind ?? 'way'))
    this.#say(thread, more?.ordered !== true)
  }
  /** An actor that is to go to a thread. */
  offer(thread: number, of: Address, ticket: number, epoch: number, { rest, sealed, state }: Baggage): void {
    const size = state.end - state.start
    const at = HANDOFF_WORDS * 4
    this.reserve(at + size + (sealed?.length ?? rest.length * PRIMITIVE_BYTES))
    this.bytes.set(state.bytes.subarray(state.start, state.end), at)
    if (sealed === undefined) this.arguments(at + size, MANY_ARGUMENTS, rest)
    else this.parcel(at + size, new Parcel(sealed, 0, sealed.length), 2)
    this.#handoff(of, OFFER, ticket, epoch, this.core.platform.thread, size)
    this.#say(thread, true)
  }
  #handoff(of: Address | undefined, op: number, ticket: number, epoch: number, about: number, last: number): void {
    const words = this.words
    if (of === undefined) {
      words[2] = words[3] = 0
      words[4] = op
      words[5] = ticket
    } else this.#target(of, op, ticket)
    words[frame.STAMP] = epoch
    words[frame.FIRST_SENDER] = about
    words[8] = last
  }
  #say(thread: number, system: boolean): void {
    this.finish(frame.HANDOFF, frame.ROUTED)
    this.core.platform.post(thread, this.bytes, this.words[0]!, system, false, true)
    this.shrink()
  }

  /** Encodes the value of a channel's frame, if it has one; `channel` then posts it. Throws NotSendable. */
  value(has: boolean, claims: boolean, value: unknown): void {
    const at = (CHANNEL_WORDS + (claims ? CLAIM_WORDS : 0)) * 4
    this.#ends = value instanceof EndsParcel
    if (!(value instanceof Parcel)) {
      this.arguments(at, has ? ONE_ARGUMENT : 0, value)
      this.#ends = this.encoding === frame.PACKED && this.core.channels.entries.gave
      return
    }
    this.parcel(at, value, 1)
  }
  channel(thread: number, message: ChannelFrame, system: boolean, alone: boolean): boolean {
    const words = this.words
    if (message.key !== this.#key) {
      this.#key = message.key
      this.#keyBirth = birthOf(message.key) << 16
      this.#keyLow = serialOf(message.key) | 0
      this.#keyHigh = serialHigh(message.key) << 16
    }
    words[2] = this.#keyBirth | message.origin
    words[3] = this.#keyLow
    words[4] = (message.op << 24) | this.#keyHigh
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
  /** What stands in the scratch buffer goes to an actor; false where it is refused. `system`: ahead of messages. */
  #send(to: Address, kind: number, flags: number, holder?: Holder, system = false): boolean {
    if ((flags & frame.ROUTED) === 0) return this.#post(this.core.heirs.of(to.home), kind, flags, system)
    this.finish(kind, flags)
    const { standing } = to
    if (holder !== undefined) {
      holder.hold(to, this.copy())
      return true
    }
    if (standing === undefined) {
      this.core.routes.toHome(to, this.copy())
      return true
    }
    const way = standing.send()
    if (way < 0 || way === standing.self) return this.#kept(this.core.routes.waits(standing, way, this.copy(), system))
    this.words[frame.STAMP] = standing.stamp
    const sent = this.core.platform.post(way, this.bytes, this.words[0]!, system)
    this.shrink()
    return this.#kept(sent)
  }
  #kept(sent: boolean): boolean {
    if (this.encoding !== frame.PACKED) return sent
    const { entries } = this.core.channels
    if (sent) entries.begin()
    else entries.undo()
    return sent
  }
  #answer(thread: number, number: number, kind: number): void {
    const words = this.words
    words[2] = words[3] = words[4] = 0
    words[5] = number
    this.#post(thread, kind, 0, true)
  }

  #post(thread: number, kind: number, flags: number, system: boolean, alone = false): boolean {
    this.finish(kind, flags)
    const posted = this.core.platform.post(thread, this.bytes, this.words[0]!, system, alone)
    this.shrink()
    return this.#kept(posted)
  }

  #target(to: Address, method: number, number: number): void {
    const words = this.words
    words[2] = frame.placeWord(to)
    words[3] = to.serial
    this.high = frame.serialHigh(to.serial)
    words[4] = frame.methodWord(to.protocol.number, method)
    words[5] = number
  }

  #writeSender(at: number, sender: Address): number {
    const words = this.words
    words[at] = frame.placeWord(sender)
    words[at + 1] = sender.serial
    words[at + 2] = frame.protocolWord(sender)
    return at + frame.SENDER_WORDS
  }

  #writeChain(at: number, chain: Chain): void {
    const count = entriesOf(chain)
    const words = this.words
    words[at++] = count
    let entry: Chain | undefined = chain
    for (let left = count; left > 0; left--) {
      const { actor, turn, method, outer }: Chain = entry!
      words[at] = frame.placeWord(actor)
      words[at + 1] = actor.serial
      words[at + 2] = frame.protocolWord(actor)
      words[at + 3] = turn
      words[at + 4] = this.core.platform.methods.intern(method)
      at += frame.CHAIN_WORDS
      entry = outer
    }
  }
}

/** How many words stand between the header and the arguments of an ask. */
function sectionWords(flags: number, chain: Chain | undefined): number {
  const routed = (flags & frame.ROUTED) === 0 ? 0 : frame.ROUTED_WORDS
  const sender = (flags & frame.SENDER) === 0 ? 0 : frame.SENDER_WORDS
  const deadline = (flags & frame.DEADLINE) === 0 ? 0 : 1
  return routed + sender + deadline + (chain === undefined ? 0 : 1 + entriesOf(chain) * frame.CHAIN_WORDS)
}
function entriesOf(chain: Chain): number {
  return Math.min(chain.length, frame.LONGEST_CHAIN)
}
