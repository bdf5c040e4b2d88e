// Sessions over pipes of memory: what they write, what they keep, and what a wrong peer gets. Two of them over connections
// that are cut anywhere must lose nothing, whatever the order of events (fast-check).

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../testing/random.ts'
import { LinkFailed } from './link-errors.ts'
import type { Sink } from './link-outgoing.ts'
import { HEADER, headWord, LAST, MORE, MOST_PAYLOAD } from './link-segment.ts'
import { LinkSession, SESSION_LIMITS } from './link-session.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const LIMITS = { record: 1024 * 1024, window: 128 * 1024, pending: 256 * 1024 }

/** A connection's one direction: what was written lies here until it is delivered; so many bytes fit. */
class Pipe implements Sink {
  readonly held: Uint8Array[] = []
  size = 0
  writes = 0
  readonly #room: number
  constructor(room = Infinity) {
    this.#room = room
  }
  write(bytes: Uint8Array): boolean {
    this.held.push(bytes.slice())
    this.size += bytes.length
    this.writes++
    return this.size < this.#room
  }
  cork(): void {}
  uncork(): void {}
  /** Up to so many bytes, from the front. */
  take(most: number): Uint8Array {
    const all = Buffer.concat(this.held.splice(0))
    if (all.length > most) this.held.push(new Uint8Array(all.subarray(most)))
    this.size = Math.max(0, all.length - most)
    return new Uint8Array(all.subarray(0, most))
  }
}

class Side {
  readonly got: { kind: number; bytes: Uint8Array }[] = []
  readonly beats: number[] = []
  rooms = 0
  out = new Pipe()
  readonly session: LinkSession
  constructor(limits = LIMITS) {
    const record = (kind: number, bytes: Uint8Array, start: number, end: number) => {
      if (bytes.byteOffset !== 0 || start % 8 !== 0) throw new Error('not 8-aligned')
      this.got.push({ kind, bytes: bytes.slice(start, end) })
    }
    const beat = (bytes: Uint8Array, start: number) => void this.beats.push(bytes[start]!)
    this.session = new LinkSession({ record, beat, room: () => this.rooms++ }, limits)
  }
}

/** Both sides over a new connection. */
function connect(a: Side, b: Side, room = Infinity): void {
  a.session.detach()
  b.session.detach()
  a.out = new Pipe(room)
  b.out = new Pipe(room)
  const [fromA, fromB] = [a.session.received, b.session.received]
  a.session.attach(a.out, fromB)
  b.session.attach(b.out, fromA)
}
/** Delivers all, both ways, until nothing moves. */
function settle(a: Side, b: Side): void {
  do {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      to.session.receive(from.out.take(Infinity))
      from.session.drained()
      to.session.acknowledge()
    }
  } while (a.out.size + b.out.size > 0)
}
function pair(room = Infinity): [Side, Side] {
  const [a, b] = [new Side(), new Side()]
  connect(a, b, room)
  return [a, b]
}
const filled = (length: number, with_: number) => new Uint8Array(length).fill(with_)

