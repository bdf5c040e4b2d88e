// An append-only table of texts that all threads of a process share: method names, behavior descriptors, record shapes.
// A text's id is its position, so ids are small and dense, and mean the same on every thread for ever.
//
// Memory: [used, entries, units] [one word an entry: where its text lies, or 0] [length and UTF-16 units of each text].
// Invariants:
// - An entry is published by one compare-and-swap of its word, after its text is written; words are filled in order.
// - A thread may end at any instruction: what it had reserved but not published is lost room, nothing else.
// - Nothing is ever changed or taken back, so each thread keeps what it has read in a Map and an array of its own.
// - Texts are kept as the units of the JavaScript string, so every string survives exactly, lone surrogates too.

import { InvalidCall, TroupeError } from '../core/errors.ts'

const USED = 0
const ENTRIES = 1
const UNITS = 2
const HEADER = 3
/** A text's length takes two units before it. */
const LENGTH_UNITS = 2
/** Longer texts are read in pieces: a call takes only so many arguments. */
const PIECE = 4096

export interface TableSize {
  readonly entries: number
  /** Room for all texts together, in UTF-16 units; each text takes two more. */
  readonly units: number
}

export class SharedTable {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #units: Uint16Array
  readonly #entries: number
  readonly #texts: string[] = []
  readonly #ids = new Map<string, number>()

  static bytesFor({ entries, units }: TableSize): number {
    return (HEADER + entries) * 4 + (units + (units & 1)) * 2
  }

  static create(size: TableSize): SharedTable {
    const { entries, units } = size
    if (!Number.isInteger(entries) || entries < 1 || !Number.isInteger(units) || units < 1) {
      throw new InvalidCall(`a table of ${entries} entries and ${units} units: both must be whole numbers above 0`)
    }
    const memory = new SharedArrayBuffer(SharedTable.bytesFor(size))
    const words = new Int32Array(memory, 0, HEADER)
    words[ENTRIES] = entries
    words[UNITS] = units
    return new SharedTable(memory)
  }

  /** The table in `memory`, which another thread created. */
  constructor(memory: SharedArrayBuffer) {
    const header = new Int32Array(memory, 0, HEADER)
    this.memory = memory
    this.#entries = header[ENTRIES]!
    this.#words = new Int32Array(memory, 0, HEADER + this.#entries)
    this.#units = new Uint16Array(memory, (HEADER + this.#entries) * 4, header[UNITS])
  }

  /** How many texts there are by now. */
  get length(): number {
    this.#catchUp()
    return this.#texts.length
  }

  /** The id of `text`, which is added if it is new. Throws when the table is full. */
  intern(text: string): number {
    const id = this.tryIntern(text)
    if (id < 0) {
      const { length } = this.#texts
      throw new TroupeError(
        'table-full',
        `a table shared by all threads is full at ${length} of ${this.#entries} entries; it had no room for '${text.slice(0, 80)}'`,
      )
    }
    return id
  }

  /** The id of `text`, or -1 when it is new and the table is full. */
  tryIntern(text: string): number {
    const known = this.idOf(text)
    if (known >= 0) return known
    if (this.#texts.length >= this.#entries) return -1
    const at = this.#write(text)
    if (at < 0) return -1
    for (;;) {
      const next = this.#texts.length
      if (next >= this.#entries) return -1
      if (Atomics.compareExchange(this.#words, HEADER + next, 0, at) === 0) {
        this.#keep(text)
        return next
      }
      // Somebody else was first: with another text, then ours comes behind it, or with this very one.
      const theirs = this.idOf(text)
      if (theirs >= 0) return theirs
    }
  }

  /** The id of `text` if it is there by now, else -1. */
  idOf(text: string): number {
    const id = this.#ids.get(text)
    if (id !== undefined) return id
    this.#catchUp()
    return this.#ids.get(text) ?? -1
  }

  text(id: number): string {
    const known = this.#texts[id]
    if (known !== undefined) return known
    this.#catchUp()
    const text = this.#texts[id]
    if (text === undefined) throw new InvalidCall(`a shared table has no entry ${id}; it has ${this.#texts.length}`)
    return text
  }

  /** Reads what other threads have published since. */
  #catchUp(): void {
    while (this.#texts.length < this.#entries) {
      const at = Atomics.load(this.#words, HEADER + this.#texts.length)
      if (at === 0) return
      this.#keep(this.#read(at))
    }
  }

  #keep(text: string): void {
    this.#ids.set(text, this.#texts.length)
    this.#texts.push(text)
  }

  /** Writes `text` where nobody sees it yet: its place plus one, or -1 without room. */
  #write(text: string): number {
    const { length } = text
    const size = LENGTH_UNITS + length
    let used = Atomics.load(this.#words, USED)
    for (;;) {
      if (used + size > this.#units.length) return -1
      const seen = Atomics.compareExchange(this.#words, USED, used, used + size)
      if (seen === used) break
      used = seen
    }
    this.#units[used] = length & 0xffff
    this.#units[used + 1] = length >>> 16
    for (let i = 0; i < length; i++) this.#units[used + LENGTH_UNITS + i] = text.charCodeAt(i)
    return used + 1
  }

  #read(at: number): string {
    const start = at - 1 + LENGTH_UNITS
    const end = start + this.#units[at - 1]! + this.#units[at]! * 0x10000
    let text = ''
    for (let i = start; i < end; i += PIECE) {
      text += String.fromCharCode(...this.#units.subarray(i, Math.min(i + PIECE, end)))
    }
    return text
  }
}
