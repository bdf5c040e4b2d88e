// A vault against a model, looked at before and after each of its atomic stores, as a thread may end at any of them; and in
// real threads that are ended at points of chance.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Address } from '../core/address.ts'
import type { RecordKind } from '../core/platform.ts'
import { emptyVault, recordsIn, reserveVault } from './vault.ts'
import { VaultWriter } from './vault-writer.ts'

const KIB = 1024
const WRITER = 3

/** Enough of an address for a record. */
const actor = (serial: number) => ({ home: 4095, birth: 7, serial, protocol: { number: 65_535 } }) as unknown as Address
/** Bytes that tell whose they are, of which write, and whether they are whole. */
function stamped(serial: number, version: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = stamp(serial, version, i)
  return bytes
}
const stamp = (serial: number, version: number, i: number) => (serial * 31 + version * 7 + i) & 255

class Pair {
  readonly memory: SharedArrayBuffer
  readonly writer: VaultWriter
  readonly handles = new Map<number, number>()
  readonly lengths = new Map<number, number>()
  readonly versions = new Map<number, number>()
  /** Is called while bytes are being copied. */
  onCopy: (() => void) | undefined
  constructor(most: number) {
    this.memory = reserveVault(most)
    this.writer = new VaultWriter(this.memory, WRITER)
  }
  /** A vault in which another thread has left much, and that was emptied. */
  static used(most: number): Pair {
    const first = new Pair(most)
    for (let i = 0; i < 100; i++) first.write(i, 1 + ((i * 7919) % 900))
    emptyVault(first.memory, WRITER)
    return Object.assign(first, new Pair(most), {
      memory: first.memory,
      writer: new VaultWriter(first.memory, WRITER),
    })
  }
  /** Writes an actor's next version; false where there is no room. */
  write(serial: number, length: number, kind: RecordKind = 'state'): boolean {
    const version = (this.versions.get(serial) ?? 0) + 1
    const bytes = this.#watched(stamped(serial, version, length + 2))
    const handle = this.writer.put(this.handles.get(serial) ?? 0, kind, actor(serial), bytes, 1, length + 1)
    if (handle === 0) return false
    this.handles.set(serial, handle)
    this.lengths.set(serial, length)
    this.versions.set(serial, version)
    return true
  }
  /** Short ones are copied byte by byte, so that each can be looked at. */
  #watched(bytes: Uint8Array): Uint8Array {
    const { onCopy } = this
    if (onCopy === undefined || bytes.length > 64) return bytes
    const get = (target: Uint8Array, key: string | symbol): unknown => {
      onCopy()
      return Reflect.get(target, key)
    }
    return new Proxy(bytes, { get })
  }
  drop(serial: number): void {
    this.writer.drop(this.handles.get(serial)!)
    this.handles.delete(serial)
    this.lengths.delete(serial)
    this.versions.delete(serial)
  }
  /** Which actors are in it, each with the version that all of its bytes are of. */
  read(): Map<number, number> {
    const found = new Map<number, number>()
    for (const { home, birth, serial, protocol, bytes } of recordsIn(this.memory, WRITER)) {
      if (home !== 4095 || birth !== 7 || protocol !== 65_535) throw new Error(`${serial} has a strange address`)
      if (found.has(serial)) throw new Error(`there are two records of ${serial}`)
      found.set(serial, versionOf(serial, bytes))
    }
    return found
  }
  /** What it should find. */
  get written(): Map<number, number> {
    return new Map([...this.versions].map(([serial, version]) => [serial, version & 255]))
  }
}

/** The version of which all bytes are; throws where they are of several. A record's bytes begin with the second stamp. */
function versionOf(serial: number, bytes: Uint8Array): number {
  const sevenInverse = 183 // modulo 256
  const version = ((bytes[0]! - serial * 31 - 1) * sevenInverse) & 255
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== stamp(serial, version, i + 1)) throw new Error(`${serial} is torn at byte ${i}`)
  }
  return version
}

afterEach(() => void vi.restoreAllMocks())

