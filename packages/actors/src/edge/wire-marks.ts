// Checks the marks (marks.ts) in a body of another process: known ones, with as many parts and of such types as raising.ts,
// and JavaScript's own kinds (core/natives.ts), take for granted.
//
// Invariants: `made` counts objects as raising.ts does, each before what it holds; `#pending` has the numbers of those that
// are made only when their parts are, in rising order, to which no mark may refer yet. Of what costs more than its bytes say
// there is a number in a body: property classes in patterns, each of which searches Unicode's tables (up to 4 ms), and
// bigints as keys, as those that end alike have one hash.
import { AGAIN, BIG, ENTRIES, ESCAPED, KIND, MARKED, MINUS_ZERO, NATIVE, ODD_STRING } from './marks.ts'
import { SLOT_BYTES, STRING_BYTES, WireBytes } from './wire-bytes.ts'

const INSTANCE_BYTES = 200
/** One has a trace of the stack, until it gets its own. */
const ERROR_BYTES = 512
/** Of all patterns of a body together: bytes, and property classes. */
const MOST_PATTERN = 64 * 1024
const MOST_CLASSES = 64
const MOST_BIG_KEYS = 4096
const LONGEST_FLAGS = 16
const KINDS_OF_ERROR = 8
/** The mark of a Uint8Array. */
const OCTETS = `${NATIVE}u8`
const PARTS_OF_TROUPE_ERROR = 9
const KINDS_OF_TROUPE_ERROR = ['troupe', 'refusal', 'not-sendable', 'move-failed']

/** Marks of two characters, by the second. */
const SHORT = new Map(
  [MARKED, AGAIN, KIND, ENTRIES, MINUS_ZERO, ODD_STRING, BIG].map(mark => [mark.charCodeAt(1), mark]),
)
/** How many bytes one element takes, of the natives that are bytes. */
const ELEMENTS = new Map<string, number>()
for (const tag of ['ab', 'b', 'dv', 'i8', 'u8', 'uc']) ELEMENTS.set(tag, 1)
for (const tag of ['i16', 'u16', 'f16']) ELEMENTS.set(tag, 2)
for (const tag of ['i32', 'u32', 'f32']) ELEMENTS.set(tag, 4)
for (const tag of ['f64', 'i64', 'u64']) ELEMENTS.set(tag, 8)

/** What a body is as a whole: an array of the user's, a plain object, or anything else. */
export type Shape = 'array' | 'object' | 'other'

export abstract class WireMarks extends WireBytes {
  protected marked = false
  protected made = 0
  /** The mark read last. */
  #mark = ''
  readonly #pending: number[] = []
  #bigs = 0
  #bigKeys = 0
  #pattern = 0
  #classes = 0

  /** Reads any value. */
  protected abstract value(): Shape
  /** Reads the two parts of an instance of a class. */
  protected abstract instance(): void

  protected override begin(bytes: Uint8Array, start: number, end: number): void {
    super.begin(bytes, start, end)
    this.marked = false
    this.made = this.#bigs = this.#bigKeys = this.#pattern = this.#classes = 0
    this.#pending.length = 0
  }

  /** Whether a mark stands where the first item of an array does; then it is read. */
  protected isMark(): boolean {
    const { at, bytes } = this
    const length = this.stringLength()
    if (length < 1 || bytes[this.at] !== 0) {
      this.at = at
      return false
    }
    const start = this.skip(length)
    const short = length === 1 ? ESCAPED : length === 2 ? SHORT.get(bytes[start + 1]!) : undefined
    // the longest is a native's, of three letters
    if (short === undefined && (length < 3 || length > 5)) throw this.bad('a mark that is none')
    this.#mark = short ?? String.fromCharCode(...bytes.subarray(start, this.at))
    this.heap += SLOT_BYTES + STRING_BYTES
    return true
  }
  /** The one at the root. */
  protected isRootMark(): boolean {
    return this.isMark() && this.#mark === MARKED
  }

