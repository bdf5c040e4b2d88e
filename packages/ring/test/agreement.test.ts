// What docs/ring.md gives to programs in other languages to check themselves against. If one of these changes, keys move in
// every cluster that is upgraded: that is a new strategy or a new hash, with a name of its own.
import { expect, test } from 'vitest'
import { hashNamed, type HashName } from '../src/hash.ts'
import { ring, type Strategy } from '../src/index.ts'

const KEYS = ['user-1', 'user-2', 'user-3', 'user-42', 'ключ', '']

test.each<[HashName, string, string]>([
  ['murmur3', 'b972dad0 ea9505aa', '9a592042 90409aef'],
  ['xxh64', '397e9d3a 76af7c81', 'a17d2dd1 3d89d19c'],
  ['md5', '7631bc07 a1cc8fcd', 'c3657b66 c60a3072'],
  ['fnv1a64', 'ff5b4cce 5ba97068', '40002198 88ca6131'],
])('the digests of %s', (name, latin, cyrillic) => {
  const digest = { hi: 0, lo: 0 }
  const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
  for (const [key, expected] of [
    ['user-42', latin],
    ['ключ', cyrillic],
  ] as const) {
    hashNamed(name).digest(key, digest)
    expect(`${hex(digest.hi)} ${hex(digest.lo)}`).toBe(expected)
  }
})

test.each<[Strategy, string, string]>([
  ['ring', 'deb bda dba adb bea dba', 'cb bc bc ca ba cb'],
  ['ketama', 'ced eab abc ecd aed cbd', 'cb ab ab ca ac cb'],
  ['rendezvous', 'cdb dbe cba aed dae eda', 'cb bc cb ac ca ca'],
  ['maglev', 'eda dbc dec ecb cad ceb', 'ac bc ac bc ca cb'],
])('the nodes of %s, without weights and with', (strategy, equal, weighted) => {
  const lists = ring(['a', 'b', 'c', 'd', 'e'], { strategy })
  expect(KEYS.map(key => lists.owners(key, 3).join('')).join(' ')).toBe(equal)
  const heavy = [
    { id: 'a', weight: 1 },
    { id: 'b', weight: 2 },
    { id: 'c', weight: 3 },
  ]
  expect(KEYS.map(key => ring(heavy, { strategy }).owners(key, 2).join('')).join(' ')).toBe(weighted)
})

test('the nodes of jump', () => {
  const lists = ring(['a', 'b', 'c', 'd', 'e'], { strategy: 'jump' })
  expect(KEYS.map(key => lists.owners(key, 3).join('')).join(' ')).toBe('acd edb acb cae eda aed')
})
