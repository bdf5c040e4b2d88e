import { expect, test } from 'vitest'
import { Leader } from './leader.ts'
import type { Entry } from './log-messages.ts'
import { quorumsOf } from './quorum.ts'

const open: Entry<string> = { kind: 'open', time: 0 }
const change = (epoch: number): Entry<string> => ({
  kind: 'members',
  time: 0,
  members: { epoch, quorums: quorumsOf(['a']) },
})
const votes = (round: number, ...values: Entry<string>[]) =>
  values.map(value => ({ ballot: { round, node: 'x' }, value }))
const ballot = { epoch: 1, round: 1, node: 'a' }
const leader = (): Leader<string> => new Leader('a', ballot, quorumsOf(['a', 'b', 'c']), { batch: 10, window: 10 })

test('the latest vote of each slot is proposed again, whoever tells of it', () => {
  const one = leader()
  expect(one.promised('a', { kind: 'promise', ballot, decided: 4, from: 5, votes: votes(1, open, open) }, 4)).toBe(
    undefined,
  )
  const late: Entry<string> = { kind: 'open', time: 2 }
  const again = one.promised('b', { kind: 'promise', ballot, decided: 3, from: 4, votes: votes(2, open, late) }, 4)
  expect(again).toEqual([late, open])
  expect(one).toMatchObject({ isLeading: true, isClosed: false, last: 6, recovered: 6 })
})
test('nothing behind the end of its epoch is proposed; a change of an epoch that is over is no end', () => {
  const promise = (epoch: number) => ({
    kind: 'promise' as const,
    ballot,
    decided: 0,
    from: 1,
    votes: votes(1, open, change(epoch), open),
  })
  const [ends, goesOn] = [leader(), leader()]
  for (const one of [ends, goesOn]) one.promised('a', { kind: 'promise', ballot, decided: 0, from: 1, votes: [] }, 0)
  expect(ends.promised('b', promise(2), 0)).toEqual([open, change(2)])
  expect(ends.isClosed).toBe(true)
  expect(goesOn.promised('b', promise(1), 0)).toEqual([open, change(1), open])
  expect(goesOn.isClosed).toBe(false)
})
test('as far as a quorum has all, it is decided', () => {
  const one = leader()
  const empty = { kind: 'promise' as const, ballot, decided: 0, from: 1, votes: [] }
  one.promised('a', empty, 0)
  one.promised('b', empty, 0)
  one.append([open, open, open])
  const say = (from: string, upTo: number): boolean =>
    one.heard(from, { kind: 'accepted', ballot, upTo, isMissing: false, probe: 0 })
  say('a', 3)
  expect(one.decided()).toBe(0)
  say('b', 2)
  expect(one.decided()).toBe(2)
  say('c', 3)
  expect(one.decided()).toBe(3)
})
