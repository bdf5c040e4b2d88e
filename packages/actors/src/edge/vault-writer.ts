// The writing end of a vault (vault.ts): which record takes which place, and how it gets there.
//
// Invariants: what is needed to find free places is in this thread's heap only; a reader needs none of it. A write copies
// the bytes once and shows them by one atomic store, two where the record moves to another place. Places come in sizes of
// four steps a doubling; a free one is used again for its size, and, once the vault cannot grow, cut for smaller ones or
// merged with its neighbours for larger ones.
import type { Address } from '../core/address.ts'
import { placeWord, protocolWord } from '../core/frame.ts'
import type { RecordKind, Vault } from '../core/platform.ts'
import {
  ACTOR,
  DOUBLE,
  FREE,
  halfOf,
  HEADER,
  LENGTH,
  RECORD_BYTES,
  REPLACES,
  roomOf,
  SIZE,
  STATE,
  stateWord,
  USED,
  walk,
  WRITER,
} from './vault.ts'

const SMALLEST = RECORD_BYTES + 8
/** A vault grows by doubling up to this, then by so much at a time. */
const STEP = 16 * 1024 * 1024
/** Up to so many bytes are copied one by one, which beats a call to copy them. */
const BY_HAND = 64
/** A record that has outgrown its place gets so many times its room, so that a growing one moves seldom. */
const SLACK = 1.5
/** One that needs less than this part of a place of some size moves to a smaller one. */
const SPARSE = 8
const LARGE = 4096
/** What part of a vault must have been freed before neighbours are merged again. */
const WORTH = 1 / 64

export class VaultWriter implements Vault {
  readonly #memory: SharedArrayBuffer
  // Of fixed length, made anew when the memory has grown: views that follow its length cost ten times as much.
  #bytes!: Uint8Array
  #words!: Int32Array
  #used = HEADER
  /** Free places by class of size. */
  readonly #free: number[][] = []
  /** Bytes in them. */
  #freeBytes = 0
  /** How many have been freed since neighbours were merged. */
  #freed = 0

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#memory = memory
    this.#view()
    Atomics.store(this.#words, USED, HEADER)
    Atomics.store(this.#words, WRITER, thread)
  }

  /** Bytes that its records take, free ones too, and those that are free. */
  get used(): number {
    return this.#used
  }
  get free(): number {
    return this.#freeBytes
  }

  put(record: number, kind: RecordKind, actor: Address, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (record === 0) return this.#write(0, kind, actor, bytes, start, end, length)
    const size = this.#words[(record >> 2) + SIZE]!
    const room = roomOf(size)
    const fits = length <= room
    if (fits && (size & DOUBLE) !== 0 && (room < LARGE || length * SPARSE > room)) {
      this.#rewrite(record, kind, room, bytes, start, end)
      return record
    }
    const wanted = fits ? length : Math.max(length, Math.ceil(room * SLACK))
    return (
      this.#write(record, kind, actor, bytes, start, end, wanted) ||
      this.#write(record, kind, actor, bytes, start, end, length)
    )
  }

  drop(record: number): void {
    const word = record >> 2
    const size = this.#words[word + SIZE]! & ~7
    Atomics.store(this.#words, word + STATE, FREE)
    this.#offer(record, size)
    this.#freed += size
  }

  /** Into the half that does not count. */
  #rewrite(record: number, kind: RecordKind, room: number, bytes: Uint8Array, start: number, end: number): void {
    const words = this.#words
    const word = record >> 2
    const half = 3 - halfOf(words[word + STATE]!)
    this.#copy(bytes, start, end, record + RECORD_BYTES + (half === 2 ? room : 0))
    words[word + LENGTH + half - 1] = end - start
    Atomics.store(words, word + STATE, stateWord(kind, half))
  }

  /** Into a place of its own, with room for so many bytes. Gives 0 where there is none. */
  #write(
    old: number,
    kind: RecordKind,
    actor: Address,
    bytes: Uint8Array,
    start: number,
    end: number,
    room: number,
  ): number {
    // what is written once needs one half
    const double = kind === 'state'
    const place = this.#take(sizeFor(RECORD_BYTES + (double ? 2 : 1) * padded(room)))
    if (place === 0) return 0
    const words = this.#words
    const word = place >> 2
    words[word + SIZE] = (words[word + SIZE]! & ~7) | (double ? DOUBLE : 0)
    words[word + ACTOR] = placeWord(actor)
    words[word + ACTOR + 1] = actor.serial
    words[word + ACTOR + 2] = protocolWord(actor)
    words[word + LENGTH] = end - start
    words[word + REPLACES] = old
    this.#copy(bytes, start, end, place + RECORD_BYTES)
    Atomics.store(words, word + STATE, stateWord(kind, 1))
    if (old === 0) return place
    this.drop(old)
    words[word + REPLACES] = 0
    return place
  }

