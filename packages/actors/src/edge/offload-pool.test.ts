// The real pool: its threads, what ends them, and what is left of a run whose thread has ended.
import { afterEach, describe, expect, test } from 'vitest'
import { heart } from '../../test/fixtures/heart.ts'
import {
  beat,
  count,
  echo,
  exit,
  fail,
  noise,
  resize,
  sleepForEver,
  stray,
  where,
} from '../../test/fixtures/offloads.ts'
import { ThreadLost } from '../core/errors.ts'
import { type Job, jobOf, resultOf } from '../core/offload-job.ts'
import type { OffloadValue } from '../core/offload-value.ts'
import { MovedBytes } from '../core/moved.ts'
import { Codec } from './codec.ts'
import { OffloadPool } from './offload-pool.ts'
import { SharedTable } from './shared-table.ts'

const shapes = SharedTable.create({ entries: 64, units: 1 << 12 })
const codec = new Codec(shapes, [])
const open: OffloadPool[] = []
afterEach(() => Promise.all(open.splice(0).map(pool => pool.close())))

function opened(threads: number, idle?: number, { memory } = shapes) {
  const left: Error[] = []
  const pool = new OffloadPool({
    threads,
    shapes: memory,
    codec,
    stray: error => left.push(error),
    ...(idle !== undefined && { idle }),
  })
  open.push(pool)
  const job = (work: object, ...args: unknown[]): Job => jobOf(work as OffloadValue, args, codec)
  const never = new AbortController().signal
  const run = async (work: object, ...args: unknown[]): Promise<any> =>
    resultOf(await pool.run(job(work, ...args), never), (work as OffloadValue).name, codec)
  const runUntil = (signal: AbortSignal, work: object, ...args: unknown[]) => pool.run(job(work, ...args), signal)
  return { pool, run, runUntil, left }
}

test('functions run on threads of the pool, one at a time on each', async () => {
  const { run, pool } = opened(2)
  const places = await Promise.all(Array.from({ length: 20 }, () => run(where)))
  expect(places.every(({ isMainThread }) => !isMainThread)).toBe(true)
  expect(new Set(places.map(({ threadId }) => threadId)).size).toBe(2)
  expect(pool.threads).toBe(2)
})

test('a module is loaded once on each thread', async () => {
  const { run } = opened(1)
  expect([await run(count), await run(count), await run(echo, 1, undefined), await run(count)]).toEqual([
    1,
    2,
    [1, undefined],
    3,
  ])
})

test('large bytes come back whole, handed over or copied', async () => {
  const { run } = opened(1)
  for (const hand of [true, false]) {
    const made = (await run(noise, 5_000_000, hand)) as Uint8Array
    expect([made.length, made[0], made.at(-1)]).toEqual([5_000_000, 7, 7])
  }
  const image = new Uint8Array(5_000_000).fill(3)
  const result = (await run(resize, new MovedBytes(image), 4_000_000)) as Uint8Array
  expect([image.length, result.length, result[0]]).toEqual([0, 4_000_000, 3])
})

test.each([
  ['an endless loop', beat],
  ['what only waits', sleepForEver],
])('a run that is aborted ends, with its thread: %s', async (_, work) => {
  const { run, runUntil } = opened(1)
  const abort = new AbortController()
  const { name, beats, stopped } = heart()
  const running = runUntil(abort.signal, work, name)
  await beats
  abort.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
  expect(await run(count)).toBe(1) // on a new thread
  await stopped()
})

describe('a thread that ends by itself', () => {
  test('fails its run with an error that says so, and the pool goes on', async () => {
    const { run } = opened(1)
    for (const code of [0, 3]) {
      const lost = run(exit, code)
      await expect(lost).rejects.toThrow(ThreadLost)
      await expect(lost).rejects.toThrow(`run 'exit': the thread for it has ended: worker exited with code: ${code}`)
      expect(await run(count)).toBe(1)
    }
  })

  test('other runs do not suffer', async () => {
    const { run } = opened(2)
    for (const n of [1, 2, 3]) {
      const [lost, well] = await Promise.allSettled([run(exit, 1), run(echo, n)])
      expect(lost.status === 'rejected' && lost.reason).toBeInstanceOf(ThreadLost)
      expect(well.status === 'fulfilled' && well.value).toEqual([n])
    }
  })
})

test('a thread that cannot start fails the run that it was for', async () => {
  const tooSmall = { memory: new SharedArrayBuffer(4) } as SharedTable
  const { run, left } = opened(2, undefined, tooSmall)
  const runs = await Promise.allSettled([run(count), run(count)])
  for (const { status, reason } of runs as PromiseRejectedResult[]) {
    expect(status).toBe('rejected')
    expect(reason).toBeInstanceOf(ThreadLost)
    expect((reason as Error).message).toMatch(/^run 'count': the thread for it has ended: /)
  }
  expect(left).toEqual([])
})

test('a rejection that a function leaves behind is told, and harms nobody', async () => {
  const { run, left } = opened(1)
  expect(await run(stray, 'forgotten')).toBe('done')
  expect(await run(count)).toBe(1)
  expect(left.map(({ message }) => message)).toEqual(['a function that was run left behind: forgotten'])
  expect(left[0]!.cause).toEqual(new Error('forgotten'))
  await expect(run(fail, 'thrown')).rejects.toThrow(Object.assign(new RangeError('thrown'), { width: 5 }))
  expect(left).toHaveLength(1)
})

test('a thread without a run ends after a while', async () => {
  const { run, pool } = opened(1, 10)
  await run(count)
  while (pool.threads > 0) await new Promise(setImmediate)
  expect(await run(count)).toBe(1)
})

test('close ends all threads, whatever they do', async () => {
  const { runUntil, pool } = opened(2)
  const { name, beats, stopped } = heart()
  const running = runUntil(new AbortController().signal, beat, name)
  await beats
  const lost = running.catch((error: unknown) => error)
  await pool.close()
  expect(await lost).toBeInstanceOf(ThreadLost)
  await stopped()
  expect(pool.threads).toBe(0)
})
