// Go's own tests of channels and select (test/chan, test/closedchan.go), as programs of goroutines that must do the same
// wherever those stand. What a test of Go's shows by not hanging and not crashing is shown here by what comes out.
import { describe, expect, test } from 'vitest'
import { everywhere, inSimulations, onThreads } from './everywhere.ts'
import { ends, type Operation, waits } from './programs/blocking.ts'
import { closed, closedTwice, closeWakes, ways } from './programs/closed.ts'
import { daisyChain } from './programs/daisy-chain.ts'
import { doubleSelect } from './programs/double-select.ts'
import { everySelect } from './programs/every-select.ts'
import { bufferedFifo, rendezvousFifo } from './programs/fifo.ts'
import { heapGrowth } from './programs/heap-growth.ts'
import { leftBehind } from './programs/left-behind.ts'
import { oddSieve } from './programs/odd-sieve.ts'
import { type Formula, powerSeries } from './programs/power-series.ts'
import { inText, rational } from './programs/rationals.ts'
import { stopAtReceivedEnd } from './programs/received-ends.ts'
import * as selects from './programs/selects.ts'
import { sieve } from './programs/sieve.ts'
import { closingRace, readyRace, tries } from './programs/tries.ts'
import { nothings, sentThenChanged, values } from './programs/values.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]

