// Traffic against a system made for the purpose, whose airports handle messages when the test says so: what is tested is
// how it bounds the flights in the air, and how it knows that all have landed.
import type { System } from '@troupe/actors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BATCH, MOST_IN_AIR, Traffic, TrafficError } from './traffic.ts'

type Listener = (event: object) => void

/** Airports that count. Each question handles so many of the messages that are waiting, in a random order. */
class Scene {
  readonly names: string[] = []
  readonly listeners = new Map<string, Listener>()
  readonly landedAt: number[] = []
  departures = 0
  inAir = 0
  mostInAir = 0
  readonly opened: string[] = []
  handling: () => number = () => Infinity
  time = 0
  readonly traffic = new Traffic(
    {
      on: (event: string, listener: Listener) => this.listeners.set(event, listener),
      spawn: async (_: unknown, __: unknown, { name }: { name: string }) => this.#airport(this.names.push(name) - 1),
    } as unknown as System,
    () => this.time,
  )
  #waiting: number[] = []

  #airport(number: number): object {
    this.landedAt[number] = 0
    const ask = {
      landed: async () => {
        for (let left = this.handling(); left > 0 && this.#waiting.length > 0; left--) {
          this.inAir--
          this.landedAt[this.#waiting.pop()!]! += 1
        }
        return this.landedAt[number]
      },
      figures: async () => ({ landed: this.landedAt[number] }),
    }
    const tell = {
      open: (destination: string) => this.opened.push(`${this.names[number]}-${destination}`),
      depart: (destination: string) => {
        if (!this.opened.includes(`${this.names[number]}-${destination}`))
          throw new Error('departs before its route is open')
        this.departures++
        this.mostInAir = Math.max(this.mostInAir, ++this.inAir)
        this.#waiting.push(this.names.indexOf(destination))
      },
    }
    return { id: `id of ${this.names[number]}`, ask, tell, ready: async () => {}, with: () => ({ ask }) }
  }

  async fly(flights: number): Promise<void> {
    await this.traffic.build(['AAA', 'BBB', 'CCC'])
    for (let n = 0; n < flights; n++) {
      if (n % BATCH === 0) await this.traffic.room()
      this.traffic.depart(n % 3, (n >> 2) % 3, 0, 0)
    }
  }
}

test('an airport is built once, and numbered', async () => {
  const { traffic, names } = new Scene()
  await traffic.build(['AAA', 'BBB', 'AAA'])
  await traffic.build(['CCC', 'BBB'])
  expect(names).toEqual(['AAA', 'BBB', 'CCC'])
  expect(names.map(code => traffic.airport(code))).toEqual([0, 1, 2])
})

test('never too many in the air, however slowly they land; all have landed when it says so', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1 }), async paces => {
      const scene = new Scene()
      let asked = 0
      scene.handling = () => paces[asked++ % paces.length]!
      await scene.fly(40_000)
      expect(scene.mostInAir).toBeLessThanOrEqual(MOST_IN_AIR)
      expect(scene.mostInAir).toBeGreaterThan(BATCH) // it does not wait for each flight either
      await scene.traffic.allLanded()
      expect([scene.departures, scene.inAir, scene.traffic.landed]).toEqual([40_000, 0, 40_000])
      const landed = [...(await scene.traffic.figures()).values()].map(figures => figures.landed)
      expect(landed).toEqual(scene.landedAt)
      expect(new Set(scene.opened).size).toBe(scene.opened.length) // each route once
    }),
    { numRuns: 20 },
  )
})

const error = new Error('fog')
const losses: [event: string, data: object, message: string, cause?: Error][] = [
  ['deadLetter', { to: 'id of BBB', method: 'land', reason: 'full' }, 'a flight is lost: BBB got no land (full)'],
  ['deadLetter', { to: 'id of it', method: 'x', reason: 'stopped' }, 'a flight is lost: id of it got no x (stopped)'],
  ['fault', { actor: 'id of CCC', method: 'depart', error }, 'CCC failed at depart', error],
  ['threadLost', { thread: 2, error }, 'thread 2 has ended: fog'],
]

test.for(losses)('%s ends the waiting at once, and so does the next batch', async ([event, data, message, cause]) => {
  const scene = new Scene()
  scene.handling = () => 0
  await scene.fly(10)
  scene.listeners.get(event)!(data)
  scene.listeners.get('deadLetter')!({ to: 'BBB', method: 'land', reason: 'stopped' }) // which follows from it
  for (const waiting of [scene.traffic.allLanded(), scene.traffic.room()]) {
    await expect(waiting).rejects.toThrow(new TrafficError(message, { cause }))
  }
})

test('a question that fails is told by its reason, where that is known', async () => {
  const scene = new Scene()
  scene.handling = () => {
    throw error
  }
  await scene.fly(10)
  await expect(scene.traffic.allLanded()).rejects.toBe(error)
  scene.listeners.get('fault')!({ actor: 'id of BBB', method: 'land', error })
  await expect(scene.traffic.allLanded()).rejects.toThrow('BBB failed at land')
})

test('waits for the very last flight', async () => {
  const scene = new Scene()
  let questions = 0
  scene.handling = () => (++questions > 30 ? 1 : 0)
  await scene.fly(1)
  await scene.traffic.allLanded()
  expect([scene.inAir, scene.traffic.landed]).toEqual([0, 1])
  expect(questions).toBeLessThanOrEqual(36) // and no longer: airports are asked three at a time
})

test('when nothing lands for too long it gives up; every landing buys more time', async () => {
  const scene = new Scene()
  let questions = 0
  scene.handling = () => {
    const round = Math.floor(questions / 3) // three airports are asked in one go
    if (questions++ % 3 > 0) return 0
    scene.time += 20_000
    return round < 3 ? 1 : 0
  }
  await scene.fly(10)
  await expect(scene.traffic.allLanded()).rejects.toThrow('7 flights are in the air, and none has landed for 30 s')
  expect(scene.time).toBe(100_000) // the third landing was known at 60 s
})
