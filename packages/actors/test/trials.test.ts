// What a first user runs into, each with what should come of it: no deadline at all, a watch that comes too late, refs used
// after the end, a thread that a handler never gives back.
import { SystemClosed, type SystemOptions, thread, ThreadLost } from '@troupe/actors'
import { expect, test } from 'vitest'
import { deadlineOf, LONGEST_DEADLINE } from '../src/core/frame.ts'
import { counter } from './fixtures/actors.ts'
import { eventually, placements, stage, thrown } from './fixtures/stage.ts'
import { culprit, onlooker } from './fixtures/trials.ts'

test.each(placements)('an ask may have no deadline, $name', async ({ threads }) => {
  const { system } = await stage({ threads })
  const ref = await system.spawn(counter, 5)
  expect(await ref.with({ deadline: Infinity }).ask.add(1)).toBe(6)
  expect(await ref.with({ deadline: 2 ** 40 }).ask.add(1)).toBe(7)
})

test('a deadline in a frame is read right however long the system runs', () => {
  const words = new Int32Array(1)
  for (const now of [0, 0.5, 2 ** 31 - 3, 2 ** 31 + 0.25, 2 ** 32 - 1, 2 ** 32 + 7.5, 2 ** 40 + 0.1]) {
    for (const ms of [-1_000, 0, 1, 5_000, LONGEST_DEADLINE]) {
      words[0] = Math.ceil(now + ms)
      expect(deadlineOf(words[0], now)).toBe(Math.ceil(now + ms))
    }
  }
})

test('a watch on an actor whose thread is gone already tells so', async () => {
  const { system, until } = await staged(2, { replaceThreads: false })
  const victim = await system.spawn(culprit, undefined, { on: thread(1) })
  const watcher = await system.spawn(onlooker, undefined, { on: thread(2) })
  await watcher.ask.watch(victim, 'before')
  expect(await thrown(victim.ask.endThread())).toBeInstanceOf(ThreadLost)
  await until('threadLost')
  const lost = 'lost thread 1 has ended'
  expect(
    await eventually(
      () => watcher.ask.heard(),
      heard => heard.length === 1,
    ),
  ).toEqual([`before ${lost}`])
  await watcher.ask.watch(victim, 'after')
  expect(
    await eventually(
      () => watcher.ask.heard(),
      heard => heard.length === 2,
    ),
  ).toContain(`after ${lost}`)
})

test('a ref that outlives its system says that the system is closed', async () => {
  const { system } = await stage({ threads: 1 })
  const ref = await system.spawn(culprit, undefined, { on: thread(1) })
  await system.close()
  const late = await thrown(ref.ask.ping())
  expect(late).toBeInstanceOf(SystemClosed)
  expect(late.message).toMatch(/^culprit#1\.0\.1\.ping: the system is closed$/)
  expect(await thrown(ref.ready())).toBeInstanceOf(SystemClosed)
})

test('closing ends a thread that a handler never gives back', async () => {
  const { system } = await stage({ threads: 1 })
  const ref = await system.spawn(culprit, undefined, { on: thread(1) })
  await ref.ask.holdForEver()
  const ask = thrown(ref.with({ deadline: Infinity }).ask.ping())
  await system.close()
  // whether the thread still got to stopping its actors or not
  expect((await ask).code).toMatch(/^(stopped|system-closed)$/)
})

async function staged(threads: number, options: SystemOptions = {}) {
  const on = await stage({ threads, ...options })
  return { system: on.system, until: on.until.bind(on) }
}
