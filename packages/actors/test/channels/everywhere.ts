// Runs a program everywhere: on the calling thread alone, on two threads, with each goroutine elsewhere, and on simulated
// threads from several seeds (CHANNEL_RUNS in the environment multiplies them). The result is checked each time, by the
// same check.
//
// Invariants: one system serves all programs of a file, so what a program leaves behind (goroutines that wait for ever, as
// in Go) must harm no other, and is there when the system closes. No program, nor the close, may bring about a fault, a stray
// rejection or a dead letter that nobody can have meant.
import { createSystem, type Events, type Start, type System } from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { place, type Placement } from './placement.ts'

type Program<A extends unknown[], R> = (on: Placement, ...args: A) => Start<R>

export interface Ground {
  /** All goroutines share a thread, so that each sees at once what the others do. */
  readonly oneThread: boolean
  /** How often a program goes through what it does: less where a step costs more. */
  readonly rounds: number
  run<A extends unknown[], R>(program: Program<A, R>, args: A, check: (result: R) => void): Promise<void>
}

const unwanted = [
  'fault',
  'deadLetter',
  'unhandledRejection',
  'spawnFailed',
  'threadLost',
] as const satisfies readonly (keyof Events)[]

/** Why a value may become a dead letter: its channel's rule, a goroutine's stop, or the close of the system. */
const ordinary: readonly string[] = ['overflow', 'stopped', 'lost']

/** Calls for each event that a program should not bring about. */
export function watch(system: Pick<System, 'on'>, unexpected: (event: object) => void): void {
  for (const kind of unwanted) {
    system.on(kind, event => {
      if (!('reason' in event && ordinary.includes(event.reason))) unexpected({ kind, ...event })
    })
  }
}
/** What to do about such an event in a simulation, which then fails. */
export function failing(event: object): void {
  throw new Error(`an event: ${JSON.stringify(event)}`)
}

const grounds = [
  { name: 'on one thread', threads: 0, on: [0], rounds: 500 },
  { name: 'on two threads', threads: 1, on: [0, 1], rounds: 200 },
  { name: 'each goroutine elsewhere', threads: 4, on: [1, 2, 3, 4], rounds: 200 },
]

const SIMULATED_ROUNDS = 10
const SEEDS = 6 * Number(process.env['CHANNEL_RUNS'] ?? 1)
/** One thread, two, and four, in turn. */
const simulated = [
  { threads: 0, on: [0] },
  { threads: 1, on: [0, 1] },
  { threads: 3, on: [1, 2, 3, 0] },
]

/** The same tests on every ground. */
export function everywhere(tests: (ground: Ground) => void): void {
  onThreads(tests)
  inSimulations(tests)
}

/** The same tests on real threads, of which there are one, two and five. */
export function onThreads(tests: (ground: Ground) => void): void {
  describe.each(grounds)('$name', ({ threads, on, rounds }) => {
    let system: System
    const events: unknown[] = []
    beforeAll(async () => {
      system = await createSystem({ threads })
      watch(system, event => void events.push(event))
    })
    afterEach(() => expect(events.splice(0)).toEqual([]))
    afterAll(() => system.close())
    tests({
      oneThread: threads === 0,
      rounds,
      run: async (program, args, check) => check(await system.go(program(on, ...args), place(on, 0)).done),
    })
    test('closing the system brings nothing about', async () => {
      await system.close()
      expect(events).toEqual([])
    })
  })
}

/** The same tests on simulated threads, from several seeds, or from so many times more. */
export function inSimulations(tests: (ground: Ground) => void, more = 1): void {
  describe('in simulations', () => {
    tests({
      oneThread: false,
      rounds: SIMULATED_ROUNDS,
      async run(program, args, check) {
        for (let seed = 0; seed < SEEDS * more; seed++) {
          const { threads, on } = simulated[seed % simulated.length]!
          await simulate(
            seed,
            async sim => {
              watch(sim, failing)
              check(await sim.go(program(on, ...args), place(on, 0)).done)
            },
            { threads },
          )
        }
      },
    })
  })
}