everywhere(({ run, rounds, oneThread }) => {
  const few = rounds < 100

  test('a select that offers one value to four channels gives it to one', () =>
    run(doubleSelect, [2 * rounds], out => expect(out.toSorted((a, b) => a - b)).toEqual(range(2 * rounds))))

  test('a buffer is first in, first out', () => run(bufferedFifo, [10], got => expect(got).toEqual(range(10))))
  test('senders without a buffer are served first come, first served', () =>
    run(rendezvousFifo, [10], got => expect(got).toEqual(range(10))))

  test('a chain of a thousand goroutines passes one number on', () => {
    const length = few ? 60 : 1_000
    return run(daisyChain, [length], got => expect(got).toBe(length))
  })

  test.each([0, 1])('tries tell who waits from who does not, with a buffer of %i', capacity =>
    run(tries, [capacity], ({ values, passed }) =>
      expect(passed).toEqual(
        values.flatMap(value => Array.from({ length: 2 }, () => ({ sent: value, received: value }))),
      ),
    ),
  )
  // on another thread the first tries may miss it
  test('a full channel that is closed is ready all the while', () =>
    run(closingRace, [rounds], ({ once, misses }) => {
      expect(once).toBe(rounds)
      if (oneThread) expect(misses).toBe(0)
    }))
  test.each(['send', 'close'] as const)('of two channels, of which one is always ready, one is found: %s', by =>
    run(readyRace, [rounds, by], ({ once, misses }) => {
      expect(once).toBe(rounds)
      if (oneThread) expect(misses).toBe(0)
    }),
  )

  describe('power series', () => {
    /** n! times the nth coefficient of exp(x / (1 − x)), as it follows from its differential equation. */
    const exponential = (n: number): bigint =>
      n < 2 ? 1n : BigInt(2 * n - 1) * exponential(n - 1) - BigInt((n - 1) * (n - 2)) * exponential(n - 2)
    const factorial = (n: number): bigint => (n < 2 ? 1n : BigInt(n) * factorial(n - 1))
    const expected: Record<Formula, (n: number) => string | undefined> = {
      ones: () => '1',
      polynomial: n => ['1', '1'][n],
      sum: n => (n < 2 ? '2' : '1'),
      derivative: n => `${n + 1}`,
      integral: n => (n === 0 ? '0' : inText(rational(1, n))),
      product: n => `${n + 1}`,
      // (1 + x)(1 − x), and a zero at which it finds that both have ended
      finiteProduct: n => ['1', '0', '-1', '0'][n],
      arctangent: n => (n % 2 === 0 ? '0' : inText(rational(n % 4 === 1 ? 1 : -1, n))),
      reciprocal: n => (n % 2 === 0 ? '1' : '-1'),
      // of 1 + x + x² + …, whose first term counts as 0: the sum of xⁿ from 1 on is x / (1 − x)
      exponential: n => inText(rational(exponential(n), factorial(n))),
    }
    const terms = few ? 5 : 8
    const cases = Object.entries(expected).flatMap(([formula, nth]) =>
      (['pair', 'reply'] as const).map(wiring => ({ formula: formula as Formula, wiring, nth })),
    )
    test.each(cases)('$formula, wired by $wiring', ({ formula, wiring, nth }) =>
      run(powerSeries, [wiring, formula, terms], got =>
        expect(got).toEqual(
          range(terms)
            .map(nth)
            .filter(term => term !== undefined),
        ),
      ),
    )
  })

  describe('a select', () => {
    test('makes every case each time, and sends one', () =>
      run(selects.nullAfterUse, [], ({ sent, received, again, made }) => {
        expect(sent).toHaveLength(2)
        expect(received).toEqual(sent)
        expect(again).toBe(1)
        expect(made).toBe(2 * (3 + 2))
      }))
    test('takes what is ready and leaves the rest alone', () =>
      run(selects.onlyReady, [], ({ won, left }) => {
        expect(won).toMatchObject({ case: 'full', value: 42 })
        expect(left).toEqual([undefined, undefined, false])
      }))
    test('that loses leaves the queue to who waits there', () =>
      run(selects.loserLeavesQueue, [], result => expect(result).toEqual({ winner: 'won', got: [1, 2] })))
    test('that loses with one channel in two cases leaves it to who waits behind', () =>
      run(selects.sameChannelTwice, [], ({ won, got }) => {
        expect(won).toMatchObject({ case: 'other', value: 7 })
        expect(got).toBe(8)
      }))
    test('meets sends, receives and other selects', () =>
      run(selects.everyMeeting, [], met => expect(met).toEqual(range(9))))
    test('sends to a channel that came over a channel', () =>
      run(selects.channelOverChannel, [], ({ won, got }) => {
        expect(won).toEqual({ case: 'to' })
        expect(got.value).toBe(2)
      }))
    test('in each of its forms takes the one case that can go ahead', () =>
      run(everySelect, [], ({ wrong, forms }) => {
        expect(wrong).toEqual([])
        expect(forms).toBe(192)
      }))
  })

  const never: Operation[] = [
    'receive where nobody sends',
    'send where nobody receives',
    'send into a full buffer',
    'select where nobody is',
    'select that only sees itself',
  ]
  test.each(never)('%s: waits', operation => run(waits, [operation, 10], won => expect(won).toBe('waits')))
  const always: [Operation, unknown][] = [
    ['send into room', undefined],
    ['receive from a buffer', { value: 1 }],
    ['receive from a closed channel', { done: true }],
    ['try to select nothing', undefined],
    ['try to select null', undefined],
    ['try where nobody is', undefined],
    ['try to select room', { case: 'send' }],
    ['try to select a value', { case: 'receive', value: 1 }],
    ['select a closed channel', { case: 'receive', done: true }],
    ['select beside a closed channel', { case: 'receive', done: true }],
  ]
  test.each(always)('%s: goes ahead', (operation, gave) =>
    run(ends, [operation], result => expect(result).toEqual({ gave })),
  )
  const throwing: Operation[] = [
    'send into a closed channel',
    'select to send into a closed channel',
    'try to send into a closed channel',
    'try to select a closed channel',
  ]
  test.each(throwing)('%s: throws', operation =>
    run(ends, [operation], result => expect(result).toEqual({ threw: 'channel-closed' })),
  )

  describe('a closed channel', () => {
    const cases = ways.flatMap(way => [0, 1, 2].map(left => ({ way, left })))
    test.each(cases)('with $left values left, by $way', ({ way, left }) =>
      run(closed, [way, left], ({ happened, closed }) => {
        const received = [...range(left).map(n => `value ${n}`), ...Array.from({ length: 4 }, () => 'done')]
        expect(happened).toEqual(
          [0, 1].flatMap(() => [
            `receive: ${received.shift()}`,
            `tryReceive: ${received.shift()}`,
            'trySend: channel-closed',
            'send: channel-closed',
          ]),
        )
        expect(closed).toBe(true)
      }),
    )
    test('cannot be closed again', () => run(closedTwice, [], threw => expect(threw).toBe('channel-closed')))
    test.each([
      ['send', 'channel-closed'],
      ['receive', { done: true }],
      ['select', { case: 'it', done: true }],
    ] as const)('wakes all who wait to %s', (how, gets) =>
      run(closeWakes, [how, 5], woken => expect(woken).toEqual(Array.from({ length: 5 }, () => gets))),
    )
  })

  test('a sieve of as many goroutines as primes', () =>
    run(sieve, [few ? 10 : 25], got => expect(got).toEqual(primes.slice(0, few ? 10 : 25))))
  test('a sieve that merges composites and feeds primes back', () =>
    run(oddSieve, [few ? 10 : 25], got => expect(got).toEqual(primes.slice(0, few ? 10 : 25))))

  const sent = [undefined, null, {}, [], '', 0, -0, [[]], { a: undefined }, 'text', 1n, new Date(0), new Map([[1, {}]])]
  test.each([0, 1])('any value goes through as it is, nothing too, with a buffer of %i', capacity =>
    run(values, [capacity, sent], got => expect(got).toStrictEqual(sent)),
  )
  test.each([0, 2])('a value that is undefined is no end, with a buffer of %i', capacity =>
    run(nothings, [capacity], got => expect(got).toEqual([false, false, false, true])),
  )
  test('what is sent is the receiver’s own', () =>
    run(sentThenChanged, [], got => expect(got).toEqual({ list: [1, 2] })))
})

onThreads(({ run }) => {
  // A simulation takes what waits for nothing at all for something that waits for the real world, and has one heap.
  test.each(['select nothing', 'select null'] as const)('%s: waits', operation =>
    run(waits, [operation, 10], won => expect(won).toBe('waits')),
  )
  test('selects leave no memory behind', () =>
    run(heapGrowth, [5_000], bytes => expect(bytes / 5_000).toBeLessThan(30)))
})

inSimulations(({ run }) => {
  test.each(['wait', 'try'] as const)('an end that came over a channel is stopped with who got it: by a %s', way =>
    run(stopAtReceivedEnd, [way], ms => expect(ms).toBeLessThan(1_000)),
  )
  test.each([1, 10])('the system closes while goroutines are on their way: %i', count =>
    run(leftBehind, [count], got => expect(got).toBe(count)),
  )
}, 20)
