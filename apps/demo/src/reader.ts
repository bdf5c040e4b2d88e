// The reader: a goroutine that reads a file of flights, once or many times over, and sends them on in batches. Beside that
// it reduces them plainly; what that comes to is its result.
//
// Invariants:
// - The file streams: a batch is read, checked and reduced, then the channel has to have room for it. So a pipe will do, and
//   the file is never in memory.
// - Later passes send the columns of the first one again. A file that is too long for that is not kept, but read again.
// - However it ends, the channel is closed behind the last batch; and a file that is no good is a refusal, which says why.
import { goroutine, type Sender } from '@troupe/actors'
import { type Batch, BATCH, Batcher, type Columns } from './batch.ts'
import { FlightFile } from './flight-file.ts'
import { type AllFigures, Reference } from './reference.ts'

/** Batches that are kept for later passes: 8 million flights. */
const KEEP = 2_000

export const reader = goroutine(
  import.meta,
  'reader',
  async (ctx, path: string, repeat: number, batches: Sender<Batch>): Promise<AllFigures> => {
    const reference = new Reference()
    try {
      const passes = batchesOf(new FlightFile(path), reference, repeat, { signal: ctx.signal })
      for await (const batch of passes) await batches.send(batch)
    } finally {
      batches.close()
    }
    return reference.figures(repeat)
  },
)

/** The file's flights, so many times over; the reference gets each of them once. Ends with the signal's reason. */
export async function* batchesOf(
  file: FlightFile,
  reference: Reference,
  repeat: number,
  { signal, keep = KEEP }: { signal?: AbortSignal; keep?: number } = {},
): AsyncGenerator<Batch, void, undefined> {
  const batcher = new Batcher()
  let kept: Columns[] | undefined = repeat > 1 ? [] : undefined
  for (let pass = 0; pass < repeat; pass++) {
    const read = (part: number | undefined) => (part === undefined ? undefined : (pass + part) / repeat)
    if (pass > 0 && kept !== undefined) {
      for (const [at, columns] of kept.entries()) {
        yield { ...columns, newcomers: [], read: read((at + 1) / kept.length) }
      }
      continue
    }
    for await (const columns of onePass(file, batcher, pass === 0 ? reference : undefined, signal)) {
      yield { ...columns, read: read(file.fraction) }
      if (kept !== undefined && kept.push(columns) > keep) kept = undefined
    }
  }
}

async function* onePass(
  file: FlightFile,
  batcher: Batcher,
  reference: Reference | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Columns, void, undefined> {
  for await (const flight of file.flights(signal)) {
    reference?.add(flight)
    batcher.add(flight)
    if (batcher.length === BATCH) yield batcher.take()
  }
  if (batcher.length > 0) yield batcher.take()
}
