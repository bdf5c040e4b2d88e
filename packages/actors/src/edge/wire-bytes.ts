// Reads plain msgpack of another process step by step, without making anything of it: what wire-scan.ts stands on.
//
// Invariants: `at` never passes `end`, and nothing behind `end` is looked at; every step moves on, so that a scan takes time
// in proportion to the bytes; `heap` is an estimate of what the values read so far take once they are decoded. Whatever is not
// as this version writes it throws BadFrame. Nothing is allocated but for names, and strings that are not ASCII.
import { isUtf8 } from 'node:buffer'
import { BadFrame } from './bad-frame.ts'

// An estimate of what a value takes on the heap; what holds it has a slot for it.
export const SLOT_BYTES = 8
export const STRING_BYTES = 24
const DOUBLE_BYTES = 16
const BIGINT_BYTES = 24

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const NOTHING = new Uint8Array(0)

export class WireBytes {
  protected bytes: Uint8Array = NOTHING
  protected view: DataView = new DataView(NOTHING.buffer)
  protected at = 0
  protected end = 0
  protected heap = 0

  protected begin(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.at = start
    this.end = end
    this.heap = 0
  }
  protected bad(what: string): BadFrame {
    return new BadFrame(what, this.at)
  }

  /** `bytes` more have to be there. */
  protected need(bytes: number): void {
    if (bytes > this.end - this.at) throw this.bad(`a value of ${bytes} bytes or more ends beyond its frame`)
  }
  /** Goes on behind so many bytes, and gives where they begin. */
  protected skip(bytes: number): number {
    this.need(bytes)
    const { at } = this
    this.at = at + bytes
    return at
  }
  protected token(): number {
    return this.bytes[this.skip(1)]!
  }
  /** A length of so many bytes. */
  protected length(size: 1 | 2 | 4): number {
    const at = this.skip(size)
    return size === 1 ? this.bytes[at]! : size === 2 ? this.view.getUint16(at) : this.view.getUint32(at)
  }

  /** What has no parts, behind its token; false where it is something else. */
  protected leaf(token: number): boolean {
    if (token < 0x80 || token >= 0xe0) return true
    if (token >= 0xa0 && token < 0xc0) {
      this.text(token & 31)
      return true
    }
    switch (token) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return true
      case 0xcb:
        this.heap += DOUBLE_BYTES
        this.skip(8)
        return true
      case 0xcf:
      case 0xd3:
        this.heap += BIGINT_BYTES
        this.skip(8)
        return true
      case 0xcc:
      case 0xd0:
        this.skip(1)
        return true
      case 0xcd:
      case 0xd1:
        this.skip(2)
        return true
      case 0xce:
      case 0xd2:
        this.skip(4)
        return true
      case 0xd4:
        if (this.length(2) !== 0) throw this.bad('an extension that is not for undefined')
        return true
      case 0xd9:
      case 0xda:
      case 0xdb:
        this.text(this.length(token === 0xd9 ? 1 : token === 0xda ? 2 : 4))
        return true
      default:
        return false
    }
  }

  /** How many items an array has that begins with this token; -1 where it is none. */
  protected arrayLength(token: number): number {
    if (token >= 0x90 && token < 0xa0) return token & 15
    return token === 0xdc ? this.length(2) : token === 0xdd ? this.length(4) : -1
  }

  // ── strings ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** How long the string at `at` is, which then is at its first byte; -1, and nothing is read, where there is none. */
  protected stringLength(): number {
    if (this.at >= this.end) return -1
    const token = this.bytes[this.at]!
    if (token >= 0xa0 && token < 0xc0) {
      this.at++
      this.need(token & 31)
      return token & 31
    }
    if (token < 0xd9 || token > 0xdb) return -1
    this.at++
    const length = this.length(token === 0xd9 ? 1 : token === 0xda ? 2 : 4)
    this.need(length)
    return length
  }
  /** Goes over a string's bytes, which must be UTF-8. */
  protected text(length: number): void {
    const start = this.skip(length)
    const { bytes, at } = this
    this.heap += STRING_BYTES + length
    let ascii = start
    while (ascii < at && bytes[ascii]! < 0x80) ascii++
    if (ascii < at && !isUtf8(bytes.subarray(ascii, at))) {
      this.at = ascii
      throw this.bad('a string that is not UTF-8')
    }
  }
  /** The same of ASCII. */
  protected ascii(length: number): void {
    for (let at = this.skip(length); at < this.at; at++) {
      if (this.bytes[at]! > 0x7f) throw this.bad('a short string that is not ASCII')
    }
  }
  /** Goes over a string. */
  protected anyString(what: string): void {
    const length = this.stringLength()
    if (length < 0) throw this.bad(`no string stands where ${what} should`)
    this.text(length)
  }
  /** The string at `at`, which is allowed so many bytes. */
  protected string(what: string, most: number): string {
    const length = this.stringLength()
    if (length < 0 || length > most) throw this.bad(`no string of up to ${most} bytes stands where ${what} should`)
    const start = this.at
    this.text(length)
    return decoder.decode(this.bytes.subarray(start, this.at))
  }

  // ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The number at `at`; a bigint is none. */
  protected number(): number {
    const { view } = this
    const token = this.token()
    if (token < 0x80) return token
    if (token >= 0xe0) return token - 0x100
    switch (token) {
      case 0xcb:
        return view.getFloat64(this.skip(8))
      case 0xcc:
        return view.getUint8(this.skip(1))
      case 0xcd:
        return view.getUint16(this.skip(2))
      case 0xce:
        return view.getUint32(this.skip(4))
      case 0xd0:
        return view.getInt8(this.skip(1))
      case 0xd1:
        return view.getInt16(this.skip(2))
      case 0xd2:
        return view.getInt32(this.skip(4))
      default:
        throw this.bad('no number stands where one should')
    }
  }
  /** A whole number within bounds; -0 is none. */
  protected whole(least: number, most: number): number {
    const number = this.number()
    if (Number.isSafeInteger(number) && number >= least && number <= most && !Object.is(number, -0)) return number
    throw this.bad(`${number} is no whole number from ${least} to ${most}`)
  }
}