describe('sending', () => {
  test('records go out together at a flush, and are kept until they are acknowledged', () => {
    const [a, b] = pair()
    for (let i = 0; i < 100; i++) a.session.send(1, filled(20, i))
    expect(a.out.writes).toBe(0)
    a.session.flush()
    expect(a.out.writes).toBe(1)
    expect(a.session.pending).toBe(100 * 32)
    settle(a, b)
    expect(a.session.pending).toBe(0)
    expect(b.got.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  test('parts of one kind become one record, each 8-aligned, until it is written', () => {
    const [a, b] = pair()
    a.session.join(2, filled(13, 1))
    a.session.join(2, filled(5, 2))
    a.session.join(3, filled(1, 3))
    a.session.send(3, filled(1, 4))
    a.session.join(3, filled(1, 5))
    a.session.flush()
    a.session.join(3, filled(1, 6))
    a.session.flush()
    settle(a, b)
    expect(b.got.map(({ kind, bytes }) => [kind, bytes.length])).toEqual([
      [2, 21],
      [3, 1],
      [3, 1],
      [3, 1],
      [3, 1],
    ])
    expect([...b.got[0]!.bytes]).toEqual([...filled(13, 1), 0, 0, 0, ...filled(5, 2)])
  })

  test('nothing more is written beyond the window, nor while the connection is full', () => {
    const [a, b] = pair()
    for (let i = 0; i < 300; i++) a.session.send(1, filled(1000, i))
    a.session.flush()
    expect(a.out.size).toBeGreaterThanOrEqual(LIMITS.window)
    expect(a.out.size).toBeLessThan(LIMITS.window + 64 * 1024)
    settle(a, b)
    expect(b.got).toHaveLength(300)

    const [c, d] = pair(1000)
    for (let i = 0; i < 300; i++) c.session.send(1, filled(1000, i))
    c.session.flush()
    expect(c.out.writes).toBe(1)
    settle(c, d)
    expect(d.got).toHaveLength(300)
  })

  test('a session that was full tells once that there is room', () => {
    const [a, b] = pair()
    while (!a.session.full) a.session.send(1, filled(1000, 0))
    expect(a.session.pending).toBeGreaterThanOrEqual(LIMITS.pending)
    a.session.flush()
    settle(a, b)
    settle(a, b)
    expect(a.rooms).toBe(1)
  })

  test('what is too large is the caller’s mistake', () => {
    const [a] = pair()
    expect(() => a.session.send(1, filled(LIMITS.record + 1, 0))).toThrow('a record of 1048577 bytes; at most 1048576')
    expect(() => a.session.beat(filled(MOST_PAYLOAD + 1, 0))).toThrow('a beat of 65529 bytes; at most 65528')
  })

  test('two sides that have nothing to say are silent', () => {
    const [a, b] = pair()
    a.session.send(1, filled(20, 0))
    a.session.flush()
    b.session.receive(a.out.take(Infinity))
    expect(b.session.owes).toBe(true)
    b.session.flush()
    expect(b.out.size).toBe(0)
    b.session.acknowledge()
    expect(b.out.size).toBe(16)
    a.session.receive(b.out.take(Infinity))
    a.session.acknowledge()
    expect([a.out.size, a.session.owes, a.session.pending]).toEqual([0, false, 0])
  })
})

describe('beats', () => {
  test('the newest goes out ahead of records that wait, with what was received', () => {
    const [a, b] = pair(1000)
    for (let i = 0; i < 10; i++) a.session.send(1, filled(MOST_PAYLOAD, i))
    a.session.flush()
    for (let i = 1; i <= 5; i++) a.session.beat(Uint8Array.of(i))
    expect(a.out.writes).toBe(1)
    b.session.receive(a.out.take(Infinity))
    a.session.drained()
    b.session.receive(a.out.take(HEADER + 8))
    expect(b.beats).toEqual([5])
    expect(b.got).toHaveLength(1)
  })
  test('one that waits stays as it was sent, also where it was a Buffer, whose slice() is a view', () => {
    const [a, b] = pair(10)
    a.session.send(1, filled(20, 0))
    a.session.flush()
    const bytes = Buffer.of(1)
    a.session.beat(bytes)
    bytes[0] = 9
    settle(a, b)
    expect(b.beats).toEqual([1])
  })
  test('do not outlive their connection', () => {
    const [a, b] = pair(10)
    a.session.send(1, filled(20, 0))
    a.session.flush()
    a.session.beat(Uint8Array.of(1))
    connect(a, b)
    settle(a, b)
    expect([b.beats, b.got.length]).toEqual([[], 1])
  })
})

describe('the end', () => {
  test('gives back whole records, in order, also one of which the peer has a part', () => {
    const [a, b] = pair()
    a.session.send(1, filled(10, 1))
    a.session.send(2, filled(200_000, 2))
    a.session.send(3, filled(10, 3))
    a.session.flush()
    b.session.receive(a.out.take(100_000)) // the first, and one segment of the second
    b.session.acknowledge()
    a.session.receive(b.out.take(Infinity))
    a.session.end()
    const back: [number, number, boolean][] = []
    a.session.forsake((kind, bytes, start, end) => {
      back.push([kind, end - start, bytes.subarray(start, end).every(byte => byte === kind)])
    })
    expect(back).toEqual([
      [2, 200_000, true],
      [3, 10, true],
    ])
    a.session.send(4, filled(10, 4))
    a.session.forsake(() => back.push([0, 0, false]))
    expect([back.length, a.session.pending]).toEqual([2, 0])
  })
  test('is needed for that', () => {
    const [a] = pair()
    expect(() => a.session.forsake(() => {})).toThrow('after its end')
  })
})

describe('a wrong peer', () => {
  const words = (...all: number[]) => new Uint8Array(Int32Array.from(all).buffer)
  const head = (class_: number, number: number, kind = 1) => headWord(class_, kind, number)
  const wrong: Record<string, [bytes: Uint8Array, why: LinkFailed['why'], text: string]> = {
    'skips a number': [words(0, head(LAST, 2)), 'malformed', 'segment 2 (modulo 65536), and not 1'],
    'repeats a number': [words(0, head(LAST, 1), 0, head(LAST, 1)), 'malformed', 'segment 1'],
    'names an unknown class': [words(0, head(9, 0)), 'malformed', 'class 9'],
    'says too long a segment': [words(MOST_PAYLOAD + 1, head(LAST, 1)), 'malformed', 'a segment of 65529 bytes'],
    'says a negative length': [words(-8, head(LAST, 1)), 'malformed', 'a segment of 4294967288 bytes'],
    'acknowledges what was not sent': [words(8, head(2, 0), 1, 0), 'malformed', 'acknowledges segment 1'],
    'acknowledges beyond all numbers': [
      words(8, head(2, 0), -1, -1),
      'malformed',
      'acknowledges segment 1844674407370955',
    ],
    'sends half an acknowledgement': [words(4, head(2, 0), 0, 0), 'malformed', 'class 2 with 4 bytes'],
    'sends nothing, for ever': [words(0, head(MORE, 1)), 'malformed', 'an empty segment'],
    'changes the kind of a record': [
      words(8, head(MORE, 1), 0, 0, 0, head(LAST, 2, 5)),
      'malformed',
      'kind 1 goes on as 5',
    ],
  }
  test.each(Object.entries(wrong))('%s', (_, [bytes, why, text]) => {
    const [a] = pair()
    const failed = thrown(() => a.session.receive(bytes))
    expect(failed).toBeInstanceOf(LinkFailed)
    expect([(failed as LinkFailed).why, (failed as LinkFailed).message]).toEqual([why, expect.stringContaining(text)])
  })

  test('sends a record beyond the limit: it ends there, in whatever parts it comes', () => {
    for (const length of [40, 1000, 200_000]) {
      const large = new Side({ ...LIMITS, record: 300_000 })
      const small = new Side({ ...LIMITS, record: length - 1 })
      connect(large, small)
      large.session.send(1, filled(length, 0))
      large.session.flush()
      expect(thrown(() => settle(large, small))).toMatchObject({ why: 'too-large' })
      expect(small.got).toEqual([])
    }
  })

  test('says at a new connection that it has what was never sent, or lacks what it had', () => {
    const [a, b] = pair()
    a.session.send(1, filled(20, 0))
    a.session.flush()
    settle(a, b)
    for (const number of [0, 2]) expect(thrown(() => a.session.attach(new Pipe(), number))).toBeInstanceOf(LinkFailed)
  })

  test('sends streams with wrong bytes: a typed error or records, and never anything else', () => {
    const random = new Random(11)
    let failed = 0
    for (let round = 0; round < 3000; round++) {
      const [a, b] = pair()
      for (let i = random.below(6); i >= 0; i--) a.session.send(random.below(256), filled(random.below(100), i))
      if (round % 50 === 0) a.session.send(1, filled(150_000, 1))
      a.session.beat(filled(random.below(30), 1))
      a.session.flush()
      const bytes = a.out.take(Infinity)
      for (let i = random.below(4); i >= 0; i--) bytes[random.below(bytes.length)] = random.below(256)
      const error = thrown(() => {
        for (let at = 0; at < bytes.length;)
          b.session.receive(bytes.subarray(at, (at += 1 + random.below(bytes.length))))
      })
      if (error === undefined) continue
      failed++
      expect(error).toBeInstanceOf(LinkFailed)
    }
    expect(failed).toBeGreaterThan(500)
  })
})

test('a handler may end the session, or throw: nothing more comes', () => {
  for (const act of ['end', 'throw'] as const) {
    const a = new Side()
    const got: number[] = []
    const record = (_: number, bytes: Uint8Array, start: number) => {
      got.push(bytes[start]!)
      if (got.length < 3) return
      if (act === 'throw') throw new TypeError('a handler’s own')
      session.end()
    }
    const session = new LinkSession({ record, beat: () => {}, room: () => {} }, LIMITS)
    a.session.attach(a.out, 0)
    session.attach(new Pipe(), 0)
    for (let i = 0; i < 5; i++) a.session.send(1, Uint8Array.of(i))
    a.session.flush()
    const error = thrown(() => session.receive(a.out.take(Infinity)))
    expect([got, error instanceof TypeError]).toEqual([[0, 1, 2], act === 'throw'])
  }
})

test('sessions that rest keep no buffers, and go on', async () => {
  const pairs = Array.from({ length: 100 }, () => pair())
  const held = () => {
    collect()
    return process.memoryUsage().arrayBuffers
  }
  let before = held()
  // what other tests have left goes late
  await expect.poll(() => before <= (before = held())).toBe(true)
  for (let round = 0; round < 2; round++) {
    for (const [a, b] of pairs) {
      a.session.send(1, filled(200_000, round))
      a.session.flush()
      settle(a, b)
      expect(b.got.splice(0).map(({ bytes }) => [bytes.length, bytes[0]])).toEqual([[200_000, round]])
    }
    expect(held() - before).toBeGreaterThan(100 * 64 * 1024)
    for (const side of pairs.flat()) side.session.shrink()
    await expect.poll(held).toBeLessThan(before + 100 * 4 * 1024)
  }
})

test('a handler may end the connection: what came behind its record comes with the next one', () => {
  const a = new Side()
  const got: number[] = []
  const record = (_: number, bytes: Uint8Array, start: number) => {
    if (got.push(bytes[start]!) === 3) session.detach()
  }
  const session = new LinkSession({ record, beat: () => {}, room: () => {} }, LIMITS)
  for (let i = 0; i < 5; i++) a.session.send(1, Uint8Array.of(i))
  for (const received of [0, 3]) {
    a.out = new Pipe()
    session.attach(new Pipe(), 0)
    a.session.attach(a.out, received)
    a.session.flush()
    session.receive(a.out.take(Infinity))
  }
  expect(got).toEqual([0, 1, 2, 3, 4])
})

// Whatever happens: each record arrives once, in order and whole, and nothing is given back that was acknowledged.
type Act =
  | ['send', number, number]
  | ['join', number, number]
  | ['flush' | 'cut' | 'acknowledge' | 'shrink', number]
  | ['deliver', number, number]
const side = fc.nat(1)
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('send' as const), side, fc.oneof(fc.nat(300), fc.nat(90_000))) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('join' as const), side, fc.nat(40_000)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('flush' as const), side) },
  { weight: 9, arbitrary: fc.tuple(fc.constant('deliver' as const), side, fc.oneof(fc.nat(50), fc.nat(200_000))) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('cut' as const, 'acknowledge' as const, 'shrink' as const), side) },
)

