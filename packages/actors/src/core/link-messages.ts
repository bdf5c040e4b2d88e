// The messages of a handshake: 256 bytes each, fields at fixed places, nothing of variable length, no msgpack.
//
//     0 magic (8) | 8 version (4) | 12 type (1), flags (1), 0 (2)
//     HELLO     16 incarnation (8) | 24 that of who is asked for (8) | 32 nonce (32) | 64 cluster (64) | 128 name (64) | 192 name asked for (64)
//     PROOF     16 stamp (8) | 24 generation (8) | 32 mac (32)
//     GO        16 generation (8) | 24 received (8)
//     CONFIRM   16 stamp (8) | 24 received (8)
//     REFUSE    16 reason (4) | 20 length of the text (4) | 32 mac (32) | 64 text (192)
// Words are in the machine's byte order: a peer of the other one reads another version. What is left is zero, and checked.
import { LinkFailed, REFUSALS, type LinkRefusal, type NodeIdentity, type RefusalReason } from './link-errors.ts'

export const MESSAGE = 256
const PROTOCOL_VERSION = 1
export const NONCE = 32
const MAGIC = [0x9e, 0x74, 0x72, 0x6f, 0x75, 0x70, 0x65, 0x0a] // · t r o u p e ⏎
const TYPES = ['hello', 'proof', 'go', 'confirm', 'refuse'] as const
const SECRET = 1
const TEXT = 192
/** Where the proof stands, and its length: what it is taken over is all the rest. */
export const MAC = { at: 32, length: 32 } as const

export interface Hello {
  readonly type: 'hello'
  readonly from: NodeIdentity
  /** Who is asked for; an empty name: whoever is there; incarnation 0: whichever. */
  readonly expects: { readonly name: string; readonly incarnation: number }
  readonly nonce: Uint8Array
  /** Whether a shared secret is to be proved. */
  readonly secret: boolean
}
/** `stamp` counts what a node says about its connections; `generation`: of the one that it has to this peer, or 0. */
export interface Standing {
  readonly stamp: number
  readonly generation: number
}
export interface Proof extends Standing {
  readonly type: 'proof'
}
export interface Go {
  readonly type: 'go'
  readonly generation: number
  readonly received: number
}
export interface Confirm {
  readonly type: 'confirm'
  readonly stamp: number
  readonly received: number
}
export interface Refuse extends LinkRefusal {
  readonly type: 'refuse'
}
export type Message = Hello | Proof | Go | Confirm | Refuse

