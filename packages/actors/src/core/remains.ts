// What a lost thread has left in its vault, read (checkpoint-record.ts says how it is written), and made into actors again.
//
// Invariants: of an actor that has come back while it was being forgotten, what has the higher epoch counts. It may live
// elsewhere, with a higher one still: that is for the caller to find out. An actor that is made again is nowhere yet: its
// timers are not set, nobody knows of it, and its turns are numbered as none before can have been.
import type { Address } from './address.ts'
import { takeThings } from './unpacking.ts'
import type { Source } from './behavior-value.ts'
import { Cell } from './cell.ts'
import { type BirthMore, HEAD_BYTES, INIT, MORE, PINNED, type StateMore, UNPINNED } from './checkpoint-record.ts'
import type { Core } from './core.ts'
import { FLAT } from './frame.ts'
import type { VaultRecord } from './platform.ts'
import type { Protocol } from './protocol.ts'
import { stateFrom } from './upgrades.ts'

/** What is left of one actor. */
export class Remains {
  readonly #core: Core
  readonly #source: Source | Uint8Array
  readonly #birth: Uint8Array
  readonly #initAt: number
  /** What the actor was when this was written. */
  readonly #protocol: Protocol
  readonly #state: Uint8Array | undefined
  readonly address: Address
  readonly epoch: number
  readonly parent: Address | undefined
  readonly name: string | undefined
  readonly pinned: boolean | undefined

  constructor(core: Core, record: VaultRecord, source: Source | undefined, state: Uint8Array | undefined) {
    const { home, birth, serial, protocol, bytes } = record
    const [flags, epoch, , first] = headOf(bytes)
    const more = (flags & MORE) === 0 ? undefined : this.#more(core, bytes, first)
    const [parent, name, sealed] = more ?? []
    this.#core = core
    this.#birth = bytes
    this.#initAt = (flags & INIT) === 0 ? -1 : HEAD_BYTES + first
    this.#source = sealed ?? source!
    this.#state = state
    this.#protocol = core.behaviors.protocol(protocol)
    this.address = core.address(this.#protocol, home, birth, serial)
    this.epoch = epoch
    this.parent = parent?.address
    this.name = name
    this.pinned = (flags & (PINNED | UNPINNED)) === 0 ? undefined : (flags & PINNED) !== 0
  }
  #more(core: Core, bytes: Uint8Array, length: number): BirthMore {
    return core.platform.codec.decode(bytes, HEAD_BYTES, HEAD_BYTES + length, core) as BirthMore
  }

  /** Whether it has a checkpoint: else it begins with fresh state. */
  get hasState(): boolean {
    return this.#state !== undefined
  }

  /** Makes the actor again. Rejects where its behavior cannot be loaded, or does not want the state. */
  async actor(): Promise<Cell> {
    const core = this.#core
    const { codec } = core.platform
    const source = this.#source
    const from = source instanceof Uint8Array ? codec.decode(source, 0, source.length, core) : source
    const loaded = await core.upgrades.load(from as Source, this.#protocol)
    // which one counts may have changed meanwhile
    const address = core.routes.of(this.address)
    const cell = new Cell(core, address, 'arriving', undefined, this.parent)
    cell.loaded = loaded
    address.learn(loaded.protocol)
    if (this.#initAt >= 0) cell.init = codec.decode(this.#birth, this.#initAt, this.#birth.length, cell)
    cell.pinned = this.pinned
    cell.turns = (core.platform.random() * 2 ** 32) | 0
    cell.more.epoch = this.epoch
    cell.more.name = this.name
    if (this.#state !== undefined) restore(cell, this.#state, this.#protocol)
    return cell
  }
}

function restore(cell: Cell, bytes: Uint8Array, protocol: Protocol): void {
  const { codec } = cell.core.platform
  const [, lives, encoding, length] = headOf(bytes)
  const end = HEAD_BYTES + length
  const plain = encoding === FLAT ? codec.readFlat(bytes, HEAD_BYTES) : codec.decode(bytes, HEAD_BYTES, end, cell)
  cell.state = stateFrom(cell.loaded!, protocol, plain)
  cell.more.lives = lives
  if (end === bytes.length) return
  const { timersMade, restarts, ...things } = codec.decode(bytes, end, bytes.length, cell) as StateMore
  cell.more.timersMade = timersMade
  cell.more.restarts = restarts
  takeThings(cell, things)
}

function headOf(bytes: Uint8Array): [number, number, number, number] {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, HEAD_BYTES >> 2)
  return [words[0]!, words[1]!, words[2]!, words[3]!]
}

/** All that a lost thread has left, each actor once. */
export function remainsOf(core: Core, thread: number): Remains[] {
  const sources = new Map<number, Source>()
  const births = new Map<string, VaultRecord>()
  const states = new Map<string, VaultRecord>()
  for (const record of core.platform.vaultOf(thread)) {
    const { kind, handle, bytes } = record
    if (kind === 'source') sources.set(handle, core.platform.codec.decode(bytes, 0, bytes.length, core) as Source)
    else keepNewer(kind === 'birth' ? births : states, record)
  }
  return [...births].map(([key, birth]) => {
    const state = states.get(key)
    const source = sources.get(headOf(birth.bytes)[2])
    return new Remains(core, birth, source, state && epochOf(state) === epochOf(birth) ? state.bytes : undefined)
  })
}

/** What a lost thread has left, as who and with which epoch: an actor may be there more than once. */
export function* birthsOf(core: Core, thread: number): Iterable<{ address: Address; epoch: number }> {
  for (const record of core.platform.vaultOf(thread)) {
    const { kind, home, birth, serial, protocol } = record
    if (kind !== 'birth') continue
    yield { address: core.address(core.behaviors.protocol(protocol), home, birth, serial), epoch: epochOf(record) }
  }
}

function keepNewer(all: Map<string, VaultRecord>, record: VaultRecord): void {
  const { home, birth, serial } = record
  const key = `${home}.${birth}.${serial}`
  const known = all.get(key)
  if (known === undefined || epochOf(known) < epochOf(record)) all.set(key, record)
}
function epochOf({ kind, bytes }: VaultRecord): number {
  return headOf(bytes)[kind === 'birth' ? 1 : 0]
}
