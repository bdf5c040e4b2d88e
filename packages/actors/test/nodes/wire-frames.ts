// Frames as a process sends them to another one: those that random programs exchange between the threads of a simulation, made
// by the real Outbound, with their arguments transcoded, and what the receiving process knows of the sender's tables.
//
// Claims (core/claims.ts) never leave a process, so frames that carry one are left out.
import { vi } from 'vitest'
import * as channel from '../../src/core/channel-frame.ts'
import * as frame from '../../src/core/frame.ts'
import { HANDOFF_WORDS, OFFER } from '../../src/core/handoff-frame.ts'
import { Places } from '../../src/core/places.ts'
import type { Packed } from '../../src/core/platform.ts'
import { Sealed } from '../../src/core/sealed.ts'
import { ThreadNumber } from '../../src/core/thread-number.ts'
import { travelKinds } from '../../src/core/travel-kinds.ts'
import { Codec } from '../../src/edge/codec.ts'
import { SharedTable } from '../../src/edge/shared-table.ts'
import { wireNames } from '../../src/edge/wire-names.ts'
import { PeerTables, ToldTables } from '../../src/edge/wire-tables.ts'
import { SimSymbols } from '../../src/testing/sim-symbols.ts'
import { SimThread } from '../../src/testing/sim-thread.ts'

const SENDER = 'a~1'
const RECEIVER = 'b~1'
/** How many threads the receiver has. */
const LIVES = 3

/** Their kind; of moves and channels, and calls, also the operation; and which sections and encoding. */
export function sortOf(words: Int32Array): string {
  const head = words[1]!
  const kind = frame.kindIn(head)
  const op = kind === frame.CHANNEL ? words[4]! >>> 24 : kind === frame.HANDOFF ? words[4]! & 0xffff : -1
  return [kind, op, (head >>> 8) & 255, head & 3].join(' ')
}

/** What one run has sent: frames of all sorts, some of each, and the sender's tables. */
export interface Sent {
  readonly frames: Uint8Array[]
  readonly tables: ToldTables
}

/** Notes what `run` sends between simulated threads. One world at a time. */
export async function sentBy(run: () => Promise<unknown>, ofEach: number): Promise<Sent> {
  const create = vi.spyOn(SharedTable, 'create')
  const post = SimThread.prototype.post
  const frames: Uint8Array[] = []
  const counts = new Map<string, number>()
  let codec: Codec | undefined
  let tables: ToldTables | undefined
  SimThread.prototype.post = function (this: SimThread, to, bytes, length, system, alone, kept) {
    if (codec === undefined) {
      const { protocols, methods } = this
      const places = new SimSymbols()
      tables = new ToldTables(places, protocols, methods)
      const names = wireNames(new Places({ id: SENDER, places }), protocols, () => this.now())
      const shapes = create.mock.results.at(-1)!.value as SharedTable
      codec = new Codec(new SharedTable(shapes.memory), travelKinds, undefined, names)
    }
    const sort = sortOf(new Int32Array(bytes.buffer, bytes.byteOffset, frame.HEADER_WORDS))
    const count = counts.get(sort) ?? 0
    const made = count < ofEach ? asSent(bytes.slice(0, length), codec) : undefined
    if (made !== undefined) {
      counts.set(sort, count + 1)
      frames.push(made)
    }
    return post.call(this, to, bytes, length, system, alone, kept)
  }
  try {
    await run()
  } finally {
    SimThread.prototype.post = post
    create.mockRestore()
  }
  frames.push(sealed(codec!))
  return { frames, tables: tables! }
}

/** A call with what is to be read later, as a spawn on another node has it: within one process nothing goes in that form. */
function sealed(codec: Codec): Uint8Array {
  const value = { list: [1, 'two', new ThreadNumber(0)], map: new Map([[1, { b: 2n }]]) }
  const { bytes, start, end } = codec.packWire([new Sealed(copied(codec.packWire(value)))])
  const at = frame.HEADER_WORDS * 4
  const length = at + end - start
  const made = new Uint8Array((length + 3) & ~3)
  made.set(bytes.subarray(start, end), at)
  const words = new Int32Array(made.buffer)
  words[0] = made.length
  words[1] = frame.headWord(made.length - length, frame.CALL, 0, 0, 1, frame.PACKED)
  words[5] = -1
  return made
}

