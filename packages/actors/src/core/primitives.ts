// Single primitives as msgpack, written and read by hand: most arguments and replies are one, and msgpackr's entry alone
// costs more than they do.
//
// Invariants: what is written is msgpack that msgpackr reads as the same value (-0 and undefined too, which its own writer
// loses or leaves to an option); whatever else stands in a frame is answered with NOT_PRIMITIVE, never misread. Integers
// from 64 to 127 take two bytes, because msgpackr gives their one-byte form to records. bigint is left to msgpackr: there
// a 64-bit integer always means one.

/** What `readPrimitive` answers for a frame that holds something else. */
export const NOT_PRIMITIVE: unique symbol = Symbol('not a primitive')
/** A string longer than this is left to msgpackr. */
export const HOT_STRING = 40
/** Room that `writePrimitive` may use. */
export const PRIMITIVE_BYTES = 64

const doubles = new Float64Array(1)
const doubleBytes = new Uint8Array(doubles.buffer)
/** msgpack's doubles begin with the highest byte, the machine's mostly with the lowest. */
const BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[1] === 1

/** Writes `value` at `at`, where PRIMITIVE_BYTES are free. Gives the end, or -1 when it is no hot primitive. */
export function writePrimitive(value: unknown, target: Uint8Array, at: number): number {
  switch (typeof value) {
    case 'number':
      return (value | 0) === value && (value !== 0 || 1 / value > 0)
        ? writeInt(value, target, at)
        : writeNumber(value, target, at)
    case 'string':
      return writeString(value, target, at)
    case 'boolean':
      target[at] = value ? 0xc3 : 0xc2
      return at + 1
    case 'undefined':
      target[at] = 0xd4
      target[at + 1] = 0
      target[at + 2] = 0
      return at + 3
    default:
      if (value !== null) return -1
      target[at] = 0xc0
      return at + 1
  }
}

/** An integer of 32 bits with its sign. */
function writeInt(value: number, target: Uint8Array, at: number): number {
  if (value >= 0) {
    if (value < 0x40) {
      target[at] = value
      return at + 1
    }
    if (value < 0x100) {
      target[at] = 0xcc
      target[at + 1] = value
      return at + 2
    }
    if (value < 0x10000) return write16(0xcd, value, target, at)
    return write32(0xce, value, target, at)
  }
  if (value >= -0x20) {
    target[at] = value
    return at + 1
  }
  if (value >= -0x80) {
    target[at] = 0xd0
    target[at + 1] = value
    return at + 2
  }
  if (value >= -0x8000) return write16(0xd1, value, target, at)
  return write32(0xd2, value, target, at)
}

function write16(token: number, value: number, target: Uint8Array, at: number): number {
  target[at] = token
  target[at + 1] = value >> 8
  target[at + 2] = value
  return at + 3
}

function write32(token: number, value: number, target: Uint8Array, at: number): number {
  target[at] = token
  target[at + 1] = value >> 24
  target[at + 2] = value >> 16
  target[at + 3] = value >> 8
  target[at + 4] = value
  return at + 5
}

/** Any other number: from 2^31 to 2^32 still as an integer, else as a double. */
function writeNumber(value: number, target: Uint8Array, at: number): number {
  if (value >>> 0 === value && value !== 0) return write32(0xce, value, target, at)
  doubles[0] = value
  target[at] = 0xcb
  for (let i = 0; i < 8; i++) target[at + 1 + i] = doubleBytes[BIG_ENDIAN ? i : 7 - i]!
  return at + 9
}

function writeString(value: string, target: Uint8Array, at: number): number {
  const { length } = value
  if (length > HOT_STRING) return -1
  let to = at
  if (length < 0x20) {
    target[to++] = 0xa0 | length
  } else {
    target[to++] = 0xd9
    target[to++] = length
  }
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i)
    if (unit > 0x7f) return -1
    target[to++] = unit
  }
  return to
}

