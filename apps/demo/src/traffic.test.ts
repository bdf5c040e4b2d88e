// Traffic against airports made for the purpose, which handle messages when the test says so: what is tested is how it
// bounds the flights in the air, and how it knows that all have landed, or never will. Waiting takes virtual time.
import { type ActorId, type Channel, type GoContext, type Refusal, ThreadLost } from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Batch, BATCH } from './batch.ts'
import type { Loss } from './losses.ts'
import { spotsOf } from './spots.ts'
import { MOST_IN_AIR, Traffic } from './traffic.ts'

/** Airports that count. Each question handles so many of the messages that are waiting. */
class Scene {
  readonly landedAt: number[] = []
  readonly places: number[] = []
  departures = 0
  inAir = 0
  mostInAir = 0
  readonly opened: string[] = []
  cleared = 0
  threadLost = false
  handling: () => number = () => Infinity
  time = 0
  readonly losses: Channel<Loss>
  readonly traffic: Traffic
  #waiting: number[] = []

  constructor(losses: Channel<Loss>, threads = 2) {
    this.losses = losses
    const ctx = {
      spawn: (_: unknown, __: unknown, { on }: { on: { thread: number } }) =>
        this.#airport(this.places.push(on.thread) - 1),
      now: () => this.time,
    } as unknown as GoContext
    this.traffic = new Traffic(ctx, losses, spotsOf(threads))
  }

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
      cleared: async () => {
        this.cleared++
        if (this.threadLost) throw new ThreadLost('thread 1 has ended')
        await ask.landed()
      },
    }
    const tell = {
      open: (destination: number) => this.opened.push(`${number}-${destination}`),
      depart: (destination: number) => {
        if (!this.opened.includes(`${number}-${destination}`)) throw new Error('departs before its route is open')
        this.departures++
        this.mostInAir = Math.max(this.mostInAir, ++this.inAir)
        this.#waiting.push(destination)
      },
    }
    const ref = { id: `airport#${number}`, ask, tell, ready: async () => {}, with: () => ref }
    return ref
  }

  /** So many of the messages that wait are gone. */
  lose(count: number): void {
    this.#waiting.splice(0, count)
    this.inAir -= count
  }

  async fly(flights: number): Promise<void> {
    if (this.places.length === 0) void this.traffic.build(codes)
    for (let fed = 0; fed < flights; fed += BATCH) {
      await this.traffic.room()
      this.traffic.depart(batchOf(Math.min(BATCH, flights - fed)))
    }
  }
}

const codes = ['AAA', 'BBB', 'CCC']

function batchOf(length: number): Batch {
  return {
    newcomers: [],
    origins: Uint32Array.from({ length }, (_, n) => n % 3),
    destinations: Uint32Array.from({ length }, (_, n) => (n >> 2) % 3),
    hours: new Uint8Array(length),
    delays: new Int32Array(length),
    read: undefined,
  }
}

/** A scene on virtual time. */
function scene(act: (scene: Scene) => Promise<void>): Promise<void> {
  return simulate(1, sim => act(new Scene(sim.channel<Loss>({ capacity: 1 }))), { threads: 0 })
}

test.for([
  [0, [0, 0, 0]],
  [1, [1, 1, 1]],
  [2, [1, 2, 1]],
] as const)('airports are spread over %i threads', ([threads, places]) =>
  simulate(1, async sim => {
    const { traffic, places: found } = new Scene(sim.channel<Loss>(), threads)
    await traffic.build(['AAA', 'BBB'])
    await traffic.build(['CCC'])
    expect(found).toEqual(places)
  }),
)
test('an airport whose place is gone is told by the reason for that', () =>
  simulate(1, async sim => {
    const losses = sim.channel<Loss>({ capacity: 1 })
    const spawn = (): never => {
      throw new Error('there is no such node')
    }
    const traffic = new Traffic({ spawn } as unknown as GoContext, losses, spotsOf(1))
    await losses.send({ text: 'it is down' })
    await expect(traffic.build(['AAA'])).rejects.toMatchObject({ code: 'flights-lost', message: 'it is down' })
  }))

