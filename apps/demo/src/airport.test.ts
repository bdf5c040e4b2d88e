import { probe, stub } from '@troupe/actors/testing'
import { expect, test } from 'vitest'
import { airport, type Destination, type Figures } from './airport.ts'

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

test('the busiest hour is the one with most departures, the earlier on a tie', async () => {
  const here = probe(airport)
  here.tell.open(7, stub<Destination>({}))
  for (const hour of [23, 7, 0, 23, 7]) here.tell.depart(7, hour, 0)
  expect((await here.ask.figures()).busiestHour).toBe(7)
  here.tell.depart(7, 23, 0)
  expect((await here.ask.figures()).busiestHour).toBe(23)
})
