// What an exploration keeps: rows of numbers, each once, with the row that it came from; and the contents of lanes.
//
// Invariant: a row is found by its numbers alone; rows stand in the order in which they were added. All is in typed arrays,
// since there are millions: about 50 bytes for a row of nine numbers.

const CHUNK = 1 << 16

export class States {
  readonly width: number
  size = 0
  readonly #chunks: Int32Array[] = []
  /** Rows by hash, plus one, 0 where there is none; and what of the hash tells most of them apart without a look at the row. */
  #table = new Int32Array(1 << 16)
  #tags = new Int32Array(1 << 16)

  constructor(width: number) {
    // the last two are where it came from, and by which of the steps that could be taken there
    this.width = width
  }

  /** Adds a row unless it is there. */
  add(row: Int32Array, from: number, step: number): void {
    if (this.size * 2 > this.#table.length) this.#grow()
    const hash = this.#hash(row)
    const at = this.#find(row, hash)
    if (this.#table[at] !== 0) return
    const stride = this.width + 2
    if (this.size % CHUNK === 0) this.#chunks.push(new Int32Array(CHUNK * stride))
    const chunk = this.#chunks.at(-1)!
    const start = (this.size % CHUNK) * stride
    chunk.set(row, start)
    chunk[start + this.width] = from
    chunk[start + this.width + 1] = step
    this.#table[at] = ++this.size
    this.#tags[at] = hash
  }
  read(at: number, row: Int32Array): void {
    const [chunk, start] = this.#place(at)
    for (let i = 0; i < this.width; i++) row[i] = chunk[start + i]!
  }
  /** The row that it came from, -1 for the first, and the step. */
  origin(at: number): readonly [from: number, step: number] {
    const [chunk, start] = this.#place(at)
    return [chunk[start + this.width]!, chunk[start + this.width + 1]!]
  }

  #place(at: number): readonly [Int32Array, number] {
    return [this.#chunks[Math.floor(at / CHUNK)]!, (at % CHUNK) * (this.width + 2)]
  }
  #hash(row: Int32Array): number {
    let hash = 0
    for (let i = 0; i < this.width; i++) hash = Math.imul(hash ^ row[i]!, 0x9e3779b1) ^ (hash >>> 15)
    return hash ^ (hash >>> 13)
  }
  #find(row: Int32Array, hash: number): number {
    const mask = this.#table.length - 1
    const { width } = this
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const found = this.#table[at]! - 1
      if (found < 0) return at
      if (this.#tags[at] !== hash) continue
      const [chunk, start] = this.#place(found)
      let i = 0
      while (i < width && chunk[start + i] === row[i]) i++
      if (i === width) return at
    }
  }
  #grow(): void {
    const table = this.#table
    const tags = this.#tags
    const mask = table.length * 4 - 1
    this.#table = new Int32Array(mask + 1)
    this.#tags = new Int32Array(mask + 1)
    table.forEach((row, i) => {
      if (row === 0) return
      let at = tags[i]! & mask
      while (this.#table[at] !== 0) at = (at + 1) & mask
      this.#table[at] = row
      this.#tags[at] = tags[i]!
    })
  }
}

/** What can be taken out of a lane: the item, and the content that is left. */
export interface Take {
  readonly item: number
  readonly rest: number
}

/**
 * What lanes may hold, each content with a number; 0 is nothing. An item is a frame's number, doubled, and one more for a user
 * frame. Within each of the two classes the first comes first; a system frame may overtake user frames, and a user frame
 * never overtakes a system frame that was posted before it.
 */
export class Contents {
  readonly #contents: { items: readonly number[]; takes: readonly Take[] | undefined; appended: number[] }[] = []
  readonly #numbers = new Map<string, number>()

  constructor() {
    this.#number([])
  }

  items(content: number): readonly number[] {
    return this.#contents[content]!.items
  }
  append(content: number, item: number): number {
    const { items, appended } = this.#contents[content]!
    return (appended[item] ??= this.#number([...items, item]))
  }
  takes(content: number): readonly Take[] {
    const known = this.#contents[content]!
    return (known.takes ??= this.#takes(known.items))
  }
  #takes(items: readonly number[]): Take[] {
    const system = items.findIndex(item => (item & 1) === 0)
    const among = items.length === 0 ? [] : system > 0 ? [0, system] : [0]
    return among.map(at => ({ item: items[at]!, rest: this.#number(items.toSpliced(at, 1)) }))
  }
  #number(items: readonly number[]): number {
    const key = items.join()
    let number = this.#numbers.get(key)
    if (number === undefined) {
      this.#numbers.set(key, (number = this.#contents.length))
      this.#contents.push({ items, takes: undefined, appended: [] })
    }
    return number
  }
}
