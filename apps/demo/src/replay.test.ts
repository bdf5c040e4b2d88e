// Whole replays. In simulations the feeder takes flights from a channel that the test fills, so that chance decides how
// late each message is; over real files the reader is there too.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Channel, createSystem, type Place, type Refusal, type System, type Task, thread } from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Batch, BATCH, Batcher } from './batch.ts'
import { accountsOf } from './accounts.ts'
import { feeder, type Flown, type Strike } from './feeder.ts'
import { BAD_FILE } from './flight-file.ts'
import { firstLossOf } from './losses.ts'
import type { Standing } from './progress.ts'
import { type AllFigures, Reference } from './reference.ts'
import { replay } from './replay.ts'
import { spotsOf } from './spots.ts'
import { MOST_IN_AIR } from './traffic.ts'

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

/** A flight from everywhere to one place. */
const toOne: Row[] = codes.map(origin => ({ origin, destination: 'AAA', hour: 1, delay: 1 }))

/** The figures by code, in whatever order they came. */
const byCode = (figures: AllFigures): object => Object.fromEntries(figures)

describe('the feeder, simulated', () => {
  interface Stage {
    batches: Channel<Batch>
    standings: Channel<Standing>
    feeding: Task<Flown>
  }
  function stage(sim: Simulation, threads: number, on: Place, moves = 0, strike?: Strike): Stage {
    const batches = sim.channel<Batch>({ capacity: 2 })
    const standings = sim.channel<Standing>({ capacity: 1 })
    const losses = firstLossOf(sim, strike !== undefined)
    const feeding = sim.go(feeder(batches, standings, losses, spotsOf(threads), moves, strike), { on })
    return { batches, standings, feeding }
  }
  async function send(batches: readonly Batch[], to: Channel<Batch>): Promise<void> {
    for (const batch of batches) await to.send(batch)
    to.close()
  }

  async function endlessly(to: Channel<Batch>): Promise<never> {
    const [first] = made([toOne]).batches
    await to.send(first!)
    for (;;) await to.send({ ...first!, newcomers: [] })
  }

  test('what the airports come to is what the plain reduce does, wherever it stands', async () => {
    const places = fc.integer({ min: 0, max: 3 }).chain(threads => fc.tuple(fc.constant(threads), fc.nat(threads)))
    const portions = fc.array(fc.array(flight, { minLength: 1, maxLength: 30 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.nat(), places, portions, (seed, [threads, at], flights) =>
        simulate(
          seed,
          async sim => {
            const { batches: all, figures } = made(flights)
            const { batches, standings, feeding } = stage(sim, threads, thread(at))
            const told = Array.fromAsync(standings as AsyncIterable<Standing>)
            await send(all, batches)
            expect(byCode((await feeding.done).airports)).toEqual(byCode(figures))
            expect((await told).length).toBeLessThanOrEqual(all.length)
          },
          { threads },
        ),
      ),
      { numRuns: 60 },
    )
  })

  test('and however the airports move meanwhile', async () => {
    const portions = fc.array(fc.array(flight, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 6 })
    const threads = fc.integer({ min: 1, max: 3 })
    await fc.assert(
      fc.asyncProperty(fc.nat(), threads, portions, fc.integer({ min: 1, max: 60 }), (seed, threads, flights, moves) =>
        simulate(
          seed,
          async sim => {
            const { batches: all, figures } = made(flights)
            const { batches, feeding } = stage(sim, threads, thread(seed % (threads + 1)), moves)
            let heard = 0
            sim.on('moved', () => heard++)
            await send(all, batches)
            const { airports, moved } = await feeding.done
            expect(byCode(airports)).toEqual(byCode(figures))
            expect(moved).toEqual({ wanted: moves, done: moves, failed: {} })
            await sim.close()
            expect(heard).toBe(moves)
          },
          { threads },
        ),
      ),
      { numRuns: 40 },
    )
  })

  /** A thread is lost half-way; gives what that has cost. */
  async function struck(sim: Simulation, threads: number, at: number, portions: readonly Row[][], after: number) {
    const { batches: all, figures } = made(portions)
    const [due, done] = [sim.channel<null>(), sim.channel<null>()]
    const strike: Strike = { thread: at, due: due.sender, done: done.receiver }
    const { batches, feeding } = stage(sim, threads, thread(0), 0, strike)
    const sending = send(all, batches)
    await due.receive()
    await sim.sleep(after)
    sim.loseThread(at)
    await done.send(null)
    await sending
    const { airports, struck } = await feeding.done
    return accountsOf(airports, figures, new Set(struck))
  }

  test('a thread that is lost on purpose takes along what it had, and nothing else', async () => {
    const portions = fc.array(fc.array(flight, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 4 })
    const places = fc.integer({ min: 1, max: 3 }).chain(threads => fc.tuple(fc.constant(threads), fc.nat(threads - 1)))
    await fc.assert(
      fc.asyncProperty(fc.nat(), places, portions, fc.nat(20), (seed, [threads, at], flights, wait) =>
        simulate(
          seed,
          async sim => {
            const { unexplained } = await struck(sim, threads, 1 + at, flights, wait / 100)
            expect(unexplained).toEqual([])
          },
          { threads },
        ),
      ),
      { numRuns: 60 },
    )
  })

  test('what it had may be flights', async () => {
    const flights = new Array<Row[]>(600).fill(toOne).flat()
    let lost = 0
    for (let seed = 0; seed < 10; seed++) {
      await simulate(
        seed,
        async sim => {
          const { notDeparted, notLanded, unexplained } = await struck(sim, 2, 1, [flights, flights], seed * 3)
          expect(unexplained).toEqual([])
          lost += notDeparted + notLanded
        },
        { threads: 2 },
      )
    }
    expect(lost).toBeGreaterThan(0)
  })

  test('a standing comes with each batch, for whoever looks', () =>
    simulate(1, async sim => {
      const { batches, standings } = stage(sim, 2, thread(0))
      const { batches: all } = made(new Array<Row[]>(5).fill(toOne))
      let before = 0
      for (const [at, batch] of all.entries()) {
        await batches.send(batch)
        const { landed, fraction } = (await standings.receive()).value!
        expect(landed).toBeGreaterThanOrEqual(before)
        expect(fraction).toBe((batch.read! * landed) / ((at + 1) * toOne.length))
        before = landed
      }
      expect(before).toBeLessThanOrEqual(all.length * toOne.length)
    }))

  test('who is ahead of the airports waits at the channel', () =>
    simulate(
      1,
      async sim => {
        const { batches, feeding } = stage(sim, 1, thread(0))
        const { batches: all, figures } = made(
          new Array<Row[]>(12).fill(new Array<Row[]>(BATCH / 4).fill(toOne.slice(1)).flat()),
        )
        let sent = 0
        const sending = (async () => {
          for (const batch of all) await batches.send(batch).then(() => sent++)
          batches.close()
        })()
        await sim.sleep(1) // in which no message has come to its airport
        expect(sent).toBeGreaterThan(2)
        expect(sent).toBeLessThanOrEqual(2 + 1 + MOST_IN_AIR / BATCH)
        await sending
        expect(byCode((await feeding.done).airports)).toEqual(byCode(figures))
      },
      { threads: 1, latency: 1_000 },
    ))

  test('a thread that is lost is the reason, whatever fails because of it', async () => {
    for (let seed = 0; seed < 20; seed++) {
      await simulate(
        seed,
        async sim => {
          const { batches, feeding } = stage(sim, 3, thread(seed % 2))
          const sent = endlessly(batches).catch((error: unknown) => error)
          await sim.sleep(sim.random() * 50)
          sim.loseThread(2)
          const error = (await feeding.done.catch((error: unknown) => error)) as Refusal
          expect([error.code, error.message]).toEqual(['flights-lost', expect.stringContaining('thread 2 has ended')])
          await sim.close()
          expect(await sent).toMatchObject({ code: 'system-closed' }) // it has waited at the channel
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
    const plan = { path: await csv(20_000), repeat: 3, threads, moves: threads * 50, killThread: false }
    const { airports, reference, moved } = await replay(system, plan, standing => void standings.push(standing)).done
    expect(byCode(airports)).toEqual(byCode(reference!))
    expect(totals(airports)).toEqual([60_000, 60_000])
    expect(moved).toEqual({ wanted: threads * 50, done: threads * 50, failed: {} })
    expect(standings.length).toBeGreaterThan(0)
    const fractions = standings.map(({ fraction }) => fraction!)
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...fractions)).toBeLessThanOrEqual(1)
  })

  test('a fault of the file is told as it is', async () => {
    const path = await csv(9_000, '2001/01/31,1,1,AAA,BBB\n')
    const message = `${path}: row 9001, column date: '2001/01/31' is not a date and time such as 2001/01/31 17:05`
    await expect(replay(system, { path, repeat: 2, threads, moves: 0, killThread: false }).done).rejects.toMatchObject({
      code: BAD_FILE,
      message,
    })
  })

  test('stopped, it ends with what there is, all of it landed, and nothing to compare it with', async () => {
    const path = await csv(5_000)
    const flying = replay(system, { path, repeat: 1_000_000, threads, moves: 0, killThread: false }, () =>
      flying.stop(),
    )
    const { airports, reference } = await flying.done
    const [departed, landed] = totals(airports)
    expect(departed).toBe(landed)
    expect(departed).toBeGreaterThan(0)
    expect(reference).toBeUndefined()
  })
})
