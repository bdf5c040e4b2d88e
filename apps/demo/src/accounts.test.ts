// Replays with losses, modelled: what an airport on the lost thread had in its mailbox, or had just sent, may be missing, and
// nothing else.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountsOf } from './accounts.ts'
import type { Figures } from './airport.ts'
import { type AllFigures, Reference } from './reference.ts'

const codes = ['AAA', 'BBB', 'CCC', 'DDD']
const flight = fc.record({
  origin: fc.constantFrom(...codes),
  destination: fc.constantFrom(...codes),
  hour: fc.nat(23),
  delay: fc.integer({ min: -60, max: 600 }),
  /** Whether its departure, or its landing, was in a mailbox, or had just been sent: lost if that is on the lost thread. */
  departureWaits: fc.boolean(),
  landingSent: fc.boolean(),
  landingWaits: fc.boolean(),
})

interface Column {
  departures: number[]
  delays: number[]
}

function figuresOf({ departures, delays }: Column): Figures {
  const counts = Array.from({ length: 24 }, (_, hour) => departures.filter(each => each === hour).length)
  return {
    departed: departures.length,
    landed: delays.length,
    delayTotal: delays.reduce((sum, delay) => sum + delay, 0),
    longestDelay: delays.length === 0 ? 0 : Math.max(...delays),
    busiestHour: departures.length === 0 ? null : counts.indexOf(Math.max(...counts)),
  }
}

test('what is lost with a thread is all told, and explained', () => {
  fc.assert(
    fc.property(fc.array(flight, { minLength: 1 }), fc.subarray(codes), (flights, some) => {
      const struck = new Set(some)
      const reference = new Reference()
      const columns = new Map<string, Column>()
      let [notDeparted, notLanded] = [0, 0]
      for (const each of flights) {
        reference.add(each)
        for (const code of [each.origin, each.destination]) {
          if (!columns.has(code)) columns.set(code, { departures: [], delays: [] })
        }
        if (each.departureWaits && struck.has(each.origin)) {
          notDeparted++
          continue
        }
        columns.get(each.origin)!.departures.push(each.hour)
        const isLost =
          (each.landingSent && struck.has(each.origin)) || (each.landingWaits && struck.has(each.destination))
        if (isLost) notLanded++
        else columns.get(each.destination)!.delays.push(each.delay)
      }
      const actors: AllFigures = new Map([...columns].map(([code, column]) => [code, figuresOf(column)]))
      const accounts = accountsOf(actors, reference.figures(), struck)
      expect(accounts).toMatchObject({ notDeparted, notLanded, unexplained: [] })
      expect(accounts.complete).toBeLessThanOrEqual(columns.size)
      if (notDeparted + notLanded === 0) expect(accounts.complete).toBe(columns.size)
      else expect(accounts.complete).toBeLessThan(columns.size)
    }),
  )
})

const figures: Figures = { departed: 3, landed: 2, delayTotal: -5, longestDelay: -1, busiestHour: 7 }
const reference: AllFigures = new Map([
  ['AAA', figures],
  ['BBB', figures],
])
const struck = new Set(['BBB'])
const actors = (...airports: [string, Partial<Figures>][]): AllFigures =>
  new Map([...reference, ...airports.map(([code, some]) => [code, { ...figures, ...some }] as const)])

test.for<[what: string, AllFigures, unexplained: string[]]>([
  ['nothing', actors(), []],
  ['a flight that landed twice', actors(['BBB', { landed: 3 }]), ['BBB landed: 3, and not 2']],
  ['one that departed twice', actors(['BBB', { departed: 4 }]), ['BBB departed: 4, and not 3']],
  ['one that did not depart where nothing was lost', actors(['AAA', { departed: 2 }]), ['AAA departed: 2, and not 3']],
  ['a wrong hour', actors(['BBB', { landed: 1, busiestHour: 8 }]), ['BBB busiestHour: 8, and not 7']],
  [
    'wrong delays',
    actors(['BBB', { departed: 2, delayTotal: -4, longestDelay: 0 }]),
    ['BBB delayTotal: -4, and not -5', 'BBB longestDelay: 0, and not -1'],
  ],
  ['an airport too many', actors(['ZZZ', {}]), ['ZZZ is known only to the actors']],
  ['one too few', new Map([['AAA', figures]]), ['BBB is known only to the reduce']],
])('%s', ([, found, unexplained]) => {
  expect(accountsOf(found, reference, struck).unexplained).toEqual(unexplained)
})

test('more flights that did not land than there can have been from the lost thread', () => {
  const lines = accountsOf(actors(['AAA', { landed: -2 }]), reference, struck).unexplained
  expect(lines).toEqual(['flights that did not land on other threads: 4; they had 3 from there'])
  expect(accountsOf(actors(['AAA', { landed: 1 }]), reference, struck).unexplained).toEqual([])
})

test('flights that have not departed are missing where they were to land', () => {
  const found = actors(['AAA', { landed: 1 }], ['BBB', { departed: 2 }])
  expect(accountsOf(found, reference, struck)).toEqual({ notDeparted: 1, notLanded: 0, complete: 0, unexplained: [] })
})
