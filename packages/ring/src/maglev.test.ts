// Maglev's table against the paper's example, and what its construction promises.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fill, type Turns } from './maglev.ts'

const turns = (offset: number, skip: number, weight = 1): Turns => ({ offset, skip, weight })

test('the paper’s example (Eisenbud et al., 2016, table 1): three backends, seven places, and without the second', () => {
  const all = [turns(3, 4), turns(0, 2), turns(3, 1)]
  expect([...fill(all, 7)]).toEqual([1, 0, 1, 0, 2, 2, 0])
  expect([...fill([all[0]!, all[2]!], 7)].map(node => [0, 2][node])).toEqual([0, 0, 0, 0, 2, 2, 2])
})

test('shares of equal nodes differ by at most one place, and others are by weight', () => {
  const size = 251
  const node = fc.record({
    offset: fc.integer({ min: 0, max: size - 1 }),
    skip: fc.integer({ min: 1, max: size - 1 }),
    weight: fc.integer({ min: 1, max: 8 }),
  })
  const shares = fc.property(fc.array(node, { minLength: 1, maxLength: 20 }), nodes => {
    const places = (all: readonly Turns[]) => {
      const counts = all.map(() => 0)
      for (const owner of fill(all, size)) counts[owner]!++
      return counts
    }
    const equal = places(nodes.map(one => ({ ...one, weight: 1 })))
    expect(Math.max(...equal) - Math.min(...equal)).toBeLessThanOrEqual(1)
    const total = nodes.reduce((sum, { weight }) => sum + weight, 0)
    for (const [node, count] of places(nodes).entries()) {
      // each is up to a turn behind its part, and the others have taken those places
      expect(Math.abs(count - (size * nodes[node]!.weight) / total)).toBeLessThanOrEqual(nodes.length)
    }
  })
  fc.assert(shares)
})
