// Replays a file of flights, once or many times over, and reduces it plainly beside that.
//
// Invariants:
// - The first pass streams: a batch of rows is read, checked, reduced and fed before the next one is read, so that a
//   pipe will do and the file is never in memory. Later passes run over its compact columns, or, when the file is too
//   long for those, read it again.
// - It ends only when every flight fed has landed, or by throwing.
import type { FlightFile } from './flight-file.ts'
import type { Flight } from './flights.ts'
import type { Progress } from './progress.ts'
import type { Reference } from './reference.ts'
import type { Timetable } from './timetable.ts'
import { BATCH, type Traffic } from './traffic.ts'

export interface Plan {
  traffic: Traffic
  reference: Reference
  file: FlightFile
  /** The file's flights for the first pass, opened already. */
  flights: AsyncIterable<Flight>
  /** Empty; keeps the flights for later passes. */
  timetable: Timetable
  repeat: number
  progress: Progress
  signal: AbortSignal
}

export async function replay(plan: Plan): Promise<void> {
  const { traffic, file, flights, timetable, repeat, signal } = plan
  await stream(plan, 0, flights)
  for (let pass = 1; pass < repeat; pass++) {
    if (timetable.complete) await run(plan, pass)
    else await stream(plan, pass, file.flights(signal))
  }
  await traffic.allLanded()
}

/** One pass over the file itself. */
async function stream(plan: Plan, pass: number, flights: AsyncIterable<Flight>): Promise<void> {
  let batch: Flight[] = []
  for await (const flight of flights) {
    if (batch.push(flight) < BATCH) continue
    await feed(plan, pass, batch)
    progressed(plan, pass, plan.file.fraction)
    batch = []
  }
  await feed(plan, pass, batch)
}

async function feed(plan: Plan, pass: number, flights: readonly Flight[]): Promise<void> {
  const { traffic, reference, timetable, signal } = plan
  await traffic.build(flights.flatMap(({ origin, destination }) => [origin, destination]))
  await traffic.room()
  signal.throwIfAborted()
  for (const flight of flights) {
    const { origin, destination, hour, delay } = flight
    const from = traffic.airport(origin)
    const to = traffic.airport(destination)
    traffic.depart(from, to, hour, delay)
    if (pass === 0) {
      reference.add(flight)
      timetable.add(from, to, hour, delay)
    }
  }
}

/** One pass over the columns. */
async function run(plan: Plan, pass: number): Promise<void> {
  const { traffic, timetable, signal } = plan
  const { length } = timetable
  for (let at = 0; at < length;) {
    await traffic.room()
    signal.throwIfAborted()
    for (const end = Math.min(at + BATCH, length); at < end; at++) {
      traffic.depart(timetable.origin(at), timetable.destination(at), timetable.hour(at), timetable.delay(at))
    }
    progressed(plan, pass, at / length)
  }
}

/** Fed is not yet landed: of the part that has been fed, what has landed is done. */
function progressed({ traffic, repeat, progress }: Plan, pass: number, read: number | undefined): void {
  const { landed, fed } = traffic
  progress.update({ landed, fraction: read === undefined ? undefined : (((pass + read) / repeat) * landed) / fed })
}
