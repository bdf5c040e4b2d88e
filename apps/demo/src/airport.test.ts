import { ThreadLost } from '@troupe/actors'
import { probe, stub } from '@troupe/actors/testing'
import { expect, test } from 'vitest'
import { airport, answered, type Destination, type Figures, keptAirport } from './airport.ts'

const nowhere: Figures = { departed: 0, landed: 0, delayTotal: 0, longestDelay: 0, busiestHour: null }

test('an airport that nothing has happened at', async () => {
  expect(await probe(airport).ask.figures()).toEqual(nowhere)
})

test('a flight that departs is counted, and sent to land at its destination', async () => {
  const here = probe(airport)
  const there = stub<Destination>({})
  here.tell.open(7, there)
  here.tell.depart(7, 9, -4)
  expect(here.sent.map(({ to, method, args }) => [to, method, args])).toEqual([[there.id, 'land', [-4]]])
  expect(await here.ask.figures()).toEqual({ ...nowhere, departed: 1, busiestHour: 9 })
})

test('a flight that lands counts with its delay', async () => {
  const here = probe(airport)
  for (const delay of [-9, -4, -30]) here.tell.land(delay)
  expect(await here.ask.figures()).toEqual({ ...nowhere, landed: 3, delayTotal: -43, longestDelay: -4 })
  here.tell.land(0)
  expect(await here.ask.landed()).toBe(4)
  expect((await here.ask.figures()).longestDelay).toBe(0)
})

test('it is clear when the airports that flights have departed for have answered', async () => {
  const here = probe(airport)
  let asked = 0
  const there = stub<Destination>({ landed: () => asked++ })
  here.tell.open(7, there)
  here.tell.open(8, there)
  await here.ask.cleared()
  expect(asked).toBe(2)
})

test('a kept airport does not let depart what it knows no route for: the message that opened it may be lost', async () => {
  const here = probe(keptAirport)
  here.tell.depart(7, 9, -4)
  expect(await here.ask.figures()).toEqual(nowhere)
  here.tell.open(7, stub<Destination>({}))
  here.tell.depart(7, 9, -4)
  expect(await here.ask.figures()).toEqual({ ...nowhere, departed: 1, busiestHour: 9 })
})

test('who asks again does so only where the answer was lost with a thread', async () => {
  const gone = new ThreadLost('thread 1 has ended')
  const answers = [gone, gone, 5, new Error('fog')]
  const ask = async () => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  expect(await answered(ask)).toBe(5)
  await expect(answered(ask)).rejects.toThrow('fog')
})

test('the busiest hour is the one with most departures, the earlier on a tie', async () => {
  const here = probe(airport)
  here.tell.open(7, stub<Destination>({}))
  for (const hour of [23, 7, 0, 23, 7]) here.tell.depart(7, hour, 0)
  expect((await here.ask.figures()).busiestHour).toBe(7)
  here.tell.depart(7, 23, 0)
  expect((await here.ask.figures()).busiestHour).toBe(23)
})
