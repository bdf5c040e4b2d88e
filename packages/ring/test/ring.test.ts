// What every strategy promises, as properties: the same for each, with the tolerance that its own chance asks for.
//
// Shares are random variables of the ids: of K keys a node with the part p gets K p on average, with the variance K p (1 - p),
// and with points on a circle also that of the circle, p^2 / points. Six deviations are never seen in all these runs.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ring, type NodeSpec, type Ring, type Strategy } from '../src/index.ts'

const strategies: readonly Strategy[] = ['ring', 'ketama', 'rendezvous', 'jump', 'maglev']
const POINTS = 160
const KEYS = Array.from({ length: 4000 }, (_, n) => `key-${n}`)

const ids = (most: number, least = 1) =>
  fc.uniqueArray(fc.string({ minLength: 1, unit: 'binary' }), { minLength: least, maxLength: most })
const runs = { numRuns: 40 }

/** Six deviations of how many of these keys somebody with the part p gets. */
function tolerance(strategy: Strategy, p: number, keys = KEYS.length): number {
  const circle = strategy === 'ring' || strategy === 'ketama' ? (keys * p) ** 2 / POINTS : 0
  return 6 * Math.sqrt(keys * p * (1 - p) + circle) + 1
}

const owners = (hosts: Ring) => KEYS.map(key => hosts.owner(key))
const count = <T>(list: readonly T[], test: (one: T, n: number) => boolean) => list.filter(test).length

test.each(strategies.filter(strategy => strategy !== 'jump'))(
  '%s: the order in which nodes are given does not matter',
  strategy => {
    const orders = fc.property(
      ids(8).chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const expected = ring(all, { strategy })
        const [first, ...others] = shuffled
        const grown = others.reduce((hosts, id) => hosts.with(id), ring([first!], { strategy }))
        for (const hosts of [ring(shuffled, { strategy }), grown]) {
          expect(owners(hosts)).toEqual(owners(expected))
          for (const key of KEYS.slice(0, 20)) expect(hosts.owners(key, 3)).toEqual(expected.owners(key, 3))
        }
      },
    )
    fc.assert(orders, { numRuns: 15 })
  },
)

