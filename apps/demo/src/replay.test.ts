// Whole replays. In simulations the feeder takes flights from a channel that the test fills, so that chance decides how
// late each message is; over real files the reader is there too.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Channel, createSystem, type System, type Task } from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Batch, Batcher } from './batch.ts'
import { feeder } from './feeder.ts'
import { BAD_FILE } from './flight-file.ts'
import { Losses } from './losses.ts'
import type { Standing } from './progress.ts'
import { type AllFigures, Reference } from './reference.ts'
import { replay } from './replay.ts'

const codes = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE']
const flight = fc.record({
  origin: fc.constantFrom(...codes),
  destination: fc.constantFrom(...codes),
  hour: fc.nat(23),
  delay: fc.integer({ min: -60, max: 600 }),
})
type Row = typeof flight extends fc.Arbitrary<infer T> ? T : never

/** Columns of these portions of flights, and what they come to. */
function made(portions: readonly (readonly Row[])[]): { batches: Batch[]; figures: AllFigures } {
  const batcher = new Batcher()
  const reference = new Reference()
  const batches = portions.map((portion, at) => {
    for (const each of portion) {
      reference.add(each)
      batcher.add(each)
    }
    return { ...batcher.take(), read: (at + 1) / portions.length }
  })
  return { batches, figures: reference.figures() }
}

/** The figures as airports give them: by code. */
const sorted = (figures: AllFigures): object => Object.fromEntries([...figures].sort())

describe('the feeder, simulated', () => {
  interface Stage {
    batches: Channel<Batch>
    standings: Channel<Standing>
    feeding: Task<AllFigures>
  }
  function stage(sim: Simulation, threads: number): Stage {
    const batches = sim.channel<Batch>({ capacity: 2 })
    const standings = sim.channel<Standing>({ capacity: 1 })
    const feeding = sim.go(feeder(batches, standings, new Losses(sim).receiver, threads))
    return { batches, standings, feeding }
  }
  async function send(batches: readonly Batch[], to: Channel<Batch>): Promise<void> {
    for (const batch of batches) await to.send(batch)
    to.close()
  }

  test('what the airports come to is what the plain reduce does, on any threads', async () => {
    const portions = fc.array(fc.array(flight, { maxLength: 30 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 0, max: 3 }), portions, (seed, threads, flights) =>
        simulate(
          seed,
          async sim => {
            const { batches: all, figures } = made(flights)
            const { batches, standings, feeding } = stage(sim, threads)
            const [told] = await Promise.all([
              Array.fromAsync(standings as AsyncIterable<Standing>),
              send(all, batches),
            ])
            expect(sorted(await feeding.done)).toEqual(sorted(figures))
            for (const { landed, fraction } of told) {
              expect(landed).toBeLessThanOrEqual(flights.flat().length)
              expect(fraction! >= 0 && fraction! <= 1).toBe(true)
            }
          },
          { threads },
        ),
      ),
      { numRuns: 60 },
    )
  })

  test('what is told of the way leads from nothing to all, where somebody looks', () =>
    simulate(1, async sim => {
      const portions = Array.from({ length: 5 }, () =>
        codes.map(origin => ({ origin, destination: 'AAA', hour: 1, delay: 1 })),
      )
      const { batches, standings } = stage(sim, 2)
      const told: Standing[] = []
      for (const batch of made(portions).batches) {
        await batches.send(batch)
        told.push((await standings.receive()).value!)
      }
      expect(
        told.map(({ landed, fraction }, at) => landed * (at + 1) <= 25 && fraction! <= (at + 1) / 5),
      ).not.toContain(false)
    }))

  test('a thread that is lost is the reason, whatever fails because of it', async () => {
    for (let seed = 0; seed < 20; seed++) {
      await simulate(
        seed,
        async sim => {
          const { batches: all } = made(
            new Array(50).fill(codes.map(origin => ({ origin, destination: 'AAA', hour: 1, delay: 1 }))),
          )
          const { batches, feeding } = stage(sim, 3)
          const sent = send(all, batches).catch(() => {}) // nobody receives them any more
          const at = feeding.id.split(/[#.]/)[1]
          await sim.sleep(sim.random() * 50)
          const gone = [1, 2, 3].find(thread => `${thread}` !== at)!
          sim.loseThread(gone)
          const how = await feeding.done.catch((error: unknown) => error)
          expect(how).toMatchObject({
            code: 'flights-lost',
            message: expect.stringContaining(`thread ${gone} has ended`),
          })
          await feeding.stop()
          await sim.close()
          await sent
        },
        { threads: 3 },
      )
    }
  })
})

describe.each([0, 2])('over files, on %i threads', threads => {
  let folder: string
  let system: System
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'replay-'))))
  afterAll(() => rm(folder, { recursive: true }))
  beforeEach(async () => void (system = await createSystem({ threads })))
  afterEach(() => system.close())

  /** So many flights, and a rest. */
  async function csv(count: number, rest = ''): Promise<string> {
    const path = join(folder, `${crypto.randomUUID()}.csv`)
    const lines = Array.from(
      { length: count },
      (_, n) => `2001/01/31 17:05,${n % 9},1,${codes[n % 5]},${codes[n % 3]}\n`,
    )
    await writeFile(path, `date,delay,distance,origin,destination\n${lines.join('')}${rest}`)
    return path
  }
  const totals = (figures: AllFigures) => {
    const all = [...figures.values()]
    return [all.reduce((sum, { departed }) => sum + departed, 0), all.reduce((sum, { landed }) => sum + landed, 0)]
  }

  test('the figures of the airports and of the plain reduce are the same; it tells how far it is', async () => {
    const standings: Standing[] = []
    const plan = { path: await csv(20_000), repeat: 3, threads }
    const { airports, reference } = await replay(system, plan, standing => void standings.push(standing)).done
    expect(sorted(airports)).toEqual(sorted(reference!))
    expect(totals(airports)).toEqual([60_000, 60_000])
    expect(standings.length).toBeGreaterThan(0)
    const fractions = standings.map(({ fraction }) => fraction!)
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...fractions)).toBeLessThanOrEqual(1)
  })

  test('a fault of the file is told as it is', async () => {
    const path = await csv(9_000, '2001/01/31,1,1,AAA,BBB\n')
    const message = `${path}: row 9001, column date: '2001/01/31' is not a date and time such as 2001/01/31 17:05`
    await expect(replay(system, { path, repeat: 2, threads }).done).rejects.toMatchObject({ code: BAD_FILE, message })
  })

  test('stopped, it ends with what there is, all of it landed, and nothing to compare it with', async () => {
    const path = await csv(5_000)
    const flying = replay(system, { path, repeat: 1_000_000, threads }, () => flying.stop())
    const { airports, reference } = await flying.done
    const [departed, landed] = totals(airports)
    expect(departed).toBe(landed)
    expect(departed).toBeGreaterThan(0)
    expect(reference).toBeUndefined()
  })
})
