// The hashes against values that others have published, and keys as text against the same keys as bytes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fnv1a } from './fnv1a.ts'
import { hashNamed, md5Of, type HashName } from './hash.ts'
import { mix, murmur3 } from './murmur3.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const hex = (...words: number[]) => words.map(word => (word >>> 0).toString(16).padStart(8, '0')).join('')
const names: HashName[] = ['murmur3', 'xxh64', 'md5', 'fnv1a64']

function digest(name: HashName, key: string | Uint8Array): string {
  const found = { hi: 0, lo: 0 }
  hashNamed(name).digest(key, found)
  return hex(found.hi, found.lo)
}

describe('murmur3', () => {
  test('gives the verification value of SMHasher for MurmurHash3_x86_32, 0xB0F57EE3', () => {
    // 256 keys of 0 to 255 bytes, with seeds from 256 down; and of their hashes, the hash (SMHasher, KeysetTest.cpp)
    const hashes = new Uint8Array(256 * 4)
    const view = new DataView(hashes.buffer)
    const key = Uint8Array.from({ length: 256 }, (_, i) => i)
    for (let i = 0; i < 256; i++) view.setInt32(i * 4, murmur3(key, i, 256 - i), true)
    expect(hex(murmur3(hashes, hashes.length, 0))).toBe('b0f57ee3')
  })
  test.each([
    ['hello', '248bfa47'],
    ['hello, world', '149bbb7f'],
    ['The quick brown fox jumps over the lazy dog.', 'd5c48bfc'],
  ])('of %j, as in the tests of spaolacci/murmur3', (key, expected) => {
    expect(hex(hashNamed('murmur3').position(key))).toBe(expected)
  })
  test('its second half is the hash with the first as seed', () => {
    expect(digest('murmur3', 'hello')).toBe(`248bfa47${hex(murmur3(utf8('hello'), 5, 0x248bfa47))}`)
  })
})

describe('fnv1a64', () => {
  test.each([
    // RFC 9923, and the test vectors of FNV's authors (test_fnv.c)
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['foobar', '85944171f73967e8'],
    ['chongo was here!\n', '46810940eff5f915'],
  ])('of %j', (key, expected) => {
    const found = { hi: 0, lo: 0 }
    fnv1a(utf8(key), utf8(key).length, found)
    expect(hex(found.hi, found.lo)).toBe(expected)
    const { hi, lo } = found
    expect(digest('fnv1a64', key)).toBe(hex(mix(hi ^ lo), mix(lo)))
  })
  test('whatever the bytes, as with integers of 64 bits', () => {
    const alike = fc.property(fc.uint8Array(), bytes => {
      let expected = 0xcbf29ce484222325n
      for (const byte of bytes) expected = BigInt.asUintN(64, (expected ^ BigInt(byte)) * 0x100000001b3n)
      const found = { hi: 0, lo: 0 }
      fnv1a(bytes, bytes.length, found)
      expect(hex(found.hi, found.lo)).toBe(expected.toString(16).padStart(16, '0'))
    })
    fc.assert(alike)
  })
})

test.each([
  // the sanity values of the xxHash specification's own implementations
  ['', 'ef46db3751d8e999'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['abc', '44bc2cf5ad770999'],
  ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
])('xxh64 of %j', (key, expected) => expect(digest('xxh64', key)).toBe(expected))

test.each([
  // RFC 1321, section A.5
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
])('md5 of %j', (key, expected) => {
  expect(md5Of(key).toString('hex')).toBe(expected)
  expect(digest('md5', key)).toBe(expected.slice(0, 16))
})

describe.each(names)('%s', name => {
  const hash = hashNamed(name)
  test('of a text is that of its UTF-8', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 300, size: 'max' }))
    const alike = fc.property(texts, key => {
      expect(digest(name, key)).toBe(digest(name, utf8(key)))
      expect(hash.position(key)).toBe(hash.position(utf8(key)))
    })
    fc.assert(alike)
    for (const key of ['ключ', '鍵', '🔑', 'é'.repeat(1000), 'x'.repeat(5000), 'x'.repeat(47) + 'é'])
      expect(digest(name, key)).toBe(digest(name, utf8(key)))
  })
  test('has the position as the upper half of the digest', () => {
    const upper = fc.property(fc.string(), key => {
      expect(hex(hash.position(key))).toBe(digest(name, key).slice(0, 8))
    })
    fc.assert(upper)
  })
  test('spreads keys that differ only in their last letters', () => {
    // 4,096 keys into 64 parts by their upper bits: chi-squared with 63 degrees of freedom is below 150 but once in 10^8
    const parts = new Array<number>(64).fill(0)
    for (let i = 0; i < 4096; i++) parts[hash.position(`user-${i}`) >>> 26]!++
    expect(parts.reduce((sum, count) => sum + (count - 64) ** 2 / 64, 0)).toBeLessThan(150)
  })
})
