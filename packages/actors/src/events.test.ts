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
