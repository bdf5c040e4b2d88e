// What ends a thread half-way through a replay, where that is wanted: all at once, as a crash would.
//
// Invariant: nothing is finished or put in order before it; who asks for a strike hears that the thread is lost.
import { behavior, type System, thread, ThreadLost } from '@troupe/actors'

const lightning = behavior(import.meta, {
  name: 'lightning',
  state: () => ({}),
  handlers: {
    strike() {
      process.exit(1)
    },
  },
})

/**
 * Ends a thread; resolves when it is lost. The lightning's own start is awaited first, so what the thread had said before of
 * others that have started there has come.
 */
export async function strike(system: System, at: number): Promise<void> {
  const bolt = await system.spawn(lightning, undefined, { on: thread(at) })
  const ended: unknown = await bolt.ask.strike().catch((error: unknown) => error)
  if (!(ended instanceof ThreadLost)) throw ended
}
