// Ways between threads of which some are slow: what goes one way overtakes what has gone another, which is what moves must
// cope with.
//
// Invariant: which ones are slow, and how slow, is the seed's choice, made when something first goes that way.
import { SimLane } from '../../src/testing/sim-lane.ts'
import { run } from '../simulation-run.ts'

/** ms, at most. */
const SLOW = 25

export class UnevenLane extends SimLane {
  #slowness: number | undefined = undefined

  override post(frame: Uint8Array, length: number, system: boolean, at: number, kept?: boolean): boolean {
    this.#slowness ??= run.chance(30) ? run.random.below(SLOW) : 0
    return super.post(frame, length, system, at + this.#slowness, kept)
  }
}
