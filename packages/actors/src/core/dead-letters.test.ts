// Every dead letter is counted, alike ones together, and a slice lists no more of them than it can bear.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DeadLetter, DeadLetters, type DeadReason } from './dead-letters.ts'
import type { ActorId } from './errors.ts'
import type { Platform } from './platform.ts'

function open() {
  const events: DeadLetter[] = []
  let wakes = 0
  const platform = {
    wake: () => void wakes++,
    emit: (event: string, letter: DeadLetter) => {
      expect(event).toBe('deadLetter')
      events.push(letter)
    },
  } as unknown as Platform
  return { letters: new DeadLetters(platform), events, wakes: () => wakes }
}
const reasons: DeadReason[] = ['stopped', 'expired', 'full', 'unknown', 'lost']

test('alike ones are one event, at the end of the slice; the platform is woken for the first', () => {
  const { letters, events, wakes } = open()
  for (let i = 0; i < 3; i++) letters.add('a' as ActorId, 'put', 'full')
  letters.add('a' as ActorId, 'put', 'stopped')
  letters.add('b' as ActorId, 'put', 'full')
  expect([events.length, wakes()]).toEqual([0, 1])
  letters.publish()
  expect(events).toEqual([
    { to: 'a', method: 'put', reason: 'full', count: 3 },
    { to: 'a', method: 'put', reason: 'stopped', count: 1 },
    { to: 'b', method: 'put', reason: 'full', count: 1 },
  ])
  letters.publish()
  expect(events).toHaveLength(3)
  letters.add('a' as ActorId, 'put', 'full')
  expect(wakes()).toBe(2)
})

test('none is lost, whatever their number', () => {
  const letter = fc.record({
    to: fc.nat(3_000),
    method: fc.constantFrom('x', 'y'),
    reason: fc.constantFrom(...reasons),
  })
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 3_000, size: 'max' }), list => {
      const { letters, events } = open()
      for (const { to, method, reason } of list) letters.add(String(to) as ActorId, method, reason)
      letters.publish()
      expect(events.length).toBeLessThanOrEqual(1_000 + reasons.length)
      for (const reason of reasons) {
        const sum = events.filter(event => event.reason === reason).reduce((total, { count }) => total + count, 0)
        expect(sum).toBe(list.filter(event => event.reason === reason).length)
      }
    }),
    { numRuns: 30 },
  )
})
