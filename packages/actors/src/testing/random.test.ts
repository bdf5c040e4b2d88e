import { expect, test } from 'vitest'
import { Random } from './random.ts'

/** sfc32 as published, over BigInt, to check the version that is fast. */
function* reference(a: bigint, b: bigint, c: bigint, counter: bigint): Generator<bigint, never> {
  const mask = 0xffffffffn
  for (;;) {
    const sum = (a + b + counter++) & mask
    a = b ^ (b >> 9n)
    b = (c + (c << 3n)) & mask
    c = (((c << 21n) | (c >> 11n)) + sum) & mask
    yield sum
  }
}

test.each([0, 1, 1234, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER, -1])('it is sfc32, for seed %i', seed => {
  const whole = BigInt.asUintN(64, BigInt(seed))
  const expected = reference(whole & 0xffffffffn, whole >> 32n, 0n, 1n)
  for (let i = 0; i < 12; i++) expected.next()
  const random = new Random(seed)
  for (let i = 0; i < 1_000; i++) expect(random.word()).toBe(Number(expected.next().value))
})

test('numbers below an end are all there, and delays mostly short', () => {
  const random = new Random(7)
  const counts = new Array<number>(6).fill(0)
  for (let i = 0; i < 6_000; i++) counts[random.below(6)]!++
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  const delays = Array.from({ length: 1_000 }, () => random.delay(10)).sort((a, b) => a - b)
  expect(delays[500]).toBeLessThan(0.5)
  expect(delays[999]).toBeGreaterThan(5)
  expect(delays[999]).toBeLessThan(10)
})
