// Ours, in the subject "balance": what actors on two host threads get done before and after the system has balanced
// itself (`trials`), and the same where it does not (`unbalanced`).
//
// Invariants: both place their actors alike, and are measured at the same times; nothing moves before the first figure has
// been taken. Rounds come four times as often as by default, so that a trial is short; where actors end does not depend on it.

import { type BalancePolicy, balancePolicy, createSystem, thread, type Ref, type System } from '@troupe/actors'
import { setTimeout as sleep } from 'node:timers/promises'
import { scaled, type Plan, type Trial, type Trials } from '../measure.ts'
import { grinder, player } from './troupe-balance.actors.ts'

const EVERY = 250
/** Rounds that are waited for: far more than a move takes. */
const ROUNDS = 12
const PAIRS = 32
const HITS = 2_000
const LONG_RALLY = 100_000
const SPANS = 8
const GRINDERS = 16
const PATIENT = { deadline: 60_000 }

const everyOf = (plan: Plan): number => scaled(plan, EVERY, 20)

/** A system that begins to balance itself when it is told to, if at all. */
async function open(
  plan: Plan,
  balanced: boolean,
): Promise<{ system: System; begin: () => void; moves: () => number }> {
  const usual = balancePolicy()
  let begun = false
  let moves = 0
  const policy: BalancePolicy = (view, memory, now) => (begun ? usual(view, memory, now) : { moves: [], memory })
  const system = await createSystem({ threads: 2, balance: balanced ? { every: everyOf(plan), policy } : 'off' })
  system.on('moved', () => moves++)
  return { system, begin: () => void (begun = true), moves: () => moves }
}

/** `rateFor` lets the actors work for so many ms, and says how much they got done in a second. */
async function beforeAndAfter(
  plan: Plan,
  rateFor: (ms: number) => Promise<number>,
  begin: () => void,
): Promise<{ before: number; after: number }> {
  await rateFor(plan.warmup * 10) // until threads have compiled what they run
  const before = await rateFor(plan.budget * 2)
  begin()
  await rateFor(everyOf(plan) * ROUNDS)
  return { before, after: await rateFor(plan.budget * 2) }
}

type Player = Ref<typeof player>

async function playersOf(system: System, count: number, place: (n: number) => object): Promise<Player[]> {
  const players = await Promise.all(Array.from({ length: count }, (_, n) => system.spawn(player, undefined, place(n))))
  await Promise.all(players.map((one, n) => one.ask.meet(players[n ^ 1]!)))
  return players
}

/** Messages a second, in rallies of all pairs at once: the next begins when the last pair has finished. */
function rallies(plan: Plan, players: readonly Player[], most = HITS): (ms: number) => Promise<number> {
  const hits = scaled(plan, most, 5)
  const servers = players.filter((_, n) => n % 2 === 0)
  let expected = 0
  return async ms => {
    const start = performance.now()
    let messages = 0
    do {
      expected += hits
      for (const had of await Promise.all(servers.map(one => one.with(PATIENT).ask.rally(hits)))) {
        if (had !== expected) throw new Error(`a player had the ball ${had} times instead of ${expected}`)
      }
      messages += servers.length * hits * 2
    } while (performance.now() - start < ms)
    return messages / ((performance.now() - start) / 1000)
  }
}

/** Pairs as chance places them: a quarter of them in each of the four ways to fall on two threads. */
const pairs =
  (balanced: boolean): Trial =>
  async plan => {
    const { system, begin, moves } = await open(plan, balanced)
    const placed = (n: number) => ({ on: thread(1 + ((n & 1 ? n >> 1 : n >> 2) & 1)), pinned: false })
    const players = await playersOf(system, PAIRS * 2, placed)
    return { ...(await beforeAndAfter(plan, rallies(plan, players), begin)), moves: moves() }
  }

/** All on one of two threads. */
const skewed =
  (balanced: boolean): Trial =>
  async plan => {
    const { system, begin, moves } = await open(plan, balanced)
    const on = { on: thread(1), pinned: false }
    const grinders = await Promise.all(Array.from({ length: GRINDERS }, () => system.spawn(grinder, undefined, on)))
    for (const one of grinders) one.tell.grind()
    const counted = async (): Promise<number> =>
      (await Promise.all(grinders.map(one => one.with(PATIENT).ask.count()))).reduce((sum, count) => sum + count, 0)
    const rateFor = async (ms: number): Promise<number> => {
      const before = await counted()
      const start = performance.now()
      await sleep(ms)
      const done = (await counted()) - before
      return done / ((performance.now() - start) / 1000)
    }
    return { ...(await beforeAndAfter(plan, rateFor, begin)), moves: moves() }
  }

/**
 * A pair on one thread that nobody may move: what differs is only whether its thread samples. Long rallies, as the way to
 * the caller and back is no part of it; and the best of several spans, as what takes the core away is none either.
 */
const sampled =
  (balanced: boolean): Trial =>
  async plan => {
    const { system } = await open(plan, balanced)
    const rateFor = rallies(plan, await playersOf(system, 2, () => ({ on: thread(1) })), LONG_RALLY)
    await rateFor(everyOf(plan) * 4)
    let rate = 0
    for (let span = 0; span < SPANS; span++) rate = Math.max(rate, await rateFor(plan.budget))
    return { rate }
  }

const all = (balanced: boolean): Trials => ({
  'balance-pairs': pairs(balanced),
  'balance-skew': skewed(balanced),
  'balance-sampling': sampled(balanced),
})
export const trials: Trials = all(true)
export const unbalanced: Trials = all(false)
