// The reader: what it makes of a file, here of rows that stand for one; and the goroutine itself, over real files.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ActorStopped, type Channel, createSystem, type System } from '@troupe/actors'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Batch, BATCH } from './batch.ts'
import { BAD_FILE, type FlightFile } from './flight-file.ts'
import type { Flight } from './flights.ts'
import { batchesOf, reader } from './reader.ts'
import { Reference } from './reference.ts'

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

/** A file of these rows that counts how often it is read, and how far; it says that it is half read, at any time. */
function fileOf(flights: readonly Flight[]) {
  const seen = { readings: 0, rows: 0, fraction: 0.5 as number | undefined }
  const file = {
    get fraction() {
      return seen.fraction
    },
    async *flights() {
      seen.readings++
      for (const flight of flights) {
        seen.rows++
        yield flight
      }
    },
  }
  return { file: file as unknown as FlightFile, seen }
}

interface Row {
  origin: string
  destination: string
  hour: number
  delay: number
}

/** The rows of batches, in order. */
function rowsOf(batches: readonly Batch[]): Row[] {
  const known: string[] = []
  return batches.flatMap(({ newcomers, origins, destinations, hours, delays }) => {
    known.push(...newcomers)
    return Array.from(origins, (origin, at) => ({
      origin: known[origin]!,
      destination: known[destinations[at]!]!,
      hour: hours[at]!,
      delay: delays[at]!,
    }))
  })
}

function reduced(flights: readonly Row[], times: number) {
  const reference = new Reference()
  for (const flight of flights) reference.add(flight)
  return reference.figures(times)
}

describe('what it makes of a file', () => {
  test('every flight once a pass, in order, in batches; each reduced once', async () => {
    const someLengths = fc.constantFrom(1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH)
    await fc.assert(
      fc.asyncProperty(someLengths, fc.integer({ min: 1, max: 4 }), fc.boolean(), async (length, repeat, fits) => {
        const flights = rows(length)
        const { file, seen } = fileOf(flights)
        const reference = new Reference()
        const keep = Math.ceil(length / BATCH) - (fits ? 0 : 1)
        const batches = await Array.fromAsync(batchesOf(file, reference, repeat, { keep }))
        const plain = flights.map(({ origin, destination, hour, delay }) => ({ origin, destination, hour, delay }))
        expect(rowsOf(batches)).toEqual(new Array(repeat).fill(plain).flat())
        const sizes = batches.map(({ origins }) => origins.length)
        expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH)
        expect(sizes).toHaveLength(repeat * Math.ceil(length / BATCH))
        expect(seen.readings).toBe(fits ? 1 : repeat) // a file that is too long to keep is read again
        expect(reference.figures()).toEqual(reduced(flights, 1))
      }),
      { numRuns: 40 },
    )
  })

  test('reads no further than the batch that is wanted', async () => {
    const { file, seen } = fileOf(rows(3 * BATCH))
    let batches = 0
    for await (const _ of batchesOf(file, new Reference(), 1)) expect(seen.rows).toBe(++batches * BATCH)
    expect(batches).toBe(3)
  })

  test('tells how much has been read, from pass to pass', async () => {
    const parts = async (keep: number) =>
      (await Array.fromAsync(batchesOf(fileOf(rows(2 * BATCH)).file, new Reference(), 4, { keep }))).map(
        ({ read }) => read! * 8,
      )
    // While it reads, the file says how far it is, here always half; of what is kept that is known.
    expect(await parts(2)).toEqual([1, 1, 3, 4, 5, 6, 7, 8])
    expect(await parts(1)).toEqual([1, 1, 3, 3, 5, 5, 7, 7])
    const pipe = fileOf(rows(2))
    pipe.seen.fraction = undefined
    const [first, second] = await Array.fromAsync(batchesOf(pipe.file, new Reference(), 2))
    expect([first!.read, second!.read]).toEqual([undefined, 1])
  })
})

describe('the goroutine', () => {
  let folder: string
  let system: System
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reader-'))
    system = await createSystem({ threads: 0 })
  })
  afterAll(async () => {
    await system.close()
    await rm(folder, { recursive: true })
  })

  async function csv(count: number, rest = ''): Promise<string> {
    const path = join(folder, `${crypto.randomUUID()}.csv`)
    const lines = rows(count).map(({ origin, destination, hour, delay }) => {
      return `2001/01/31 ${String(hour).padStart(2, '0')}:00,${delay},1,${origin},${destination}\n`
    })
    await writeFile(path, `date,delay,distance,origin,destination\n${lines.join('')}${rest}`)
    return path
  }
  const received = (channel: Channel<Batch>) => Array.fromAsync(channel as AsyncIterable<Batch>)

  test('sends the batches, closes the channel behind them, and gives the plain reduce', async () => {
    const batches = system.channel<Batch>({ capacity: 1 })
    const task = system.go(reader(await csv(BATCH + 5), 2, batches))
    const flights = rowsOf(await received(batches))
    expect(flights).toHaveLength(2 * (BATCH + 5))
    expect(await task.done).toEqual(reduced(flights, 1))
  })

  test('a file that is no good is a refusal, behind what could be read of it', async () => {
    const batches = system.channel<Batch>()
    const path = await csv(2 * BATCH, 'nonsense\n')
    const task = system.go(reader(path, 1, batches))
    expect(rowsOf(await received(batches))).toHaveLength(2 * BATCH)
    const message = `${path}: row ${2 * BATCH + 1}, column date: 'nonsense' is not a date and time such as 2001/01/31 17:05`
    await expect(task.done).rejects.toMatchObject({ code: BAD_FILE, message })
  })

  test('stopped, it closes the channel behind what it has sent', async () => {
    const batches = system.channel<Batch>({ capacity: 1 })
    const task = system.go(reader(await csv(BATCH), 1_000_000, batches))
    const first = await batches.receive()
    expect(rowsOf([first.value!])).toHaveLength(BATCH)
    await task.stop()
    await expect(task.done).rejects.toBeInstanceOf(ActorStopped)
    // one that was waiting in the channel, at most
    expect((await received(batches)).length).toBeLessThanOrEqual(1)
    expect(batches.closed).toBe(true)
  })
})
