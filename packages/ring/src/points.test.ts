// Points found by the table of upper bits, against looking at each.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PointList, walk } from './points.ts'

const position = fc.oneof(fc.nat(2 ** 32 - 1), fc.nat(20), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 2))
const some = fc.array(fc.tuple(position, fc.nat(9)), { minLength: 1, maxLength: 200 })

function pointsOf(list: readonly (readonly [number, number])[]) {
  const points = new PointList(list.length)
  for (const [at, node] of list.toSorted(([, m], [, n]) => m - n)) points.add(at | 0, node)
  return points.sorted()
}

test('a position belongs to the first point at it or behind it, and behind the last to the first', () => {
  const found = fc.property(some, fc.array(position, { minLength: 1 }), (list, asked) => {
    const points = pointsOf(list)
    const sorted = list.toSorted(([a, m], [b, n]) => a - b || m - n)
    for (const at of [...asked, ...list.map(([point]) => point)]) {
      const expected = sorted.find(([point]) => point >= at) ?? sorted[0]!
      expect(points.nodeOf(points.at(at))).toBe(expected[1])
    }
  })
  fc.assert(found)
})

test('spans cover the circle, and agree with it', () => {
  const spans = fc.property(some, list => {
    const points = pointsOf(list)
    let first = 0
    for (let span = 0; span < points.count; span++) {
      const last = points.lastOf(span)
      if (last >= first) {
        for (const at of [first, last]) expect(points.nodeOf(points.at(at))).toBe(points.ownerOf(span))
      }
      first = Math.max(first, last + 1)
    }
    expect(first).toBe(2 ** 32)
  })
  fc.assert(spans)
})

test('a walk meets each node once, those without a point last, until it is enough', () => {
  const points = pointsOf([
    [10, 2],
    [20, 0],
    [30, 2],
    [40, 3],
  ])
  const met = (from: number, most: number) => {
    const list: number[] = []
    walk(points, points.at(from), 5, node => list.push(node) === most)
    return list
  }
  expect(met(15, 9)).toEqual([0, 2, 3, 1, 4])
  expect(met(35, 2)).toEqual([3, 2])
  expect(met(41, 4)).toEqual([2, 0, 3, 1])
})
