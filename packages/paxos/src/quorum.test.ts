import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decree } from './decree.ts'
import { PaxosError } from './paxos-error.ts'
import { type QuorumSizes, quorumsOf } from './quorum.ts'

const members = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`)

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
])('of %i members a majority is %i', (count, size) => {
  expect(quorumsOf(members(count))).toEqual({ members: members(count), prepare: size, accept: size })
})

test('where one size is given the other is the least that meets it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(8), fc.boolean(), (count, less, prepares) => {
      const size = 1 + (less % count)
      const { prepare, accept } = quorumsOf(members(count), prepares ? { prepare: size } : { accept: size })
      expect(prepares ? prepare : accept).toBe(size)
      expect(prepare + accept).toBe(count + 1)
    }),
  )
})

describe('what makes no sense is refused, with what to do', () => {
  test.each<[string[], QuorumSizes, string, RegExp]>([
    [[], {}, 'bad-members', /one acceptor at least/],
    [['a', 'b', 'a'], {}, 'bad-members', /'a' is twice/],
    [members(3), { prepare: 1, accept: 2 }, 'bad-quorum', /add up to 4 or more/],
    [members(3), { accept: 4 }, 'bad-quorum', /accept is 4; of 3 acceptors a quorum has 1 to 3/],
    [members(3), { accept: 1.5 }, 'bad-quorum', /accept is 1.5; .* 1 to 3/],
    [members(3), { prepare: 0 }, 'bad-quorum', /prepare is 0; .* 1 to 3/],
    [members(3), { accept: Number.NaN }, 'bad-quorum', /accept is NaN; .* 1 to 3/],
  ])('%j %j', (all, sizes, code, text) => {
    const made = (): unknown => quorumsOf(all, sizes)
    expect(made).toThrow(PaxosError)
    expect(made).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }))
  })
  test('a decree of one who has no vote', () => {
    const options = { member: 'x', life: 'x~1', quorums: quorumsOf(members(3)), random: () => 0 }
    expect(() => new Decree(options)).toThrow(expect.objectContaining({ code: 'not-a-member' }))
  })
})
