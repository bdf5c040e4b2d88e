// How selects end that no channel ends, and channels with an overflow policy, on every ground. (What Go has no test for,
// as it has no settled promises, signals, or channels that drop.)
import { createSystem, type Events } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { everywhere } from './everywhere.ts'
import * as endings from './programs/endings.ts'
import { overflow, overflowWhileReceived } from './programs/overflow.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

everywhere(({ run, rounds, oneThread }) => {
  describe('a select', () => {
    test('of null cases and times ends at the first of these', () =>
      run(endings.onlyTimes, [], won => expect(won).toEqual({ case: 'late' })))
    test('takes a value that is there rather than wait for anything', () =>
      run(endings.valueFirst, [], won => expect(won).toMatchObject({ case: 'value', value: 1 })))
    test('whose time is over leaves nothing at its channels', () =>
      run(endings.timeOver, [], ({ won, left }) => {
        expect(won).toBe('late')
        expect(left).toEqual([0, undefined, undefined, false])
      }))
    test.each([
      [false, 'result'],
      [true, 'refused'],
    ])('hears of the end of a goroutine (which refuses: %j)', (refuses, ended) =>
      run(endings.taskEnds, [refuses], result => expect(result).toEqual({ early: 'late', ended })),
    )
    test('takes cases that another one had, or has', () =>
      run(endings.caseAgain, [], cases => expect(cases).toEqual(['value', 'value', 'value', 'end', 'end'])))
    test('ends by its signal, and then takes no value', () =>
      run(endings.aborts, [], ({ codes, received }) => {
        expect(codes).toEqual(['aborted', 'aborted', 'aborted'])
        expect(received).toBe(7)
      }))
    test.each([0, 2])('of several values for one channel sends one, with a buffer of %i', capacity =>
      run(endings.oneOfMany, [capacity, rounds], ({ won, received, left }) => {
        expect(received).toEqual(won)
        expect(left).toBeUndefined()
      }),
    )
    test('hands over the bytes of the case that is chosen, and of no other', () =>
      run(endings.bytes, [], ({ received, lengths }) => {
        expect(received).toEqual([2, 2, 2])
        expect(lengths).toEqual([2, 0])
      }))
  })

  // What is on its way to another thread is in no buffer yet, so more may arrive there than a buffer holds.
  describe.each(['send', 'select'] as const)('nobody waits to %s', way => {
    test.each([0, 1, 5])('where the oldest of %i values gives way', capacity =>
      run(overflow, [{ capacity, overflow: 'dropOldest' }, 20, way], received => {
        expect(received.slice(received.length - capacity)).toEqual(range(20).slice(20 - capacity))
        if (oneThread) expect(received).toHaveLength(capacity)
      }),
    )
    test.each([0, 1, 5])('where what is more than %i values is dropped', capacity =>
      run(overflow, [{ capacity, overflow: 'dropNewest' }, 20, way], received => {
        expect(received.slice(0, capacity)).toEqual(range(capacity))
        if (oneThread) expect(received).toHaveLength(capacity)
      }),
    )
  })
  test.each(['dropOldest', 'dropNewest'] as const)('%s keeps the order of what arrives', policy =>
    run(overflowWhileReceived, [{ capacity: 3, overflow: policy }, rounds], received =>
      expect(received).toEqual([...new Set(received)].sort((a, b) => a - b)),
    ),
  )
})

test('what a channel drops is counted as dead letters', async () => {
  const system = await createSystem({ threads: 0 })
  const dropped: Events['deadLetter'][] = []
  system.on('deadLetter', letter => void dropped.push(letter))
  for (const policy of ['dropOldest', 'dropNewest'] as const) {
    const channel = system.channel<number>({ capacity: 2, overflow: policy })
    for (let i = 0; i < 10; i++) await channel.send(i)
  }
  await system.close()
  expect(dropped.map(({ method, reason }) => `${method} ${reason}`)).toEqual(dropped.map(() => 'send overflow'))
  expect(dropped.reduce((sum, { count }) => sum + count, 0)).toBe(16)
})
