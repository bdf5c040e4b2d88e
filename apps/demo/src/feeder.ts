// The feeder: a goroutine that lets the flights it receives depart, and tells how far it is. Its result is the airports'
// figures once every flight has landed.
//
// Invariants:
// - It receives no batch before the one before it has departed, so a reader that is ahead waits at the channel.
// - The airports are its children: they end with it, however it ends. So does the channel of standings.
// - Moves that are wanted begin behind a batch, and nothing waits for them before all flights have landed.
// - Half-way it lets others strike a thread, if that is wanted, and goes on when what can land has landed.
import { goroutine, type Receiver, type Sender } from '@troupe/actors'
import type { Batch } from './batch.ts'
import type { Loss } from './losses.ts'
import { type Moved, Moves } from './moves.ts'
import type { Standing } from './progress.ts'
import type { AllFigures } from './reference.ts'
import type { Spots } from './spots.ts'
import { Traffic } from './traffic.ts'

export interface Flown {
  readonly airports: AllFigures
  readonly moved: Moved
  /** The codes of the airports that were on the thread that was struck. */
  readonly struck: readonly string[]
}

/** That a thread is to be lost half-way. */
export interface Strike {
  readonly thread: number
  /** Takes the word that it is time. */
  readonly due: Sender<null>
  /** Gives the word that it is done. */
  readonly done: Receiver<null>
}

/** Spreads the airports over these spots, and makes so many moves among them. */
export const feeder = goroutine(
  import.meta,
  'feeder',
  async (
    ctx,
    batches: Receiver<Batch>,
    standings: Sender<Standing>,
    losses: Receiver<Loss>,
    spots: Spots,
    wanted: number,
    strike: Strike | undefined,
  ): Promise<Flown> => {
    const traffic = new Traffic(ctx, losses, spots, strike !== undefined)
    let struck: string[] | undefined
    const moves = new Moves(traffic.airports, spots, wanted, () => ctx.random())
    try {
      for await (const batch of batches) {
        await traffic.build(batch.newcomers)
        await traffic.room()
        const halfWay = strike !== undefined && struck === undefined && (batch.read ?? 1) >= 0.5
        if (halfWay) await traffic.begun()
        traffic.depart(batch)
        moves.begin(batch.read)
        if (halfWay) {
          struck = traffic.on(strike.thread)
          await strike.due.send(null)
          await strike.done.receive()
          await traffic.recovered()
        }
        standings.trySend(standing(traffic, batch.read)) // one that nobody has looked at yet will do as well
      }
      await traffic.allLanded()
      const moved = await moves.over()
      return { airports: await traffic.figures(), moved, struck: struck ?? [] }
    } finally {
      standings.close()
      strike?.due.close()
    }
  },
)

/** Fed is not yet landed: of the part that has been read, what has landed is done. */
function standing({ landed, fed }: Traffic, read: number | undefined): Standing {
  return { landed, fraction: read === undefined ? undefined : (read * landed) / fed }
}
