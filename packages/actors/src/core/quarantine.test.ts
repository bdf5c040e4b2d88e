// Who is quarantined, and when.
import { expect, test } from 'vitest'
import type { ActorId } from './errors.ts'
import { OFFENCES, Quarantine, WITHIN } from './quarantine.ts'

const [one, two] = ['one', 'two'] as ActorId[] as [ActorId, ActorId]

test('with its third offence within a minute, and for good', () => {
  const quarantine = new Quarantine()
  for (let n = 1; n < OFFENCES; n++) quarantine.note(one, n)
  quarantine.note(two, OFFENCES)
  expect(quarantine.all).toEqual([])
  quarantine.note(one, OFFENCES)
  expect(quarantine.all).toEqual([one])
  quarantine.note(two, 10 * WITHIN)
  expect(quarantine.all).toEqual([one])
})

test('what is long ago does not count', () => {
  const quarantine = new Quarantine()
  for (let n = 0; n < 10 * OFFENCES; n++) quarantine.note(one, (n * WITHIN) / (OFFENCES - 1))
  expect(quarantine.all).toEqual([])
})
