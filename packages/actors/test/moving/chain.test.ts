// One actor that never stops moving leaves nothing behind, however long its chain of moves: in a simulation, where all that a
// thread keeps can be counted, and on real threads, where memory can be measured.
//
// By default it moves 50,000 and 15,000 times. MOVES=1000000 makes that a million in both: some minutes each.
import { queryObjects } from 'node:v8'
import { thread } from '@troupe/actors'
import { expect, test } from 'vitest'
import { defaultLimits } from '../../src/core/platform.ts'
import { runWorld } from '../../src/testing/simulation.ts'
import type { World } from '../../src/testing/world.ts'
import { collectingProgram } from '../fixtures/program.ts'
import { hopper, type Left } from '../fixtures/restless.ts'

const THREADS = 3
const MOVES = Number(process.env['MOVES'] ?? 0)
const SIMULATED = MOVES || 50_000
const REAL = MOVES || 15_000
const HOUR = 3_600_000

/** All that each thread has of actors, and of anything that it waits for. */
function counted({ threads }: World): object[] {
  return threads.map(({ core }) => ({
    actors: core.directory.size,
    addresses: core.routes.size,
    standings: [...core.routes.stands()].length,
    pending: core.handoffs.pending,
    asks: [...core.asks].length,
    timers: core.timers.size,
  }))
}

test('what threads keep of it does not grow', { timeout: HOUR }, async () => {
  const options = { seed: 1, count: THREADS, limits: defaultLimits, latency: 5, steps: Infinity }
  const { early, late, lost } = await runWorld(options, async (sim, world) => {
    const ref = await sim.spawn(hopper, undefined, { on: thread(THREADS - 1) })
    let notes = 0
    const hopUntil = async (moves: number) => {
      ref.tell.hop(moves, THREADS)
      while ((await ref.with({ deadline: HOUR }).ask.moves()) < moves) {
        ref.tell.note()
        notes++
        await sim.sleep(200)
      }
      await sim.sleep(60_000)
      return { has: counted(world), objects: queryObjects(Object, { format: 'count' }) }
    }
    // an end on the same thread each time
    const early = await hopUntil(THREADS * 100)
    const late = await hopUntil(THREADS * Math.ceil(SIMULATED / THREADS))
    return { early, late, lost: notes + 1 - (await ref.ask.note()) }
  })
  const more = late.objects - early.objects
  console.log(`${SIMULATED} simulated moves of one actor; ${more} objects more, and ${JSON.stringify(late.has)}`)
  expect(late.has).toEqual(early.has)
  expect(more).toBeLessThan(SIMULATED / 50)
  expect(lost).toBe(0)
})

test('memory does not grow', { timeout: HOUR }, async () => {
  const { code, stdout, stderr } = await collectingProgram('hops', [REAL], HOUR)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const { µs, early, late, lost } = JSON.parse(stdout) as { µs: number; early: Left[]; late: Left[]; lost: number }
  const growth = late.map(({ bytes }, n) => bytes - early[n]!.bytes)
  console.log(`${REAL} moves of one actor, ${µs} µs each; bytes more in the heap of each thread: ${growth.join(', ')}`)
  // one object for each time that it comes to a thread is more than that; code that is compiled meanwhile is some 200 kB
  for (const grown of growth) expect(grown).toBeLessThan(40 * Math.min(REAL, 25_000))
  for (const { addresses } of late) expect(addresses).toBeLessThanOrEqual(1)
  expect(lost).toBe(0)
})
