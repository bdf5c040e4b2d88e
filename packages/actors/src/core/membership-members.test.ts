// The table of members merges to the same in any order.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Fact, type FactState, Members } from './membership-members.ts'

const STATES: FactState[] = ['joining', 'up', 'leaving', 'down', 'left']
const fact = (id: string, state: FactState, version = 1): Fact => {
  return { id, state, why: state, addresses: [`at-${version}`], about: new Uint8Array([version]), version }
}
const facts = fc.array(
  fc.record({ id: fc.constantFrom('a~1', 'b~1', 'a~2'), state: fc.constantFrom(...STATES), version: fc.nat(3) }),
)

test('order and repetition do not matter', () => {
  fc.assert(
    fc.property(facts, fc.infiniteStream(fc.nat()), (told, random) => {
      const tables = [told, told.toSorted(() => (random.next().value! % 2) - 0.5), [...told, ...told]].map(list => {
        const members = new Members()
        for (const { id, state, version } of list) members.merge(fact(id, state, version), false)
        return members.all().toSorted((a, b) => (a.id < b.id ? -1 : 1))
      })
      expect(tables[1]).toEqual(tables[0])
      expect(tables[2]).toEqual(tables[0])
    }),
  )
})

test('a state only rises, and what has risen is news for others; what a node says of itself is not theirs to tell', () => {
  const members = new Members()
  members.merge(fact('a~1', 'up'), true)
  expect(members.raise('a~1', 'joining', 'late')).toBeUndefined()
  expect(members.since(0).map(({ id }) => id)).toEqual(['a~1'])
  const seen = members.changes
  members.merge(fact('a~1', 'up', 2), true)
  expect(members.since(seen)).toEqual([])
  expect(members.get('a~1')!.about).toEqual(new Uint8Array([2]))
  expect(members.raise('a~1', 'down', 'gone')).toMatchObject({ from: 'up' })
  expect(members.raise('a~1', 'left', 'its own word')).toMatchObject({ from: 'down' })
  expect(members.since(seen)).toHaveLength(1)
})

test('the living one of a name is found, the first where several want it; of the ended, 256 are remembered', () => {
  const members = new Members()
  members.merge(fact('a~3', 'joining'), true)
  members.merge(fact('a~2', 'joining'), true)
  members.merge(fact('a~1', 'down'), true)
  expect(members.named('a')!.id).toBe('a~2')
  members.raise('a~3', 'up', '')
  expect(members.named('a')!.id).toBe('a~3')
  for (let i = 0; i < 300; i++) members.merge(fact(`n${i}~1`, 'down'), false)
  expect(members.all().filter(({ state }) => state === 'down')).toHaveLength(256)
  expect(members.ended('n299~1')).toBe(true)
})
