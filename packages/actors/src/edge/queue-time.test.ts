import { expect, test } from 'vitest'
import { QueueTime } from './queue-time.ts'

/** A thread as Linux shows it: ns that it has run and waited, and its state. */
function thread() {
  const of = { ran: 1e9, waited: 5e6, state: 'R', now: 0 }
  const read = (file: string): string =>
    file.endsWith('schedstat') ? `${of.ran} ${of.waited} 17\n` : `42 (a ) R) name) ${of.state} 1 2 3\n`
  return { of, time: new QueueTime(read, () => of.now) }
}

test('what Linux has counted', () => {
  const { of, time } = thread()
  expect(time.of(7)).toBe(5)
  of.now = 100
  of.ran += 90e6
  of.waited += 10e6
  expect(time.of(7)).toBe(15)
})

test('a wait that is not over is not counted yet; it is once it is', () => {
  const { of, time } = thread()
  time.of(7)
  of.now = 250
  expect(time.of(7)).toBe(255)
  of.now = 500
  expect(time.of(7)).toBe(505)
  of.now = 750
  of.ran += 1e6
  of.waited += 740e6
  expect(time.of(7)).toBe(745)
})

test('one that sleeps waits for no processor', () => {
  const { of, time } = thread()
  of.state = 'S'
  time.of(7)
  of.now = 10_000
  expect(time.of(7)).toBe(5)
})

test('where nothing is known, nothing is taken off', () => {
  const none = new QueueTime(() => {
    throw new Error('ENOENT')
  })
  expect([none.of(7), none.of(0)]).toEqual([0, 0])
})

test.runIf(process.platform === 'linux')('a thread of this process', () => {
  expect(new QueueTime().of(process.pid)).toBeGreaterThanOrEqual(0)
})
