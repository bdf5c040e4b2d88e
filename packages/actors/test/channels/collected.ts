// Simulated cores whose channels are collected when the test says so: what threads remember of those that no code has any
// more, and of values that nobody received.
//
// Invariants: code has the ends that a test names, and nothing else; whatever it does not name is collected, and everybody
// hears of it, before the test goes on. A file that uses this says so once, with `collectByHand`.
import type { Channel, Sender } from '@troupe/actors'
import { afterAll, beforeAll } from 'vitest'
import { chanOf, type Cores, type CoresOptions, onCores } from './cores.ts'
import { Collection } from './simulation-collection.ts'

/** Of values that do not matter here. */
export type AnyChannel = Channel<any>

const collection = new Collection()

/** For all tests of a file. */
export function collectByHand(): void {
  beforeAll(() => collection.install())
  afterAll(() => collection.uninstall())
}

/** On cores whose channels are collected when the test says so. */
export function onCollected(run: (cores: Cores) => Promise<void>, options?: CoresOptions): Promise<void> {
  return onCores(async cores => {
    collection.reset()
    for (const simulated of cores.world.threads) simulated.watch = collection.watch.bind(collection) as never
    await run(cores)
  }, options)
}

/** Collects one at once, whoever has it. */
export function collect(end: AnyChannel): void {
  collection.collect(chanOf(end))
  collection.find()
}

/** Collects all channels but these, and lets everybody hear of it. */
export async function collectAllBut(cores: Cores, ...kept: AnyChannel[]): Promise<void> {
  for (const end of kept) collection.hold(chanOf(end))
  await cores.sim.sleep(50)
  for (let again = true; again;) {
    for (const chan of collection.garbage) collection.collect(chan)
    again = collection.unfound > 0
    while (collection.unfound > 0) collection.find()
    await cores.sim.sleep(50)
  }
  for (const end of kept) collection.drop(chanOf(end))
}

/** How many channels each thread knows of that others know of as well. */
export const entries = (cores: Cores): number[] => [0, 1, 2].map(thread => cores.core(thread).channels.entries.size)
/** How many ends a thread has given away that have not arrived. */
export const pins = (cores: Cores, on: number): number => cores.entries(on).reduce((sum, entry) => sum + entry.pins, 0)

/** A value with an end in it, as those that are asked for a reply. */
export interface Job {
  readonly n: number
  readonly reply: Sender<number>
}
/** A job whose reply channel nobody else has. */
export const job = (cores: Cores, on: number, n = 0): Job => ({ n, reply: cores.channel<number>(on).sender })
