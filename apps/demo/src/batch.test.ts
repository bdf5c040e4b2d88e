import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BATCH, Batcher, type Columns } from './batch.ts'

const code = fc.constantFrom('AAA', 'BBB', 'CCC', 'DDDD')
const flight = fc.record({
  origin: code,
  destination: code,
  hour: fc.nat(23),
  delay: fc.integer({ min: -1_000_000, max: 1_000_000 }),
})

/** What a receiver makes of batches: the flights, as they were. */
function flightsOf(batches: readonly Columns[]): object[] {
  const codes: string[] = []
  return batches.flatMap(({ newcomers, origins, destinations, hours, delays }) => {
    codes.push(...newcomers)
    return [...origins].map((origin, at) => ({
      origin: codes[origin],
      destination: codes[destinations[at]!],
      hour: hours[at],
      delay: delays[at],
    }))
  })
}

test('gives back what was added, whatever is taken when; each airport is mentioned once', () => {
  fc.assert(
    fc.property(fc.array(fc.array(flight, { maxLength: 10 }), { maxLength: 6 }), portions => {
      const batcher = new Batcher()
      const taken = portions.map(portion => {
        for (const each of portion) batcher.add(each)
        expect(batcher.length).toBe(portion.length)
        return batcher.take()
      })
      const flights = portions.flat()
      expect(flightsOf(taken)).toEqual(flights)
      const mentioned = flights.flatMap(({ origin, destination }) => [origin, destination])
      expect(taken.flatMap(({ newcomers }) => newcomers)).toEqual([...new Set(mentioned)])
    }),
  )
})

test('holds a whole batch, of thirteen bytes a flight', () => {
  const batcher = new Batcher()
  const flights = Array.from({ length: BATCH }, (_, at) => ({
    origin: `A${at % 99}`,
    destination: `B${at % 98}`,
    hour: at % 24,
    delay: at - 2_000,
  }))
  for (const each of flights) batcher.add(each)
  const batch = batcher.take()
  expect(flightsOf([batch])).toEqual(flights)
  const { origins, destinations, hours, delays } = batch
  const bytes = [origins, destinations, hours, delays].reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  expect(bytes).toBe(13 * BATCH)
})
