// What goes to an offloaded function and comes back is what a message would carry: for any graph of values the function
// gets what an actor would get, its caller gets the result likewise, and what cannot travel is refused with the same path
// and the same words.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NotSendable, Refusal } from '../src/core/errors.ts'
import { buffersOf, type Job, jobOf, type Outcome, perform, resultOf } from '../src/core/offload-job.ts'
import { OffloadValue, type Work } from '../src/core/offload-value.ts'
import { MovedBytes } from '../src/core/moved.ts'
import { Copier } from '../src/core/values.ts'
import { Codec } from '../src/edge/codec.ts'
import { SharedTable } from '../src/edge/shared-table.ts'
import { build, difference, graph, Point } from './value-graphs.ts'

const shapes = SharedTable.create({ entries: 256, units: 1 << 14 })
/** Of the caller's thread, and of the one that the function runs on. */
const here = new Codec(shapes, [])
const there = new Codec(new SharedTable(shapes.memory), [])
const copier = new Copier()

/** Across, as Piscina does it. */
const posted = <T extends Job | Outcome>(given: T): T => structuredClone(given, { transfer: buffersOf(given) })

async function run(work: Work, ...args: unknown[]): Promise<unknown> {
  const value = new OffloadValue('file:///work.ts', 'work', work)
  const job = posted(jobOf(value, args, here))
  return resultOf(posted(await perform(work, job, there)), 'work', here)
}

async function outcome(way: () => unknown): Promise<unknown> {
  try {
    return await way()
  } catch (error) {
    if (error instanceof NotSendable) return { path: error.path, what: error.what }
    throw error
  }
}

