// Bounded loads: nobody is over the bound, whatever the keys; those who have room keep what is theirs; little moves.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ring, RingError, type Strategy } from '../src/index.ts'

const strategies: readonly Strategy[] = ['ring', 'ketama', 'rendezvous', 'jump', 'maglev']
const keysOf = (count: number) => Array.from({ length: count }, (_, n) => `key-${n}`)

function loads(assigned: Map<unknown, string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of assigned.values()) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

describe.each(strategies)('%s', strategy => {
  test('no node is ever over ceil(c m w / W), and every key has a node', () => {
    const weight = fc.integer({ min: 1, max: strategy === 'jump' ? 1 : 4 })
    const weights = fc.array(weight, { minLength: 1, maxLength: 9 })
    const bound = fc.constantFrom(1, 1.01, 1.1, 1.25, 2)
    const kept = fc.property(weights, fc.nat(300), bound, (weights, count, bound) => {
      const hosts = ring(
        weights.map((weight, n) => ({ id: `n${n}`, weight })),
        { strategy },
      )
      const keys = keysOf(count)
      const found = hosts.assign(keys, { bound })
      expect([...found.keys()]).toEqual(keys)
      const total = weights.reduce((sum, one) => sum + one, 0)
      for (const [id, load] of loads(found))
        expect(load).toBeLessThanOrEqual(Math.ceil((bound * count * weights[Number(id.slice(1))]!) / total))
    })
    fc.assert(kept)
  })

  test('the order of the keys does not matter, and with room for all it is the owners', () => {
    const hosts = ring(['a', 'b', 'c', 'd'], { strategy })
    const keys = keysOf(200)
    const found = hosts.assign(keys, { bound: 1.05 })
    expect(hosts.assign(keys.toReversed(), { bound: 1.05 })).toEqual(found)
    for (const [key, id] of hosts.assign(keys, { bound: 4 })) expect(id).toBe(hosts.owner(key))
  })

  test('only who is full sends a key on: every key has the first node with room in its preference list', () => {
    const hosts = ring(['a', 'b', 'c', 'd', 'e'], { strategy })
    const found = hosts.assign(keysOf(500), { bound: 1.1 })
    const full = [...loads(found)].filter(([, load]) => load === 110).map(([id]) => id)
    for (const [key, id] of found) {
      const list = hosts.owners(key, 5)
      for (const passed of list.slice(0, list.indexOf(id))) expect(full).toContain(passed)
    }
  })

  test('who joins moves little more than its part', () => {
    const hosts = ring(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'], { strategy })
    const keys = keysOf(2000)
    const before = hosts.assign(keys)
    const after = hosts.with('j').assign(keys)
    const moved = keys.filter(key => before.get(key) !== after.get(key)).length
    // a tenth is owed to the new one; with a bound of 1.25 the paper's proof allows 1 / ε² times as many, and far fewer move
    expect(moved).toBeGreaterThan(2000 * 0.05)
    expect(moved).toBeLessThan(2000 * 0.3)
  })
})

test('a bound below 1 is infeasible, unless rounding up makes room', () => {
  const hosts = ring(['a', 'b', 'c'])
  expect(() => hosts.assign(keysOf(30), { bound: 0.9 })).toThrow(RingError)
  expect(() => hosts.assign(keysOf(30), { bound: 0.9 })).toThrow(
    '30 keys do not fit a bound of 0.9 times the mean: the nodes may take 27 together. Use a bound of 1 or more',
  )
  expect(hosts.assign(['one'], { bound: 0.5 })).toEqual(new Map([['one', hosts.owner('one')]]))
  expect(hosts.assign([])).toEqual(new Map())
})

test('of keys that are the same, each takes room', () => {
  const found = ring(['a', 'b']).assign(['x', 'x', 'x', 'x'], { bound: 1 })
  expect([...found]).toEqual([['x', expect.stringMatching(/^[ab]$/)]])
})
