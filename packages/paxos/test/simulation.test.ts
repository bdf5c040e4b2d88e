// Replicated logs under faults: run.ts says what happens in a run, and what has to hold of it. SEEDS in the environment runs more,
// `pnpm --filter @troupe/paxos simulate --seeds N` as many as one likes.
import { expect, test } from 'vitest'
import { run, type RunOptions } from './simulation/run.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 2_000)

test('a log under faults: one value a slot, nothing lost or done twice, linearizable; and all comes to an end', () => {
  const sums = { operations: 0, epochs: 0, faults: 0 }
  for (let seed = 0; seed < SEEDS; seed++) {
    try {
      const { operations, epochs, faults } = run(seed)
      sums.operations += operations
      sums.epochs += epochs
      sums.faults += faults
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  expect(sums.operations).toBeGreaterThan(50 * SEEDS)
  expect(sums.faults).toBeGreaterThan(10 * SEEDS)
  expect(sums.epochs).toBeGreaterThan(SEEDS / 2)
})

test('the same seed is the same run', () => expect(run(7)).toEqual(run(7)))

// 119: a candidate took reads before it knew what had been decided, and answered them once it led
// 10986: a new leader found a change of members that an epoch before had never decided, and proposed nothing behind it for ever
test.each([119, 249, 564, 10_986, 15_408, 19_089])('seed %i, which has shown a bug', seed =>
  expect(run(seed).operations).toBeGreaterThan(0),
)

test.each<[string, RunOptions]>([
  ['a quorum of one', { broken: { accept: 1 } }],
  ['an answer before the sync', { broken: { lazyDisk: true } }],
  ['a promise that is not stored', { broken: { forgetsPromises: true } }],
  ['a retry that the session table does not know', { broken: { newNumbers: true } }],
  ['a snapshot without the sessions', { broken: { noSessions: true } }],
  ['reads that are served from any state', { broken: { staleReads: true } }],
  ['a replica that comes back with an empty disk under its name', { broken: { oldName: true } }],
])('found out: %s', (_, options) => {
  const isFound = (seed: number): boolean => {
    try {
      run(seed, options)
      return false
    } catch {
      return true
    }
  }
  let seed = 0
  while (seed < 3_000 && !isFound(seed)) seed++
  expect(seed).toBeLessThan(3_000)
})
