// The policy over a model of a system, round after round: from any workload its moves come to an end, and leave things
// better than they were. From 1,000 seeds, with figures as rough as samples are, what it is for comes about: chatty pairs
// come together, and skewed loads spread.
//
// BALANCE_RUNS in the environment multiplies the runs.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BalancePolicy, balancePolicy } from '../src/core/balance.ts'
import { Random } from '../src/testing/random.ts'
import { Model, type ModelActor, type ModelPair, numberOf, sum, type Workload } from './balance-model.ts'

const TIMES = Number(process.env['BALANCE_RUNS'] ?? 1)
const SEEDS = 1_000 * TIMES
const ROUNDS = 120
const LATE = 60
/** From here on a thread counts as overloaded (core/relief.ts), where another is so much less busy. */
const [HOT, GAP] = [0.6, 0.2]

// ── any workload ────────────────────────────────────────────────────────────────────────────────────────────────

/** `most`: what an actor may do by itself, and a pair in messages a second. */
function workloads(most: { work: number; rate: number }): fc.Arbitrary<Workload> {
  const share = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true })
  return fc.integer({ min: 1, max: 4 }).chain(threads => {
    const actor = fc.record({
      thread: fc.integer({ min: 1, max: threads }),
      work: fc.oneof(fc.constant(0), share(most.work / 20), share(most.work)),
      movable: fc.boolean().chain(always => (always ? fc.constant(true) : fc.boolean())),
    })
    return fc.array(actor, { minLength: 1, maxLength: 30 }).chain(actors => {
      const one = fc.nat(actors.length - 1)
      const rate = fc.oneof(fc.nat(200), fc.nat(most.rate))
      const pairs = fc.array(fc.record({ one, other: one, rate }), { maxLength: 30 })
      return pairs.map(all => ({ threads, actors, pairs: real(all) }))
    })
  })
}
/** One pair for any two actors. */
function real(pairs: readonly ModelPair[]): ModelPair[] {
  const between = (pair: ModelPair): string => [pair.one, pair.other].toSorted((a, b) => a - b).join()
  return [...new Map(pairs.filter(({ one, other }) => one !== other).map(pair => [between(pair), pair])).values()]
}

/** How far the load is from where nobody would have to be relieved. */
function strain(model: Model): number {
  const [, ...hosts] = model.demands()
  const high = Math.max(...hosts)
  return high < HOT ? 0 : Math.max(0, high - Math.min(...hosts) - GAP)
}

/** So many rounds, of which each plans only such moves as may be. */
function watched(workload: Workload, rounds: number): Model {
  const most = 8
  const model = new Model(workload, balancePolicy({ moves: most }))
  for (let round = 0; round < rounds; round++) {
    const places = workload.actors.map(one => one.thread)
    const moves = model.step()
    expect(moves.length).toBeLessThanOrEqual(most)
    expect(new Set(moves.map(move => move.actor)).size).toBe(moves.length)
    for (const { actor, to } of moves) {
      expect(workload.actors[numberOf(actor)]!.movable).toBe(true)
      expect(to).toBeGreaterThan(0)
      expect(to).toBeLessThanOrEqual(workload.threads)
      expect(to).not.toBe(places[numberOf(actor)])
    }
  }
  return model
}

test('whatever the workload: moves are such as may be, they come to an end, and things are better for them', () => {
  fc.assert(
    fc.property(workloads({ work: 0.4, rate: 50_000 }), workload => {
      const start = new Model(structuredClone(workload), balancePolicy())
      const [strained, before] = [strain(start), start.traffic()]
      const model = watched(workload, 400)
      expect(model.moves.filter(({ round }) => round > 200)).toEqual([])
      const after = model.traffic()
      if (model.moves.length > 0) expect(strain(model) < strained || after.crossing < before.crossing).toBe(true)
      if (strained === 0) expect(after.crossing).toBeLessThanOrEqual(before.crossing)
    }),
    { numRuns: 500 * TIMES },
  )
})

test('even where threads are asked for many times what they can do, and figures mislead, actors move ever more seldom', () => {
  fc.assert(
    fc.property(workloads({ work: 2, rate: 4_000_000 }), workload => {
      const counts = new Map<string, number>()
      for (const { actor } of watched(workload, 400).moves) counts.set(actor, (counts.get(actor) ?? 0) + 1)
      // after 8, 16, 32, … rounds
      expect(Math.max(0, ...counts.values())).toBeLessThanOrEqual(6)
    }),
    { numRuns: 300 * TIMES },
  )
})

