// What a frame goes through between two processes. Where it leaves, its deadline becomes what is left until then; where it comes,
// every word is checked, numbers of the sender's process become this one's, in place, and the arguments are scanned.
//
// Invariants: what passes, `Inbound` reads without looking beyond the frame, or finding a number that this process does not
// know, and its core without looking at the types of what it decodes; whatever else comes throws BadFrame, which ends the link. A
// frame that is refused may be half translated. Nothing is allocated for a message that passes, or a reply.
import { FIRST_FAR } from '../core/address.ts'
import { baggageForm, callForms, errorForm, type Form, knowersForm } from '../core/call-forms.ts'
import * as channel from '../core/channel-frame.ts'
import * as frame from '../core/frame.ts'
import * as handoff from '../core/handoff-frame.ts'
import type { TravelKind } from '../core/sendable.ts'
import { BadFrame } from './bad-frame.ts'
import { WireForms } from './wire-forms.ts'
import { WireScan } from './wire-scan.ts'
import type { PeerTables } from './wire-tables.ts'

const MESSAGE_FLAGS = frame.ROUTED | frame.SENDER | frame.TRACE
const ASK_FLAGS = MESSAGE_FLAGS | frame.DEADLINE | frame.CHAIN
const LAST_OPERATION = handoff.FORWARDED
const CHANNEL_SERIAL_HIGH = 15

/** A frame on its way to another process: the clocks of two have nothing in common. */
export function leave(words: Int32Array, base: number, now: number): void {
  const flags = words[base + 1]! >>> 8
  const kind = frame.kindIn(words[base + 1]!)
  if ((flags & frame.DEADLINE) === 0 || (kind !== frame.ASK && kind !== frame.TELL)) return
  const at = base + deadlineAt(flags)
  words[at] = words[at]! - Math.floor(now)
}
function deadlineAt(flags: number): number {
  const routed = (flags & frame.ROUTED) === 0 ? 0 : frame.ROUTED_WORDS
  return frame.HEADER_WORDS + routed + ((flags & frame.SENDER) === 0 ? 0 : frame.SENDER_WORDS)
}

/** What of arguments a frame may have. */
type Arguments = 'none' | 'some' | 'one' | 'list' | 'object' | 'packed'
/** By operation of a move, and of those that fail. */
const HANDOFF_FORMS: Readonly<Record<number, Form>> = {
  [handoff.OFFER]: baggageForm,
  [handoff.COMMIT]: knowersForm,
  [handoff.REFUSED]: errorForm,
}

export class FrameGate {
  readonly #scan: WireScan
  readonly #forms: WireForms
  /** Of what each call has for arguments, by its number; undefined where other nodes may not make it. */
  readonly #calls: readonly (Form | undefined)[]
  #bytes: Uint8Array = new Uint8Array(0)
  #words: Int32Array = new Int32Array(0)
  #base = 0
  /** Where in `#words` the frame ends, and where its arguments do in `#bytes`. */
  #last = 0
  #end = 0
  #peer!: PeerTables

  /** The kinds are those of the codec; `operations`: the names of calls (core/actor-calls.ts). */
  constructor(kinds: readonly TravelKind<unknown>[], operations: readonly string[]) {
    this.#scan = new WireScan(kinds)
    this.#forms = new WireForms(kinds)
    this.#calls = operations.map(name => callForms[name])
  }

