// One motion, step by step.
import { expect, test } from 'vitest'
import { isQuorum, type Roster } from './membership-roster.ts'
import { Votes } from './membership-votes.ts'

const voters = ['a~1', 'b~1', 'c~1']
const LONGEST = 1_400
const next = (...ids: string[]): Roster => ({ cluster: 'a~1', number: 2, voters: ids, by: ids[0]! })
const fresh = (): { quiet: string[]; wait: number } => ({ quiet: [], wait: 0 })
const quiet = (id: string, wait: number) => (): { quiet: string[]; wait: number } => ({ quiet: [id], wait })
const decided = (votes: Votes, now: number, settled = true): Roster | undefined =>
  votes.decided(
    now,
    voters,
    has => isQuorum(voters, has),
    () => false,
    LONGEST,
    settled,
  )

function voter(id: string): Votes {
  const votes = new Votes(id)
  votes.begin(1)
  return votes
}
/** The first two have accepted a roster without the third. */
function accepted(granted = quiet('c~1', 300)): [Votes, Votes] {
  const [a, b] = [voter('a~1'), voter('b~1')]
  a.open(0)
  expect(b.merge(a.motion!, 1, granted)).toBe(true)
  a.merge(b.motion!, 2, granted)
  a.put(() => next('a~1', 'b~1'), 2, granted)
  expect(b.merge(a.motion!, 3, granted)).toBe(true)
  a.merge(b.motion!, 4, granted)
  return [a, b]
}

test('a roster is decided when the leases of those without a vote have run out', () => {
  const [a] = accepted()
  expect(decided(a, 303)).toBeUndefined()
  expect(decided(a, 304, false)).toBeUndefined()
  expect(decided(a, 304)).toEqual(next('a~1', 'b~1'))
  const [late] = accepted(fresh)
  expect(decided(late, 4 + LONGEST - 1)).toBeUndefined()
  expect(decided(late, 4 + LONGEST)).toBeDefined()
})

test('or at once, when all have accepted it', () => {
  const [a, b] = accepted(fresh)
  const c = voter('c~1')
  c.merge(b.motion!, 5, fresh)
  a.merge(c.motion!, 6, fresh)
  expect(decided(a, 6)).toEqual(next('a~1', 'b~1'))
})

test('who has accepted gives a lease to whoever has too, and to nobody else, also while another ballot is open', () => {
  const [a, b] = accepted()
  expect([a.mayGrant('b~1'), a.mayGrant('c~1')]).toEqual([true, false])
  const c = voter('c~1')
  c.merge({ ...b.motion!, value: null, accepted: [], ballot: { round: 7, by: 'c~1' } }, 5, fresh)
  b.merge(c.motion!, 6, fresh)
  expect(b.motion!.value).toBeNull()
  expect([b.mayGrant('a~1'), b.mayGrant('c~1')]).toEqual([true, false])
})

test('a later ballot takes up what may have been decided, and an earlier one is not heard any more', () => {
  const [a, b] = accepted()
  const c = voter('c~1')
  c.open(10)
  c.open(11)
  b.merge(c.motion!, 12, fresh)
  c.merge(b.motion!, 13, fresh)
  c.put(() => next('c~1'), 13, fresh)
  expect(c.motion!.value).toEqual(next('a~1', 'b~1'))
  expect(b.merge(a.motion!, 14, fresh)).toBe(false)
  expect(b.motion!.ballot).toEqual({ round: 2, by: 'c~1' })
})

test('a motion about another roster is none of its business', () => {
  const [a] = accepted()
  const d = new Votes('c~1')
  d.begin(2)
  expect(d.merge(a.motion!, 1, fresh)).toBe(false)
  expect(d.motion).toBeUndefined()
})