test('over connections that end anywhere nothing is lost, doubled or mixed up', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), fc.constantFrom(1, 5000, Infinity), (acts, room) => {
      const sides = [new Side(), new Side()] as const
      const sent: number[][] = [[], []]
      connect(...sides, room)
      let number = 0
      for (const [what, which, amount = 0] of acts) {
        const [near, far] = [sides[which]!, sides[1 - which]!]
        switch (what) {
          case 'send':
          case 'join': {
            // a part says its length, so that the joined can be told apart
            const bytes = filled(8 + amount, ++number & 255)
            new DataView(bytes.buffer).setUint32(0, bytes.length, true)
            new DataView(bytes.buffer).setUint32(4, number, true)
            near.session[what](what === 'send' ? 1 : 2, bytes)
            sent[which]!.push(number)
            break
          }
          case 'flush':
          case 'acknowledge':
          case 'shrink':
            near.session[what]()
            break
          case 'deliver':
            far.session.receive(near.out.take(amount))
            if (near.out.size === 0) near.session.drained()
            break
          case 'cut':
            connect(...sides, room)
        }
      }
      connect(...sides)
      settle(...sides)
      for (const which of [0, 1]) {
        expect(sides[1 - which]!.got.flatMap(parts)).toEqual(sent[which])
        sides[which]!.session.end()
        sides[which]!.session.forsake(() => expect.unreachable('all was acknowledged'))
      }
    }),
    { numRuns: 300 },
  )
})

/** The numbers of the parts in a record, each checked to its last byte. */
function parts({ bytes }: { bytes: Uint8Array }): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const numbers: number[] = []
  for (let at = 0; at < bytes.length; at = (at + view.getUint32(at, true) + 7) & ~7) {
    const [length, number] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
    if (bytes.subarray(at + HEADER, at + length).some(byte => byte !== (number & 255)))
      throw new Error(`part ${number} is torn`)
    numbers.push(number)
  }
  return numbers
}

function thrown(run: () => void): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

test('the default limits let a frame of 64 MiB pass', () => {
  expect(SESSION_LIMITS.record).toBeGreaterThan(64 * 1024 * 1024)
})