describe('a vault', () => {
  test('keeps what was put last, until it is dropped', () => {
    const pair = new Pair(KIB * KIB)
    for (const length of [1, 8, 9, 100, 3, 5_000, 64, 65, 40_000, 10]) {
      pair.write(1, length)
      pair.write(2, length, 'birth')
      expect(pair.read()).toEqual(pair.written)
    }
    pair.drop(1)
    expect(pair.read()).toEqual(pair.written)
    pair.drop(2)
    expect(pair.read().size).toBe(0)
  })

  test('says what each record is, and whose, also of large serials', () => {
    const memory = reserveVault(KIB * KIB)
    const writer = new VaultWriter(memory, WRITER)
    const of = { home: 12, birth: 4095, serial: 2 ** 39 + 5, protocol: { number: 9 } } as unknown as Address
    const handle = writer.put(0, 'birth', of, Uint8Array.of(7, 8, 9), 1, 3)
    const bytes = Uint8Array.of(8, 9)
    const serial = 2 ** 39 + 5
    expect([...recordsIn(memory, WRITER)]).toEqual([
      { kind: 'birth', handle, home: 12, birth: 4095, serial, protocol: 9, bytes },
    ])
  })

  test('is one thread’s: nothing is found in the name of another, and what is emptied is gone', () => {
    const pair = new Pair(KIB * KIB)
    pair.write(1, 10)
    expect([...recordsIn(pair.memory, WRITER + 1)]).toEqual([])
    emptyVault(pair.memory, WRITER + 1)
    expect(pair.read()).toEqual(pair.written)
    emptyVault(pair.memory, WRITER)
    expect(pair.read().size).toBe(0)
    const next = new VaultWriter(pair.memory, WRITER + 1)
    next.put(0, 'birth', actor(5), stamped(5, 1, 9), 1, 9)
    expect(pair.read().size).toBe(0)
    expect([...recordsIn(pair.memory, WRITER + 1)]).toHaveLength(1)
    emptyVault(pair.memory, WRITER)
    expect([...recordsIn(pair.memory, WRITER + 1)]).toHaveLength(1)
  })

  test('takes memory as it needs it, and the places of what was dropped again', () => {
    const pair = new Pair(8 * KIB * KIB)
    expect(pair.memory.byteLength).toBe(64 * KIB)
    for (let round = 0; round < 50; round++) {
      for (let serial = 0; serial < 1_000; serial++) pair.write(serial, 40)
      for (let serial = 0; serial < 1_000; serial++) pair.drop(serial)
    }
    expect(pair.writer.used).toBeLessThan(150 * KIB)
    expect(pair.writer.free).toBe(pair.writer.used - 64)
  })

  test('a record that grows leaves behind no more than a few times its size, and gives it back when it shrinks', () => {
    const pair = new Pair(64 * KIB * KIB)
    for (let length = 10; length < KIB * KIB; length = Math.ceil(length * 1.02)) pair.write(1, length)
    expect(pair.writer.used).toBeLessThan(10 * KIB * KIB)
    pair.write(1, 10)
    expect(pair.read()).toEqual(pair.written)
    expect(pair.writer.used - pair.writer.free).toBeLessThan(KIB)
  })

  test('that is full refuses, and keeps what it has', () => {
    const pair = new Pair(KIB * KIB)
    let serial = 0
    while (pair.write(serial, 1_000)) serial++
    expect(serial).toBeGreaterThan(450)
    expect(pair.write(0, 400_000)).toBe(false)
    expect(pair.read()).toEqual(pair.written)
    // what is written in its own place still goes
    expect(pair.write(5, 1_000)).toBe(true)
    expect(pair.read()).toEqual(pair.written)
  })

  test('that is full cuts free places for smaller records, and merges them for larger ones', () => {
    const pair = new Pair(KIB * KIB)
    let large = 0
    while (pair.write(large, 30_000)) large++
    for (let i = 0; i < large; i++) pair.drop(i)
    let small = 0
    while (pair.write(small, 100)) small++
    expect(small).toBeGreaterThan(3_800)
    for (let i = 0; i < small; i++) pair.drop(i)
    let again = 0
    while (pair.write(again, 30_000)) again++
    expect(again).toBeGreaterThanOrEqual(large)
    expect(pair.read()).toEqual(pair.written)
  })

  test('where the machine has not as much address space as wanted, it is smaller', () => {
    const Real = SharedArrayBuffer
    const denied = function (length: number, options: { maxByteLength: number }) {
      if (options.maxByteLength > 3 * KIB * KIB) throw new RangeError('Array buffer allocation failed')
      return new Real(length, options)
    }
    vi.stubGlobal('SharedArrayBuffer', denied)
    try {
      expect(reserveVault(16 * KIB * KIB).maxByteLength).toBe(2 * KIB * KIB)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

const length = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 200 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 6_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 150_000 }) },
)
const serial = fc.integer({ min: 1, max: 12 })
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ serial, length, kind: fc.constantFrom<RecordKind>('state', 'state', 'birth') }) },
  { weight: 2, arbitrary: fc.record({ serial }) },
)
const commands = fc.array(command, { maxLength: 120, size: 'max' })

