// What becomes of bytes that are handed over: on the sender's side, on the receiver's, and of what lies beside them.
import { describe, expect, test } from 'vitest'
import { moved } from '../moved.ts'
import { InvalidCall, NotSendable } from './errors.ts'
import { type Bytes, copiedBytes, dressed, MovedBytes } from './moved.ts'
import { Copier } from './values.ts'

const numbers = [1, 2, 3, 4, 5, 6, 7, 8]
const memory = (): ArrayBuffer => Uint8Array.from(numbers).buffer
const bytesOf = (bytes: Bytes): number[] => [
  ...(bytes instanceof ArrayBuffer
    ? new Uint8Array(bytes)
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
]

const whole: [string, Bytes][] = [
  ['ArrayBuffer', memory()],
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float16Array].map(
    (View): [string, Bytes] => [View.name, new View(memory())],
  ),
  ...[Float32Array, Float64Array].map((View): [string, Bytes] => [View.name, new View(memory())]),
  ...[BigInt64Array, BigUint64Array].map((View): [string, Bytes] => [View.name, new View(memory())]),
  ['DataView', new DataView(memory())],
  ['Buffer', Buffer.from(memory())],
]

describe('a whole buffer', () => {
  test.each(whole)('%s is handed over: the same bytes under the same class, and the sender has none', (_, bytes) => {
    const kind = Object.getPrototypeOf(bytes) as object
    const buffer = bytes instanceof ArrayBuffer ? bytes : bytes.buffer
    const beside = new Uint8Array(buffer)
    const made = new MovedBytes(bytes)
    expect(made.whole).toBe(true)
    expect(made.byteLength).toBe(8)
    expect(buffer.detached).toBe(false)
    const taken = made.take()
    expect(Object.getPrototypeOf(taken)).toBe(kind)
    expect(bytesOf(taken)).toEqual(numbers)
    expect(buffer.detached).toBe(true)
    expect(beside.length).toBe(0)
  })

  test('is not copied: memory that cannot be had twice changes hands', () => {
    // all views of one buffer are detached by it, which no copy would do
    const view = new Uint8Array(64 * 1024 * 1024)
    const other = new Float64Array(view.buffer)
    view[5] = 5
    const taken = new MovedBytes(view).take() as Uint8Array
    expect(taken[5]).toBe(5)
    expect([view.length, other.length, view.buffer.detached]).toEqual([0, 0, true])
  })

  test('an empty one goes too', () => {
    const empty = new Uint8Array(0)
    expect(new MovedBytes(empty).take()).toEqual(new Uint8Array(0))
    expect(empty.buffer.detached).toBe(true)
  })
})

describe('a part of a buffer', () => {
  test.each<[string, (buffer: ArrayBuffer) => Bytes, number[]]>([
    ['its beginning', buffer => new Uint8Array(buffer, 0, 3), [1, 2, 3]],
    ['its end', buffer => new DataView(buffer, 6), [7, 8]],
    ['its middle', buffer => new Int16Array(buffer, 2, 2), [3, 4, 5, 6]],
    ['nothing of it', buffer => new Uint8Array(buffer, 4, 0), []],
  ])('is copied, and all of the buffer stays: %s', (_, part, expected) => {
    const buffer = memory()
    const view = part(buffer)
    const made = new MovedBytes(view)
    expect(made.whole).toBe(false)
    const taken = made.take()
    expect(Object.getPrototypeOf(taken)).toBe(Object.getPrototypeOf(view))
    expect(bytesOf(taken)).toEqual(expected)
    expect(buffer.detached).toBe(false)
    new Uint8Array(buffer).fill(0)
    expect(bytesOf(taken)).toEqual(expected)
  })

  test('so is a small Buffer of Node.js, whose neighbours are not ours', () => {
    const neighbour = Buffer.from('neighbour')
    const small = Buffer.from('small')
    expect(small.buffer).toBe(neighbour.buffer)
    const taken = new MovedBytes(small).take()
    expect(Buffer.isBuffer(taken) && taken.toString()).toBe('small')
    expect([neighbour.toString(), small.toString()]).toEqual(['neighbour', 'small'])
  })
})

describe('what cannot be handed over', () => {
  class Image extends Uint8Array {}
  const gone = new Uint8Array(4)
  gone.buffer.transfer()

  test.each<[string, unknown, RegExp]>([
    ['a string', 'text', /^moved: the string 'text' cannot be handed over; pass an ArrayBuffer, a typed array/],
    ['nothing', undefined, /^moved: undefined cannot be handed over/],
    ['an array', [1, 2], /^moved: an instance of Array cannot be handed over/],
    ['a class of the user’s', new Image(4), /^moved: an instance of Image cannot be handed over/],
    ['shared memory', new SharedArrayBuffer(4), /^moved: a SharedArrayBuffer cannot be handed over/],
    ['a view of it', new Uint8Array(new SharedArrayBuffer(4)), /lie in a SharedArrayBuffer.*; pass a copy$/],
    ['a resizable buffer', new ArrayBuffer(4, { maxByteLength: 8 }), /resizable ArrayBuffer; pass what its transferTo/],
    ['a view of one', new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 })), /resizable ArrayBuffer/],
    ['bytes that have gone', gone, /have been handed over already/],
  ])('%s', (_, value, message) => {
    expect(() => moved(value as Uint8Array)).toThrow(InvalidCall)
    expect(() => moved(value as Uint8Array)).toThrow(message)
  })

  test('memory of WebAssembly, which is found when it is taken', () => {
    const { WebAssembly } = globalThis as unknown as {
      WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } }
    }
    const bytes = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer)
    bytes[5] = 5
    const made = new MovedBytes(bytes)
    expect(() => made.take()).toThrow(InvalidCall)
    expect(bytes.length).toBe(65_536)
    // where it must not fail any more, it is copied
    const copy = made.takeOrCopy() as Uint8Array
    expect([copy.length, copy[5], bytes.length, made.gone]).toEqual([65_536, 5, 65_536, false])
  })

  test('the same bytes twice', () => {
    const bytes = new Uint8Array(4)
    const [one, two] = [new MovedBytes(bytes), new MovedBytes(bytes)]
    one.takeOrCopy()
    expect([one.gone, two.gone, bytes.length]).toEqual([true, true, 0])
    for (const made of [one, two]) expect(() => made.take()).toThrow(/have been handed over already/)
  })
})

test('in a message it is refused, with the path to it, and keeps its bytes', () => {
  const bytes = new Uint8Array(4)
  const refused = (value: unknown): unknown => {
    try {
      return new Copier().copy(value, undefined)
    } catch (error) {
      return error
    }
  }
  for (const [value, path] of [
    [moved(bytes), ''],
    [{ list: [moved(bytes)] }, '.list[0]'],
  ] as const) {
    const error = refused(value) as NotSendable
    expect(error).toBeInstanceOf(NotSendable)
    expect(error.path).toBe(path)
    expect(error.message).toMatch(/is moved\(…\) \(only a whole argument of run, or a whole value of a channel, can be/)
  }
  expect(bytes.length).toBe(4)
})

test('bytes without their class get it again', () => {
  const bytes = Buffer.from([1, 2, 3])
  const bare = copiedBytes(bytes)!
  expect(bare.buffer.byteLength).toBe(3)
  const made = dressed(bare) as Buffer
  expect(Buffer.isBuffer(made)).toBe(true)
  expect([...made]).toEqual([1, 2, 3])
  bytes[0] = 9
  expect(made[0]).toBe(1)
  for (const other of [[1], 'x', null, new Date(0)]) expect(copiedBytes(other)).toBeUndefined()
})
