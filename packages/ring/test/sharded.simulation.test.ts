// sharded() in simulations: shards move, actors end when they are idle or are stopped, and each key still hears each sender in order.
import { thread } from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import { sharded } from '@troupe/ring'
import { expect, test } from 'vitest'
import { shardTable } from '../src/behavior.ts'
import { tally } from './fixtures/keyed-actors.ts'

const SEEDS = 60
const KEYS = ['a', 'b', 'c']

/** What was heard by whoever has heard each message, by key, in the order in which they were sent; and the asks that failed. */
async function run(
  sim: Simulation,
): Promise<{ heard: Map<string, [n: number, seen: unknown[]][]>; failed: unknown[] }> {
  const group = await sim.spawn(sharded(tally, { init: 0, shards: 2, idle: 8 }))
  const shards = await (await sim.lookup(shardTable, 'tally'))!.ask.routers()
  const heard = new Map<string, [n: number, seen: unknown[]][]>(KEYS.map(key => [key, []]))
  const failed: unknown[] = []
  const waiting: Promise<unknown>[] = []
  const below = (end: number): number => Math.floor(sim.random() * end)
  for (let n = 0; n < 60; n++) {
    const key = KEYS[below(KEYS.length)]!
    const noted = group.at(key).ask.note(n)
    waiting.push(noted.then(seen => heard.get(key)!.push([n, seen])).catch((error: unknown) => failed.push(error)))
    if (sim.random() < 0.15) waiting.push(shards[below(shards.length)]!.move(thread(below(3))))
    if (sim.random() < 0.1) waiting.push(group.at(key).stop({ drain: true }))
    if (sim.random() < 0.3) await sim.sleep(below(12))
  }
  await Promise.all(waiting)
  return { heard, failed }
}

test('each message once, in order, to one actor at a time', async () => {
  let lives = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { heard, failed } = await simulate(seed, run, { threads: 2 })
    expect(failed, `seed ${seed}`).toEqual([])
    for (const [key, answers] of heard) {
      let life: unknown[] = []
      for (const [n, seen] of answers.toSorted(([a], [b]) => a - b)) {
        // the actor before has ended, or it is the same
        if (seen.length === 1) life = []
        if (seen.length === 1) lives++
        life.push(n)
        expect(seen, `seed ${seed}, key ${key}`).toEqual(life)
      }
    }
  }
  expect(lives).toBeGreaterThan(SEEDS * KEYS.length * 1.5)
})
