import { expect, test } from 'vitest'
import { InvalidCall } from '../core/errors.ts'
import { LANE_HEADER_BYTES, SharedMemory } from './shared-memory.ts'

test.each([1, 2, 3, 8, 16, 32, 64, 100, 127])('the lanes of %i threads stay within the stated total', threads => {
  const memory = SharedMemory.create(threads, { cores: 4 })
  expect(memory.parts.rings.byteLength).toBeLessThanOrEqual(256 * 1024 * 1024)
  expect(memory.memoryTotal).toBe(memory.parts.rings.byteLength + memory.parts.control.byteLength)
  expect(memory.parts.laneBytes).toBeLessThanOrEqual(256 * 1024)
  expect(Math.log2(memory.parts.laneBytes) % 1).toBe(0)
})

test('a lane is as large as the total allows, and never under 16 KiB', () => {
  const laneBytes = (threads: number, total?: number) =>
    SharedMemory.create(threads, { cores: 1, total }).parts.laneBytes
  expect(laneBytes(2)).toBe(256 * 1024)
  expect(laneBytes(64)).toBe(64 * 1024)
  expect(laneBytes(200)).toBe(16 * 1024)
  expect(laneBytes(4, 1024 * 1024)).toBe(64 * 1024)
  expect(laneBytes(4, 0)).toBe(16 * 1024)
})

test('every pair of threads has memory of its own, the same from either side', () => {
  const memory = SharedMemory.create(5, { cores: 1, total: 0 })
  const again = new SharedMemory(structuredClone(memory.parts))
  const places = new Set<number>()
  for (let from = 0; from < 5; from++) {
    for (let to = 0; to < 5; to++) {
      if (from === to) continue
      const lane = memory.lane(from, to)
      const seen = again.lane(from, to)
      for (const part of ['header', 'words', 'bytes'] as const)
        expect(seen[part].byteOffset).toBe(lane[part].byteOffset)
      expect(lane.words.byteOffset).toBe(lane.bytes.byteOffset)
      lane.header.fill(places.size + 1)
      lane.bytes.fill(places.size + 1)
      places.add(lane.bytes.byteOffset)
    }
  }
  expect(places.size).toBe(20)
  for (const [index, at] of [...places].entries()) {
    expect(new Uint8Array(memory.parts.rings, at, memory.parts.laneBytes).every(byte => byte === index + 1)).toBe(true)
    const header = new Int32Array(memory.parts.rings, index * LANE_HEADER_BYTES, LANE_HEADER_BYTES / 4)
    expect(header.every(word => word === index + 1)).toBe(true)
  }
})

test.each([0, -1, 1.5, 1025, Number.NaN])('%d threads are refused', threads => {
  expect(() => SharedMemory.create(threads, { cores: 1 })).toThrow(InvalidCall)
})

test('successors have slots of their own, as far as the machine has address space for their lanes', () => {
  const memory = SharedMemory.create(3, { cores: 1, spare: 3 })
  expect([memory.slots, memory.board.lives, memory.parts.laneBytes]).toEqual([6, 3, 256 * 1024])
  const grant = SharedArrayBuffer
  const asked: number[] = []
  class Scarce extends grant {
    constructor(bytes = 0) {
      asked.push(bytes)
      if (bytes > 64 * 1024 * 1024) throw new RangeError('out of memory')
      super(bytes)
    }
  }
  globalThis.SharedArrayBuffer = Scarce
  try {
    expect(SharedMemory.create(10, { cores: 1, spare: 10 }).slots).toBe(15)
    expect(asked.length).toBe(3)
    expect(() => SharedMemory.create(20, { cores: 1, spare: 20 })).toThrow(
      '96 MiB of address space for the lanes of 20 threads',
    )
  } finally {
    globalThis.SharedArrayBuffer = grant
  }
})