  #copy(from: Uint8Array, start: number, end: number, to: number): void {
    const bytes = this.#bytes
    if (end - start > BY_HAND) bytes.set(from.subarray(start, end), to)
    else for (let i = start; i < end; i++) bytes[to++] = from[i]!
  }

  // ── places ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A free place of a size out of `sizeFor`, or a larger one; 0 where there is none. */
  #take(size: number): number {
    const own = this.#free[classOf(size)]?.pop()
    if (own !== undefined) return this.#cut(own, size)
    return this.#carve(size) || this.#takeLarger(size) || (this.#merge(size) ? this.#takeMerged(size) : 0)
  }
  #takeMerged(size: number): number {
    return this.#carve(size) || this.#takeLarger(size)
  }

  /** Behind all others. */
  #carve(size: number): number {
    const place = this.#used
    if (place + size > this.#bytes.length && !this.#grow(place + size)) return 0
    this.#used += size
    this.#words[(place >> 2) + SIZE] = size
    this.#words[(place >> 2) + STATE] = FREE
    Atomics.store(this.#words, USED, this.#used)
    return place
  }
  #takeLarger(size: number): number {
    if (this.#freeBytes < size) return 0
    for (let i = classOf(size); i < this.#free.length; i++) {
      const place = this.#free[i]?.pop()
      if (place !== undefined) return this.#cut(place, size)
    }
    return 0
  }
  /** What a place has beyond `size` becomes one of its own, if it can be one. */
  #cut(place: number, size: number): number {
    const words = this.#words
    const whole = words[(place >> 2) + SIZE]! & ~7
    this.#freeBytes -= whole
    const rest = whole - size
    if (rest < SMALLEST) return place
    const other = place + size
    words[(other >> 2) + SIZE] = rest
    words[(other >> 2) + STATE] = FREE
    Atomics.store(words, (place >> 2) + SIZE, size)
    this.#offer(other, rest)
    return place
  }
  #offer(place: number, size: number): void {
    this.#freeBytes += size
    // in the class whose size it has at least
    const at = sizeFor(size) > size ? classOf(size) - 1 : classOf(size)
    ;(this.#free[at] ??= []).push(place)
  }

  /** Makes one place of each run of free ones, if that may help: that walks through all, so not for every few bytes. */
  #merge(size: number): boolean {
    if (this.#freeBytes < size || this.#freed < this.#used * WORTH) return false
    this.#freed = 0
    this.#freeBytes = 0
    this.#free.length = 0
    const words = this.#words
    let run = 0
    for (const at of [...walk(words), this.#used]) {
      const free = at < this.#used && words[(at >> 2) + STATE] === FREE
      if (free && run === 0) run = at
      if (free || run === 0) continue
      Atomics.store(words, (run >> 2) + SIZE, at - run)
      if (at === this.#used) Atomics.store(words, USED, (this.#used = run))
      else this.#offer(run, at - run)
      run = 0
    }
    return true
  }

  #grow(least: number): boolean {
    const memory = this.#memory
    const most = memory.maxByteLength
    if (least > most) return false
    const length = memory.byteLength
    try {
      memory.grow(Math.min(most, Math.max(least, length + Math.min(length, STEP))))
    } catch {
      return false // the machine has no more
    }
    this.#view()
    return true
  }
  #view(): void {
    const length = this.#memory.byteLength & ~7
    this.#bytes = new Uint8Array(this.#memory, 0, length)
    this.#words = new Int32Array(this.#memory, 0, length >> 2)
  }
}

function padded(bytes: number): number {
  return (Math.max(bytes, 1) + 7) & ~7
}

/** The smallest size of a place, of four in each doubling, that is no smaller. */
function sizeFor(bytes: number): number {
  const below = Math.max(bytes, SMALLEST) - 1
  const shift = 29 - Math.clz32(below)
  return ((below >>> shift) + 1) * 2 ** shift
}
/** Which of these sizes it is. */
function classOf(size: number): number {
  const below = Math.max(size, SMALLEST) - 1
  const shift = 29 - Math.clz32(below)
  return shift * 4 + (below >>> shift) - 4
}
