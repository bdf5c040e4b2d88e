// Runs as many seeds as one likes: pnpm --filter @troupe/paxos simulate --seeds 100000 [--from 1]. A seed that fails is printed, and the end is 1.
import { parseArgs } from 'node:util'
import { run } from './simulation/run.ts'

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '0' } },
})
const from = Number(values.from)
const end = from + Number(values.seeds)
const sums = { seeds: 0, operations: 0, slots: 0, epochs: 0, faults: 0, failed: 0 }
for (let seed = from; seed < end; seed++) {
  sums.seeds++
  try {
    const ran = run(seed)
    sums.operations += ran.operations
    sums.slots += ran.slots
    sums.epochs += ran.epochs
    sums.faults += ran.faults
  } catch (error) {
    sums.failed++
    process.exitCode = 1
    console.error(`seed ${seed}: ${(error as Error).stack?.slice(0, 2_000)}`)
    if (sums.failed >= 5) break
  }
}
console.log(JSON.stringify(sums))
