// Mistakes are told where they are made: what is wrong, with what, and what to do.
import { expect, test } from 'vitest'
import { ring, RingError } from '../src/index.ts'

const hosts = ring(['a', 'b'])
const anything = (value: unknown) => value as never

test.each<[code: string, said: string, () => unknown]>([
  ['no-nodes', 'a ring needs at least one node: there is nobody to own a key', () => ring([])],
  ['no-nodes', 'at least one node', () => hosts.without('a', 'b')],
  ['bad-node', 'an array of nodes, not ', () => ring(anything('a'))],
  ['bad-node', 'not 7', () => ring([anything(7)])],
  ['bad-node', 'with an id that is a text, not an object', () => ring([{ id: '' }])],
  [
    'bad-node',
    "node 'a' has the weight 0: leave out a node that is to get nothing",
    () => ring([{ id: 'a', weight: 0 }]),
  ],
  ['bad-node', 'the weight -1: it is a number above 0', () => ring([{ id: 'a', weight: -1 }])],
  ['bad-node', 'the weight NaN', () => ring([{ id: 'a', weight: NaN }])],
  ['bad-node', 'the weight Infinity', () => ring([{ id: 'a', weight: Infinity }])],
  ['bad-node', "the weight '2'", () => ring([{ id: 'a', weight: anything('2') }])],
  ['bad-node', 'the zone 3', () => ring([{ id: 'a', zone: anything(3) }])],
  ['bad-node', 'jump knows no weights', () => ring(['a', { id: 'b', weight: 2 }], { strategy: 'jump' })],
  ['duplicate-node', "two nodes 'a': to change its weight or zone, take it out first", () => ring(['a', { id: 'a' }])],
  ['duplicate-node', "two nodes 'b'", () => hosts.with('b')],
  ['unknown-node', "there is no node 'z' to take out of this ring", () => hosts.without('z')],
  ['too-many-nodes', 'at most 65535', () => ring(Array.from({ length: 65_536 }, (_, n) => `n${n}`))],
  [
    'too-many-nodes',
    '5 nodes do not fit a table of 3 places',
    () => ring(['a', 'b', 'c', 'd', 'e'], { strategy: 'maglev', tableSize: 3 }),
  ],
  [
    'bad-option',
    "there is no strategy 'modulo': use one of ring, ketama",
    () => ring(['a'], { strategy: anything('modulo') }),
  ],
  ['bad-option', "there is no hash 'crc32': use one of murmur3", () => ring(['a'], { hash: anything('crc32') })],
  ['bad-option', 'ketama is defined with MD5', () => ring(['a'], { strategy: 'ketama', hash: 'murmur3' })],
  ['bad-option', "there is no option 'replicas'", () => ring(['a'], anything({ replicas: 3 }))],
  ['bad-option', 'virtualNodes is a whole number from 1 on, not 0', () => ring(['a'], { virtualNodes: 0 })],
  ['bad-option', "of the strategy 'ring', not of 'jump'", () => ring(['a'], { strategy: 'jump', virtualNodes: 9 })],
  ['bad-option', "of the strategy 'maglev', not of 'ring'", () => ring(['a'], { tableSize: 7 })],
  ['bad-option', 'a prime number', () => ring(['a'], { strategy: 'maglev', tableSize: 65_536 })],
  ['bad-option', 'ask for 160000000 points', () => ring([{ id: 'a', weight: 1e6 }])],
  ['bad-option', 'a plan leads to another ring', () => hosts.plan(anything({}))],
  ['bad-option', 'the bound is a number such as 1.25', () => hosts.assign(['x'], { bound: NaN })],
  ['bad-key', '42 is neither', () => hosts.owner(anything(42))],
  ['bad-key', 'undefined is neither', () => hosts.owner(anything(undefined))],
  ['bad-key', 'an object is neither', () => ring(['a'], { strategy: 'ketama' }).owner(anything({}))],
  ['bad-key', 'null is neither', () => ring(['a'], { hash: 'xxh64' }).owner(anything(null))],
  ['bad-count', 'takes a whole number from 1 on, not 0', () => hosts.owners('x', 0)],
  ['bad-count', 'not 1.5', () => hosts.owners('x', 1.5)],
])('%s: %s', (code, said, mistake) => {
  expect(mistake).toThrow(expect.objectContaining({ code, name: 'RingError', message: expect.stringContaining(said) }))
  expect(mistake).toThrow(RingError)
})

test('more owners than nodes are all nodes', () => expect(hosts.owners('x', 5).toSorted()).toEqual(['a', 'b']))

test('options that are left undefined are left out', () => {
  expect(ring(['a', 'b'], anything({ strategy: undefined, tableSize: undefined })).describe()).toBe(hosts.describe())
})

test('describe says how a ring is made, and how much each node has', () => {
  const nodes = [{ id: 'a', weight: 2, zone: 'east' }, 'b', { id: 'long-name', zone: 'west' }]
  expect(ring(nodes).describe()).toMatchInlineSnapshot(`
    "ring of 3 nodes: hash murmur3, 160 virtual nodes for a weight of 1, 8 KiB
      a          east  weight 2  51.8 % of 50.0 %
      b          -     weight 1  24.2 % of 25.0 %
      long-name  west  weight 1  24.0 % of 25.0 %"
  `)
  expect(ring(nodes, { strategy: 'rendezvous' }).describe()).toMatchInlineSnapshot(`
    "rendezvous of 3 nodes: hash murmur3, 1 KiB
      a          east  weight 2  ~50.2 % of 50.0 %
      b          -     weight 1  ~24.7 % of 25.0 %
      long-name  west  weight 1  ~25.1 % of 25.0 %"
  `)
  expect(ring(['a', 'b', 'c'], { strategy: 'maglev', tableSize: 101 }).describe()).toMatchInlineSnapshot(`
    "maglev of 3 nodes: hash murmur3, a table of 101 places, 1 KiB
      a  weight 1  33.7 % of 33.3 %
      b  weight 1  33.7 % of 33.3 %
      c  weight 1  32.7 % of 33.3 %"
  `)
})
