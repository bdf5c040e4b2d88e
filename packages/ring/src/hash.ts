// The hashes that a ring can place by, each as a digest of 64 bits in two halves: no bigint and no object for a lookup.
//
// To the bit, so that programs in other languages can agree (docs/ring.md has the values to check against):
//   murmur3   hi is MurmurHash3_x86_32 of the key with seed 0, lo the same with seed hi
//   xxh64     XXH64 with seed 0: hi is its upper half
//   md5       the first eight bytes of MD5, the first byte the highest
//   fnv1a64   FNV-1a of 64 bits, f: hi is mix(upper(f) ^ lower(f)) and lo is mix(lower(f)), with murmur3's finalizer as mix,
//             because f alone puts keys that differ in their last letter side by side
import { hash as digestOf } from 'node:crypto'
import xxhash from 'xxhash-wasm'
import { fnv1a } from './fnv1a.ts'
import { checkedBytes, KeyBytes, type Key } from './key-bytes.ts'
import { mix, murmur3, murmur3OfText, NOT_ASCII } from './murmur3.ts'
import { RingError, shown } from './ring-error.ts'

export type HashName = 'murmur3' | 'xxh64' | 'md5' | 'fnv1a64'

/** 64 bits, as two signed halves. */
export interface Digest {
  hi: number
  lo: number
}

export interface Hash {
  readonly name: HashName
  /** The upper half of the digest, 0 to 2^32 - 1: all that most strategies look at. */
  position(key: Key): number
  digest(key: Key, into: Digest): void
}

const text = new KeyBytes()
const whole: Digest = { hi: 0, lo: 0 }
const { h64, h64Raw } = await xxhash() // compiles 3 kB; the one thing here that has to be waited for

/** Longer texts are encoded: that costs the same for any of them, and then they are read four bytes at a time. */
const LONG = 64

const murmurOf = (key: Key, seed: number): number => {
  if (typeof key !== 'string') {
    const bytes = checkedBytes(key)
    return murmur3(bytes, bytes.length, seed)
  }
  const hash = key.length > LONG ? NOT_ASCII : murmur3OfText(key, seed)
  if (hash !== NOT_ASCII) return hash
  const length = text.load(key)
  return murmur3(text.bytes, length, seed)
}

const murmur: Hash = {
  name: 'murmur3',
  position: key => murmurOf(key, 0) >>> 0,
  digest(key, into) {
    into.hi = murmurOf(key, 0)
    into.lo = murmurOf(key, into.hi)
  },
}

const xxh64Of = (key: Key): bigint => (typeof key === 'string' ? h64(key) : h64Raw(checkedBytes(key)))

const xxh64: Hash = {
  name: 'xxh64',
  position: key => Number(xxh64Of(key) >> 32n),
  digest(key, into) {
    const value = xxh64Of(key)
    into.hi = Number(value >> 32n) | 0
    into.lo = Number(value & 0xffff_ffffn) | 0
  },
}

/** All of MD5. Ketama reads it in its own way. */
export function md5Of(key: Key): Buffer {
  return digestOf('md5', typeof key === 'string' ? key : checkedBytes(key), 'buffer')
}

const md5: Hash = {
  name: 'md5',
  position: key => md5Of(key).readUInt32BE(0),
  digest(key, into) {
    const bytes = md5Of(key)
    into.hi = bytes.readInt32BE(0)
    into.lo = bytes.readInt32BE(4)
  },
}

function fnvOf(key: Key, into: Digest): void {
  if (typeof key === 'string') {
    const length = text.load(key)
    fnv1a(text.bytes, length, into)
    return
  }
  const bytes = checkedBytes(key)
  fnv1a(bytes, bytes.length, into)
}

const fnv1a64: Hash = {
  name: 'fnv1a64',
  position(key) {
    fnvOf(key, whole)
    return mix(whole.hi ^ whole.lo) >>> 0
  },
  digest(key, into) {
    fnvOf(key, into)
    into.hi = mix(into.hi ^ into.lo)
    into.lo = mix(into.lo)
  },
}

const hashes: ReadonlyMap<string, Hash> = new Map([murmur, xxh64, md5, fnv1a64].map(hash => [hash.name, hash]))

export function hashNamed(name: string): Hash {
  const hash = hashes.get(name)
  if (hash) return hash
  throw new RingError('bad-option', `there is no hash ${shown(name)}: use one of ${[...hashes.keys()].join(', ')}`)
}