describe('put, drop and walk, in any order', () => {
  test('give what a map would', () => {
    fc.assert(
      fc.property(commands, list => {
        const pair = new Pair(KIB * KIB)
        for (const one of list) {
          if ('length' in one) pair.write(one.serial, one.length, one.kind)
          else if (pair.handles.has(one.serial)) pair.drop(one.serial)
          expect(pair.read()).toEqual(pair.written)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('before and after each atomic store, and between two bytes: every record whole, the last or the one being written', () => {
    let looks = 0
    fc.assert(
      fc.property(commands, list => {
        const pair = Pair.used(list.length % 2 === 0 ? 64 * KIB : KIB * KIB)
        let writing: number | undefined
        const look = (): void => {
          looks++
          const found = pair.read()
          for (const [serial, version] of pair.versions) {
            const next = serial === writing ? version + 1 : version
            const is = found.get(serial)
            if (is !== version && is !== next) throw new Error(`${serial} is of version ${is}, not ${version}`)
          }
          for (const serial of found.keys()) {
            if (!pair.versions.has(serial) && serial !== writing) throw new Error(`${serial} is still there`)
          }
        }
        pair.onCopy = look
        const store = Atomics.store
        vi.spyOn(Atomics, 'store').mockImplementation(((words: Int32Array, at: number, value: number) => {
          look()
          const stored = store(words, at, value)
          look()
          return stored
        }) as typeof Atomics.store)
        for (const one of list) {
          writing = one.serial
          if ('length' in one) pair.write(one.serial, one.length, one.kind)
          else if (pair.handles.has(one.serial)) {
            // while it goes it may be there or not
            pair.versions.delete(one.serial)
            pair.drop(one.serial)
          }
          writing = undefined
          look()
        }
        vi.restoreAllMocks()
      }),
      { numRuns: 30 },
    )
    expect(looks).toBeGreaterThan(2_000)
  })
})

// A thread that writes for ever: 40 actors whose records grow, shrink, go and come. Before a write it says in `said` which
// version it begins, and after it that it is done.
const THREAD = `
  const { parentPort, workerData: { memory, said, seed, url } } = require('node:worker_threads')
  import(url).then(({ VaultWriter }) => {
    const writer = new VaultWriter(memory, ${WRITER})
    const words = new Int32Array(said)
    const handles = new Array(40).fill(0)
    let random = seed
    const below = n => { random = (random * 1103515245 + 12345) & 0x7fffffff; return (random >> 8) % n }
    parentPort.postMessage('ready')
    for (;;) {
      const serial = below(40)
      const begun = Atomics.add(words, serial * 2, 1) + 1
      if (handles[serial] !== 0 && below(20) === 0) { writer.drop(handles[serial]); handles[serial] = 0 }
      const length = below(4) === 0 ? 1 + below(30000) : 1 + below(300)
      const bytes = new Uint8Array(length + 1)
      for (let i = 0; i < bytes.length; i++) bytes[i] = (serial * 31 + begun * 7 + i) & 255
      handles[serial] = writer.put(handles[serial], 'state', { home: 4095, birth: 7, serial, protocol: { number: 65535 } }, bytes, 1, length + 1)
      Atomics.store(words, serial * 2 + 1, begun)
    }
  })`

describe('a thread that is ended while it writes', () => {
  test.each(Array.from({ length: 12 }, (_, i) => i + 1))('leaves every record whole and fresh (%i)', async seed => {
    const memory = reserveVault(64 * KIB * KIB)
    const said = new SharedArrayBuffer(4 * 80)
    const url = new URL('./vault-writer.ts', import.meta.url).href
    const worker = new Worker(THREAD, { eval: true, workerData: { memory, said, seed, url }, execArgv: [] })
    await once(worker, 'message')
    const words = new Int32Array(said)
    // so that something has been written; then at a moment that nobody chose
    while (Atomics.load(words, 1) === 0) await new Promise(done => setImmediate(done))
    for (let spin = seed * 997; spin > 0; spin--) Atomics.load(words, 0)
    await worker.terminate()
    let serials = 0
    for (const { serial, bytes } of recordsIn(memory, WRITER)) {
      serials++
      const [begun, done] = [words[serial * 2]!, words[serial * 2 + 1]!]
      const version = versionOf(serial, bytes)
      // the last that was finished, or the one that was being written
      expect([begun & 255, done & 255]).toContain(version)
      expect(begun - done).toBeLessThanOrEqual(1)
    }
    expect(serials).toBeGreaterThan(0)
  })
})
