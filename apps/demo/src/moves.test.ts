// Moves of airports made for the purpose, which arrive when the test says so.
import { type ActorId, MoveFailed, type Place, type Ref } from '@troupe/actors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { airport } from './airport.ts'
import { Moves } from './moves.ts'
import { firstSpot, spotsOf } from './spots.ts'

type Arrive = (error?: Error) => void

/** Airports that are where they have been moved to, as soon as they are told that they have arrived. */
function scene(count: number, threads: number, wanted: number, random: () => number) {
  const spots = spotsOf(threads)
  const places = Array.from({ length: count }, (_, n) => spots.all[firstSpot(n, spots)]!.thread!)
  const under: Arrive[] = []
  const targets: [from: number, to: number][] = []
  const airports = places.map((_, n) => ({
    move: ({ thread }: Place) => {
      targets.push([places[n]!, thread!])
      places[n] = thread!
      return new Promise<void>((done, failed) => under.push(error => (error === undefined ? done() : failed(error))))
    },
  })) as unknown as Ref<typeof airport>[]
  return { moves: new Moves(airports, spots, wanted, random), under, targets }
}
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('each goes to another of the threads that airports are spread over, or to the first if there is only one', async () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.infiniteStream(random), async (threads, chances) => {
      const { moves, under, targets } = scene(20, threads, 20, () => chances.next().value)
      moves.begin(1)
      for (const arrive of under) arrive()
      expect(await moves.over()).toEqual({ wanted: 20, done: 20, failed: {} })
      expect(targets).toHaveLength(20)
      for (const [from, to] of targets) {
        expect(to).not.toBe(from)
        expect(to).toBeGreaterThanOrEqual(threads === 1 ? 0 : 1)
        expect(to).toBeLessThanOrEqual(threads)
      }
    }),
  )
})

test('as large a part is begun as has been read of the flights, and only so many at once', async () => {
  const { moves, under } = scene(40, 2, 100, Math.random)
  moves.begin(0.105)
  expect(under).toHaveLength(10)
  moves.begin(0.5)
  expect(under).toHaveLength(32)
  for (const arrive of under.splice(0)) arrive()
  await settled()
  expect(under).toHaveLength(18)
  const over = moves.over()
  for (const arrive of under) arrive()
  expect(await over).toEqual({ wanted: 100, done: 50, failed: {} })
})

test('where nobody knows how many flights there are, a few are due each time, and no more than are wanted', async () => {
  const { moves, under } = scene(40, 2, 20, Math.random)
  moves.begin(undefined)
  expect(under).toHaveLength(16)
  for (let batch = 0; batch < 5; batch++) moves.begin(undefined)
  expect(under).toHaveLength(20)
})

test('without airports, and without moves, nothing is begun', async () => {
  const none = scene(0, 2, 20, Math.random)
  none.moves.begin(1)
  expect(await none.moves.over()).toEqual({ wanted: 20, done: 0, failed: {} })
  const unwanted = scene(3, 2, 0, Math.random)
  unwanted.moves.begin(undefined)
  unwanted.moves.begin(1)
  expect(unwanted.under).toHaveLength(0)
})

test('an airport is on one move at a time; one that has failed is where it was', async () => {
  const { moves, under, targets } = scene(2, 4, 6, () => 0)
  moves.begin(1)
  expect(under).toHaveLength(2)
  under[0]!(new Error('fog'))
  await settled()
  expect(under).toHaveLength(3)
  expect(targets.map(([, to]) => to)).toEqual([2, 1, 2])
  for (let n = 1; n < 6; n++) {
    under[n]!()
    await settled()
  }
  expect(await moves.over()).toEqual({ wanted: 6, done: 5, failed: { 'Error: fog': 1 } })
})

test('what fails is counted by its reason', async () => {
  const { moves, under } = scene(9, 2, 4, Math.random)
  moves.begin(1)
  const late = new MoveFailed('late', 'stays', { actor: 'airport#1' as ActorId })
  for (const [n, arrive] of under.entries()) arrive([undefined, late, late, new Error('fog')][n])
  expect(await moves.over()).toEqual({ wanted: 4, done: 1, failed: { late: 2, 'Error: fog': 1 } })
})
