// A node whose peer has the secret, and sends frames and records that are not as they should be: those that its hub refuses, each at
// the end of a life of that peer, and those that come in, by the hundred. The peer's link ends with `linkFailed`, and nothing else
// does: actors answer, the other node is spoken with, memory stays, and the peer may come again.
//
// FRAMES in the environment takes more of them than 100,000, SEED others.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { node, type Ref } from '@troupe/actors'
import { FIRST_FAR } from '../../src/core/address.ts'
import * as frame from '../../src/core/frame.ts'
import { travelKinds } from '../../src/core/travel-kinds.ts'
import { BadFrame } from '../../src/edge/bad-frame.ts'
import { FLOW, FRAMES as FRAMES_RECORD, TABLE, THREADS } from '../../src/edge/hub-records.ts'
import { FrameGate } from '../../src/edge/wire-frame.ts'
import { Random } from '../../src/testing/random.ts'
import { operationNames } from '../../src/core/actor-calls.ts'
import { counter } from '../fixtures/node-actors.ts'
import { TestCluster } from '../fixtures/node-cluster.ts'
import { runProgram } from '../simulation-program.ts'
import { Mutation } from './frame-mutation.ts'
import { runNodes } from './sim-program.ts'
import { HostilePeer, withWay } from './hostile-peer.ts'
import { Receiver, type Sent, sentBy, sentToNode } from './wire-frames.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const FRAMES = Number(process.env['FRAMES'] ?? 100_000)
/** Frames that come in, of one life of the peer. */
const BATCH = 200
const RUN = { moves: true, losses: false, budget: 35, steps: 100 }
const SECRET = 'a secret that the peer has, too'
/** Actors that frames may be for, beside those that are to answer. */
const DECOYS = 4
const MOST_BYTES = 256 * 1024 * 1024
const encoder = new TextEncoder()

let cluster: TestCluster
let here: Ref<typeof counter>
let there: Ref<typeof counter>
const failures: string[] = []
const uncaught: unknown[] = []
let lives = 0

beforeAll(async () => {
  cluster = await TestCluster.start('hostile', ['b'], { threads: 0 }, { secret: SECRET })
  here = await cluster.a.spawn(counter, 0)
  there = await cluster.a.spawn(counter, 0, { on: node('b') })
  for (let i = 0; i < DECOYS; i++) await cluster.a.spawn(counter, 0)
  cluster.a.on('linkFailed', ({ node, error }) => void failures.push(`${node}: ${error.message}`))
  // an undeliverable frame is no news here
  for (const event of ['deadLetter', 'fault', 'log', 'nodeChanged', 'moveFailed', 'nameLost'] as const)
    cluster.a.on(event, () => {})
  process.on('uncaughtExceptionMonitor', note)
}, 60_000)
afterAll(async () => {
  process.off('uncaughtExceptionMonitor', note)
  await cluster?.end()
})
const note = (error: Error): void => void uncaught.push(error.stack)

