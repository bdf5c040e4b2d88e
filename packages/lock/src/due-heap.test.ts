// The heap against a sorted list.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueHeap, type HeapMember } from './due-heap.ts'

test('the first one is due first, whatever comes, changes or leaves', () => {
  const steps = fc.array(fc.record({ who: fc.nat(15), due: fc.option(fc.nat(20), { nil: undefined }) }))
  const property = fc.property(steps, all => {
    const heap = new DueHeap<HeapMember>()
    const members = Array.from({ length: 16 }, (_, number) => ({ number, due: 0, place: -1 }))
    const inside = new Set<HeapMember>()
    for (const { who, due } of all) {
      const member = members[who]!
      if (due === undefined) heap.remove(member)
      else heap.set(member, due)
      if (due === undefined) inside.delete(member)
      else inside.add(member)
      expect(heap.first).toBe([...inside].toSorted((a, b) => a.due - b.due || a.number - b.number)[0])
      expect(heap.size).toBe(inside.size)
    }
    const order: number[] = []
    for (let first = heap.first; first !== undefined; first = heap.first) {
      order.push(first.due)
      heap.remove(first)
    }
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(members.every(({ place }) => place === -1)).toBe(true)
  })
  fc.assert(property)
})
