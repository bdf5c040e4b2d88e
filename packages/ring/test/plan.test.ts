// A plan applied to the old ring is the new one, to the key; and its shares are those that move.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ring, type Plan, type Ring, type RingOptions } from '../src/index.ts'

const tables: RingOptions[] = [{}, { strategy: 'ketama' }, { strategy: 'maglev', tableSize: 1009 }, { hash: 'fnv1a64' }]
const computed: RingOptions[] = [{ strategy: 'rendezvous' }, { strategy: 'jump' }]
const KEYS = Array.from({ length: 2000 }, (_, n) => `key-${n}`)

const nodes = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { minLength: 1, maxLength: 8 })
  .chain(ids => fc.tuple(...ids.map(id => fc.record({ id: fc.constant(id), weight: fc.integer({ min: 1, max: 3 }) }))))

/** Where a key is after the plan's ranges have moved, from a search like that of somebody who has only the plan. */
function applied(before: Ring, plan: Plan, key: string): string {
  const at = before.position(key)!
  const range = plan.ranges.find(({ first, last }) => first <= at && at <= last)
  if (range) expect(range.from).toBe(before.owner(key))
  return range?.to ?? before.owner(key)
}

test.each(tables)('%o: ranges applied to the old ring are the new one, exactly', options => {
  const moves = fc.property(nodes, nodes, (some, others) => {
    const before = ring(some, options)
    const next = ring(others, options)
    const plan = before.plan(next)
    expect(plan.exact).toBe(true)
    for (const key of KEYS.slice(0, 300)) expect(applied(before, plan, key)).toBe(next.owner(key))
    for (const [n, { first, last, from, to }] of plan.ranges.entries()) {
      expect(first).toBeLessThanOrEqual(last)
      expect(from).not.toBe(to)
      if (n > 0) expect(first).toBeGreaterThan(plan.ranges[n - 1]!.last)
    }
    const size = options.tableSize ?? 2 ** 32
    const width = plan.ranges.reduce((sum, { first, last }) => sum + (last - first + 1), 0)
    expect(plan.share).toBeCloseTo(width / size, 10)
  })
  fc.assert(moves, { numRuns: 30 })
})

describe.each([...tables, ...computed])('%o', options => {
  const before = ring(['a', 'b', 'c', 'd'], options)
  const next = before.with('e').without('b')
  const plan = before.plan(next)

  test('of these keys, it names all that move, from whom and to whom', () => {
    const moving = plan.of(KEYS)
    const now = new Map(KEYS.map(key => [key, before.owner(key)]))
    for (const { key, from, to } of moving) {
      expect(now.get(key)).toBe(from)
      expect(to).not.toBe(from)
      now.set(key, to)
    }
    expect([...now.values()]).toEqual(KEYS.map(key => next.owner(key)))
    expect(moving.length).toBeGreaterThan(0)
  })
  test('shares are near those of the keys that move', () => {
    const moving = plan.of(KEYS)
    expect(plan.moves.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(plan.share, 10)
    // six deviations of 2,000 keys, and of the 16,384 that stand for all
    const near = (share: number) => 6 * Math.sqrt(share * (1 - share) * (1 / KEYS.length + 1 / 16_384))
    expect(Math.abs(plan.share - moving.length / KEYS.length)).toBeLessThan(near(plan.share))
    for (const { from, to, share } of plan.moves) {
      const found = moving.filter(move => move.from === from && move.to === to).length / KEYS.length
      expect(Math.abs(share - found)).toBeLessThan(near(share) + 0.001)
    }
    expect(plan.moves.map(({ share }) => share)).toEqual(plan.moves.map(({ share }) => share).toSorted((a, b) => b - a))
  })
  test('to itself is empty', () => {
    expect(before.plan(before)).toMatchObject({ moves: [], ranges: [], share: 0 })
    expect(before.plan(ring(['a', 'b', 'c', 'd'], options)).of(KEYS)).toEqual([])
  })
})

test('from one strategy to another it knows no ranges, but of each key whether it moves', () => {
  const before = ring(['a', 'b', 'c'], { strategy: 'ketama' })
  const next = ring(['a', 'b', 'c'])
  const plan = before.plan(next)
  expect(plan).toMatchObject({ exact: false, ranges: [] })
  // two rings that know nothing of each other agree on a third
  expect(plan.share).toBeGreaterThan(0.55)
  expect(plan.share).toBeLessThan(0.8)
  for (const { key, from, to } of plan.of(KEYS)) expect([before.owner(key), next.owner(key)]).toEqual([from, to])
})