describe.each(strategies)('%s', strategy => {
  const of = (nodes: readonly NodeSpec[]) => ring(nodes, { strategy })
  // maglev moves some keys besides, for its evenness. The paper measures under 2 % at this size of table: that is a mean, and of
  // thousands of rings some have twice as many
  const parts: number[] = []
  const expectFew = (strays: number) => {
    parts.push(strays / KEYS.length)
    expect(strays).toBeLessThanOrEqual(strategy === 'maglev' ? KEYS.length * 0.15 : 0)
  }
  const expectFewOnTheWhole = () => {
    expect(parts.splice(0).reduce((sum, part, _, all) => sum + part / all.length, 0)).toBeLessThan(0.02)
  }

  test('who joins takes keys for itself alone, about its part of them', () => {
    const joins = fc.property(ids(12, 2), all => {
      const joining = all.at(-1)!
      const before = owners(of(all.slice(0, -1)))
      const after = owners(of(all.slice(0, -1)).with(joining))
      const moved = count(after, (id, n) => id !== before[n])
      const strays = count(after, (id, n) => id !== before[n] && id !== joining)
      const part = 1 / all.length
      expect(Math.abs(moved - strays - KEYS.length * part)).toBeLessThan(tolerance(strategy, part))
      expectFew(strays)
    })
    fc.assert(joins, runs)
    expectFewOnTheWhole()
  })

  test('who leaves gives up only what it had', () => {
    const leaves = fc.property(ids(12, 2), fc.nat(), (all, n) => {
      const leaving = all[n % all.length]!
      const last = all.at(-1)!
      const hosts = of(all)
      const before = owners(hosts)
      const after = owners(hosts.without(leaving))
      expect(after).not.toContain(leaving)
      // jump gives the number of who leaves to the last node, whose own keys then go elsewhere
      const strays = count(
        after,
        (id, n) => id !== before[n] && before[n] !== leaving && !(strategy === 'jump' && before[n] === last),
      )
      expectFew(strays)
    })
    fc.assert(leaves, runs)
    expectFewOnTheWhole()
  })

  test('shares are by weight', () => {
    const weight = strategy === 'jump' ? fc.constant(3) : fc.integer({ min: 1, max: 5 })
    const weights = fc.property(
      ids(8).chain(all =>
        fc.tuple(fc.constant(all), fc.array(weight, { minLength: all.length, maxLength: all.length })),
      ),
      ([all, weights]) => {
        const hosts = of(all.map((id, n) => ({ id, weight: weights[n]! })))
        const total = weights.reduce((sum, one) => sum + one, 0)
        const found = owners(hosts)
        for (const [n, id] of all.entries()) {
          const part = weights[n]! / total
          expect(Math.abs(count(found, owner => owner === id) - KEYS.length * part)).toBeLessThan(
            2 * tolerance(strategy, part),
          )
        }
      },
    )
    fc.assert(weights, runs)
  })

  test('preference lists are of distinct nodes, the owner first, in distinct zones as far as there are zones', () => {
    const node = fc.record({
      id: fc.string({ minLength: 1 }),
      zone: fc.constantFrom(undefined, 'north', 'south', 'west'),
    })
    const nodes = fc.uniqueArray(node, { minLength: 1, maxLength: 12, selector: ({ id }) => id })
    const zoned = fc.property(nodes, fc.integer({ min: 1, max: 14 }), (all, wanted) => {
      const hosts = of(all.map(({ id, zone }) => (zone === undefined ? id : { id, zone })))
      const zoneOf = new Map(all.map(({ id, zone }) => [id, zone ?? `only ${id}`]))
      const zones = new Set(zoneOf.values()).size
      for (const key of KEYS.slice(0, 50)) {
        const list = hosts.owners(key, wanted)
        expect(list[0]).toBe(hosts.owner(key))
        expect(list).toHaveLength(Math.min(wanted, all.length))
        expect(new Set(list).size).toBe(list.length)
        for (let first = 1; first <= list.length; first++)
          expect(new Set(list.slice(0, first).map(id => zoneOf.get(id))).size).toBe(Math.min(first, zones))
        expect(hosts.owners(key, 1)).toEqual(list.slice(0, 1))
      }
    })
    fc.assert(zoned, runs)
  })

  test('zones are even: none is there a third time before each that can is there twice', () => {
    const hosts = of(['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3'].map(id => ({ id, zone: id[0]! })))
    for (const key of KEYS.slice(0, 200)) {
      const zones = hosts.owners(key, 6).map(id => id[0]!)
      expect(zones.slice(0, 3).toSorted()).toEqual(['a', 'b', 'c'])
      expect(zones.slice(3).toSorted()).toEqual(['a', 'b', 'c'])
    }
  })

  test('a key as bytes is the key as text', () => {
    const hosts = of(['a', 'b', 'c', 'd', 'e'])
    const alike = fc.property(fc.string({ unit: 'binary' }), key => {
      const bytes = new TextEncoder().encode(key)
      expect(hosts.owner(bytes)).toBe(hosts.owner(key))
      expect(hosts.owners(bytes, 3)).toEqual(hosts.owners(key, 3))
    })
    fc.assert(alike)
  })

  test('a ring stays as it was when others are made of it', () => {
    const hosts = of(['a', 'b', 'c'])
    const before = owners(hosts)
    hosts.with('d', 'e').without('a')
    expect(owners(hosts)).toEqual(before)
    expect(hosts.nodes.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(Object.isFrozen(hosts.nodes) && Object.isFrozen(hosts.nodes[0])).toBe(true)
  })
})

test.each([
  ['ring', 160],
  ['ketama', 160],
] as const)('%s: ids that look alike when glued to a number have their own points', (strategy, points) => {
  // with `id + number`, point 1 of node11 would be point 11 of node1; in ketama the dash keeps them apart
  const positions = (id: string) => {
    const alone = ring([id], { strategy }).plan(ring(['someone else'], { strategy }))
    expect(alone.ranges).toEqual([{ from: id, to: 'someone else', first: 0, last: 2 ** 32 - 1 }])
    const edges = ring([id, 'someone else'], { strategy }).plan(ring(['someone else'], { strategy })).ranges
    return new Set(edges.map(({ last }) => last).filter(last => last < 2 ** 32 - 1)) // but for the circle's end
  }
  const [one, eleven, dashed] = [positions('node1'), positions('node11'), positions('node1-1')]
  expect(one.size).toBeGreaterThan(points / 3)
  expect(one.intersection(eleven).size).toBe(0)
  expect(one.intersection(dashed).size).toBe(0)
})

test('jump numbers nodes as they come, and who leaves gives its number to the last', () => {
  const hosts = ring(['c', 'a', 'b', 'd'], { strategy: 'jump' })
  expect(hosts.nodes.map(({ id }) => id)).toEqual(['c', 'a', 'b', 'd'])
  expect(hosts.without('a').nodes.map(({ id }) => id)).toEqual(['c', 'd', 'b'])
  expect(hosts.without('d').nodes.map(({ id }) => id)).toEqual(['c', 'a', 'b'])
})
