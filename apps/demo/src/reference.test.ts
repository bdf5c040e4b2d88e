import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Figures } from './airport.ts'
import { differences, Reference } from './reference.ts'

const flight = fc.record({
  origin: fc.constantFrom('AAA', 'BBB', 'CCC'),
  destination: fc.constantFrom('BBB', 'CCC', 'DDD'),
  hour: fc.nat(23),
  delay: fc.integer({ min: -60, max: 600 }),
})

function reduced(flights: Parameters<Reference['add']>[0][], times?: number): Map<string, Figures> {
  const reference = new Reference()
  for (const each of flights) reference.add(each)
  return reference.figures(times)
}

test('figures worked out by hand', () => {
  const found = reduced([
    { origin: 'AAA', destination: 'BBB', hour: 9, delay: -7 },
    { origin: 'AAA', destination: 'BBB', hour: 9, delay: -3 },
    { origin: 'AAA', destination: 'AAA', hour: 4, delay: 20 },
    { origin: 'AAA', destination: 'AAA', hour: 4, delay: 5 },
    { origin: 'CCC', destination: 'BBB', hour: 0, delay: -9 },
  ])
  expect(Object.fromEntries(found)).toEqual({
    AAA: { departed: 4, landed: 2, delayTotal: 25, longestDelay: 20, busiestHour: 4 }, // 4 and 9 tie: the earlier
    BBB: { departed: 0, landed: 3, delayTotal: -19, longestDelay: -3, busiestHour: null }, // all early
    CCC: { departed: 1, landed: 0, delayTotal: 0, longestDelay: 0, busiestHour: 0 },
  })
})

test('n replays are n times the rows', () => {
  fc.assert(
    fc.property(fc.array(flight), fc.integer({ min: 1, max: 5 }), (flights, times) => {
      expect(reduced(flights, times)).toEqual(reduced(new Array(times).fill(flights).flat()))
    }),
  )
})

test('nothing differs from itself, and each single change is found', () => {
  fc.assert(
    fc.property(fc.array(flight, { minLength: 1 }), fc.nat(), fc.nat(), (flights, whose, which) => {
      const reference = reduced(flights)
      expect(differences(reduced(flights), reference)).toEqual([])
      const changed = reduced(flights)
      const airport = [...changed.keys()][whose % changed.size]!
      const figures = changed.get(airport)!
      const figure = (Object.keys(figures) as (keyof Figures)[])[which % 5]!
      const was = figures[figure]
      figures[figure] = was === null ? 0 : was + 1
      expect(differences(changed, reference)).toEqual([{ airport, figure, actors: figures[figure], reference: was }])
    }),
  )
})

test('an airport that one side lacks differs in every figure', () => {
  const some = reduced([{ origin: 'AAA', destination: 'BBB', hour: 9, delay: 1 }])
  const more = reduced([{ origin: 'AAA', destination: 'BBB', hour: 9, delay: 1 }])
  more.set('CCC', { departed: 0, landed: 0, delayTotal: 0, longestDelay: 0, busiestHour: null })
  expect(differences(some, more)).toHaveLength(5)
  expect(differences(more, some).map(({ airport, reference }) => [airport, reference])).toEqual(
    new Array(5).fill(['CCC', undefined]),
  )
})
