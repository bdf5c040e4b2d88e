// What becomes of frames that a gone thread has not read: somebody reads them in its place, once.
//
// Invariants: a survivor clears its own lanes towards the gone thread; those of senders that are gone too, one survivor
// alone. The claim word of a lane names who does it and for which life of the consumer; a claimer that is gone as well has
// stored how far it came, so the next one goes on from there. A lane that is cleared says so for that life of its
// consumer, and only then is its slot free for another (`SharedMemory.vacate`).

import { CLAIM } from './lane.ts'
import type { Receive } from './lane.ts'
import { LaneReader } from './lane-reader.ts'
import { CLEARED } from './shared-memory.ts'
import type { SharedMemory } from './shared-memory.ts'

const EVERYTHING = 0x3fff_ffff
/** A claim word is (life of the consumer, plus one; thread that reads in its place, plus one). */
const CLAIMER_BITS = 13
const CLAIMER_MASK = (1 << CLAIMER_BITS) - 1

/**
 * Reads what `from` had sent to the gone thread, on behalf of thread `self`. Gives how many large frames had been read in
 * part; undefined when it has been done already, or somebody else is at it.
 */
export function clearLane(
  memory: SharedMemory,
  self: number,
  from: number,
  gone: number,
  report: Receive,
): LaneReader | undefined {
  const { board } = memory
  const { header } = memory.lane(board.slotOf(from), board.slotOf(gone))
  const life = gone + 1
  if (Atomics.load(header, CLEARED) === life) return undefined
  const claim = Atomics.load(header, CLAIM)
  const claimer = (claim & CLAIMER_MASK) - 1
  if (claim >>> CLAIMER_BITS === life && claimer !== self && !board.gone(claimer)) return undefined
  if (Atomics.compareExchange(header, CLAIM, claim, (life << CLAIMER_BITS) | (self + 1)) !== claim) return undefined
  const reader = new LaneReader(memory, from, gone)
  while (!reader.read(report, EVERYTHING));
  Atomics.store(header, CLEARED, life)
  return reader
}

/**
 * The same for all lanes between the gone thread and others that are gone, in both directions: so it must be called for
 * each of them. Any survivor may; one alone gets the frames. Gives how many large frames can not be put together.
 */
export function salvage(memory: SharedMemory, self: number, gone: number, report: Receive): number {
  const { board } = memory
  let broken = 0
  for (let slot = 0; slot < memory.slots; slot++) {
    const other = board.lifeIn(slot)
    if (board.slotOf(other) !== slot || other === gone || !board.gone(other)) continue
    const pairs =
      board.stateIn(slot) === 'empty'
        ? [[other, gone]]
        : [
            [other, gone],
            [gone, other],
          ]
    for (const [from, to] of pairs as [number, number][]) {
      const reader = clearLane(memory, self, from, to, report)
      reader?.dropParts()
      broken += reader?.broken ?? 0
    }
  }
  return broken
}