describe('arguments and results', () => {
  test('are as in a message, for any graph', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(graph, async nodes => {
        const value = build(nodes)
        let got: unknown
        const result = await outcome(() => run(value => (got = value), value))
        const copy = await outcome(() => copier.copy(value, undefined))
        expect(difference(copy, result)).toBeUndefined()
        if (typeof copy !== 'object' || copy === null || 'path' in copy) return
        compared++
        expect(difference(copy, got)).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
    expect(compared).toBeGreaterThan(600)
  })

  test('are refused as in a message, whatever stands in them', async () => {
    let refused = 0
    const poison = fc.constantFrom<unknown>(
      () => 1,
      Symbol('s'),
      Promise.resolve(),
      new WeakMap(),
      new MovedBytes(new Uint8Array(4)),
    )
    await fc.assert(
      fc.asyncProperty(graph, fc.nat({ max: 19 }), poison, async (nodes, at, what) => {
        const value = { inside: build(nodes, { at: at % nodes.length, what }) }
        const copy = await outcome(() => copier.copy(value, undefined))
        expect(await outcome(() => run(() => 0, value))).toEqual(typeof copy === 'object' && 'path' in copy! ? copy : 0)
        expect(difference(copy, await outcome(() => run(() => value)))).toBeUndefined()
        if ('path' in (copy as object)) refused++
      }),
      { numRuns: 500 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test.each<[string, unknown[]]>([
    ['none', []],
    ['undefined', [undefined]],
    ['several that are not there', [undefined, 1, undefined]],
    ['one that is a list', [[1, 2]]],
    ['two lists', [[1], [2]]],
    ['one with a class of the user’s', [new Point(1, 2)]],
    ['-0 and a Map', [-0, new Map([[{ a: 1 }, new Set([1n])]])]],
  ])('%s', async (_, args) => {
    expect(difference(args, await run((...got) => [...got], ...args))).toBeUndefined()
  })

  test('an object that is in two arguments is one object there', async () => {
    const shared = { n: 1 }
    expect(await run((a, b) => a === b, shared, shared)).toBe(true)
  })

  test('the way to what cannot travel names the function, and the argument where there are several', async () => {
    const deep = { list: [0, { fn: () => 1 }] }
    await expect(run(() => 0, deep)).rejects.toThrow(
      /^work: argument\.list\[1\]\.fn is a function, which cannot travel/,
    )
    await expect(run(() => 0, 1, deep)).rejects.toThrow(/^work: arguments\[1\]\.list\[1\]\.fn is a function/)
    await expect(run(() => deep)).rejects.toThrow(/^work: the result\.list\[1\]\.fn is a function/)
  })
})

describe('bytes', () => {
  const whole = (): Uint8Array<ArrayBuffer> => Uint8Array.from([1, 2, 3, 4])

  test('that are moved are gone when the run begins, and arrive in their place', async () => {
    const [a, b] = [whole(), Buffer.from(whole().buffer)]
    const result = run((n, x, y) => [n, x, Buffer.isBuffer(y), y], 7, new MovedBytes(a), new MovedBytes(b))
    expect([a.length, b.length]).toEqual([0, 0])
    expect(difference(await result, [7, whole(), true, Buffer.from(whole().buffer)])).toBeUndefined()
    const alone = whole()
    expect(await run(x => (x as Uint8Array).length, new MovedBytes(alone))).toBe(4)
    expect(alone.length).toBe(0)
  })

  test('stay where they are when another argument is refused', async () => {
    const bytes = whole()
    for (const other of [() => 1, { inside: new MovedBytes(whole()) }, new MovedBytes(bytes)]) {
      await expect(run(() => 0, new MovedBytes(bytes), other)).rejects.toThrow(
        /cannot travel|hand over the same buffer/,
      )
    }
    const gone = new MovedBytes(whole())
    gone.take()
    await expect(run(() => 0, new MovedBytes(bytes), gone)).rejects.toThrow(/have been handed over already/)
    expect(bytes.length).toBe(4)
  })

  test('that are not moved are copied, whatever stands beside them', async () => {
    const bytes = whole()
    const view = new DataView(bytes.buffer, 1, 2)
    for (const [args, expected] of [
      [[bytes], [whole()]],
      [
        [1, bytes, 'x'],
        [1, whole(), 'x'],
      ],
      [
        [view, new MovedBytes(whole())],
        [new DataView(whole().buffer.slice(1, 3)), whole()],
      ],
      [
        [bytes, { n: 1 }],
        [whole(), { n: 1 }],
      ],
    ] as [unknown[], unknown[]][]) {
      expect(difference(await run((...got) => [...got], ...args), expected)).toBeUndefined()
    }
    expect(await run((a, b) => a === b, bytes, bytes)).toBe(true)
    expect(bytes.length).toBe(4)
  })

  test('what is copied is counted, and what is moved is not', () => {
    const bytesOf = (...args: unknown[]): number =>
      jobOf(new OffloadValue('file:///work.ts', 'work', () => 0), args, here).bytes
    expect(bytesOf(1, null, 'text', undefined)).toBe(4)
    expect(bytesOf(new Uint8Array(1_000), 1)).toBe(1_000)
    expect(bytesOf(new MovedBytes(new Uint8Array(1_000)), 1)).toBe(0)
    expect(bytesOf([new Uint8Array(1_000)])).toBeGreaterThan(1_000)
  })

  test('a part of a buffer is copied, also twice', async () => {
    const bytes = whole()
    const parts = [new MovedBytes(bytes.subarray(0, 2)), new MovedBytes(bytes.subarray(1))]
    expect(await run((a, b) => [a, b], ...parts)).toEqual([Uint8Array.of(1, 2), Uint8Array.of(2, 3, 4)])
    expect(bytes.length).toBe(4)
  })

  test('as a result are copied, unless the function hands them over', async () => {
    const kept = whole()
    expect(difference(await run(() => kept), whole())).toBeUndefined()
    expect(
      difference(await run(() => new DataView(kept.buffer, 1, 2)), new DataView(whole().buffer.slice(1, 3))),
    ).toBeUndefined()
    expect(kept.length).toBe(4)
    expect(await run(() => new MovedBytes(kept))).toEqual(whole())
    expect(kept.length).toBe(0)
  })

  test('as a result that shares memory with something else still arrive', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(5)
    expect(difference(await run(() => shared), copier.copy(shared, undefined))).toBeUndefined()
  })
})

describe('what the function throws', () => {
  const thrown = async (error: unknown): Promise<unknown> =>
    await run(() => {
      throw error
    }).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    )

  test('arrives as itself', async () => {
    const range = Object.assign(new RangeError('too wide', { cause: 'because' }), { width: 5 })
    expect(difference(await thrown(range), copier.copy(range, undefined))).toBeUndefined()
    const refused = (await thrown(new Refusal('too-wide', { width: 5 }))) as Refusal
    expect(refused).toBeInstanceOf(Refusal)
    expect([refused.code, refused.data]).toEqual(['too-wide', { width: 5 }])
    for (const odd of [5, 'text', undefined, { a: 1 }]) expect(await thrown(odd)).toEqual(odd)
  })

  test('arrives as its words where it cannot travel', async () => {
    class Odd {
      toString = () => 'an odd one'
    }
    expect(await thrown(new Odd())).toEqual(new Error('an odd one'))
    expect(await thrown(() => 1)).toBeInstanceOf(Error)
    const error = (await thrown(new Refusal('no', { fn: () => 1 }))) as NotSendable
    expect(error.message).toMatch(/^Refusal\('no'\)\.data\.fn is a function/)
  })

  test('so does what its promise rejects with', async () => {
    await expect(run(() => Promise.reject(new TypeError('later')))).rejects.toThrow(new TypeError('later'))
    expect(await run(() => Promise.resolve(5))).toBe(5)
  })
})
