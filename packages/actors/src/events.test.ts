// What is printed of a system's events while nobody listens.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DeadReason } from './core/dead-letters.ts'
import type { ActorId } from './core/errors.ts'
import { Printer } from './events.ts'
import { behavior, createSystem, thread } from './index.ts'

const printed = vi.spyOn(console, 'error')
beforeEach(() => void printed.mockClear().mockImplementation(() => {}))
afterEach(() => void printed.mockReset())

const lines = (): unknown[] => printed.mock.calls.map(([text]) => text)
const letter = (to: string, reason: DeadReason, count = 1) => ({ to: to as ActorId, method: 'put', reason, count })

test('dead letters that somebody will miss: once for each actor, method and reason', () => {
  const printer = new Printer()
  for (const reason of ['full', 'full', 'unknown', 'unreadable', 'stopped', 'expired', 'lost'] as const)
    printer.print('deadLetter', letter('box#0.0.1', reason, 3))
  printer.print('deadLetter', letter('', 'full'))
  expect(lines()).toEqual([
    '3 dead letters to box#0.0.1.put: its mailbox, or the way to it, is full; wait for ref.ready(), or send less',
    '3 dead letters to box#0.0.1.put: it has no such method',
    '3 dead letters to box#0.0.1.put: its codec cannot decode them',
    'a dead letter to many actors: its mailbox, or the way to it, is full; wait for ref.ready(), or send less',
  ])
})

test('however many actors, they do not fill the screen', () => {
  const printer = new Printer()
  for (let n = 0; n < 1_000; n++) printer.print('deadLetter', letter(`box#0.0.${n}`, 'full'))
  expect(lines()).toHaveLength(100)
})

test('what becomes of threads', () => {
  const printer = new Printer()
  const actor = 'box#1.0.1' as ActorId
  const error = new Error('fog')
  printer.print('threadBlocked', { thread: 1, ms: 2_000, actor, method: 'put' })
  printer.print('threadBlocked', { thread: 0, ms: 2_000, actor: undefined, method: undefined })
  printer.print('threadLost', { thread: 1, error })
  printer.print('threadReplaced', { thread: 1, by: 3 })
  printer.print('threadNotReplaced', { thread: 3, why: 'there are no more' })
  printer.print('threadStuck', { thread: 1 })
  printer.print('threadFull', { thread: 2, heap: 0.861 })
  expect(lines()).toEqual([
    'thread 1 has been blocked for 2000 ms by box#1.0.1.put',
    'thread 0 has been blocked for 2000 ms',
    'thread 1 has ended:',
    'thread 3 is not replaced: there are no more',
    'thread 1 is in a native call and cannot be ended; nor can the process, before it',
    'the heap of thread 2 is 86 % full: it takes no new actors',
  ])
})

test('a vault that is full: once for each thread, whoever finds it so', () => {
  const printer = new Printer()
  for (const [n, thread] of [1, 1, 2].entries())
    printer.print('vaultFull', { actor: `box#1.0.${n}` as ActorId, thread, bytes: 1_000 })
  const rest = 'and others for which there is no room, cannot be revived (createSystem: vault)'
  expect(lines()).toEqual([
    `the vault of thread 1 is full (1000 bytes): box#1.0.0, ${rest}`,
    `the vault of thread 2 is full (1000 bytes): box#1.0.2, ${rest}`,
  ])
})

const box = behavior(import.meta, {
  name: 'box',
  state: () => 0,
  handlers: {
    put() {},
    boom() {
      throw new Error('boom')
    },
  },
  mailbox: { capacity: 10 },
})

test('a program that listens hears of them, and then nothing is printed', async () => {
  await using system = await createSystem({ threads: 0 })
  const ref = await system.spawn(box, undefined, { on: thread(0) })
  const overflow = async (): Promise<void> => {
    for (let n = 0; n < 15; n++) ref.tell.put()
    await ref.ready()
  }
  await overflow()
  await expect(ref.ask.boom()).rejects.toThrow('boom')
  const said = [
    `5 dead letters to ${ref.id}.put: its mailbox, or the way to it, is full; wait for ref.ready(), or send less`,
    `fault in ${ref.id}.boom (restart):`,
  ]
  expect(lines()).toEqual(said)
  let heard = 0
  system.on('deadLetter', ({ count }) => (heard += count))
  await overflow()
  expect(heard).toBe(5)
  expect(lines()).toEqual(said)
})
