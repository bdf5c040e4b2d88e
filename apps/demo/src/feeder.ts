// The feeder: a goroutine that lets the flights it receives depart, and tells how far it is. Its result is the airports'
// figures once every flight has landed.
//
// Invariants:
// - It receives no batch before the one before it has departed, so a reader that is ahead waits at the channel.
// - The airports are its children: they end with it, however it ends. So does the channel of standings.
import { goroutine, type Receiver, type Sender } from '@troupe/actors'
import type { Batch } from './batch.ts'
import type { Loss } from './losses.ts'
import type { Standing } from './progress.ts'
import type { AllFigures } from './reference.ts'
import { Traffic } from './traffic.ts'

/** Spreads the airports over so many threads; 0 puts them all on the first. */
export const feeder = goroutine(
  import.meta,
  'feeder',
  async (
    ctx,
    batches: Receiver<Batch>,
    standings: Sender<Standing>,
    losses: Receiver<Loss>,
    threads: number,
  ): Promise<AllFigures> => {
    const traffic = new Traffic(ctx, losses, threads)
    try {
      for await (const batch of batches) {
        traffic.build(batch.newcomers)
        await traffic.room()
        traffic.depart(batch)
        standings.trySend(standing(traffic, batch.read)) // one that nobody has looked at yet will do as well
      }
      await traffic.allLanded()
      return await traffic.figures()
    } finally {
      standings.close()
    }
  },
)

/** Fed is not yet landed: of the part that has been read, what has landed is done. */
function standing({ landed, fed }: Traffic, read: number | undefined): Standing {
  return { landed, fraction: read === undefined ? undefined : (read * landed) / fed }
}