  /** The array behind the mark that was read, of so many parts. */
  protected parts(count: number): Shape {
    const mark = this.#mark
    switch (mark) {
      case ESCAPED:
        this.made++
        for (let left = count; left > 0; left--) this.value()
        return 'array'
      case AGAIN:
        this.#expect(count === 1)
        this.#again()
        return 'other'
      case KIND:
        this.#expect(count === 2)
        this.#pending.push(this.made++)
        this.heap += INSTANCE_BYTES
        this.instance()
        this.#pending.pop()
        return 'other'
      case ENTRIES:
        this.#expect(count % 2 === 0)
        this.made++
        this.#entries(count)
        return 'object'
      case MINUS_ZERO:
        this.#expect(count === 0)
        return 'other'
      case ODD_STRING:
        this.#expect(count === 1)
        this.#oddString()
        return 'other'
      case BIG:
        this.#expect(count === 1)
        this.#big()
        return 'other'
    }
    if (!mark.startsWith(NATIVE)) throw this.bad('a mark that is none')
    this.#native(mark.slice(NATIVE.length), count)
    return 'other'
  }
  #expect(right: boolean): void {
    if (!right) throw this.bad(`a mark ${JSON.stringify(this.#mark)} with too many parts, or too few`)
  }

  #again(): void {
    const number = this.whole(0, Number.MAX_SAFE_INTEGER)
    if (number >= this.made || this.#isPending(number)) throw this.bad(`a reference to object ${number}, not there yet`)
  }
  #isPending(number: number): boolean {
    let low = 0
    let high = this.#pending.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#pending[middle]! < number) low = middle + 1
      else high = middle
    }
    return this.#pending[low] === number
  }

  #entries(count: number): void {
    for (let left = count; left > 0; left -= 2) {
      this.#anyText()
      this.value()
    }
  }
  /** A string, or what stands for one with a lone surrogate. */
  #anyText(): void {
    const length = this.stringLength()
    if (length >= 0) return this.text(length)
    if (this.arrayLength(this.token()) !== 2 || !this.isMark() || this.#mark !== ODD_STRING) {
      throw this.bad('no string stands where one should')
    }
    this.#oddString()
  }
  #oddString(): void {
    const json = this.string('a string as JSON', this.end)
    let value: unknown
    try {
      value = json.startsWith('"') ? JSON.parse(json) : undefined
    } catch {
      // said below
    }
    if (typeof value !== 'string') throw this.bad('no string as JSON')
  }
  #big(): void {
    const length = this.stringLength()
    const start = this.skip(Math.max(length, 1))
    const digits = this.bytes[start] === 0x2d ? start + 1 : start
    let right = length > 0 && digits < this.at
    for (let at = digits; right && at < this.at; at++) {
      const unit = this.bytes[at]!
      right = (unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x66)
    }
    if (!right) throw this.bad('no digits of a bigint')
    this.heap += STRING_BYTES + 2 * length
    this.#bigs++
  }

  // ── JavaScript's own kinds ──────────────────────────────────────────────────────────────────────────────────

  #native(tag: string, count: number): void {
    const number = this.made++
    this.heap += INSTANCE_BYTES
    switch (tag) {
      case 'd':
        this.#expect(count === 1)
        return void this.number()
      case 'x':
        this.#expect(count === 2)
        return this.#regExp()
      case 'm':
        this.#expect(count % 2 === 0)
        return this.#keyed(count, true)
      case 's':
        return this.#keyed(count, false)
      case 'e':
        this.#expect(count % 2 === 1)
        this.heap += ERROR_BYTES
        this.whole(0, KINDS_OF_ERROR - 1)
        return this.#entries(count - 1)
      case 't':
        this.#expect(count === PARTS_OF_TROUPE_ERROR)
        this.heap += ERROR_BYTES
        this.#pending.push(number)
        this.#troupeError()
        this.#pending.pop()
        return
    }
    const size = ELEMENTS.get(tag)
    if (size === undefined) throw this.bad(`a kind of object (${JSON.stringify(tag)}) that there is not`)
    this.#expect(count === 1)
    void this.#binary(size)
  }

  #keyed(count: number, pairs: boolean): void {
    for (let left = count; left > 0; left--) {
      const bigs = this.#bigs
      this.value()
      this.#bigKeys += this.#bigs - bigs
      if (pairs) {
        this.value()
        left--
      }
    }
    this.heap += count * SLOT_BYTES
    if (this.#bigKeys > MOST_BIG_KEYS) throw this.bad(`more than ${MOST_BIG_KEYS} large bigints as keys, or in Sets`)
  }

  /** Bytes that are an object of their own; where they begin, `at` being where they end. */
  protected octets(): number {
    if (this.arrayLength(this.token()) !== 2 || !this.isMark() || this.#mark !== OCTETS) {
      throw this.bad('no bytes stand where some should')
    }
    this.made++
    this.heap += INSTANCE_BYTES
    return this.#binary(1)
  }
  /** Gives where the bytes begin. */
  #binary(size: number): number {
    const token = this.token()
    const length =
      token === 0xc4 ? this.length(1) : token === 0xc5 ? this.length(2) : token === 0xc6 ? this.length(4) : -1
    if (length < 0 || length % size !== 0) throw this.bad(`no bytes for elements of ${size}`)
    this.heap += length
    return this.skip(length)
  }

  #regExp(): void {
    const source = this.string('a pattern', MOST_PATTERN)
    const flags = this.string("a pattern's flags", LONGEST_FLAGS)
    this.#pattern += source.length
    this.#classes += source.match(/\\p/gi)?.length ?? 0
    if (this.#pattern > MOST_PATTERN || this.#classes > MOST_CLASSES) {
      throw this.bad(`patterns of more than ${MOST_PATTERN} bytes, or of more than ${MOST_CLASSES} property classes`)
    }
    try {
      void new RegExp(source, flags)
    } catch {
      throw this.bad('a pattern that is none')
    }
  }

  /** kind, code, message, actor, method, ran, data, cause, stack */
  #troupeError(): void {
    const kind = this.string('a kind of error', this.end)
    if (!KINDS_OF_TROUPE_ERROR.includes(kind)) throw this.bad('a kind of error that there is not')
    for (let left = 5; left > 0; left--) this.#anyText()
    if (kind === 'not-sendable') this.#twoTexts()
    else this.value()
    this.value()
    if (this.at < this.end && this.bytes[this.at] === 0xd4) this.leaf(this.token())
    else this.#anyText()
  }
  #twoTexts(): void {
    if (this.arrayLength(this.token()) !== 2) throw this.bad('no path, and what it leads to')
    this.made++
    this.#anyText()
    this.#anyText()
  }
}