/** A frame whose arguments any process can read. */
function asSent(own: Uint8Array, codec: Codec): Uint8Array | undefined {
  const words = new Int32Array(own.buffer)
  const head = words[1]!
  const kind = frame.kindIn(head)
  if (kind === frame.CHANNEL && ((head >>> 8) & channel.CLAIM) !== 0) return undefined
  const start = bodyOf(words) * 4
  const state = kind === frame.HANDOFF && (words[4]! & 0xffff) === OFFER ? words[8]! : 0
  const end = own.length - frame.unusedIn(head)
  const parts: Uint8Array[] = [own.subarray(0, start)]
  if (state > 0) parts.push(copied(codec.transcode(own, start, start + state)))
  const encoding = head & 3
  if (encoding === frame.FLAT) parts.push(copied(codec.transcodeFlat(own, start + state)))
  else if (encoding === frame.PACKED) parts.push(copied(codec.transcode(own, start + state, end)))
  else parts.push(own.subarray(start + state, end))
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const made = new Uint8Array((length + 3) & ~3)
  let at = 0
  for (const part of parts) {
    made.set(part, at)
    at += part.length
  }
  const out = new Int32Array(made.buffer)
  const count = (head >>> 2) & 63
  out[0] = made.length
  out[1] = frame.headWord(
    made.length - length,
    kind,
    frame.targetHigh(head),
    (head >>> 8) & 255,
    count,
    encoding === frame.PRIMITIVES ? frame.PRIMITIVES : frame.PACKED,
  )
  if (state > 0) out[8] = parts[1]!.length
  return made
}
function copied({ bytes, start, end }: Packed): Uint8Array {
  return Uint8Array.from(bytes.subarray(start, end))
}

/** At which word the arguments begin. */
export function bodyOf(words: Int32Array): number {
  const head = words[1]!
  const kind = frame.kindIn(head)
  if (kind === frame.HANDOFF) return HANDOFF_WORDS
  if (kind === frame.CHANNEL) return channel.CHANNEL_WORDS
  const flags = (head >>> 8) & 255
  let at = frame.HEADER_WORDS
  if ((flags & frame.ROUTED) !== 0) at += frame.ROUTED_WORDS
  if ((flags & frame.SENDER) !== 0) at += frame.SENDER_WORDS
  if ((flags & frame.DEADLINE) !== 0) at++
  if ((flags & frame.CHAIN) !== 0) at += 1 + words[at]! * frame.CHAIN_WORDS
  if ((flags & frame.TRACE) !== 0) at += frame.TRACE_WORDS
  return at
}

/** Another process, and what it knows of the first. */
export class Receiver {
  readonly places = SharedTable.create({ entries: 61_440, units: 2 ** 20 })
  readonly protocols = SharedTable.create({ entries: 65_536, units: 2 ** 20 })
  readonly methods = SharedTable.create({ entries: 65_536, units: 2 ** 20 })
  readonly own = {
    places: new Places({ id: RECEIVER, places: this.places }),
    protocols: this.protocols,
    methods: this.methods,
    lives: () => LIVES,
  }
  readonly peer = new PeerTables(this.own, SENDER)
  /** Which kinds have come. */
  readonly met = new Set<string>()
  /** With kinds that make nothing, as there is no core that it could be for. */
  readonly codec = new Codec(
    SharedTable.create({ entries: 64, units: 1024 }),
    travelKinds.map(kind => ({ ...kind, unpack: plain => this.#meet(kind.tag, plain) })),
    undefined,
    wireNames(this.own.places, this.protocols, () => 0),
  )

  #meet(tag: string, plain: unknown): unknown {
    this.met.add(tag)
    return plain
  }
  constructor() {
    // numbers of its own, so that nothing is right by chance
    for (const name of ['x', 'y', 'z']) this.methods.intern(name)
    for (const name of ['p', 'q']) this.protocols.intern(JSON.stringify({ name, version: 1, methods: [] }))
  }
}