/** The primitive at `at`, or NOT_PRIMITIVE. */
export function readPrimitive(bytes: Uint8Array, at: number): unknown {
  const token = bytes[at]!
  if (token < 0x40) return token
  if (token >= 0xe0) return token - 0x100
  if (token >= 0xa0 && token < 0xc0) return readString(bytes, at + 1, token & 0x1f)
  switch (token) {
    case 0xc0:
      return null
    case 0xc2:
      return false
    case 0xc3:
      return true
    case 0xcb:
      for (let i = 0; i < 8; i++) doubleBytes[BIG_ENDIAN ? i : 7 - i] = bytes[at + 1 + i]!
      return doubles[0]
    case 0xcc:
      return bytes[at + 1]
    case 0xcd:
      return (bytes[at + 1]! << 8) | bytes[at + 2]!
    case 0xce:
      return read32(bytes, at) >>> 0
    case 0xd0:
      return (bytes[at + 1]! << 24) >> 24
    case 0xd1:
      return (((bytes[at + 1]! << 8) | bytes[at + 2]!) << 16) >> 16
    case 0xd2:
      return read32(bytes, at)
    case 0xd4:
      return bytes[at + 1] === 0 && bytes[at + 2] === 0 ? undefined : NOT_PRIMITIVE
    case 0xd9:
      return bytes[at + 1]! > HOT_STRING ? NOT_PRIMITIVE : readString(bytes, at + 2, bytes[at + 1]!)
    default:
      return NOT_PRIMITIVE
  }
}

function read32(bytes: Uint8Array, at: number): number {
  return (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
}

// Strings that come again are taken from here instead of being made again: 256 places, each holding the last one that
// fell on it. A place is compared in full, so a wrong string is impossible, and a miss costs only the making.
const SEEN = 256
const seen: string[] = new Array<string>(SEEN).fill('')
// Spreading an array of just the right length is the fastest way to a string of a few units; so there is one a length.
const unitsOf = Array.from({ length: HOT_STRING + 1 }, (_, length) => new Array<number>(length).fill(0))

function readString(bytes: Uint8Array, at: number, length: number): string | typeof NOT_PRIMITIVE {
  if (length === 0) return ''
  const place = (length * 31 + bytes[at]! * 7 + bytes[at + length - 1]! * 13 + bytes[at + (length >> 1)]!) & (SEEN - 1)
  const known = seen[place]!
  if (known.length === length) {
    let i = 0
    while (i < length && known.charCodeAt(i) === bytes[at + i]) i++
    if (i === length) return known
  }
  return makeString(bytes, at, length, place)
}

function makeString(bytes: Uint8Array, at: number, length: number, place: number): string | typeof NOT_PRIMITIVE {
  const units = unitsOf[length]!
  for (let i = 0; i < length; i++) {
    const unit = bytes[at + i]!
    if (unit > 0x7f) return NOT_PRIMITIVE
    units[i] = unit
  }
  const made = String.fromCharCode(...units)
  seen[place] = made
  return made
}

/** Where the primitive at `at`, written by `writePrimitive`, ends. */
export function skipPrimitive(bytes: Uint8Array, at: number): number {
  const token = bytes[at]!
  if (token >= 0xa0 && token < 0xc0) return at + 1 + (token & 0x1f)
  switch (token) {
    case 0xcb:
      return at + 9
    case 0xcc:
    case 0xd0:
      return at + 2
    case 0xcd:
    case 0xd1:
    case 0xd4:
      return at + 3
    case 0xce:
    case 0xd2:
      return at + 5
    case 0xd9:
      return at + 2 + bytes[at + 1]!
    default:
      return at + 1
  }
}

/** So many of them, one after the other. */
export function readPrimitives(bytes: Uint8Array, at: number, count: number): unknown[] {
  const list: unknown[] = []
  for (let i = 0; i < count; i++) {
    list.push(readPrimitive(bytes, at))
    at = skipPrimitive(bytes, at)
  }
  return list
}
