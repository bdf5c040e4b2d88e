// What must survive a thread's heap: records in memory that one thread writes, without locks, and that another one reads
// once the writer is lost. vault-writer.ts writes them; the layout, and how it is read, is here.
//
// Invariants:
// - Records lie one behind the other from HEADER to USED, each with its size: so they can be walked at any moment.
// - What is new is written where nobody looks yet (behind USED, in a free record, in the half that does not count), and
//   then shown by one atomic store. So a writer that ends between any two instructions leaves each record as it was, or as
//   it was to be.
// - A record that has outgrown its place is written anew and names the old one in REPLACES until that is free: where both
//   are there, the old one does not count.
import { birthOf, highOf, homeOf, protocolOf, serialOf } from '../core/frame.ts'
import type { RecordKind, VaultRecord } from '../core/platform.ts'

/** Words of the header. WRITER: the thread whose records these are; 0 while it is nobody's. */
export const USED = 0
export const WRITER = 1
export const HEADER = 64

// The words of a record, behind which come its bytes: one half, or two that take turns.
export const SIZE = 0 // in bytes, a multiple of 8, all included; DOUBLE where it has two halves
export const STATE = 1 // FREE, or the kind and which half counts
export const ACTOR = 2 // three words, as of a sender in a frame
export const LENGTH = 5 // of the first half's bytes, and behind it of the second's
export const REPLACES = 7 // the record that this one stands for, if that is still there
export const RECORD_BYTES = 32

export const DOUBLE = 1
export const FREE = 0
const HALF_BITS = 2
const HALF_MASK = 3

const KINDS: readonly RecordKind[] = ['source', 'birth', 'state']
/** `half`: 1 or 2. */
export function stateWord(kind: RecordKind, half: number): number {
  return ((KINDS.indexOf(kind) + 1) << HALF_BITS) | half
}
export function halfOf(state: number): number {
  return state & HALF_MASK
}
/** Bytes that one of its halves has room for. */
export function roomOf(size: number): number {
  const room = (size & ~7) - RECORD_BYTES
  return (size & DOUBLE) === 0 ? room : (room >> 4) << 3
}

/** More than that cannot be counted in the words used. */
const MOST_BYTES = 2 ** 31 - 65_536
/** What a vault takes before anything is in it. */
const FIRST_BYTES = 65_536
const FEWEST_BYTES = 2 ** 20

/** A vault that may grow to `most` bytes: so much address space, and memory as it is used. Less where the machine has not that much. */
export function reserveVault(most: number): SharedArrayBuffer {
  for (let bytes = Math.max(FIRST_BYTES, Math.min(MOST_BYTES, most)); ; bytes /= 2) {
    try {
      return new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: Math.floor(bytes) })
    } catch (error) {
      if (bytes <= FEWEST_BYTES) throw error
    }
  }
}

/** What a thread has left behind, oldest place first; nothing where the vault is another's by now. Only once it is lost. */
export function* recordsIn(memory: SharedArrayBuffer, thread: number): Iterable<VaultRecord> {
  const words = new Int32Array(memory, 0, memory.byteLength >> 2)
  if (Atomics.load(words, WRITER) !== thread) return
  const replaced = new Set<number>()
  const records = [...walk(words)]
  for (const at of records) if (isLive(words, at)) replaced.add(words[(at >> 2) + REPLACES]!)
  for (const at of records) if (isLive(words, at) && !replaced.has(at)) yield readRecord(memory, words, at)
}

/** Where the records are, free ones too. */
export function* walk(words: Int32Array): Iterable<number> {
  const used = Atomics.load(words, USED)
  for (let at = HEADER; at < used;) {
    yield at
    const size = Atomics.load(words, (at >> 2) + SIZE) & ~7
    if (size < RECORD_BYTES || at + size > used) throw new Error(`vault: a record of ${size} bytes at ${at} of ${used}`)
    at += size
  }
}
function isLive(words: Int32Array, at: number): boolean {
  return Atomics.load(words, (at >> 2) + STATE) !== FREE
}

function readRecord(memory: SharedArrayBuffer, words: Int32Array, at: number): VaultRecord {
  const word = at >> 2
  const state = Atomics.load(words, word + STATE)
  const second = halfOf(state) === 2
  const start = at + RECORD_BYTES + (second ? roomOf(words[word + SIZE]!) : 0)
  const length = words[word + LENGTH + (second ? 1 : 0)]!
  const place = words[word + ACTOR]!
  const protocol = words[word + ACTOR + 2]!
  return {
    kind: KINDS[(state >> HALF_BITS) - 1]!,
    handle: at,
    home: homeOf(place),
    birth: birthOf(place),
    serial: serialOf(highOf(protocol), words[word + ACTOR + 1]!),
    protocol: protocolOf(protocol),
    bytes: new Uint8Array(memory, start, length).slice(),
  }
}

/** Whether what is here is a thread's: that writes here, or did, and has left it for others. */
export function isVaultOf(memory: SharedArrayBuffer, thread: number): boolean {
  return Atomics.load(new Int32Array(memory, 0, HEADER >> 2), WRITER) === thread
}

/** Forgets what a lost thread has left: from then on another one may write here. */
export function emptyVault(memory: SharedArrayBuffer, thread: number): void {
  const words = new Int32Array(memory, 0, HEADER >> 2)
  if (Atomics.compareExchange(words, WRITER, thread, 0) === thread) Atomics.store(words, USED, HEADER)
}
