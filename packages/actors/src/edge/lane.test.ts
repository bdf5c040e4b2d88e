// One lane against a model: a queue for each class. Both ends run in this thread, so every interleaving is a command list.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numbered, NumberedFrames } from '../../test/numbered-frames.ts'
import { HEAD, TAIL, TAKEN } from './lane.ts'
import type { Receive } from './lane.ts'
import { LaneReader } from './lane-reader.ts'
import { LaneWriter } from './lane-writer.ts'
import { SharedMemory } from './shared-memory.ts'

const USER = 0
const SYSTEM = 1
/** A lane is never smaller. */
const RING = 16 * 1024
const LIMITS = { bytes: 64 * 1024, messages: 40 }

class Pair {
  readonly memory = SharedMemory.create(2, { cores: 2, total: 0 })
  readonly frames = new NumberedFrames(100_000)
  readonly received: [number[], number[]] = [[], []]
  readonly writer: LaneWriter
  readonly reader: LaneReader
  readonly #words = new Int32Array(this.frames.scratch.buffer)
  readonly #take = numbered(({ kind, number }) => this.received[kind as 0 | 1].push(number))

  /** `start`: a lane that has carried that many bytes already. */
  constructor(start = 0) {
    const { header } = this.memory.lane(0, 1)
    for (const word of [TAIL, HEAD, TAKEN]) header[word] = start
    this.writer = new LaneWriter(this.memory, 0, 1, LIMITS)
    this.reader = new LaneReader(this.memory, 0, 1)
  }
  post(kind: number, number: number, length: number): boolean {
    this.frames.write(kind, number, length)
    return this.writer.post(this.#words, this.frames.scratch, length, kind === SYSTEM, false)
  }
  read(budget = 1_000_000): void {
    this.reader.read(this.#take, budget)
  }
  /** Lets both ends work until nothing waits any more. */
  settle(take: Receive = this.#take): void {
    for (let i = 0; i < 1000; i++) {
      this.writer.flush()
      if (this.reader.read(take, 1_000_000) && !this.writer.stalled) return
    }
    throw new Error('the lane does not come to rest')
  }
}

const length = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 16, max: 64 }) },
  { weight: 3, arbitrary: fc.integer({ min: 200, max: RING / 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: RING / 4 - 4, max: RING / 4 + 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: RING / 4, max: 80_000 }) },
)
const post = fc.record({
  does: fc.constant('post' as const),
  kind: fc.constantFrom(USER, USER, USER, SYSTEM),
  length,
  times: fc.integer({ min: 1, max: 30 }),
})
const flush = fc.record({ does: fc.constant('flush' as const) })
const read = fc.record({ does: fc.constant('read' as const), budget: fc.integer({ min: 1, max: 50 }) })

test('a lane is two first-in-first-out queues with a bound on what waits of one', () => {
  const covered = { refused: 0, waited: 0, fragmented: 0, sent: 0 }
  fc.assert(
    fc.property(fc.array(fc.oneof(post, post, flush, read), { maxLength: 60 }), fc.integer(), (commands, start) => {
      const pair = new Pair(start & ~7)
      const sent: [number[], number[]] = [[], []]
      let number = 0
      const postOne = (kind: 0 | 1, bytes: number): void => {
        const taken = pair.post(kind, number, bytes)
        if (taken) sent[kind].push(number++)
        const { messages, backlogBytes } = pair.writer
        if (!taken) {
          expect(kind).toBe(USER)
          expect(messages >= LIMITS.messages || backlogBytes + bytes + 7 > LIMITS.bytes).toBe(true)
        }
        expect(pair.writer.stalled).toBe(messages > 0)
        covered[taken ? 'sent' : 'refused']++
        if (messages > 0) covered.waited++
        if (taken && bytes > RING / 4) covered.fragmented++
      }
      for (const command of commands) {
        switch (command.does) {
          case 'post':
            for (let i = 0; i < command.times; i++) postOne(command.kind, command.length)
            break
          case 'flush':
            pair.writer.flush()
            break
          case 'read':
            pair.read(command.budget)
            break
        }
      }
      pair.settle()
      expect(pair.received).toEqual(sent)
      expect(pair.writer.backlogBytes).toBe(0)
      expect(pair.reader.broken).toBe(0)
    }),
    { numRuns: 300 },
  )
  // A generator that never fills the ring would prove nothing.
  for (const [what, times] of Object.entries(covered)) expect(times, what).toBeGreaterThan(100)
})