test('never too many in the air, however slowly they land; all have landed when it says so', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1 }), paces =>
      scene(async scene => {
        let asked = 0
        scene.handling = () => paces[asked++ % paces.length]!
        await scene.fly(40_000)
        expect(scene.mostInAir).toBeLessThanOrEqual(MOST_IN_AIR)
        expect(scene.mostInAir).toBeGreaterThan(BATCH) // it does not wait for each flight either
        await scene.traffic.allLanded()
        const { fed, landed } = scene.traffic
        expect([scene.departures, scene.inAir, fed, landed]).toEqual([40_000, 0, 40_000, 40_000])
        const figures = await scene.traffic.figures()
        expect([...figures.keys()]).toEqual(codes)
        expect([...figures.values()].map(each => each.landed)).toEqual(scene.landedAt)
        expect(new Set(scene.opened).size).toBe(scene.opened.length) // each route once
      }),
    ),
    { numRuns: 20 },
  )
})

const error = new Error('fog')
const losses: [loss: Loss, message: string][] = [
  [{ actor: 'airport#1' as ActorId, text: 'airport#1 failed at land', cause: error }, 'BBB failed at land'],
  [{ actor: 'elsewhere#1' as ActorId, text: 'elsewhere#1 failed' }, 'elsewhere#1 failed'],
  [{ text: 'thread 2 has ended' }, 'thread 2 has ended'],
]

test.for(losses)(
  'a loss ends the waiting at once, and is told by the name of the airport: $1',
  async ([loss, message]) => {
    for (const waiting of ['room', 'allLanded'] as const) {
      await scene(async scene => {
        scene.handling = () => 0
        await scene.fly(MOST_IN_AIR)
        const [error] = await Promise.all([
          scene.traffic[waiting]().catch((error: unknown) => error as Refusal),
          scene.losses.send(loss),
        ])
        expect([error!.code, error!.message, error!.cause]).toEqual(['flights-lost', message, loss.cause])
      })
    }
  },
)

test('a question that fails is told by its reason, where there is one', () =>
  scene(async scene => {
    scene.handling = () => {
      throw error
    }
    await scene.fly(10)
    await expect(scene.traffic.allLanded()).rejects.toThrow(error)
    const late = scene.traffic.allLanded()
    await scene.losses.send({ text: 'thread 2 has ended' })
    await expect(late).rejects.toThrow('thread 2 has ended')
  }))

test('waits for the very last flight', () =>
  scene(async scene => {
    let questions = 0
    scene.handling = () => (++questions > 30 ? 1 : 0)
    await scene.fly(1)
    await scene.traffic.allLanded()
    expect([scene.inAir, scene.traffic.landed]).toEqual([0, 1])
    expect(questions).toBeLessThanOrEqual(36) // and no longer: airports are asked three at a time
  }))

test('what is lost with a thread is in the air no more, and routes are opened again', () =>
  scene(async scene => {
    scene.handling = () => 0
    await scene.fly(MOST_IN_AIR)
    scene.lose(100)
    scene.handling = () => Infinity
    await scene.traffic.recovered()
    expect(scene.cleared).toBe(3)
    expect(scene.traffic.landed).toBe(MOST_IN_AIR - 100)
    await scene.traffic.allLanded()
    const opened = scene.opened.length
    await scene.fly(10)
    await scene.traffic.allLanded()
    expect(scene.traffic.landed).toBe(MOST_IN_AIR - 90)
    expect(scene.opened.length).toBeGreaterThan(opened)
  }))

test('asks again where the answer is lost with a thread', () =>
  scene(async scene => {
    await scene.fly(10)
    scene.threadLost = true
    const recovered = scene.traffic.recovered()
    while (scene.cleared < 20) await Promise.resolve()
    scene.threadLost = false
    await recovered
    await scene.traffic.allLanded()
    expect(scene.traffic.landed).toBe(10)
  }))

test('when nothing lands for too long it gives up; every landing buys more time', () =>
  scene(async scene => {
    let questions = 0
    scene.handling = () => {
      const round = Math.floor(questions / 3) // three airports are asked in one go
      if (questions++ % 3 > 0) return 0
      scene.time += 20_000
      return round < 3 ? 1 : 0
    }
    await scene.fly(10)
    const message = '7 flights are in the air, and none has landed for 30 s'
    await expect(scene.traffic.allLanded()).rejects.toThrow(message)
    expect(scene.time).toBe(100_000) // the third landing was known at 60 s
  }))
