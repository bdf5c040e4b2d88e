import { expect, test } from 'vitest'
import { Clock } from './clock.ts'

test('it counts from its origin and never goes back', () => {
  const clock = new Clock()
  let last = clock.now()
  expect(last).toBeGreaterThanOrEqual(0)
  for (let i = 0; i < 10_000; i++) {
    const now = clock.now()
    expect(now >= last).toBe(true)
    last = now
  }
})

test('two clocks of one origin agree to a tenth of a millisecond, also when one was made later', () => {
  const first = new Clock()
  const second = new Clock(first.origin)
  for (let i = 0; i < 100; i++) {
    const before = first.now()
    const between = second.now()
    const after = first.now()
    expect(between).toBeGreaterThan(before - 0.1)
    expect(between).toBeLessThan(after + 0.1)
  }
})

test('the wall clock is the machine’s', () => {
  const before = Date.now()
  const wall = new Clock().wall()
  expect(wall).toBeGreaterThanOrEqual(before)
  expect(wall).toBeLessThanOrEqual(Date.now())
})
