// Frames as a process sends them to another one: those that random programs exchange between the nodes of a simulation, as they come
// to a hub; or between its threads, made by the real Outbound, with their arguments transcoded. And the sender's tables.
//
// Claims (core/claims.ts) never leave a process, so frames that carry one are left out.
import { vi } from 'vitest'
import { operationNames } from '../../src/core/actor-calls.ts'
import * as channel from '../../src/core/channel-frame.ts'
import * as frame from '../../src/core/frame.ts'
import { HANDOFF_WORDS, OFFER } from '../../src/core/handoff-frame.ts'
import { Places } from '../../src/core/places.ts'
import type { Packed } from '../../src/core/platform.ts'
import { Sealed } from '../../src/core/sealed.ts'
import { byHub, withinNode } from '../../src/core/thread-calls.ts'
import { ThreadNumber } from '../../src/core/thread-number.ts'
import { travelKinds } from '../../src/core/travel-kinds.ts'
import { Codec } from '../../src/edge/codec.ts'
import { Hub } from '../../src/edge/hub.ts'
import { FRAMES, TABLE } from '../../src/edge/hub-records.ts'
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
  readonly tables: Pick<ToldTables, 'news'>
}

/** What one node has sent to another in a run of several: of all pairs of them, that with most sorts. */
export async function sentToNode(run: () => Promise<unknown>, ofEach: number): Promise<Sent> {
  const { record } = Hub.prototype
  const pairs = new Map<Hub, Map<string, Pair>>()
  Hub.prototype.record = function (this: Hub, link, kind, bytes, start, end) {
    const peers = pairs.get(this) ?? new Map<string, Pair>()
    pairs.set(this, peers)
    const pair = peers.get(link.id) ?? { tables: [], frames: [], sorts: new Map<string, number>() }
    peers.set(link.id, pair)
    if (kind === TABLE) pair.tables.push(bytes.slice(start, end))
    else if (kind === FRAMES) note(pair, bytes.slice(start, end), ofEach)
    return record.call(this, link, kind, bytes, start, end)
  }
  try {
    await run()
  } finally {
    Hub.prototype.record = record
  }
  const all = [...pairs.values()].flatMap(peers => [...peers.values()])
  const { frames, tables } = all.toSorted((a, b) => b.sorts.size - a.sorts.size)[0]!
  return { frames, tables: { news: () => tables } }
}
interface Pair {
  readonly tables: Uint8Array[]
  readonly frames: Uint8Array[]
  readonly sorts: Map<string, number>
}
/** Takes a record apart: behind each frame is a word that is none of it. */
function note({ frames, sorts }: Pair, record: Uint8Array, ofEach: number): void {
  const words = new Int32Array(record.buffer)
  for (let at = 0; at < record.length;) {
    const length = words[at >> 2]!
    const own = record.slice(at, at + length - 4)
    new Int32Array(own.buffer)[0] = length - 4
    const sort = sortOf(new Int32Array(own.buffer))
    const count = sorts.get(sort) ?? 0
    sorts.set(sort, count + 1)
    if (count < ofEach) frames.push(own)
    at += (length + 7) & ~7
  }
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
  const behavior = [{ name: 'sealed' }, JSON.stringify({ name: 'sealed', version: 1, methods: [] })]
  const init = new Sealed(copied(codec.packWire(value)))
  const { bytes, start, end } = codec.packWire([behavior, 1, 1, init, undefined, undefined, undefined])
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
  const start = bodyOf(words) * 4
  const state = kind === frame.HANDOFF && (words[4]! & 0xffff) === OFFER ? words[8]! : 0
  const end = own.length - frame.unusedIn(head)
  if (isNear(kind, words[4]! & 0xffff))
    return asReply(copied(codec.transcode(own, start, state > 0 ? start + state : end)))
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
/** What it holds is of all kinds, and worth having, though other nodes are told of it in another way. */
function asReply(value: Uint8Array): Uint8Array {
  const at = frame.HEADER_WORDS * 4
  const made = new Uint8Array((at + value.length + 3) & ~3)
  made.set(value, at)
  const words = new Int32Array(made.buffer)
  words[0] = made.length
  words[1] = frame.headWord(made.length - at - value.length, frame.REPLY, 0, 0, 1, frame.PACKED)
  words[5] = -1
  return made
}
/** What is said to other nodes in other words, or not at all: what holds a behavior, or a number of this process's. */
function isNear(kind: number, op: number): boolean {
  if (kind === frame.HANDOFF) return op === OFFER
  const name = operationNames[op]!
  return kind === frame.CALL && (NEAR.has(name) || byHub.has(name) || withinNode.has(name))
}
const NEAR = new Set(['spawn', 'go', 'knows'])
function copied({ bytes, start, end }: Packed): Uint8Array {
  return Uint8Array.from(bytes.subarray(start, end))
}

/** At which word the arguments begin. */
export function bodyOf(words: Int32Array): number {
  const head = words[1]!
  const kind = frame.kindIn(head)
  if (kind === frame.HANDOFF) return HANDOFF_WORDS
  const flags = (head >>> 8) & 255
  if (kind === frame.CHANNEL) return channel.CHANNEL_WORDS + ((flags & channel.CLAIM) === 0 ? 0 : channel.CLAIM_WORDS)
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