test('a system frame passes the user frames that wait, and is taken where they are refused', () => {
  const pair = new Pair()
  let posted = 0
  while (pair.post(USER, posted, 1000)) posted++
  expect(pair.post(SYSTEM, 1_000_000, 1000)).toBe(true)
  expect(pair.post(SYSTEM, 1_000_001, 20_000)).toBe(true)
  expect(pair.post(USER, posted, 1000)).toBe(false)
  const order: number[] = []
  pair.settle(numbered(({ number }) => order.push(number)))
  const waited = LIMITS.messages
  expect(order.indexOf(1_000_000)).toBe(posted - waited)
  expect(order.indexOf(1_000_001)).toBe(posted - waited + 1)
  expect(order.filter(number => number < 1_000_000)).toEqual(Array.from({ length: posted }, (_, i) => i))
})

test('a frame past the limits is taken when nothing waits, alone', () => {
  const pair = new Pair()
  expect(pair.post(USER, 0, 90_000)).toBe(true)
  expect(pair.post(USER, 1, 16)).toBe(false)
  expect(pair.post(SYSTEM, 2, 90_000)).toBe(true)
  pair.settle()
  expect(pair.received).toEqual([[0], [2]])
  expect(pair.writer.hasRoomAgain()).toBe(true)
  expect(pair.writer.hasRoomAgain()).toBe(false)
})

test('a batch is published by itself, less is not until the flush', () => {
  const pair = new Pair()
  const batch = RING / 4 / 32
  for (let i = 0; i < batch - 1; i++) pair.post(USER, i, 32)
  pair.read()
  expect(pair.received[USER]).toHaveLength(0)
  pair.post(USER, batch - 1, 32)
  pair.post(USER, batch, 32)
  pair.read()
  expect(pair.received[USER]).toHaveLength(batch)
  pair.writer.flush()
  pair.read()
  expect(pair.received[USER]).toHaveLength(batch + 1)
})

test.each([0x7fff_0000, -0x1_0000])('positions go past %i', start => {
  const pair = new Pair(start)
  const count = 3000
  for (let i = 0; i < count; i++) {
    expect(pair.post(USER, i, 24 + (i % 90))).toBe(true)
    if (i % 50 > 0) continue
    pair.writer.flush()
    pair.read()
  }
  pair.settle()
  expect(pair.received[USER]).toEqual(Array.from({ length: count }, (_, i) => i))
  expect(Math.sign(pair.memory.lane(0, 1).header[TAIL] as number)).not.toBe(Math.sign(start))
})

test('room is given back while the consumer still reads', () => {
  const pair = new Pair()
  const fill = RING / 32
  for (let i = 0; i < fill; i++) pair.post(USER, i, 32)
  expect(pair.writer.stalled).toBe(false)
  const seen: boolean[] = []
  const postOne = numbered(({ number }) => {
    if (number !== 10 && number !== fill / 2) return
    pair.post(USER, fill + seen.length, 32)
    seen.push(pair.writer.pump())
  })
  pair.writer.flush()
  pair.reader.read(postOne, fill)
  expect(seen).toEqual([false, true])
})

test('a large frame that its producer never finished is counted when the successor begins one', () => {
  const pair = new Pair()
  pair.post(USER, 0, 40_000)
  pair.read()
  const successor = new LaneWriter(pair.memory, 0, 1, LIMITS)
  const frame = pair.frames.write(USER, 1, 20_000)
  successor.post(new Int32Array(frame.buffer), frame, 20_000, false, false)
  for (let i = 0; i < 3; i++) {
    successor.flush()
    pair.read()
  }
  expect(pair.received[USER]).toEqual([1])
  expect(pair.reader.broken).toBe(1)
})

test('a receiver that throws loses the frame in hand and no other', () => {
  const pair = new Pair()
  for (let i = 0; i < 5; i++) pair.post(USER, i, 32)
  pair.writer.flush()
  const throwing = numbered(({ number }) => {
    if (number === 2) throw new Error('no')
    pair.received[USER].push(number)
  })
  expect(() => pair.reader.read(throwing, 10)).toThrow('no')
  pair.reader.read(throwing, 10)
  expect(pair.received[USER]).toEqual([0, 1, 3, 4])
})
