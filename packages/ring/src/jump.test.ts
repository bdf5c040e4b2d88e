// Jump against published buckets, and against the same with integers of 64 bits.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jump } from './jump.ts'

test.each([
  // the vectors of dgryski/go-jump, from the authors' code in the paper (Lamping and Veach, 2014)
  [1, 1, 0],
  [42, 57, 43],
  [0xdead10cc, 1, 0],
  [0xdead10cc, 666, 361],
  [256, 1024, 520],
])('key %i among %i is in bucket %i', (key, buckets, expected) => expect(jump(0, key | 0, buckets)).toBe(expected))

test('keys 0 to 19 among 100, as in the tests of Guava (HashingTest, consistentHash)', () => {
  const found = Array.from({ length: 20 }, (_, key) => jump(0, key, 100))
  expect(found).toEqual([0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83])
})

/** The same in integers of 64 bits. */
function plain(key: bigint, buckets: number): number {
  let bucket = -1
  for (let next = 0; next < buckets;) {
    bucket = next
    key = BigInt.asUintN(64, key * 2862933555777941757n + 1n)
    next = Math.floor(((bucket + 1) * 2 ** 31) / (Number(key >> 33n) + 1))
  }
  return bucket
}

test('halves of 32 bits give what integers of 64 give', () => {
  const keys = fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: 1, max: 5000 }), (key, n) => {
    expect(jump(Number(key >> 32n) | 0, Number(key & 0xffffffffn) | 0, n)).toBe(plain(key, n))
  })
  fc.assert(keys, { numRuns: 1000 })
  for (const key of [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n - 1n, 2n ** 32n])
    expect(jump(Number(key >> 32n) | 0, Number(key & 0xffffffffn) | 0, 1000)).toBe(plain(key, 1000))
})
