// The map against one that forgets at once.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FadingMap } from './fading-map.ts'

test('it holds what a map holds', () => {
  const steps = fc.array(fc.record({ key: fc.nat(200), isIn: fc.boolean() }), { maxLength: 600 })
  const property = fc.property(steps, all => {
    const map = new FadingMap<{ n: number }>()
    const plain = new Map<string, { n: number }>()
    for (const [n, { key, isIn }] of all.entries()) {
      if (isIn) {
        map.set(`${key}`, { n })
        plain.set(`${key}`, { n })
      } else {
        map.delete(`${key}`)
        plain.delete(`${key}`)
      }
      expect(map.size).toBe(plain.size)
      expect(map.get(`${key}`)).toEqual(plain.get(`${key}`))
    }
    const sorted = (entries: Iterable<[string, { n: number }]>) => [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
    expect(sorted(map.entries())).toEqual(sorted(plain))
    expect([...map.values()].length).toBe(plain.size)
  })
  expect(() => fc.assert(property)).not.toThrow()
})
