import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Address } from './address.ts'
import type { Protocol } from './protocol.ts'
import { Sketch } from './sketch.ts'

const nobody = undefined as unknown as Protocol
const actor = (n: number) => new Address(nobody, 1 + (n % 3), n % 2, 1 + (n >> 3))
const keyOf = (one: Address, other: Address | undefined) =>
  [one, other].map(address => address && `${address.home}.${address.birth}.${address.serial}`).join(' ')

/** All that is in it, and the weight that is certain. */
function entries(sketch: Sketch): Map<string, number> {
  const found = new Map<string, number>()
  sketch.keep((one, other, weight) => {
    expect(found.has(keyOf(one, other))).toBe(false)
    found.set(keyOf(one, other), weight)
    return true
  })
  return found
}

const steps = fc.array(
  fc.record({ one: fc.nat(40), other: fc.option(fc.nat(3), { nil: undefined }), weight: fc.nat(1_000) }),
  { maxLength: 400 },
)

test('what weighs more than its share is there; no certain weight is more than the true one', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(1, 4, 16), (all, size) => {
      const sketch = new Sketch(size)
      const truth = new Map<string, number>()
      for (const { one, other, weight } of all) {
        const [a, b] = [actor(one), other === undefined ? undefined : actor(other)]
        sketch.add(a, b, weight)
        truth.set(keyOf(a, b), (truth.get(keyOf(a, b)) ?? 0) + weight)
      }
      const total = [...truth.values()].reduce((sum, weight) => sum + weight, 0)
      const found = entries(sketch)
      expect(sketch.total).toBe(total)
      expect(found.size).toBe(Math.min(size, truth.size))
      for (const [key, weight] of found) expect(weight).toBeLessThanOrEqual(truth.get(key)!)
      for (const [key, weight] of truth) if (weight > total / size) expect(found.keys()).toContain(key)
      // as long as all fit, nothing is lost
      if (truth.size <= size) expect(found).toEqual(truth)
    }),
  )
})

test('entries can be dropped at any time, and weights fade', () => {
  const act = fc.oneof(
    { weight: 8, arbitrary: fc.record({ add: fc.nat(60), weight: fc.integer({ min: 1, max: 1_000 }) }) },
    fc.record({ dropEach: fc.integer({ min: 2, max: 5 }) }),
    fc.record({ fade: fc.constantFrom(0.5, 0.25) }),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 300 }), acts => {
      const sketch = new Sketch(64) // there is room for all, so it must know exactly
      const truth = new Map<string, number>()
      for (const step of acts) {
        if ('add' in step) {
          const one = actor(step.add)
          sketch.add(one, undefined, step.weight)
          truth.set(keyOf(one, undefined), (truth.get(keyOf(one, undefined)) ?? 0) + step.weight)
        } else if ('fade' in step) {
          sketch.fade(step.fade)
          for (const [key, weight] of truth) truth.set(key, weight * step.fade)
        } else {
          let seen = 0
          sketch.keep((one, other) => {
            const kept = seen++ % step.dropEach !== 0
            if (!kept) truth.delete(keyOf(one, other))
            return kept
          })
        }
        const found = entries(sketch)
        expect(found.size).toBe(truth.size)
        for (const [key, weight] of truth) expect(found.get(key)).toBeCloseTo(weight, 6)
      }
    }),
    { numRuns: 100 },
  )
})

test('an actor is found by who it is, and its newest address is the one that is told', () => {
  const sketch = new Sketch(4)
  const [first, second] = [actor(8), actor(8)]
  sketch.add(first, undefined, 1)
  sketch.add(second, undefined, 1)
  sketch.keep((one, _other, weight) => {
    expect(one).toBe(second)
    expect(weight).toBe(2)
    return true
  })
  expect(sketch.count).toBe(1)
})
