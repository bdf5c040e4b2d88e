// A million frames that are not as they should be: real ones of all kinds, changed in their bytes and words, cut, joined, and
// some of nothing but chance. Each is refused with BadFrame, or can be read: its numbers are known to the process that reads
// it, nothing in it points outside, and its arguments are decoded without a fault.
//
// SEED in the environment runs others, and FRAMES more of them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operationNames } from '../../src/core/actor-calls.ts'
import * as channel from '../../src/core/channel-frame.ts'
import * as frame from '../../src/core/frame.ts'
import { FLUSH, FLUSHED, OFFER } from '../../src/core/handoff-frame.ts'
import { travelKinds } from '../../src/core/travel-kinds.ts'
import { readPrimitives } from '../../src/core/primitives.ts'
import { BehaviorUnavailable } from '../../src/core/errors.ts'
import { BadFrame } from '../../src/edge/bad-frame.ts'
import { FrameGate } from '../../src/edge/wire-frame.ts'
import { Random } from '../../src/testing/random.ts'
import { simulate, type Simulation } from '../../src/testing/simulation.ts'
import { friend, routed } from '../fixtures/routers.ts'
import { runLosses } from '../moving/loss-program.ts'
import { runProgram } from '../simulation-program.ts'
import { runNodes } from './sim-program.ts'
import { bodyOf, Receiver, type Sent, sentBy, sentToNode, sortOf } from './wire-frames.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const FRAMES = Number(process.env['FRAMES'] ?? 1_000_000)
/** What the arguments hold, among them. */
const TRAVELLERS = travelKinds.map(({ tag }) => tag)
/** Bytes, with what stands before and behind. */
const ROOM = 64 * 1024
const BEFORE = 64
const WORDS = [0, 1, -1, 2, 4095, 4096, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31)]
const BYTES = [0, 0x80, 0x90, 0xa0, 0xc0, 0xc1, 0xc4, 0xc7, 0xcb, 0xd4, 0xd9, 0xdd, 0xdf, 0xff]

const { stackTraceLimit } = Error
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

/** All that one process has sent, and another one that has been told of its tables. */
interface Pair {
  readonly sent: Sent
  readonly receiver: Receiver
}
const pairs: Pair[] = []
const gate = new FrameGate(travelKinds, operationNames)

beforeAll(async () => {
  const run = { moves: true, losses: false, budget: 35, steps: 100 }
  const runs = [1, 2, 3, 4].map(seed => () => runProgram(seed, { run }))
  const losses = [1, 2].map(seed => () => runLosses(seed, new Map()))
  for (const program of [...runs, ...losses, () => simulate(1, keys, { threads: 2 })]) {
    const sent = await sentBy(program, 8)
    const receiver = new Receiver()
    for (const record of sent.tables.news()) receiver.peer.take(record)
    pairs.push({ sent, receiver })
  }
  for (const seed of [3, 4, 5]) {
    const sent = await sentToNode(() => runNodes(seed, new Map(), { selects: true }), 8)
    const receiver = new Receiver()
    for (const record of sent.tables.news()) receiver.peer.take(record)
    pairs.push({ sent, receiver })
  }
}, 120_000)

/** Refs with a route, and the handle of their group, between threads; and what is forwarded there. */
async function keys(sim: Simulation): Promise<void> {
  const all = await sim.spawn(routed(friend, 'friends', [1, 2]))
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  for (const name of names) await all.at(name).ask.tell(all.at('other'), all)
}

/** One frame in a larger memory; what is around it must not matter. */
const memory = new Uint8Array(ROOM)
const words = new Int32Array(memory.buffer)
const base = BEFORE >> 2

function lay(own: Uint8Array): number {
  memory.set(own, BEFORE)
  return own.length
}

describe('frames of another process', () => {
  test('come in, of all sorts', () => {
    const kinds = new Set<number>()
    const sorts = new Set<string>()
    let entered = 0
    for (const { sent, receiver } of pairs) {
      for (const own of sent.frames) {
        const length = lay(own)
        kinds.add(gate.enter(memory, words, base, length, receiver.peer, 1000))
        sorts.add(sortOf(words.subarray(base)))
        read(receiver, length)
        entered++
      }
    }
    expect(kinds.size).toBe(frame.HANDOFF + 1)
    expect(pairs.flatMap(({ receiver }) => [...receiver.met])).toEqual(expect.arrayContaining(TRAVELLERS))
    expect(sorts.size).toBeGreaterThan(35)
    expect(entered).toBeGreaterThan(500)
  })

  test('that were changed are refused, or can be read', { timeout: 120_000 }, () => {
    const random = new Random(SEED)
    let refused = 0
    let taken = 0
    for (let i = 0; i < FRAMES; i++) {
      const { sent, receiver } = pairs[i % pairs.length]!
      const length = mutated(sent.frames, random)
      try {
        gate.enter(memory, words, base, length, receiver.peer, 1000)
      } catch (error) {
        if (!(error instanceof BadFrame)) throw new Error(`frame ${i} of seed ${SEED}`, { cause: error })
        refused++
        continue
      }
      try {
        read(receiver, length)
      } catch (error) {
        // a codec of a user's that only the sender knows
        if (!(error instanceof BehaviorUnavailable)) throw new Error(`frame ${i} of seed ${SEED}`, { cause: error })
      }
      taken++
    }
    expect(refused).toBeGreaterThan(FRAMES / 4)
    expect(taken).toBeGreaterThan(FRAMES / 20)
  })
})

