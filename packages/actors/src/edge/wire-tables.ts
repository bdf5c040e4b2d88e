// What the numbers in another process's frames mean: its threads, and the threads, protocols and methods that it has told of in
// TABLE records, each as this process numbers them. A record is JSON: ["places", first, [text, …]].
//
// Invariants: both sides' tables only grow, and a record goes on where the last one ended; so a number means one text for ever. All
// that a peer names, here and in arguments, is checked, counted against its share, and put into this process's own tables by
// the one thread that reads from it, methods of protocols too: no other thread comes to a table without room by a peer's doing.
import { FIRST_FAR } from '../core/address.ts'
import { HUB, type Places } from '../core/places.ts'
import type { Symbols } from '../core/platform.ts'
import { protocolIn } from '../core/protocol.ts'
import { BadFrame } from './bad-frame.ts'
import type { Admission } from './wire-scan.ts'

/** Texts of a kind that one peer may bring, or be told of. */
export const MOST_ENTRIES = 16_384
/** Bytes of a record. */
const LONGEST_RECORD = 1024 * 1024
/** UTF-16 units after which a record is full, and another one begun. */
const FULL_RECORD = 64 * 1024
const LONGEST = { places: 128, protocols: 64 * 1024, methods: 4096 } as const
const PLACE = /^[^~/\s\p{C}]{1,64}~[0-9a-z]{1,16}\/(0|[1-9][0-9]{0,3})$/u
const KINDS = ['places', 'protocols', 'methods'] as const
type Kind = (typeof KINDS)[number]

/** This process's own tables. */
export interface OwnTables {
  readonly places: Places
  readonly protocols: Symbols
  readonly methods: Symbols
  /** How many threads this process has had. */
  lives(): number
}

export class PeerTables implements Admission {
  readonly #own: OwnTables
  /** `name~incarnation` */
  readonly #peer: string
  readonly #lives = new Int32Array(FIRST_FAR).fill(-1)
  /** Peer's number → own number. */
  readonly #places: number[] = []
  readonly #protocols: number[] = []
  readonly #methods: number[] = []
  /** All that it has brought: text → own number. */
  readonly #brought = {
    places: new Map<string, number>(),
    protocols: new Map<string, number>(),
    methods: new Map<string, number>(),
  }

  constructor(own: OwnTables, peer: string) {
    this.#own = own
    this.#peer = peer
  }

  /** A thread's number here; -1 where the peer has none of that number. */
  thread(number: number): number {
    if (number >= FIRST_FAR) return this.#places[number - FIRST_FAR] ?? -1
    const known = this.#lives[number]!
    return known >= 0 ? known : this.#meet(number)
  }
  #meet(life: number): number {
    if (life >= HUB) return -1
    return (this.#lives[life] = this.#bring('places', `${this.#peer}/${life}`) ?? -1)
  }
  protocolNumber(number: number): number {
    return this.#protocols[number] ?? -1
  }
  method(number: number): number {
    return this.#methods[number] ?? -1
  }

  /** Of names that stand in arguments. */
  place(text: string): boolean {
    return this.#bring('places', text) !== undefined
  }
  protocol(text: string): boolean {
    return this.#bring('protocols', text) !== undefined
  }

  /** A TABLE record. Throws BadFrame. */
  take(record: Uint8Array): void {
    const [kind, first, texts] = parsed(record)
    const into = kind === 'places' ? this.#places : kind === 'protocols' ? this.#protocols : this.#methods
    if (first !== into.length) throw new BadFrame(`${kind} from number ${first} on, after ${into.length} of them`, 0)
    if (into.length + texts.length > MOST_ENTRIES) throw new BadFrame(`more than ${MOST_ENTRIES} ${kind}`, 0)
    for (const text of texts) {
      const number = this.#bring(kind, text)
      if (number === undefined) throw new BadFrame(`${kind} with ${JSON.stringify(text.slice(0, 80))} among them`, 0)
      into.push(number)
    }
  }

  /** The number here of a text; undefined where it is none of its kind, or one too many. */
  #bring(kind: Kind, text: string): number | undefined {
    const brought = this.#brought[kind]
    const known = brought.get(text)
    if (known !== undefined) return known
    if (brought.size >= MOST_ENTRIES || text.length > LONGEST[kind] || !this.#isRight(kind, text)) return undefined
    try {
      const { places, [kind]: table } = this.#own
      const number = kind === 'places' ? places.number(text) : (table as Symbols).intern(text)
      brought.set(text, number)
      return number
    } catch {
      return undefined // there is no room
    }
  }
  #isRight(kind: Kind, text: string): boolean {
    switch (kind) {
      case 'methods':
        return true
      case 'places':
        return this.#isPlace(text)
      case 'protocols':
        return protocolIn(text)?.methods.every(method => this.#bring('methods', method) !== undefined) ?? false
    }
  }
  #isPlace(text: string): boolean {
    if (!PLACE.test(text)) return false
    const at = text.lastIndexOf('/')
    const life = Number(text.slice(at + 1))
    return life < (text.slice(0, at) === this.#own.places.self ? this.#own.lives() : HUB)
  }
}

function parsed(record: Uint8Array): [kind: Kind, first: number, texts: string[]] {
  let data: unknown
  try {
    if (record.length <= LONGEST_RECORD) data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(record))
  } catch {
    // said below
  }
  const [kind, first, texts] = Array.isArray(data) ? (data as unknown[]) : []
  const right = KINDS.includes(kind as Kind) && Number.isInteger(first) && Array.isArray(texts)
  if (!right || !texts.every(text => typeof text === 'string')) throw new BadFrame('a TABLE record that is none', 0)
  return data as [Kind, number, string[]]
}

/** What a peer has been told of this process's tables. */
export class ToldTables {
  readonly #tables: Readonly<Record<Kind, Symbols>>
  readonly #told = { places: 0, protocols: 0, methods: 0 }

  constructor(places: Symbols, protocols: Symbols, methods: Symbols) {
    this.#tables = { places, protocols, methods }
  }

  /** Whether there are more than a peer takes: what has later numbers it does not know. */
  get full(): boolean {
    return KINDS.some(kind => this.#tables[kind].length > MOST_ENTRIES)
  }

  /** Records to be sent ahead of whatever is sent next; mostly none. */
  news(): readonly Uint8Array[] {
    const { places, protocols, methods } = this.#tables
    const told = this.#told
    if (places.length === told.places && protocols.length === told.protocols && methods.length === told.methods)
      return NONE
    return KINDS.flatMap(kind => this.#newsOf(kind))
  }
  #newsOf(kind: Kind): Uint8Array[] {
    const table = this.#tables[kind]
    const length = Math.min(table.length, MOST_ENTRIES)
    const records: Uint8Array[] = []
    while (this.#told[kind] < length) {
      const first = this.#told[kind]
      const texts: string[] = []
      let units = 0
      while (first + texts.length < length && units < FULL_RECORD) {
        const text = table.text(first + texts.length)
        units += text.length
        texts.push(text)
      }
      this.#told[kind] += texts.length
      records.push(new TextEncoder().encode(JSON.stringify([kind, first, texts])))
    }
    return records
  }
}
const NONE: readonly Uint8Array[] = []
