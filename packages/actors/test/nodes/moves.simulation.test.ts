// Random programs on two or three simulated nodes: actors that are spawned, asked, told, watched and moved from node to node.
// Without faults all must hold: order, each message once, an answer to every ask, the word of every end, nothing kept. While ways
// are cut, nodes are killed, and others are declared down: at most one live copy of each actor, after every step.
//
// Repeat one seed with SEED=n SEEDS=1.
import { expect, test } from 'vitest'
import { runNodes } from './sim-program.ts'

/** Fewer than 100 may not meet every fault. */
const SEEDS = Number(process.env['SEEDS'] ?? 150)
const FIRST = Number(process.env['SEED'] ?? 1)
const WITHIN = 300_000

async function violations(faults: number, coverage: Map<string, number>): Promise<string[]> {
  const wrong: string[] = []
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    for (const found of await runNodes(seed, coverage, { faults })) wrong.push(`seed ${seed}: ${found}`)
  }
  return wrong
}

test(
  `${SEEDS} seeds without faults: everything holds`,
  async () => {
    expect(await violations(0, new Map<string, number>())).toEqual([])
  },
  WITHIN,
)
test(
  `${SEEDS} seeds with faults: no actor lives twice`,
  async () => {
    const coverage = new Map<string, number>()
    const wrong = await violations(12, coverage)
    expect(wrong.filter(text => text.includes('lives on'))).toEqual([])
    for (const fault of ['cut', 'killed', 'declared down']) expect(coverage.get(fault), fault).toBeGreaterThan(0)
  },
  WITHIN,
)
