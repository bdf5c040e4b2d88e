// Replays over a traffic that only writes down what it is told: what is fed, how often, and in what portions.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FlightFile } from './flight-file.ts'
import type { Flight } from './flights.ts'
import type { Standing } from './progress.ts'
import { Reference } from './reference.ts'
import { type Plan, replay } from './replay.ts'
import { Timetable } from './timetable.ts'
import { BATCH, type Traffic } from './traffic.ts'

const codes = ['AAA', 'BBB', 'CCC', 'DDD']

function rows(count: number): Flight[] {
  return Array.from({ length: count }, (_, n) => ({
    origin: codes[n % 3]!,
    destination: codes[1 + (n % 2)]!,
    hour: n % 24,
    delay: (n % 7) - 3,
    distance: 1,
  }))
}

/** A file of these rows, a traffic that writes down, and all else that a replay needs. */
function stage(flights: readonly Flight[], repeat: number, limit?: number) {
  const departed: Omit<Flight, 'distance'>[] = []
  const standings: Standing[] = []
  const built: string[] = []
  let sinceRoom = Infinity
  let mostSinceRoom = 0
  let allLanded = false
  let readings = 0
  const file = {
    fraction: 0.5,
    async *flights() {
      readings++
      yield* flights
    },
  }
  const traffic = {
    get fed() {
      return departed.length
    },
    get landed() {
      return departed.length / 2
    },
    async build(mentioned: readonly string[]) {
      built.push(...new Set(mentioned).difference(new Set(built)))
    },
    airport: (code: string) => built.indexOf(code),
    async room() {
      sinceRoom = 0
    },
    depart(from: number, to: number, hour: number, delay: number) {
      mostSinceRoom = Math.max(mostSinceRoom, ++sinceRoom)
      departed.push({ origin: built[from]!, destination: built[to]!, hour, delay })
    },
    async allLanded() {
      allLanded = true
    },
  }
  const controller = new AbortController()
  const plan: Plan = {
    traffic: traffic as unknown as Traffic,
    file: file as unknown as FlightFile,
    flights: file.flights(),
    reference: new Reference(),
    timetable: new Timetable(limit),
    repeat,
    progress: { update: standing => void standings.push({ ...standing }), end() {} },
    signal: controller.signal,
  }
  const seen = () => ({ departed, standings, readings, mostSinceRoom, allLanded })
  return { plan, controller, seen }
}

test('feeds every flight once a pass, in order, in batches; reduces each once', async () => {
  const someLengths = fc.constantFrom(1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH)
  await fc.assert(
    fc.asyncProperty(someLengths, fc.integer({ min: 1, max: 4 }), fc.boolean(), async (length, repeat, fits) => {
      const flights = rows(length)
      const { plan, seen } = stage(flights, repeat, fits ? undefined : length - 1)
      await replay(plan)
      const { departed, readings, mostSinceRoom, allLanded } = seen()
      const expected = flights.map(({ origin, destination, hour, delay }) => ({ origin, destination, hour, delay }))
      expect(departed).toEqual(new Array(repeat).fill(expected).flat())
      expect(mostSinceRoom).toBeLessThanOrEqual(BATCH)
      expect(readings).toBe(fits ? 1 : repeat) // a file that is too long to keep is read again
      expect(allLanded).toBe(true)
      const reference = new Reference()
      for (const flight of flights) reference.add(flight)
      expect(plan.reference.figures()).toEqual(reference.figures())
    }),
  )
})

test('tells how far it is, from pass to pass', async () => {
  const { plan, seen } = stage(rows(2 * BATCH), 4)
  await replay(plan)
  // Reading, the file says how far it is (here always half); over the columns it is known. Half of what is fed has landed.
  expect(seen().standings.map(({ fraction }) => 2 * fraction!)).toEqual([
    0.125, 0.125, 0.375, 0.5, 0.625, 0.75, 0.875, 1,
  ]) // prettier-ignore
  expect(seen().standings.map(({ landed }) => landed / BATCH)).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4])
})

test('an abort ends it before the next batch, with the reason of the signal', async () => {
  for (const batches of [1, 2, 3, 5]) {
    const { plan, controller, seen } = stage(rows(2 * BATCH), 3)
    const reason = new Error('enough')
    plan.progress.update = () => {
      if (seen().departed.length === batches * BATCH) controller.abort(reason)
    }
    await expect(replay(plan)).rejects.toBe(reason)
    expect(seen().departed).toHaveLength(batches * BATCH)
    expect(seen().allLanded).toBe(false)
  }
})

test('a fault of the file ends it as it is', async () => {
  const { plan, seen } = stage(rows(5), 2)
  const fault = new Error('row 3')
  plan.flights = (async function* () {
    yield* rows(2)
    throw fault
  })()
  await expect(replay(plan)).rejects.toBe(fault)
  expect(seen().allLanded).toBe(false)
})
