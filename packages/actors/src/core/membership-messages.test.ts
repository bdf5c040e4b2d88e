// What a peer may say: everything else is refused, with the place.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Beat, membershipMessage, MembershipGarbled } from './membership-messages.ts'

const roster = { cluster: 'a~1', number: 1, voters: ['a~1', 'b~2'], by: 'a~1' }
const ballot = { round: 1, by: 'b~2' }
const fact = { id: 'b~2', state: 'up', why: '', addresses: ['x'], about: new Uint8Array(3), version: 1 } as const
const beat: Beat = {
  kind: 'beat',
  cluster: 'a~1',
  founds: false,
  number: 1,
  at: 12.5,
  heard: -1,
  echo: -1,
  quorum: 0,
  version: 3,
  since: 0,
  seen: 0,
  facts: [fact],
  ages: [['b~2', 700.25]],
  roster,
  motion: {
    base: 1,
    ballot,
    promised: ['a~1'],
    best: { ballot, roster },
    value: roster,
    accepted: [{ by: 'a~1', quiet: [], wait: 0 }],
  },
}

test('what makes sense comes through as it is, without what does not belong there', () => {
  expect(membershipMessage({ ...beat, more: 1 })).toEqual(beat)
  const expelled = { kind: 'expelled', by: 'a~1', why: 'late' }
  expect(membershipMessage(expelled)).toEqual(expelled)
})

test.each([
  ['nothing', null, 'message'],
  ['another kind', { kind: 'else' }, 'message.kind'],
  ['a time that is none', { ...beat, at: NaN }, 'message.at'],
  ['a time beyond all', { ...beat, at: Infinity }, 'message.at'],
  ['a count that is none', { ...beat, number: 1.5 }, 'message.number'],
  ['a name that is none', { ...beat, cluster: 'a b~1' }, 'message.cluster'],
  ['a name that is too long', { ...beat, cluster: `${'a'.repeat(65)}~1` }, 'message.cluster'],
  ['too many', { ...beat, ages: new Array(1_025).fill(['a~1', 1]) }, 'message.ages'],
  ['the same twice', { ...beat, facts: [fact, fact] }, 'message.facts'],
  ['too much', { ...beat, facts: [{ ...fact, about: new Uint8Array(16_385) }] }, 'message.facts[0].about'],
  ['an unknown state', { ...beat, facts: [{ ...fact, state: 'suspect' }] }, 'message.facts[0].state'],
  ['a roster of nobody', { ...beat, roster: { ...roster, voters: [] } }, 'message.roster'],
  ['a motion without ballot', { ...beat, motion: { ...beat.motion, ballot: null } }, 'message.motion.ballot'],
])('%s is refused, and where', (_, message, path) => {
  const attempt = (): unknown => membershipMessage(message)
  expect(attempt).toThrow(MembershipGarbled)
  expect(attempt).toThrow(` ${path} is no `)
})

test('whatever comes, it is a message or garbled', () => {
  const any = fc.anything({ withNullPrototype: true, withBigInt: true, withTypedArray: true })
  const keys = fc.constantFrom(...(Object.keys(beat) as (keyof Beat)[]))
  fc.assert(
    fc.property(keys, any, (key, value) => {
      try {
        membershipMessage({ ...beat, [key]: value })
      } catch (error) {
        expect(error).toBeInstanceOf(MembershipGarbled)
      }
    }),
    { numRuns: 2_000 },
  )
})
