// The numbers of asks: found as long as they wait, never mistaken for another's.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Ask, Asks, Chain } from './ask.ts'
import { Address } from './address.ts'
import type { Protocol } from './protocol.ts'

const make = () => ({ number: -1 }) as Ask
function add(asks: Asks, ask: Ask): number {
  return (ask.number = asks.add(ask))
}

test('an ask is found by its number from add to remove, and by no other', () => {
  const steps = fc.array(fc.oneof(fc.constant('add'), fc.nat(50)), { maxLength: 600 })
  fc.assert(
    fc.property(steps, list => {
      const asks = new Asks()
      const waiting = new Map<number, Ask>()
      const ended = new Set<number>()
      for (const step of list) {
        if (step === 'add') {
          const ask = make()
          const number = add(asks, ask)
          expect(waiting.has(number) || ended.has(number)).toBe(false)
          waiting.set(number, ask)
        } else {
          const [number, ask] = [...waiting][Number(step) % waiting.size] ?? []
          if (ask === undefined) continue
          asks.remove(ask)
          expect(ask.number).toBe(-1)
          waiting.delete(number!)
          ended.add(number!)
        }
        expect(asks.size).toBe(waiting.size)
      }
      for (const [number, ask] of waiting) expect(asks.find(number)).toBe(ask)
      for (const number of ended) expect(asks.find(number)).toBe(undefined)
      expect(asks.find(-1)).toBe(undefined)
      expect(new Set(asks)).toEqual(new Set(waiting.values()))
    }),
  )
})

test('a number does not come again soon, however few wait; one that waits for long is passed over', () => {
  const asks = new Asks()
  const patient = make()
  const first = add(asks, patient)
  const seen = new Set([first])
  for (let i = 0; i < 100_000; i++) {
    const ask = make()
    const number = add(asks, ask)
    expect(seen.has(number)).toBe(false)
    seen.add(number)
    asks.remove(ask)
  }
  expect(asks.find(first)).toBe(patient)
  expect(asks.size).toBe(1)
})

test('a chain counts how many wait for whom', () => {
  const address = new Address({ name: 'a' } as Protocol, 0, 0, 1)
  const outer = new Chain(address, 1, 'first', undefined)
  const inner = new Chain(address, 2, 'second', outer)
  expect([outer.length, inner.length]).toEqual([1, 2])
})
