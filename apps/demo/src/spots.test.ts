import { node, thread } from '@troupe/actors'
import { expect, test } from 'vitest'
import { firstSpot, spotsOf } from './spots.ts'

test('the threads of this process, or the first where there are no others', () => {
  expect(spotsOf(3)).toEqual({ all: [thread(1), thread(2), thread(3)], begin: 3 })
  expect(spotsOf(0)).toEqual({ all: [thread(0)], begin: 1 })
})
test('a single thread has the first beside it, for moves alone', () => {
  const spots = spotsOf(1)
  expect(spots).toEqual({ all: [thread(1), thread(0)], begin: 1 })
  expect([0, 1, 2].map(n => firstSpot(n, spots))).toEqual([0, 0, 0])
})
test('the threads of all nodes; neighbours begin on different ones', () => {
  const spots = spotsOf(2, ['a', 'b'])
  expect(spots).toEqual({ all: [node('a', 1), node('b', 1), node('a', 2), node('b', 2)], begin: 4 })
  expect([0, 1, 2, 3, 4].map(n => firstSpot(n, spots))).toEqual([0, 1, 2, 3, 0])
  expect(spotsOf(0, ['a', 'b'])).toEqual({ all: [node('a', 0), node('b', 0)], begin: 2 })
  expect(spotsOf(1, ['a', 'b']).all).toHaveLength(2)
})
