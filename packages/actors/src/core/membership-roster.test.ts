// What a quorum is, and which roster follows.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareIds, incarnationOf, isQuorum, nameOf, nodeIdOf, rosterAfter } from './membership-roster.ts'

const voters = ['a~1', 'b~1', 'c~1', 'd~1']
const roster = { cluster: 'a~1', number: 4, voters, by: 'a~1' }
const all = (): boolean => true
const among =
  (...ids: string[]) =>
  (id: string): boolean =>
    ids.includes(id)

test('an id is a name and when its system was created; who was created earlier comes first', () => {
  const id = nodeIdOf('node_1.x-y', 1_795_466_000_000)
  expect([nameOf(id), incarnationOf(id)]).toEqual(['node_1.x-y', 1_795_466_000_000])
  expect(['b~2', 'a~10', 'a~2', 'c~1'].toSorted(compareIds)).toEqual(['c~1', 'a~2', 'b~2', 'a~10'])
})

test('more than half is a quorum, and half with the senior one of those that are left', () => {
  expect(isQuorum(voters, among('b~1', 'c~1', 'd~1'))).toBe(true)
  expect(isQuorum(voters, among('a~1', 'd~1'))).toBe(true)
  expect(isQuorum(voters, among('b~1', 'c~1'))).toBe(false)
  expect(isQuorum(voters, among('b~1'), among('a~1', 'd~1'))).toBe(true)
  expect(isQuorum(voters, among('c~1'), among('a~1', 'd~1'))).toBe(false)
  expect(isQuorum([], all)).toBe(false)
})

test('two that share nobody are never both a quorum, whatever each knows of who has ended', () => {
  const part = fc.array(fc.boolean(), { minLength: 9, maxLength: 9 })
  const count = fc.integer({ min: 1, max: 9 })
  fc.assert(
    fc.property(count, part, part, part, part, (size, side, ended, known, knownToo) => {
      const ids = Array.from({ length: size }, (_, i) => `n${i}~1`)
      const at = (id: string): number => Number(id[1])
      const gone = (seen: boolean[]) => (id: string) => ended[at(id)]! && seen[at(id)]!
      const one = isQuorum(ids, id => side[at(id)]! && !ended[at(id)]!, gone(known))
      const other = isQuorum(ids, id => !side[at(id)]! && !ended[at(id)]!, gone(knownToo))
      expect(one && other).toBe(false)
    }),
    { numRuns: 2_000 },
  )
})

test('newcomers come behind, in order, and so many that those in touch stay a quorum', () => {
  const next = rosterAfter(roster, among('a~1', 'c~1'), all, ['f~3', 'e~3', 'a~1', 'g~4'], 'c~1')
  expect(next).toEqual({ cluster: 'a~1', number: 5, voters: ['a~1', 'c~1', 'e~3', 'f~3'], by: 'c~1' })
  expect(rosterAfter(roster, all, among('b~1', 'c~1', 'd~1'), ['e~3', 'f~3'], 'b~1').voters).toEqual([...voters, 'e~3'])
  expect(rosterAfter(roster, all, among('a~1'), ['e~3'], 'a~1').voters).toEqual(voters)
})
