// Record shapes: the keys of recurring objects are sent once for the whole process, in a table that all threads share,
// and each frame names them by number. msgpackr writes and reads the records; this says which shapes have a number.
//
// Invariants:
// - A number means one shape, on every thread, for ever: msgpackr may use the next number it would give only if the table
//   has given that very number to these keys (`share`). On any other answer it writes this object as a map, and the
//   numbers are read anew from the table before the next frame. No repacking, no lock, nobody waits.
// - Whoever reads a frame can read every shape in it: shapes are published before the frame that uses them is.
// - Keys that users make up (ids, dates) fill neither the table nor memory: a shape must recur before it gets a number,
//   the more often the fuller the table is, and what is remembered about candidates is bounded and dropped as a whole.

import type { SharedTable } from './shared-table.ts'

/** msgpackr's numbers reach further, but a program with more recurring shapes is better off with maps. */
export const MOST_SHAPES = 1024
const LONGEST_SHAPE = 512
const FIRST_RECURRENCE = 4
/** Each time the table grows by this, shapes must recur twice as often to get in. */
const DOUBLING = 128
/** Of all candidates together: each is a node in msgpackr's key tree, of a hundred bytes or two. */
const MOST_CANDIDATE_KEYS = 8192

/** msgpackr's list of structures: keys by number, with what it hangs on them. */
export type Structures = string[][] & { sharedLength?: number; transitions?: object | null }

export class RecordShapes {
  /** For the one encoder and the one decoder of this thread; msgpackr keeps readers and key trees on them. */
  readonly forEncoder: Structures = []
  readonly forDecoder: Structures = []
  readonly #table: SharedTable
  readonly #candidates = new Map<string, number>()
  #candidateKeys = 0
  #stale = false
  #full = false

  constructor(table: SharedTable) {
    this.#table = table
    this.forEncoder.sharedLength = 0
    this.forDecoder.sharedLength = 0
  }

  encoderOptions(): object {
    return {
      structures: this.forEncoder,
      // One more than there will be, or msgpackr would no longer ask `share` and keep every key it meets.
      maxSharedStructures: MOST_SHAPES + 1,
      maxOwnStructures: 0,
      shouldShareStructure: this.share,
      variableMapSize: true,
      useToJSON: false,
      moreTypes: false,
    }
  }

  decoderOptions(): object {
    return { structures: this.forDecoder, mapsAsObjects: true, copyBuffers: true, moreTypes: false }
  }

  /** Asked by msgpackr for a shape without a number: may it have the next one? */
  readonly share = (keys: string[]): boolean => {
    const text = JSON.stringify(keys)
    const next = this.forEncoder.sharedLength!
    let id = this.#table.idOf(text)
    if (id < 0 && this.#recurs(text, keys.length) && !this.#full && next < MOST_SHAPES) {
      id = this.#table.tryIntern(text)
      this.#full = id < 0
    }
    if (id >= 0 && id !== next) this.#stale = true
    return id === next && id < MOST_SHAPES
  }

  #recurs(text: string, keys: number): boolean {
    const times = (this.#candidates.get(text) ?? 0) + 1
    if (times === 1) this.#candidateKeys += keys
    if (text.length > LONGEST_SHAPE) return false
    this.#candidates.set(text, times)
    return times >= FIRST_RECURRENCE << (this.forEncoder.sharedLength! / DOUBLING)
  }

  /** Before each frame: lets msgpackr know of new shapes, and forget the keys of those that did not recur. */
  beforeEncode(): void {
    if (this.#stale) {
      this.#stale = false
      this.#learn(this.forEncoder)
    }
    if (this.#candidateKeys > MOST_CANDIDATE_KEYS) {
      this.#candidateKeys = 0
      this.#candidates.clear()
      this.forEncoder.transitions = null
    }
  }

  /** Before each frame that is read. */
  beforeDecode(): void {
    if (this.#table.length > this.forDecoder.length) this.#learn(this.forDecoder)
  }

  #learn(structures: Structures): void {
    const length = Math.min(this.#table.length, MOST_SHAPES)
    structures.length = structures.sharedLength!
    for (let id = structures.length; id < length; id++) structures.push(shapeOf(this.#table.text(id), id))
    structures.sharedLength = length
    structures.transitions = null
  }
}

/** Keys as msgpackr keeps them: from the 32nd shape on a number takes two bytes, the higher of which is named here. */
function shapeOf(text: string, id: number): string[] {
  const keys = JSON.parse(text) as string[]
  return Object.assign(keys, { isShared: true, ...(id >= 32 && { highByte: (id - 32) >> 5 }) })
}
