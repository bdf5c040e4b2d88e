// What happens before a program can listen is not lost to it, and not printed.
import { EventEmitter } from 'eventemitter3'
import { expect, test, vi } from 'vitest'
import { Announcements } from './announcements.ts'

test('what happened early is told in order once it is open, to who listens by then; the rest is printed', () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const emitter = new EventEmitter()
  const announcements = new Announcements(emitter)
  announcements.hold()
  const heard: unknown[] = []
  announcements.announce('threadReplaced', { thread: 1, by: 2 })
  announcements.announce('threadNotReplaced', { thread: 2, why: 'there are no more' })
  emitter.on('threadReplaced', event => heard.push(event))
  expect([heard, printed.mock.calls]).toEqual([[], []])
  announcements.open()
  expect(heard).toEqual([{ thread: 1, by: 2 }])
  expect(printed.mock.calls).toEqual([['thread 2 is not replaced: there are no more']])
  announcements.announce('threadReplaced', { thread: 3, by: 4 })
  expect(heard).toHaveLength(2)
  printed.mockRestore()
})

test('what a listener makes happen comes after what waited', () => {
  const emitter = new EventEmitter()
  const announcements = new Announcements(emitter)
  announcements.hold()
  const heard: unknown[] = []
  for (const event of ['moved', 'revived'] as const) announcements.announce(event, event)
  emitter.on('moved', event => {
    heard.push(event)
    announcements.announce('revived', 'again')
  })
  emitter.on('revived', event => heard.push(event))
  announcements.open()
  expect(heard).toEqual(['moved', 'revived', 'again'])
})
