// Frames with something wrong in them: real ones, with bits, bytes and words of them changed, parts of others in them, or cut; some of
// nothing but chance; and some whose words are right and whose arguments are those of another.
//
// Invariant: the same seed gives the same frames.
import * as frame from '../../src/core/frame.ts'
import { HANDOFF_WORDS } from '../../src/core/handoff-frame.ts'
import type { Random } from '../../src/testing/random.ts'
import { bodyOf } from './wire-frames.ts'

const WORDS = [0, 1, -1, 2, 4095, 4096, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31)]
const BYTES = [0, 0x80, 0x90, 0xa0, 0xc0, 0xc1, 0xc4, 0xc7, 0xcb, 0xd4, 0xd9, 0xdd, 0xdf, 0xff]
/** Actors that nobody touches. */
const SPARED = 2

export class Mutation {
  readonly #frames: readonly Uint8Array[]
  readonly #random: Random
  readonly #first: number
  readonly #actors: number

  /** `first`: the number of the receiver's first thread, which has so many actors that frames may be for. */
  constructor(frames: readonly Uint8Array[], random: Random, first: number, actors: number) {
    this.#frames = frames
    this.#random = random
    this.#first = first
    this.#actors = actors
  }

  next(): Uint8Array {
    const random = this.#random
    const own = this.#any().slice()
    if (random.below(2) === 0) this.#aim(own)
    switch (random.below(8)) {
      case 0:
        return own // as it was, which may make no sense any more
      case 1:
      case 2:
        return this.#withArgumentsOf(own, this.#any())
      case 3: {
        const chance = own.subarray(0, Math.min(own.length, 4 * (6 + random.below(20)))).slice()
        for (let at = 8; at < chance.length; at++) chance[at] = random.below(256)
        wordsOf(chance)[0] = chance.length
        return chance
      }
      default:
        for (let times = 1 + random.below(3); times > 0; times--) this.#change(own)
        return random.below(8) === 0 ? cut(own, 4 * random.below(4)) : own
    }
  }
  #any(): Uint8Array {
    return this.#frames[this.#random.below(this.#frames.length)]!
  }

  /** It is for an actor of the receiver's. */
  #aim(own: Uint8Array): void {
    const words = wordsOf(own)
    const kind = frame.kindIn(words[1]!)
    if (words[3] === 0 || kind === frame.CHANNEL || kind === frame.REPLY || kind === frame.FAILURE) return
    words[2] = (this.#first << 16) | this.#first
    words[3] = SPARED + 1 + this.#random.below(this.#actors)
  }
  /** The words of one, and what another says: all of it can be decoded, and is not what the words promise. */
  #withArgumentsOf(own: Uint8Array, other: Uint8Array): Uint8Array {
    const [head, body] = [bodyOf(wordsOf(own)) * 4, bodyOf(wordsOf(other)) * 4]
    const made = new Uint8Array(head + other.length - body)
    made.set(own.subarray(0, head))
    made.set(other.subarray(body), head)
    const words = wordsOf(made)
    words[0] = made.length
    words[1] = frame.headWord(
      frame.unusedIn(wordsOf(other)[1]!),
      frame.kindIn(words[1]!),
      frame.targetHigh(words[1]!),
      (words[1]! >>> 8) & 255,
      (wordsOf(other)[1]! >>> 2) & 63,
      wordsOf(other)[1]! & 3,
    )
    // of an offer the state is the first part of that
    if (head === HANDOFF_WORDS * 4 && frame.kindIn(words[1]) === frame.HANDOFF && words[8]! > 1) words[8] = 1
    return made
  }
  #change(own: Uint8Array): void {
    const random = this.#random
    // a call chain may be said to have any number of entries by now
    const body = Math.min(Math.max(bodyOf(wordsOf(own)), 6) * 4, own.length)
    const inBody = own.length > body && random.below(3) > 0
    const at = inBody ? body + random.below(own.length - body) : 4 + random.below(Math.max(body - 4, 1))
    switch (random.below(5)) {
      case 0:
        own[at]! ^= 1 << random.below(8)
        break
      case 1:
        own[at] = BYTES[random.below(BYTES.length)]!
        break
      case 2:
        own[at] = random.below(256)
        break
      case 3:
        wordsOf(own)[at >> 2] = WORDS[random.below(WORDS.length)]!
        break
      default: {
        const other = this.#any()
        const from = random.below(other.length)
        const size = Math.min(1 + random.below(24), other.length - from, own.length - at)
        own.set(other.subarray(from, from + size), at)
      }
    }
  }
}

function wordsOf(own: Uint8Array): Int32Array {
  return new Int32Array(own.buffer, own.byteOffset, own.length >> 2)
}
function cut(own: Uint8Array, bytes: number): Uint8Array {
  const made = own.slice(0, Math.max(24, own.length - bytes))
  wordsOf(made)[0] = made.length
  return made
}
