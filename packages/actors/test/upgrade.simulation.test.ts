// Upgrades of simulated systems: under messages, delays and losses of threads as chance will have them.
//
// UPGRADES=n takes n seeds of each kind.
import { type AnyRef, type Ref, thread } from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import { describe, expect, test } from 'vitest'
import { counted, counter, ledger } from './fixtures/upgrade/counter-1.ts'

const SEEDS = Number(process.env['UPGRADES'] ?? 150)
/** Also those that have found something: circles of fences, and an actor that came back after its thread was done. */
const seeds = [...Array.from({ length: SEEDS }, (_, index) => index + 1), 285, 359, 919, 1421]
const COUNT = 12
const version = new URL('./fixtures/upgrade/counter-2.ts', import.meta.url)
/** What only the second version has. */
const adds = (ref: AnyRef): Promise<number> => (ref as Ref<{ adds(): number }>).ask.adds()

/** Sends to counters while all threads get newer code; `also` happens between. Gives what was sent to each. */
async function upgradeUnderLoad(sim: Simulation, refs: Ref<typeof counter>[], also: () => void) {
  const sent = refs.map(() => 0)
  const failed: unknown[] = []
  const asks: Promise<unknown>[] = []
  const upgraded = sim.upgrade(version)
  for (let i = 0; i < 60; i++) {
    const chosen = Math.floor(sim.random() * refs.length)
    const ref = refs[chosen]!
    sent[chosen]! += 2
    ref.tell.add(1)
    asks.push(ref.ask.add(1).catch((error: unknown) => failed.push(error)))
    if (sim.random() < 0.2) void ref.move(thread(Math.floor(sim.random() * 3))).catch(() => {})
    also()
    await sim.sleep(sim.random() * 6)
  }
  const { actors } = await upgraded
  await Promise.all(asks)
  return { sent, failed, actors }
}
const spawnAll = (sim: Simulation) =>
  Promise.all(
    Array.from({ length: COUNT }, (_, i) =>
      sim.spawn(i % 3 === 0 ? counted(counter) : counter, 0, i < 2 ? { on: thread(0) } : {}),
    ),
  )

describe('an upgrade', () => {
  test('loses no message, and no ask, whatever moves meanwhile', async () => {
    for (const seed of seeds) {
      await simulate(seed, async sim => {
        const refs = await spawnAll(sim)
        const dead: unknown[] = []
        sim.on('deadLetter', letter => dead.push(letter))
        const { sent, failed } = await upgradeUnderLoad(sim, refs, () => {})
        await sim.sleep(1_000)
        expect([failed, dead], `seed ${seed}`).toEqual([[], []])
        for (const [i, ref] of refs.entries()) {
          expect([ref.id, await ref.ask.get()], `seed ${seed}`).toEqual([ref.id, sent[i]])
          expect(await adds(ref), `seed ${seed}`).toBeLessThanOrEqual(sent[i]!)
        }
      })
    }
  }, 120_000)

  test('takes everybody along, whichever threads are lost meanwhile', async () => {
    for (const seed of seeds) {
      await simulate(seed, async sim => {
        const refs = await spawnAll(sim)
        const kept = await sim.spawn(ledger)
        let replies = 0
        const lose = (): void => {
          void kept.ask.add(1).then(
            total => (replies = Math.max(replies, total)),
            () => {},
          )
          if (sim.random() < 0.05) sim.loseThread(1 + Math.floor(sim.random() * 2))
        }
        await upgradeUnderLoad(sim, refs, lose)
        await sim.sleep(6_000)
        for (const ref of refs) expect(await adds(ref), `seed ${seed}, ${ref.id}`).toBeGreaterThanOrEqual(0)
        // whatever was acknowledged is there
        expect(await kept.ask.get(), `seed ${seed}`).toBeGreaterThanOrEqual(replies)
      })
    }
  }, 120_000)
})

test('a thread that takes a lost one’s place later has the newer code', async () => {
  await simulate(1, async sim => {
    const ref = await sim.spawn(counter, 0, { on: thread(1) })
    await sim.upgrade(version)
    await sim.sleep(1_000)
    sim.loseThread(1)
    await sim.sleep(1_000)
    expect(await adds(ref)).toBe(0)
    expect(await adds(await sim.spawn(counter, 0))).toBe(0)
  })
})