/** Bytes that are in use, what is not collected yet among them. */
function held(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
async function connected(): Promise<HostilePeer> {
  const target = { cluster: 'hostile', secret: SECRET, address: cluster.address('a') }
  return HostilePeer.connect(target, 'evil', Date.now() + ++lives)
}
/** The node and its other link are as they were. */
async function expectWell(): Promise<void> {
  expect(await here.ask.add(1)).toBeGreaterThan(0)
  expect(await there.ask.add(1)).toBeGreaterThan(0)
  expect(uncaught).toEqual([])
  expect(failures.filter(text => !text.startsWith('evil: '))).toEqual([])
}

/** What a peer says ahead of its frames: its tables, and the first thread of the node. */
interface Told {
  readonly records: readonly Uint8Array[]
  /** Knows what the node does of it. */
  readonly receiver: Receiver
  readonly mutation: Mutation
}
function toldBy(sent: Sent, random: Random): Told {
  const records = [...sent.tables.news()]
  const said = records.map(record => JSON.parse(new TextDecoder().decode(record)) as [string, number, string[]])
  const places = said.filter(([kind]) => kind === 'places').reduce((sum, [, , texts]) => sum + texts.length, 0)
  const id = cluster.a.nodes().find(({ self }) => self)!.id
  records.push(encoder.encode(JSON.stringify(['places', places, [`${id}/0`]])))
  const receiver = new Receiver()
  for (const record of records) receiver.peer.take(record)
  return { records, receiver, mutation: new Mutation(sent.frames, random, FIRST_FAR + places, DECOYS) }
}

describe('a node under hostile frames', () => {
  test('lives on', { timeout: 60_000 + FRAMES * 5 }, async () => {
    const random = new Random(SEED)
    const told: Told[] = []
    for (const seed of [1, 2, 3, 4, 5, 6])
      told.push(toldBy(await sentToNode(() => runNodes(seed, new Map(), { selects: true }), 8), random))
    told.push(toldBy(await sentBy(() => runProgram(1, { run: RUN }), 8), random))
    const gate = new FrameGate(travelKinds, operationNames)
    const before = held()
    let [frames, entered, early] = [0, 0, 0]
    for (let round = 0; frames < FRAMES; round++) {
      const { records, receiver, mutation } = told[round % told.length]!
      const peer = await connected()
      const known = failures.length
      for (const record of records) peer.record(TABLE, record)
      let refused: Uint8Array | undefined
      for (let count = 0; count < BATCH && frames < FRAMES; frames++) {
        const own = mutation.next()
        const copy = own.slice()
        try {
          gate.enter(copy, new Int32Array(copy.buffer), 0, own.length, receiver.peer, 0)
        } catch (error) {
          if (!(error instanceof BadFrame)) throw error
          refused = own
          continue
        }
        count++
        entered++
        peer.record(FRAMES_RECORD, withWay(own, 0, random.below(3)))
      }
      await peer.rest()
      if (peer.ended) early++
      else peer.record(FRAMES_RECORD, withWay(refused!, 0, 0))
      await expect.poll(() => failures.length, { timeout: 10_000 }).toBe(known + 1)
      await peer.end()
      if (round % 10 === 0) await expectWell()
    }
    await expectWell()
    expect(entered).toBeGreaterThan(FRAMES / 20)
    expect(early).toBeLessThan(lives / 10)
    expect(held() - before).toBeLessThan(MOST_BYTES)
  })

  const json = (data: unknown): Uint8Array => encoder.encode(JSON.stringify(data))
  const frames = (...words: number[]): Uint8Array => new Uint8Array(Int32Array.from(words).buffer)
  test.each<[string, number, Uint8Array, RegExp]>([
    ['a kind that there is none of', 77, json([]), /a record of kind 77/],
    ['a TABLE that is none', TABLE, encoder.encode('{'), /a TABLE record that is none/],
    ['a TABLE with a gap', TABLE, json(['methods', 7, ['x']]), /from number 7 on/],
    ['a TABLE of strange places', TABLE, json(['places', 0, ['../x']]), /places with/],
    ['a protocol that is none', TABLE, json(['protocols', 0, ['{}']]), /protocols with/],
    [
      'too many methods',
      TABLE,
      json(['methods', 0, Array.from({ length: 16_385 }, (_, i) => `m${i}`)]),
      /more than 16384/,
    ],
    ['THREADS that are none', THREADS, json([[1, 2, 3]]), /a THREADS record/],
    ['a thread past all', THREADS, json([[5000, true, 0]]), /a THREADS record/],
    ['an heir that cannot be one', THREADS, json([[1, true, 'nobody']]), /an heir/],
    ['FLOW that is none', FLOW, json([-1, true]), /a FLOW record/],
    ['not UTF-8', FLOW, Uint8Array.of(0xff, 0xfe), /a FLOW record/],
    ['a frame without end', FRAMES_RECORD, frames(2 ** 30, 0, 0, 0, 0, 0, 0, 0), /its length/],
    ['a frame of nothing', FRAMES_RECORD, frames(0, 0, 0, 0, 0, 0, 0, 0), /its length/],
    [
      'a thread that is not here',
      FRAMES_RECORD,
      frames(28, 0, 0, 0, 0, 0, 9 << 16, 0),
      /a thread that there is none of/,
    ],
    ['an older version', FRAMES_RECORD, frames(28, 0, 0, 0, 0, -1, 0, 0), /its version/],
    [
      'a kind of frame that there is none of',
      FRAMES_RECORD,
      frames(28, (frame.VERSION << 30) | (15 << 22), 0, 0, 0, -1, 0, 0),
      /cannot be right/,
    ],
  ])('%s ends the link of who says it, and no more', async (_what, kind, record, why) => {
    const peer = await connected()
    const known = failures.length
    peer.record(kind, record)
    await expect.poll(() => failures.length).toBe(known + 1)
    expect(failures.at(-1)).toMatch(why)
    await expect.poll(() => peer.ended).toBe(true)
    await peer.end()
    await expectWell()
  })
  test('a message about membership that is none ends it, too', async () => {
    for (const beat of [
      Uint8Array.of(0xc1, 0x80),
      Uint8Array.of(0xc1, 0xdd, 0xff, 0xff, 0xff, 0xff),
      encoder.encode('\xff'),
    ]) {
      const peer = await connected()
      const known = failures.length
      peer.beat(beat)
      await expect.poll(() => failures.length).toBe(known + 1)
      await peer.end()
    }
    await expectWell()
  })
})
