// One message, four ways: a copy within a thread, a frame between threads, a frame between processes, and a frame between
// threads that is transcoded for another process must be the same to whoever gets it. For any graph of values, copy(x) and
// decode(encode(x)) are alike in every value, prototype, key order, cycle and shared reference, and share nothing with x or
// with the frame; and for any graph with something in it that cannot travel, all refuse with the same path and the same words.
// What is written for another process passes the scan that it makes.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActorFault, NotSendable } from '../src/core/errors.ts'
import type { Packed } from '../src/core/platform.ts'
import { Copier } from '../src/core/values.ts'
import { Codec } from '../src/edge/codec.ts'
import { SharedTable } from '../src/edge/shared-table.ts'
import { WireScan } from '../src/edge/wire-scan.ts'
import { build, difference, graph, objectsIn, Point } from './value-graphs.ts'

const copier = new Copier()
const table = () => SharedTable.create({ entries: 256, units: 1 << 14 })
const none = (): never => expect.unreachable('no value here has a name')
const names = { place: none, thread: none, protocol: none, protocolNumber: none, now: none }
const frames = new Codec(table(), [], undefined, names)
/** Another process, which shares no table with the first. */
const other = new Codec(table(), [], undefined, names)
const scan = new WireScan([])

const copied = (value: unknown): unknown => copier.copy(value, undefined)

/** Through a frame that lies somewhere in shared memory, whose bytes are overwritten once it is read. */
function framed(value: unknown): unknown {
  const frame = frames.encode(value)
  const ring = new Uint8Array(new SharedArrayBuffer(frame.length + 16))
  ring.set(frame, 8)
  const made = frames.decode(ring, 8, 8 + frame.length, undefined)
  ring.fill(0xff)
  frames.encode({ over: 'written', again: [1, 2, 3, 4, 5, 6, 7, 8] })
  return made
}

/** Through another process, which looks at it before it reads it. */
function wired(value: unknown): unknown {
  return arrived(frames.packWire(value))
}
function transcoded(value: unknown): unknown {
  const frame = Uint8Array.from(frames.encode(value))
  return arrived(frames.transcode(frame, 0, frame.length))
}
function arrived({ bytes, start, end }: Packed): unknown {
  const body = Uint8Array.from(bytes.subarray(start, end))
  scan.body(body, 0, body.length, { place: none, protocol: none })
  const made = other.decode(body, 0, body.length, undefined)
  body.fill(0xff)
  return made
}
const frameWays = [framed, wired, transcoded]

describe('the comparison can tell', () => {
  const shared = {}
  test.each<[unknown, unknown]>([
    [0, -0],
    [{ a: undefined }, {}],
    [
      [shared, shared],
      [{}, {}],
    ],
    [
      [{}, {}],
      [shared, shared],
    ],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [[undefined], new Array(1)],
    [new Uint8Array(1), Buffer.alloc(1)],
    [new Date(0), new Date(1)],
    [new Error('a'), new Error('b')],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [new Point(1, 2), { x: 1, y: 2 }],
  ])('case %#', (a, b) => {
    expect(difference(a, b)).toBeDefined()
    expect(difference(a, a)).toBeUndefined()
  })
})

function outcome(way: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return way(value)
  } catch (error) {
    if (error instanceof NotSendable) return { path: error.path, what: error.what }
    throw error
  }
}

describe('copy and frames', () => {
  test('give the same, and share nothing, for any graph', () => {
    let compared = 0
    fc.assert(
      fc.property(graph, nodes => {
        const value = build(nodes)
        const copy = outcome(copied, value)
        const made = frameWays.map(way => outcome(way, value))
        for (const frame of made) expect(difference(copy, frame)).toBeUndefined()
        if (typeof copy !== 'object' || copy === null || 'path' in copy) return
        compared++
        const own = objectsIn(value)
        for (const one of [copy, ...made]) for (const object of objectsIn(one)) expect(own.has(object)).toBe(false)
        if (!nodes.some(({ shape }) => shape === 'error' || shape === 'refusal'))
          expect(difference(value, copy)).toBeUndefined()
      }),
      { numRuns: 3000 },
    )
    expect(compared).toBeGreaterThan(2000)
  })

  test('refuse the same, by the same path and in the same words', () => {
    class Socket {}
    const poison = fc.constantFrom<unknown>(
      () => 1,
      Symbol('s'),
      Promise.resolve(),
      new Socket(),
      new WeakMap(),
      Object(1),
      new SharedArrayBuffer(1),
      new Proxy(new Map(), {}),
    )
    let refused = 0
    fc.assert(
      fc.property(graph, fc.nat({ max: 19 }), poison, (nodes, at, what) => {
        const value = build(nodes, { at: at % nodes.length, what })
        const copy = outcome(copied, value)
        for (const way of frameWays) expect(difference(copy, outcome(way, value))).toBeUndefined()
        if (typeof copy === 'object' && copy !== null && 'path' in copy) refused++
      }),
      { numRuns: 2000 },
    )
    expect(refused).toBeGreaterThan(500)
  })

  const deep = (levels: number): unknown => {
    let value: unknown = 1
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? { next: value } : [value]
    return value
  }
  const sparse: unknown[] = []
  sparse[1e6] = 1
  const holds: unknown[] = []
  holds.push(new Point(holds, 1))
  const lists = Array.from({ length: 300 }, (_, i) => ({ id: i, tags: ['a', `b${i}`] }))

  test.each<[string, unknown]>([
    ['deep', deep(1000)],
    ['too deep', deep(1003)],
    ['far too deep', deep(100_000)],
    ['sparse', sparse],
    ['holes', Object.assign(new Array<number>(3), { 0: 1, 2: 3 })],
    ['null prototype', Object.assign(Object.create(null), { a: 1 })],
    ['wide', Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, i]))],
    ['very wide', Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`key${i}`, i]))],
    ['huge string', 'żółć'.repeat(300_000)],
    ['huge bytes', new Float64Array(300_000)],
    ['long list', [...lists, ...lists]],
    ['an instance that holds itself', holds[0]],
    ['fault', new ActorFault('f', { cause: Object.assign(new Error('x'), { fn() {} }) })],
    ['frozen', Object.freeze({ a: Object.freeze([1]) })],
    [
      'getter',
      {
        get now() {
          return [1]
        },
      },
    ],
    ['marks', ['\0!', ['\0&', 0], ['\0'], { a: ['\0o', '__proto__', 1] }]],
    ['big', [2n ** 64n, -(2n ** 63n) - 1n, 2n ** 20_000n]],
    ['error chain', new Error('a', { cause: new RangeError('b', { cause: 'c' }) })],
    ['aggregate', new AggregateError([new Error('1'), () => 1], 'all')],
  ])('%s', (_, value) => {
    for (const way of frameWays) expect(difference(outcome(copied, value), outcome(way, value))).toBeUndefined()
  })
})
