// What becomes of a frame's words between two processes, by hand; frames as they are sent, and as they should not be, are in
// test/nodes/wire-fuzz.test.ts.
import { Packr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import * as channel from '../core/channel-frame.ts'
import { packError, TroupeError } from '../core/errors.ts'
import * as frame from '../core/frame.ts'
import { FENCE } from '../core/handoff-frame.ts'
import { Places } from '../core/places.ts'
import { BadFrame } from './bad-frame.ts'
import { SharedTable } from './shared-table.ts'
import { FrameGate, leave } from './wire-frame.ts'
import { PeerTables } from './wire-tables.ts'

const { pack } = new Packr({ useRecords: false })
const table = (): SharedTable => SharedTable.create({ entries: 1024, units: 1 << 16 })
const record = (...data: unknown[]): Uint8Array => new TextEncoder().encode(JSON.stringify(data))
const places = new Places({ id: 'b~1', places: table() })
const [protocols, methods] = [table(), table()]
for (const name of ['x', 'y', 'add']) methods.intern(name)
protocols.intern('"other"')
const peer = new PeerTables({ places, protocols, methods, lives: () => 3 }, 'a~1')
peer.take(record('methods', 0, ['add', 'get']))
peer.take(record('protocols', 0, ['{"name":"p","version":1,"methods":["add"]}']))
peer.take(record('places', 0, ['b~1/2', 'c~1/0']))
const gate = new FrameGate([], ['find', 'downHeard', 'drain'])

const FAR = 4096
const number = (text: string): number => places.number(text)
const both = (home: number, birth: number): number => (home << 16) | birth

interface Parts {
  kind: number
  flags?: number
  high?: number
  count?: number
  encoding?: number
  body?: number[]
}
/** A frame with these words behind the first two, in the middle of a larger memory. */
function made({ kind, flags = 0, high = 0, count = 0, encoding = 0, body = [] }: Parts, ...rest: number[]) {
  const words = new Int32Array(64).fill(-1)
  const bytes = new Uint8Array(words.buffer)
  const base = 3
  const start = (base + 2 + rest.length) * 4
  words.set(rest, base + 2)
  bytes.set(body, start)
  const length = 4 * Math.ceil((8 + 4 * rest.length + body.length) / 4)
  words[base] = length
  words[base + 1] = frame.headWord(length - 8 - 4 * rest.length - body.length, kind, high, flags, count, encoding)
  const enter = (now = 1000): number[] => {
    gate.enter(bytes, words, base, length, peer, now)
    return [...words.subarray(base + 2, base + 2 + rest.length)]
  }
  return { words, bytes, base, length, enter }
}
const tell = (...rest: number[]) => made({ kind: frame.TELL, count: 1, body: [5] }, ...rest)
const target = [both(FAR, 1), 7, both(0, 1), -1]

describe('a frame that comes in', () => {
  test('has the numbers of this process', () => {
    expect(tell(...target).enter()).toEqual([
      both(2, number('a~1/1')),
      7,
      both(protocols.length - 1, methods.idOf('get')),
      -1,
    ])
  })

  test('has all sections translated', () => {
    const flags = frame.ROUTED | frame.SENDER | frame.DEADLINE | frame.CHAIN | frame.TRACE
    const sections = [9, FAR + 1, both(2, FAR), 8, both(3, 0), 250, 1, both(0, 0), 6, both(0, 0), 77, 0]
    const ask = made({ kind: frame.ASK, flags }, both(FAR, 1), 7, both(0, 0), 4, ...sections, 1, 2, 3, 4, 5, 6, 7)
    const protocol = protocols.length - 1
    const zero = number('a~1/0')
    expect(ask.enter(1000.7).slice(4)).toEqual([
      ...[9, number('c~1/0')],
      ...[both(number('a~1/2'), 2), 8, both(3, protocol)],
      1250,
      ...[1, both(zero, zero), 6, both(0, protocol), 77, methods.idOf('add')],
      ...[1, 2, 3, 4, 5, 6, 7],
    ])
  })

  test('about a channel has the threads translated that stand for numbers', () => {
    const say = (op: number, five: number, seven: number): number[] =>
      made({ kind: frame.CHANNEL }, both(FAR, 1), 5, (op << 24) | (3 << 16), five, 2, seven).enter()
    const [one, c] = [number('a~1/1'), number('c~1/0')]
    expect(say(channel.GREET, 0, FAR + 1)).toEqual([both(2, one), 5, (channel.GREET << 24) | (3 << 16), 0, 2, c])
    expect(say(channel.MOVED, 1, 1)[5]).toBe(one)
    expect(say(channel.BROKEN, FAR, 1).slice(3)).toEqual([2, 2, 1])
    expect(say(channel.CREDIT, 1, 1).slice(3)).toEqual([1, 2, 1])
  })

  test('about a move has its thread translated', () => {
    const fence = made({ kind: frame.HANDOFF, flags: frame.ROUTED }, both(FAR, 1), 7, both(0, FENCE), 3, 0, FAR, 2)
    expect(fence.enter().slice(5)).toEqual([2, 2])
  })
})

describe('a frame that cannot be right is refused', () => {
  const call = (operation: number, ...body: number[]) =>
    made({ kind: frame.CALL, count: 1, encoding: 1, body }, 0, 0, operation, -1)
  const answer = (kind: number, encoding: number, ...body: number[]) =>
    made({ kind, count: 1, encoding, body }, 0, 0, 0, 1)
  const about = (op: number, word4 = 0) => made({ kind: frame.CHANNEL }, both(1, 1), 5, (op << 24) | word4, 0, 0, 0)

  const claim = (op: number, place: number, at = 70) =>
    made({ kind: frame.CHANNEL, flags: channel.CLAIM }, place, 5, op << 24, 0, 0, 0, at, 1)

  const failure = [0xc1, ...pack({ ...packError(new TroupeError('', '')), stack: undefined })]
  const name = [0xc1, 0x91, 0xa1, 0x78]

  test.each([
    call(0, ...name),
    answer(frame.REPLY, 0, 5),
    answer(frame.FAILURE, 1, ...failure),
    about(1),
    claim(channel.RECEIVE, both(1, 1)),
  ])('though a right one is not (%#)', ({ enter }) => {
    expect(enter).not.toThrow()
  })
  test.each<[string, { enter: () => unknown }]>([
    ['a kind that there is not', made({ kind: 7 }, ...target)],
    ['a thread that the peer has not told of', tell(both(FAR + 2, 1), 7, both(0, 1), -1)],
    ['the hub as a thread', tell(both(4095, 1), 7, both(0, 1), -1)],
    ['a protocol that it has not told of', tell(both(0, 1), 7, both(1, 1), -1)],
    ['a method', tell(both(0, 1), 7, both(0, 2), -1)],
    ['nobody as the target', tell(both(0, 1), 0, both(0, 1), -1)],
    ['a message that asks', tell(both(0, 1), 7, both(0, 1), 5)],
    ['flags of another kind', made({ kind: frame.TELL, flags: frame.ADDRESSED }, ...target)],
    ['a flat record', made({ kind: frame.TELL, count: 1, encoding: frame.FLAT, body: [0xcd, 0, 0, 0] }, ...target)],
    [
      'several arguments that are one',
      made({ kind: frame.TELL, count: 2, encoding: 1, body: [0xc1, 0x80] }, ...target),
    ],
    ['a section that is cut', made({ kind: frame.TELL, flags: frame.SENDER }, ...target, both(0, 0))],
    ['a chain without end', made({ kind: frame.ASK, flags: frame.CHAIN }, both(0, 1), 7, 0, 1, 2 ** 31 - 1)],
    ['a chain of nobody', made({ kind: frame.ASK, flags: frame.CHAIN }, both(0, 1), 7, 0, 1, 0)],
    ['a call that there is not', call(8, ...name)],
    ['one that other nodes may not make', call(2, ...name)],
    ['one with other arguments', call(0, 0xc1, 0x91, 0x05)],
    ['a failure of an unknown form', answer(frame.FAILURE, 1, 0xc1, 0x80)],
    ['a failure that is a success', answer(frame.FAILURE, 0, 5)],
    ['a failure that is a number', answer(frame.FAILURE, 1, 5)],
    ['an answer to an actor', made({ kind: frame.REPLY }, both(0, 1), 7, 0, 1)],
    ['news of a channel that there are not', about(14)],
    ['a claim of nobody who waits', claim(channel.WITHDRAW, both(1, 1))],
    ["a claim in the name of this process's thread", claim(channel.RECEIVE, both(1, FAR))],
    [
      'a claim that is cut',
      made({ kind: frame.CHANNEL, flags: channel.CLAIM }, both(1, 1), 5, channel.RECEIVE << 24, 0, 0, 0),
    ],
    ['a claim without a word', claim(channel.RECEIVE, both(1, 1), -1)],
    ['a channel with a serial of 40 bits', about(1, 16 << 16)],
    ['a move without a thread', made({ kind: frame.HANDOFF, flags: frame.ROUTED }, both(0, 1), 7, 4, 0, 0, -1, 0)],
    ['a state that ends elsewhere', made({ kind: frame.HANDOFF, flags: frame.ROUTED }, both(0, 1), 7, 1, 0, 0, 0, 99)],
  ])('%s', (_, { enter }) => {
    expect(enter).toThrow(BadFrame)
  })

  test('a length that is not its own, another version, and what ends beyond the memory', () => {
    const { words, bytes, base, length } = tell(...target)
    const enter = (said: number) => () => gate.enter(bytes, words, base, said, peer, 0)
    expect(enter(length - 4)).toThrow(/length/)
    expect(enter(20)).toThrow(/length/)
    words[base] = 1024
    expect(enter(1024)).toThrow(/length/)
    words[base] = length
    words[base + 1]! ^= 1 << 30
    expect(enter(length)).toThrow(/version/)
  })
})

test('a deadline leaves as what is left, and comes as that much from now on', () => {
  const flags = frame.ROUTED | frame.DEADLINE
  const ask = made({ kind: frame.ASK, flags }, both(0, 1), 7, 0, 1, 0, 0, (2 ** 33 + 5000) | 0)
  leave(ask.words, ask.base, 2 ** 33 + 4000.5)
  expect(ask.words[ask.base + 8]).toBe(1000)
  expect(frame.deadlineOf(ask.enter(70)[6]!, 70)).toBe(1070)
  const without = tell(...target)
  const before = [...without.words]
  leave(without.words, without.base, 4000)
  expect([...without.words]).toEqual(before)
})
