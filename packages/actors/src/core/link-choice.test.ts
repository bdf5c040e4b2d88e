// The decider's choice between connections, by what their peer says of itself.
import { expect, test } from 'vitest'
import { LinkChoice } from './link-choice.ts'

function choice() {
  const said: string[] = []
  const of = new LinkChoice<string>({
    go: (next, generation, before) =>
      said.push(`go ${next} ${generation}${before === undefined ? '' : ` for ${before}`}`),
    duplicate: other => said.push(`not ${other}`),
  })
  return { of, said }
}

test('the first is taken; what the peer began before it adopted that one is a duplicate', () => {
  const { of, said } = choice()
  of.offer('x', { stamp: 1, generation: 0 })
  of.offer('y', { stamp: 2, generation: 0 }) // both dialed at once
  expect(said).toEqual(['go x 1'])
  of.confirm('x', 3)
  expect(said).toEqual(['go x 1', 'not y'])
  of.offer('z', { stamp: 4, generation: 1 }) // it was dialed although there is one
  expect(said.at(-1)).toBe('not z')
})
test('what the peer began after it had lost the current one takes its place', () => {
  const { of, said } = choice()
  of.offer('x', { stamp: 1, generation: 0 })
  of.offer('y', { stamp: 5, generation: 0 })
  of.confirm('x', 3)
  expect(said).toEqual(['go x 1', 'go y 2 for x'])
  of.confirm('y', 6)
  of.offer('z', { stamp: 7, generation: 0 })
  expect(said.at(-1)).toBe('go z 3 for y')
})
test('one that waits takes over when the current one ends', () => {
  const { of, said } = choice()
  of.offer('x', { stamp: 1, generation: 0 })
  of.offer('y', { stamp: 2, generation: 0 })
  of.offer('z', { stamp: 3, generation: 0 })
  expect(said).toEqual(['go x 1', 'not y'])
  of.ended('x')
  expect(said.at(-1)).toBe('go z 2')
  of.ended('y')
  of.confirm('x', 9) // too late
  of.offer('w', { stamp: 4, generation: 0 })
  of.ended('w')
  of.ended('z')
  of.offer('v', { stamp: 5, generation: 0 })
  expect(said.slice(3)).toEqual(['go v 3'])
})