/** Lays a frame with something wrong in it, or nothing; gives how long it is said to be. */
function mutated(frames: readonly Uint8Array[], random: Random): number {
  const own = frames[random.below(frames.length)]!
  let length = lay(own)
  if (random.below(16) === 0) {
    length = 4 * (6 + random.below(20))
    for (let at = 8; at < length; at++) memory[BEFORE + at] = random.below(256)
    words[base] = length
    return length
  }
  const body = Math.min(bodyOf(words.subarray(base)) * 4, length)
  for (let times = 1 + random.below(3); times > 0; times--) {
    const inBody = length > body && random.below(3) > 0
    const at = BEFORE + (inBody ? body + random.below(length - body) : random.below(body))
    switch (random.below(6)) {
      case 0:
        memory[at]! ^= 1 << random.below(8)
        break
      case 1:
        memory[at] = BYTES[random.below(BYTES.length)]!
        break
      case 2:
        memory[at] = random.below(256)
        break
      case 3:
        words[at >> 2] = WORDS[random.below(WORDS.length)]!
        break
      case 4: {
        const other = frames[random.below(frames.length)]!
        const from = random.below(other.length)
        const size = Math.min(1 + random.below(24), other.length - from, BEFORE + length - at)
        memory.set(other.subarray(from, from + size), at)
        break
      }
      default:
        length = Math.max(24, length - 4 * random.below(4))
        words[base] = length
    }
  }
  return length
}

/** As Inbound does, but for what only a core can know. Throws where something makes no sense. */
function read(receiver: Receiver, length: number): void {
  const own = words.subarray(base)
  const head = own[1]!
  const kind = frame.kindIn(head)
  const flags = (head >>> 8) & 255
  expect(own[0]).toBe(length)
  let start = BEFORE + bodyOf(own) * 4
  const end = BEFORE + length - frame.unusedIn(head)
  if (start > end) throw new Error('the arguments begin behind their end')
  if (kind === frame.CHANNEL) readChannel(receiver, own)
  else if (kind === frame.HANDOFF) {
    receiver.own.places.text(own[frame.FIRST_SENDER]!)
    const op = own[4]! & 0xffff
    if (op !== FLUSH && op !== FLUSHED) readActor(receiver, own, 2, own[4]! >>> 16)
    if (op === OFFER) {
      receiver.codec.decode(memory, start, start + own[8]!, undefined)
      start += own[8]!
    }
  } else {
    if (kind === frame.TELL || kind === frame.ASK) receiver.methods.text(own[4]! & 0xffff)
    if (kind <= frame.ASK || (flags & frame.ADDRESSED) !== 0) readActor(receiver, own, 2, own[4]! >>> 16)
    readSections(receiver, own, flags)
  }
  if (start > end) throw new Error('the arguments begin behind their end')
  const count = (head >>> 2) & 63
  if ((head & 3) === frame.PACKED) {
    const value = receiver.codec.decode(memory, start, end, undefined)
    if (count === 2 && !Array.isArray(value)) throw new Error('several arguments, and no array')
  } else if (readPrimitives(memory, start, count).some(one => typeof one === 'symbol')) throw new Error('no primitive')
}
function readActor({ own: { places }, protocols }: Receiver, own: Int32Array, at: number, protocol: number): void {
  places.text(own[at]! >>> 16)
  places.text(own[at]! & 0xffff)
  protocols.text(protocol)
}
function readChannel({ own: { places } }: Receiver, own: Int32Array): void {
  const op = own[4]! >>> 24
  places.text(own[2]! >>> 16)
  places.text(own[2]! & 0xffff)
  if (op === channel.GREET || op === channel.MOVED) places.text(own[7]!)
  if (op === channel.BROKEN) places.text(own[5]!)
}
function readSections(receiver: Receiver, own: Int32Array, flags: number): void {
  let at = frame.HEADER_WORDS
  if ((flags & frame.ROUTED) !== 0) {
    receiver.own.places.text(own[frame.FIRST_SENDER]!)
    at += frame.ROUTED_WORDS
  }
  if ((flags & frame.SENDER) !== 0) {
    readActor(receiver, own, at, own[at + 2]! & 0xffff)
    at += frame.SENDER_WORDS
  }
  if ((flags & frame.DEADLINE) !== 0) at++
  if ((flags & frame.CHAIN) === 0) return
  const count = own[at++]!
  if (count > frame.LONGEST_CHAIN) throw new Error('a chain that is too long')
  for (let entry = 0; entry < count; entry++, at += frame.CHAIN_WORDS) {
    readActor(receiver, own, at, own[at + 2]! & 0xffff)
    receiver.methods.text(own[at + 4]!)
  }
}
