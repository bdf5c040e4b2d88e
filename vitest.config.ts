// Three projects: the packages' own tests, the apps', and what spans the workspace (house rules, README, packing, bench).
// The last one compiles, packs and starts processes, so it runs after the others and not beside them: the packages'
// tests measure threads, and would be measuring the compiler. (The order starts at 1: Vitest 5.1 runs group 0 last
// where it has one worker, as on two cores.)
// In CI the counts go to a file too, from which .ci/run takes its last line.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'node_modules/.cache/vitest.json' },
    projects: [
      {
        test: {
          name: 'packages',
          include: ['packages/*/{src,test}/**/*.test.ts'],
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'apps',
          include: ['apps/*/{src,test}/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'workspace',
          include: ['{test,bench}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