const NAME = /^[A-Za-z0-9_.-]{1,64}$/
/** What a node or a cluster can be called. */
export function isNodeName(name: string): boolean {
  return NAME.test(name)
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function encodeMessage(message: Message): Uint8Array {
  const bytes = new Uint8Array(MESSAGE)
  const words = new Uint32Array(bytes.buffer)
  bytes.set(MAGIC)
  words[2] = PROTOCOL_VERSION
  bytes[12] = TYPES.indexOf(message.type) + 1
  switch (message.type) {
    case 'hello':
      bytes[13] = message.secret ? SECRET : 0
      putNumber(words, 16, message.from.incarnation)
      putNumber(words, 24, message.expects.incarnation)
      bytes.set(message.nonce.subarray(0, NONCE), 32)
      encoder.encodeInto(message.from.cluster, bytes.subarray(64, 128))
      encoder.encodeInto(message.from.name, bytes.subarray(128, 192))
      encoder.encodeInto(message.expects.name, bytes.subarray(192, 256))
      return bytes
    case 'proof':
      putNumber(words, 16, message.stamp)
      putNumber(words, 24, message.generation)
      return bytes
    case 'go':
      putNumber(words, 16, message.generation)
      putNumber(words, 24, message.received)
      return bytes
    case 'confirm':
      putNumber(words, 16, message.stamp)
      putNumber(words, 24, message.received)
      return bytes
    case 'refuse':
      words[4] = REFUSALS.indexOf(message.reason)
      words[5] = encoder.encodeInto(message.message, bytes.subarray(64, 64 + TEXT)).written
      return bytes
  }
}

/** Reads a message, checked; `bytes` has 256. Throws a LinkFailed, or gives the refusal that another version calls for. */
export function decodeMessage(bytes: Uint8Array): Message {
  const copy = bytes.slice(0, MESSAGE)
  const words = new Uint32Array(copy.buffer)
  if (copy.length !== MESSAGE || MAGIC.some((byte, i) => copy[i] !== byte)) {
    throw malformed('it does not begin as the protocol of Troupe does: something else speaks there')
  }
  if (words[2] !== PROTOCOL_VERSION) {
    const message = `one side speaks version ${words[2]} of the links' protocol, the other ${PROTOCOL_VERSION}`
    return { type: 'refuse', reason: 'version', message: `${message}: run nodes of one release` }
  }
  const type = TYPES[copy[12]! - 1]
  if (type === undefined || copy[13]! > (type === 'hello' ? SECRET : 0) || copy[14] !== 0 || copy[15] !== 0) {
    throw malformed('it is a message of no known type')
  }
  const [first, second] = type === 'refuse' ? [0, 0] : [number(words, 16), number(words, 24)]
  switch (type) {
    case 'hello':
      return hello(copy, first, second)
    case 'proof':
      assertZero(copy, 64)
      return { type, stamp: first, generation: second }
    case 'go':
      assertZero(copy, 32)
      return { type, generation: first, received: second }
    case 'confirm':
      assertZero(copy, 32)
      return { type, stamp: first, received: second }
    case 'refuse':
      return { type, reason: reason(words[4]!), message: text(copy, words[5]!) }
  }
}

function hello(bytes: Uint8Array, incarnation: number, expected: number): Hello {
  const from = { cluster: name(bytes, 64), name: name(bytes, 128), incarnation }
  const asked = bytes[192] === 0 ? '' : name(bytes, 192)
  if (asked === '') assertZero(bytes, 192)
  if (incarnation === 0) throw malformed('a node without an incarnation')
  const secret = bytes[13] === SECRET
  return { type: 'hello', from, expects: { name: asked, incarnation: expected }, nonce: bytes.slice(32, 64), secret }
}

function name(bytes: Uint8Array, at: number): string {
  let end = at
  while (end < at + 64 && bytes[end] !== 0) end++
  const found = decoder.decode(bytes.subarray(at, end))
  if (!isNodeName(found)) throw malformed('a name must be 1 to 64 of A–Z a–z 0–9 _ . -')
  if (bytes.subarray(end, at + 64).some(byte => byte !== 0)) throw malformed('there is something behind a name')
  return found
}

function reason(index: number): RefusalReason {
  const found = REFUSALS[index]
  if (found === undefined) throw malformed('it refuses for no known reason')
  return found
}

/** A peer's text, for people: it cannot write what a terminal would take for commands. */
function text(bytes: Uint8Array, length: number): string {
  if (length > TEXT) throw malformed('its text is longer than the message')
  return decoder.decode(bytes.subarray(64, 64 + length)).replaceAll(/\p{C}/gu, '?')
}

function putNumber(words: Uint32Array, at: number, value: number): void {
  words[at >> 2] = value % 2 ** 32
  words[(at >> 2) + 1] = Math.floor(value / 2 ** 32)
}
function number(words: Uint32Array, at: number): number {
  const value = words[at >> 2]! + words[(at >> 2) + 1]! * 2 ** 32
  if (value > Number.MAX_SAFE_INTEGER) throw malformed('a number of more than 53 bits')
  return value
}
function assertZero(bytes: Uint8Array, from: number): void {
  if (bytes.subarray(from).some(byte => byte !== 0)) throw malformed('there is something where nothing should be')
}
function malformed(what: string): LinkFailed {
  return new LinkFailed('malformed', `a handshake's message makes no sense: ${what}`)
}
