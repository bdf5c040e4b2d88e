// What the tests of Go's runtime ask of channels and select (src/runtime/chan_test.go), and the loads that its benchmarks
// put on them, as programs of goroutines that must come out even wherever those stand.
import { describe, expect, test } from 'vitest'
import { everywhere } from './everywhere.ts'
import * as basics from './programs/basics.ts'
import { fairReceives, fairSends } from './programs/chance.ts'
import { selfSelect, stress } from './programs/stress.ts'
import * as workloads from './programs/workloads.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

everywhere(({ run, rounds }) => {
  describe.each([0, 1, 2, 7])('a channel with room for %i', capacity => {
    test('lets receivers wait while it is empty', () =>
      run(basics.receiversWait, [capacity], ({ tried, received }) => {
        expect(tried).toEqual([0, undefined, undefined])
        expect(received).toEqual(new Set([1, 2]))
      }))
    test('lets senders wait while it is full', () =>
      run(basics.sendersWait, [capacity], ({ tried, received }) => {
        expect(tried).toEqual([0, false, false])
        expect(received).toEqual([...range(capacity).map(() => -1), 0])
      }))
    test('takes as many values, and gives them out after its close', () =>
      run(basics.fillAndDrain, [capacity], ({ fitted, received }) => {
        expect(fitted).toBe(capacity)
        expect(received).toEqual([...range(capacity), 'done', 'done'])
      }))
    test('wakes receivers when it is closed', () => run(basics.closeWakes, [capacity], got => expect(got).toBe('done')))
    test('keeps the order of a sender', () =>
      run(basics.inOrder, [capacity, rounds], got => expect(got).toEqual(range(rounds))))
    test('loses and doubles nothing between four senders and four receivers', () =>
      run(basics.fourToFour, [capacity, rounds], times => {
        expect([...times.keys()].sort((a, b) => a - b)).toEqual(range(rounds))
        expect(new Set(times.values())).toEqual(new Set([4]))
      }))
  })

  describe('a select', () => {
    // ten standard deviations from the mean: a fair choice comes out like this once in 10²² runs
    const fair = (count: number, times: number): void => {
      expect(Math.abs(times - count / 2)).toBeLessThan(10 * Math.sqrt(count / 4))
    }
    const draws = Math.max(rounds, 200)
    test('draws evenly from what is ready', () =>
      run(fairReceives, [draws], ({ a, b }) => {
        fair(draws, a!)
        expect(a! + b!).toBe(draws)
      }))
    test.each([0, 500])('sends evenly, with a buffer of %i', capacity =>
      run(fairSends, [capacity, draws], ({ zeros, ones }) => {
        fair(draws, zeros)
        expect(zeros + ones).toBe(draws)
      }),
    )
    test.each([0, 10])('sends to and receives from one channel, with a buffer of %i', capacity =>
      run(selfSelect, [capacity, rounds], ({ sent, received, own }) => {
        expect(sent).toBe(received)
        if (capacity === 0) expect([sent, own]).toEqual([rounds, 0])
      }),
    )
  })

  test('sends, receives and selects that meet in every way come out even', () =>
    run(stress, [rounds], sum => expect(sum).toBe(4 * rounds * (rounds - 1))))
  test('many consumers of one feeder', () =>
    run(workloads.manyConsumers, [23, 10 * rounds], result => expect(result.out).toEqual(result.in)))
  test('a rally at one rendezvous channel', () =>
    run(workloads.rally, [rounds], last => expect(last).toEqual([2 * rounds, 2 * rounds - 1])))
  test.each([0, 10, 100])('producers and consumers, with a buffer of %i', capacity =>
    run(workloads.producersAndConsumers, [3, capacity, rounds], sum =>
      expect(sum).toBe((3 * rounds * (rounds + 1)) / 2),
    ),
  )
  test('tokens that are passed to and fro', () =>
    run(workloads.tokens, [4, rounds], left => expect(left).toEqual([0, 1, 2, 3])))
  test('selects that meet selects agree how often', () =>
    run(workloads.selectsMeet, [3, rounds], ({ sent, taken }) => expect(sent).toBe(taken)))
  test('a buffer as a semaphore', () =>
    run(workloads.semaphore, [3, 8, 10], ({ entered, present, most }) => {
      expect([entered, present]).toEqual([80, 0])
      expect(most).toBeGreaterThan(0)
      expect(most).toBeLessThanOrEqual(3)
    }))
  test('a crowd of selects is woken one by one, and by a close', () =>
    run(workloads.crowd, [100], woken => expect(woken).toEqual({ popular: 1, start: 99 })))
})
