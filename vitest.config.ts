// Four projects: the packages' own tests, first those that compute on one thread for long, which run beside each other on
// all cores, then the others; the apps'; and what spans the workspace (house rules, README, packing, bench).
// The last one compiles, packs and starts processes, so it runs after the others and not beside them: the packages'
// tests measure threads, and would be measuring the compiler. (The order starts at 1: Vitest 5.1 runs group 0 last
// where it has one worker, as on two cores.)
// In CI the counts go to a file too, from which .ci/run takes its last line.
import { defineConfig } from 'vitest/config'

/** By default Vitest leaves one core to others, which is half of two. */
const computing = [
  'packages/actors/test/{moving,channels}/explore.test.ts',
  'packages/actors/test/{moving,checkpoints}/simulation.test.ts',
  'packages/actors/test/{simulation,balance-model,*.simulation}.test.ts',
  'packages/actors/test/nodes/{explore,moves.simulation,membership,link-storm,wire-fuzz}.test.ts',
  'packages/paxos/{src,test}/*.test.ts',
  'packages/lock/{src/*,test/{table,*.simulation}*}.test.ts',
  'packages/ring/{src/*,test/{agreement,bounded-load,plan,ring,*.simulation}}.test.ts',
]

export default defineConfig({
  test: {
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'node_modules/.cache/vitest.json' },
    projects: [
      {
        test: {
          name: 'computing',
          include: computing,
          testTimeout: 120_000,
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'packages',
          include: ['packages/*/{src,test}/**/*.test.ts'],
          exclude: computing,
          testTimeout: 20_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'apps',
          include: ['apps/*/{src,test}/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'workspace',
          include: ['{test,bench}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