  /** Takes in the frame of `length` bytes at word `base`; gives its kind. Throws BadFrame. */
  enter(bytes: Uint8Array, words: Int32Array, base: number, length: number, peer: PeerTables, now: number): number {
    this.#bytes = bytes
    this.#words = words
    this.#base = base
    this.#peer = peer
    if ((length & 3) !== 0 || length < frame.HEADER_WORDS * 4 || words[base] !== length) this.#bad('length', 0)
    this.#last = base + (length >> 2)
    if (this.#last > words.length) this.#bad('length', 0)
    const head = words[base + 1]!
    this.#end = base * 4 + length - frame.unusedIn(head)
    if (head >>> 30 !== frame.VERSION) this.#bad('version', 1)
    const kind = frame.kindIn(head)
    switch (kind) {
      case frame.TELL:
      case frame.ASK:
        this.#message(head, kind === frame.ASK, now)
        break
      case frame.REPLY:
      case frame.FAILURE:
        this.#answer(head, kind === frame.FAILURE)
        break
      case frame.CALL:
        this.#call(head)
        break
      case frame.CHANNEL:
        this.#channel(head)
        break
      case frame.HANDOFF:
        this.#handoff(head)
        break
      default:
        this.#bad('kind', 1)
    }
    return kind
  }

  // ── the kinds of frames ─────────────────────────────────────────────────────────────────────────────────────

  #message(head: number, asked: boolean, now: number): void {
    const flags = this.#flags(head, asked ? ASK_FLAGS : MESSAGE_FLAGS)
    const words = this.#words
    const { [this.#base + 5]: number } = words
    // an ask that had ended when its message was sent on has no number either
    if (asked ? number! < -1 : number !== -1) this.#bad('number of an ask', 5)
    this.#target(head)
    const method = this.#peer.method(words[this.#base + 4]! & 0xffff)
    if (method < 0) this.#bad('method', 4)
    words[this.#base + 4] = (words[this.#base + 4]! & 0xffff_0000) | method
    let at = frame.HEADER_WORDS + this.#routed(flags)
    if ((flags & frame.SENDER) !== 0) at = this.#actor(at)
    if ((flags & frame.DEADLINE) !== 0) {
      this.#need(at + 1)
      words[this.#base + at] = words[this.#base + at]! + Math.floor(now)
      at++
    }
    if ((flags & frame.CHAIN) !== 0) at = this.#chain(at)
    if ((flags & frame.TRACE) !== 0) at += frame.TRACE_WORDS
    this.#arguments(head, at, 'some')
  }

  #answer(head: number, failed: boolean): void {
    this.#flags(head, 0)
    const words = this.#words
    const { [this.#base + 2]: place, [this.#base + 3]: low, [this.#base + 4]: method } = words
    if (place !== 0 || low !== 0 || method !== 0 || frame.targetHigh(head) !== 0) this.#bad('target of an answer', 2)
    if (words[this.#base + 5]! < -1) this.#bad('number of an ask', 5)
    this.#arguments(head, frame.HEADER_WORDS, failed ? 'object' : 'one', failed ? errorForm : undefined)
  }

  #call(head: number): void {
    const flags = this.#flags(head, frame.ADDRESSED | frame.ROUTED)
    const words = this.#words
    if ((flags & frame.ADDRESSED) !== 0) this.#target(head)
    else this.#noTarget(head)
    const form = this.#calls[words[this.#base + 4]! & 0xffff]
    if (form === undefined) this.#bad('operation', 4)
    if (words[this.#base + 5]! < -1) this.#bad('number of an ask', 5)
    this.#arguments(head, frame.HEADER_WORDS + this.#routed(flags), 'packed', form)
  }

  /** A claim of a select (core/claims.ts) is a word of its own process's memory: none comes in the name of a thread of this one. */
  #channel(head: number): void {
    const claims = (this.#flags(head, channel.ENDS | channel.CLAIM) & channel.CLAIM) !== 0
    const words = this.#words
    const base = this.#base
    this.#need(channel.CHANNEL_WORDS)
    const said = words[base + 4]!
    const op = said >>> 24
    if (frame.targetHigh(head) !== 0 || (said & 0xffff) !== 0) this.#bad('channel', 4)
    const high = (said >>> 16) & 255
    if (high > CHANNEL_SERIAL_HIGH || (high === 0 && words[base + 3] === 0)) this.#bad('channel', 3)
    const place = words[base + 2]!
    const origin = this.#thread(place & 0xffff, 2)
    words[base + 2] = (this.#thread(place >>> 16, 2) << 16) | origin
    if (op === channel.GREET || op === channel.MOVED) words[base + 7] = this.#thread(words[base + 7]!, 7)
    if (op === channel.BROKEN) words[base + 5] = this.#thread(words[base + 5]!, 5)
    const waits = op === channel.SEND || op === channel.RECEIVE
    if (claims && !(waits && origin >= FIRST_FAR && words[base + 8]! >= 0)) this.#bad('claim', 8)
    this.#arguments(head, channel.CHANNEL_WORDS + (claims ? channel.CLAIM_WORDS : 0), this.#valueOf(op))
  }
  #valueOf(op: number): Arguments {
    if (op === channel.PUT || op === channel.SEND || op === channel.VALUE) return 'one'
    if (op === channel.FAILED) return 'object'
    const known = (op >= channel.GREET && op <= channel.BUSY) || (op >= channel.TAKEN && op <= channel.LET_GO)
    return known ? 'none' : this.#bad('operation of a channel', 4)
  }

  #handoff(head: number): void {
    if (this.#flags(head, frame.ROUTED) === 0) this.#bad('flags', 1)
    this.#need(handoff.HANDOFF_WORDS)
    const words = this.#words
    const base = this.#base
    const op = words[base + 4]! & 0xffff
    if (op < handoff.OFFER || op > LAST_OPERATION) this.#bad('operation of a move', 4)
    if (op === handoff.FLUSH || op === handoff.FLUSHED) this.#noTarget(head)
    else this.#target(head)
    if (words[base + frame.STAMP]! < 0) this.#bad('epoch', frame.STAMP)
    words[base + frame.FIRST_SENDER] = this.#thread(words[base + frame.FIRST_SENDER]!, frame.FIRST_SENDER)
    const last = words[base + 8]!
    let at = handoff.HANDOFF_WORDS * 4
    if (op === handoff.OFFER) at = this.#state(at, last)
    else if (last < 0 || last >= (op === handoff.FENCE ? 3 : op === handoff.FENCED ? 4 : 1)) this.#bad('fence', 8)
    this.#body(
      head,
      at,
      op === handoff.REFUSED ? 'object' : op === handoff.OFFER || op === handoff.COMMIT ? 'list' : 'none',
      HANDOFF_FORMS[op],
    )
  }
  /** The state of an actor, which stands before all else. */
  #state(at: number, size: number): number {
    const start = this.#base * 4 + at
    if (size < 1 || size > this.#end - start) this.#bad('size of a state', 8)
    this.#scan.body(this.#bytes, start, start + size, this.#peer)
    return at + size
  }

  // ── parts of them ───────────────────────────────────────────────────────────────────────────────────────────

  #flags(head: number, allowed: number): number {
    const flags = (head >>> 8) & 255
    return (flags & ~allowed) === 0 ? flags : this.#bad('flags', 1)
  }
  #need(words: number): void {
    if (this.#base + words > this.#last) this.#bad('length, as its sections are longer', 0)
  }
  #thread(number: number, word: number): number {
    const own = number >>> 16 === 0 ? this.#peer.thread(number) : -1
    return own >= 0 ? own : this.#bad('thread', word)
  }
  #protocol(word: number, at: number): number {
    const own = this.#peer.protocolNumber(word)
    return own >= 0 ? own : this.#bad('protocol', at)
  }

  #target(head: number): void {
    const words = this.#words
    const base = this.#base
    if (words[base + 3] === 0 && frame.targetHigh(head) === 0) this.#bad('target', 3)
    this.#place(2)
    words[base + 4] = (this.#protocol(words[base + 4]! >>> 16, 4) << 16) | (words[base + 4]! & 0xffff)
  }
  #noTarget(head: number): void {
    const { [this.#base + 2]: place, [this.#base + 3]: low, [this.#base + 4]: method } = this.#words
    if (place !== 0 || low !== 0 || method! >>> 16 !== 0 || frame.targetHigh(head) !== 0) this.#bad('target', 2)
  }
  /** A word with home and birth. */
  #place(at: number): void {
    const place = this.#words[this.#base + at]!
    this.#words[this.#base + at] = (this.#thread(place >>> 16, at) << 16) | this.#thread(place & 0xffff, at)
  }
  /** The three words of an actor at `at`; gives what comes behind. */
  #actor(at: number): number {
    this.#need(at + frame.SENDER_WORDS)
    const words = this.#words
    const last = this.#base + at + 2
    this.#place(at)
    const high = frame.highOf(words[last]!)
    if (high > 255 || (high === 0 && words[last - 1] === 0)) this.#bad('actor', at)
    words[last] = (high << 16) | this.#protocol(frame.protocolOf(words[last]!), at + 2)
    return at + frame.SENDER_WORDS
  }
  /** How many words. */
  #routed(flags: number): number {
    if ((flags & frame.ROUTED) === 0) return 0
    this.#need(frame.HEADER_WORDS + frame.ROUTED_WORDS)
    const at = this.#base + frame.FIRST_SENDER
    this.#words[at] = this.#thread(this.#words[at]!, frame.FIRST_SENDER)
    return frame.ROUTED_WORDS
  }
  #chain(at: number): number {
    this.#need(at + 1)
    const words = this.#words
    const count = words[this.#base + at]!
    if (count < 1 || count > frame.LONGEST_CHAIN) this.#bad('call chain', at)
    const end = at + 1 + count * frame.CHAIN_WORDS
    this.#need(end)
    for (let entry = at + 1; entry < end; entry += frame.CHAIN_WORDS) {
      this.#actor(entry)
      const last = this.#base + entry + frame.CHAIN_WORDS - 1
      const method = words[last]! >>> 16 === 0 ? this.#peer.method(words[last]!) : -1
      words[last] = method >= 0 ? method : this.#bad('method', entry)
    }
    return end
  }

  #arguments(head: number, at: number, allowed: Arguments, form?: Form): void {
    this.#need(at)
    this.#body(head, at * 4, allowed, form)
  }
  /** From byte `at` of the frame on. */
  #body(head: number, at: number, allowed: Arguments, form?: Form): void {
    const start = this.#base * 4 + at
    const count = (head >>> 2) & 63
    if (start > this.#end) this.#bad('length, as its sections are longer', 0)
    if ((head & 3) === frame.PRIMITIVES) {
      const most = allowed === 'one' ? 1 : allowed === 'some' || allowed === 'list' ? 63 : 0
      if (count > most || allowed === 'object' || allowed === 'packed') this.#bad('arguments', 1)
      // only a list of nobody is written like that
      if (form !== undefined && (form !== knowersForm || count > 0)) this.#bad('arguments', 1)
      return this.#scan.primitives(this.#bytes, start, this.#end, count)
    }
    if ((head & 3) !== frame.PACKED || allowed === 'none') this.#bad('arguments', 1)
    const several = count === 2
    if (count < 1 || count > 2 || (several && allowed !== 'some' && allowed !== 'list')) this.#bad('arguments', 1)
    const shape = this.#scan.body(this.#bytes, start, this.#end, this.#peer)
    if (allowed === 'object' ? shape !== 'object' : (several || allowed === 'list') && shape !== 'array')
      this.#bad('arguments', 1)
    if (form !== undefined) this.#forms.check(form, this.#bytes, start, this.#end, this.#peer, at)
  }

  #bad(what: string, word: number): never {
    throw new BadFrame(`its ${what} cannot be right`, word * 4)
  }
}