test('where loads are alike and everybody who talks stands together, nothing ever moves', () => {
  const balanced = fc.record({
    threads: fc.integer({ min: 2, max: 4 }),
    each: fc.integer({ min: 1, max: 8 }),
    busy: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(balanced, fc.nat(50_000), fc.nat(), ({ threads, each, busy }, rate, seed) => {
      const actors = Array.from({ length: threads * each * 2 }, (_, n): ModelActor => {
        return { thread: 1 + Math.floor(n / (each * 2)), work: busy / (each * 2), movable: true }
      })
      const pairs = actors.flatMap((_, n) => (n % 2 === 0 ? [{ one: n, other: n + 1, rate }] : []))
      const model = new Model({ threads, actors, pairs }, balancePolicy(), new Random(seed))
      model.run(50)
      expect(model.moves).toEqual([])
    }),
    { numRuns: 200 * TIMES },
  )
})

// ── what it is for ──────────────────────────────────────────────────────────────────────────────────────────────

/** Pairs that talk, placed at random, and loads that leave room. */
function chatty(random: Random): Workload {
  const threads = 2 + random.below(3)
  const pairs = 2 + random.below(20)
  const actors = Array.from({ length: pairs * 2 }, () => {
    return { thread: 1 + random.below(threads), work: (random.unit() * 0.5 * threads) / (pairs * 2), movable: true }
  })
  return {
    threads,
    actors,
    pairs: Array.from({ length: pairs }, (_, n) => ({
      one: n * 2,
      other: n * 2 + 1,
      rate: 1_000 + random.below(20_000),
    })),
  }
}
/** All on one thread, from few heavy actors to many light ones, as much as threads can do with some to spare. */
function skewed(random: Random): Workload {
  const threads = 2 + random.below(3)
  const count = 4 + random.below(100)
  const load = 0.7 + random.unit() * 0.4
  const shares = Array.from({ length: count }, () => 0.2 + random.unit())
  const all = sum(shares)
  return { threads, actors: shares.map(share => ({ thread: 1, work: (load * share) / all, movable: true })), pairs: [] }
}
/** Pairs that talk, and too much work on one thread. */
function both(random: Random): Workload {
  const { threads, actors, pairs } = chatty(random)
  const workers = Array.from({ length: 4 + random.below(12) }, () => ({
    thread: 1,
    work: random.unit() * 0.1,
    movable: true,
  }))
  return { threads, actors: [...actors, ...workers], pairs }
}

interface Outcome {
  readonly together: number
  readonly pairs: number
  readonly strain: number
  readonly moves: number
  readonly late: number
  readonly most: number
}

function outcome(workload: Workload, seed: number, policy: BalancePolicy): Outcome {
  const model = new Model(workload, policy, new Random(seed))
  model.run(ROUNDS)
  const counts = new Map<string, number>()
  for (const { actor } of model.moves) counts.set(actor, (counts.get(actor) ?? 0) + 1)
  const { actors, pairs } = workload
  return {
    together: pairs.filter(({ one, other }) => actors[one]!.thread === actors[other]!.thread).length,
    pairs: pairs.length,
    strain: strain(model),
    moves: model.moves.length,
    late: model.moves.filter(({ round }) => round > LATE).length,
    most: Math.max(0, ...counts.values()),
  }
}

describe.each([
  { name: 'chatty pairs', make: chatty },
  { name: 'a skewed load', make: skewed },
  { name: 'both', make: both },
])('$name, from many seeds', ({ name, make }) => {
  const all = (policy: BalancePolicy, seeds: number) =>
    Array.from({ length: seeds }, (_, seed) => outcome(make(new Random(seed)), seed, policy))

  test('pairs come together, loads spread, and then nothing moves', () => {
    const outcomes = all(balancePolicy(), SEEDS)
    const [together, pairs] = [sum(outcomes.map(one => one.together)), sum(outcomes.map(one => one.pairs))]
    const [moves, late] = [sum(outcomes.map(one => one.moves)), sum(outcomes.map(one => one.late))]
    const strained = outcomes.filter(one => one.strain > 0).length
    console.log(
      `${name}: ${SEEDS} seeds; ${together} of ${pairs} pairs together, ${strained} with an overloaded thread; ${moves} moves, ${late} of them after round ${LATE} of ${ROUNDS}`,
    )
    // a pair stays apart only where its threads have no room for it
    expect(together).toBeGreaterThanOrEqual(pairs * 0.98)
    expect(strained).toBeLessThanOrEqual(SEEDS * 0.02)
    expect(late).toBeLessThanOrEqual(moves * 0.01)
    for (const { most } of outcomes) expect(most).toBeLessThanOrEqual(4)
  }, 120_000)

  test('a policy that does nothing does not bring that about', () => {
    const outcomes = all(() => ({ moves: [], memory: undefined }), 50)
    const apart = sum(outcomes.map(one => one.pairs - one.together))
    expect(apart > 100 || outcomes.every(one => one.strain > 0)).toBe(true)
  })
})

test('a policy that believes each round, and lets nobody rest, goes to and fro', () => {
  /** Whoever talks with another thread goes there at once. */
  const hasty: BalancePolicy = ({ actors, talks }) => {
    const at = new Map(actors.map(one => [one.actor, one.thread]))
    const moves = talks.flatMap(({ between: [one, other] }) =>
      at.get(one) === at.get(other)
        ? []
        : [
            { actor: one, to: at.get(other)! },
            { actor: other, to: at.get(one)! },
          ],
    )
    return { moves, memory: undefined }
  }
  const outcomes = Array.from({ length: 10 }, (_, seed) => outcome(chatty(new Random(seed)), seed, hasty))
  expect(sum(outcomes.map(one => one.late))).toBeGreaterThan(1_000)
})
