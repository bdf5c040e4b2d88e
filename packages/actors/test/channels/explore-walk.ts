// Orders and programs that are too many to be taken one by one: as chance will have them, from a seed.
//
// Invariant: a seed and the code give one program and one order of its steps.
import type { Random } from '../../src/testing/random.ts'
import { type System, Violation } from './explore.ts'
import type { Program } from './explore-course.ts'

/** One order of steps, as chance will have it. Throws a Violation. */
export async function walk(system: System, random: Random): Promise<void> {
  const path: string[] = []
  try {
    for (;;) {
      const { must, may } = system.steps()
      if (must.length === 0) return await system.end()
      const among = may.length > 0 && random.below(8) === 0 ? may : must
      const step = among[random.below(among.length)]!
      path.push(step)
      system.take(step)
    }
  } catch (error) {
    throw new Violation(path, error)
  }
}

/** More threads, routines and cases, buffers, times, moves and losses than can be explored. */
export function randomProgram(random: Random, losses: number): Program {
  const threads = 2 + random.below(3)
  const channels = 1 + random.below(3)
  const thread = () => random.below(threads)
  return {
    threads,
    homes: Array.from({ length: channels }, thread),
    capacities: Array.from({ length: channels }, () => [0, 0, 0, 1, 2][random.below(5)]!),
    routines: Array.from({ length: 2 + random.below(4) }, () => ({
      on: thread(),
      late: random.below(5) === 0,
      cases: Array.from({ length: 1 + random.below(3) }, () => ({
        channel: random.below(channels),
        sends: random.below(2) === 0,
      })),
    })),
    moves: random.below(4),
    losses: random.below(losses + 1),
    cold: random.below(2) === 0,
  }
}
