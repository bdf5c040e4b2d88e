// Writes frames and hands them to the platform. One scratch buffer a thread, reused for every frame.
//
// Invariants: nothing of a frame is posted before all of it could be encoded; a user frame that the way refuses is given
// back to the caller (false), who fails the ask or makes the dead letter.
import type { Address } from './address.ts'
import type { Ask, Chain } from './ask.ts'
import type { Core } from './core.ts'
import { packError, type TroupeError } from './errors.ts'
import * as frame from './frame.ts'
import { MANY_ARGUMENTS } from './mailbox.ts'
import { writePrimitive } from './primitives.ts'

const SCRATCH = 64 * 1024
/** Room that a hot primitive may need. */
const PRIMITIVE_ROOM = 64
const MOST_PRIMITIVES = 24 // the keys of a flat record

export class Outbound {
  readonly #core: Core
  #bytes = new Uint8Array(SCRATCH)
  #words = new Int32Array(this.#bytes.buffer)
  /** Where the arguments begin, in bytes. */
  #at = 0
  #count = 0
  #encoding = frame.PRIMITIVES

  constructor(core: Core) {
    this.#core = core
  }

  tell(to: Address, sender: Address | undefined, method: number, shape: number, argument: unknown): boolean {
    const words = this.#words
    let at = frame.HEADER_WORDS
    let flags = 0
    if (sender !== undefined) {
      flags = frame.SENDER
      at = this.#writeSender(at, sender)
    }
    this.#arguments(at * 4, shape, argument)
    this.#target(to)
    words[4] = frame.methodWord(to.protocol.number, method)
    words[5] = -1
    return this.#post(to.home, frame.TELL, flags, false)
  }

  ask(ask: Ask, method: number, shape: number, argument: unknown): boolean {
    const { target, sender, chain } = ask
    let flags = 0
    let at = frame.HEADER_WORDS
    if (sender !== undefined) {
      flags = frame.SENDER
      at = this.#writeSender(at, sender)
    }
    if (ask.until - ask.begun <= frame.LONGEST_DEADLINE) {
      flags |= frame.DEADLINE
      this.#words[at++] = Math.ceil(ask.until)
    }
    if (chain !== undefined) {
      flags |= frame.CHAIN
      at = this.#writeChain(at, chain)
    }
    this.#arguments(at * 4, shape, argument)
    this.#target(target)
    this.#words[4] = frame.methodWord(target.protocol.number, method)
    this.#words[5] = ask.handle().number
    return this.#post(target.home, frame.ASK, flags, false)
  }

  reply(thread: number, number: number, value: unknown): void {
    this.#arguments(frame.HEADER_WORDS * 4, 1, value)
    this.#answer(thread, number, frame.REPLY)
  }

  fail(thread: number, number: number, error: TroupeError): void {
    this.#packed(frame.HEADER_WORDS * 4, packError(error))
    this.#answer(thread, number, frame.FAILURE)
  }

  /** A call of another thread's core. Ordered ones stay behind the user frames before them, and may be refused. */
  call(thread: number, operation: number, number: number, args: unknown, ordered: boolean): boolean {
    this.#packed(frame.HEADER_WORDS * 4, args)
    const words = this.#words
    words[2] = words[3] = 0
    words[4] = operation
    words[5] = number
    return this.#post(thread, frame.CALL, 0, !ordered)
  }

  #answer(thread: number, number: number, kind: number): void {
    const words = this.#words
    words[2] = words[3] = words[4] = 0
    words[5] = number
    this.#post(thread, kind, 0, true)
  }

  #post(thread: number, kind: number, flags: number, system: boolean): boolean {
    const length = (this.#at + 3) & ~3
    this.#words[0] = length
    this.#words[1] = frame.headWord(length - this.#at, kind, flags, this.#count, this.#encoding)
    const posted = this.#core.platform.post(thread, this.#bytes, length, system)
    if (this.#bytes.length > SCRATCH) this.#resize(SCRATCH) // one large frame must not keep its memory
    return posted
  }

  #target(to: Address): void {
    this.#words[2] = frame.placeWord(to)
    this.#words[3] = to.serial
  }

  #writeSender(at: number, sender: Address): number {
    const words = this.#words
    words[at] = frame.placeWord(sender)
    words[at + 1] = sender.serial
    words[at + 2] = sender.protocol.number
    return at + frame.SENDER_WORDS
  }

  #writeChain(at: number, chain: Chain): number {
    const count = Math.min(chain.length, frame.LONGEST_CHAIN)
    this.#reserve((at + 1 + count * frame.CHAIN_WORDS) * 4 + MOST_PRIMITIVES * PRIMITIVE_ROOM)
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
    return at
  }

  /** Writes the arguments at byte `at`: by hand where all are small primitives, else through the codec. */
  #arguments(at: number, shape: number, argument: unknown): void {
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
    this.#count = 1
    if (typeof value === 'object' && value !== null) {
      this.#at = this.#core.platform.codec.writeFlat(value, this.#bytes, at)
      this.#encoding = frame.FLAT
    } else this.#at = writePrimitive(value, this.#bytes, at)
    if (this.#at < 0) this.#packed(at, value)
  }

  #packed(at: number, value: unknown, count = 1): void {
    const { bytes, start, end } = this.#core.platform.codec.pack(value)
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
