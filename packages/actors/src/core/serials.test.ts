// Serials against a Map that is given the same.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Serials } from './serials.ts'

const serial = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 2 ** 31 - 70, max: 2 ** 31 + 70 }),
  fc.integer({ min: 2 ** 44, max: 2 ** 44 + 70 }),
)
const command = fc.record({ serial, adds: fc.boolean() })

test('holds what was added and not deleted', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 400 }), commands => {
      const serials = new Serials<string>()
      const model = new Map<number, string>()
      for (const { serial, adds } of commands) {
        if (adds && !model.has(serial)) {
          serials.add(serial, `actor ${serial}`)
          model.set(serial, `actor ${serial}`)
        } else if (!adds) expect(serials.delete(serial)).toBe(model.delete(serial))
        expect(serials.get(serial)).toBe(model.get(serial))
      }
      expect([...serials.values()].toSorted()).toEqual([...model.values()].toSorted())
      for (const key of model.keys()) expect(serials.get(key)).toBe(model.get(key))
    }),
  )
})
