// Channels under programs that chance has made, on simulated threads and on real ones: any number of senders, receivers,
// selects and tries, at channels of any kind, which anybody may close at any time. What came of it is audited.
//
// CHANNEL_RUNS in the environment multiplies the runs.
import { createSystem, type System, thread } from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audit, CLOSED } from './audit.ts'
import { failing, watch } from './everywhere.ts'
import { carryOut, type Outcome, type Plan, type Step } from './programs/plan.ts'

const RUNS = Number(process.env['CHANNEL_RUNS'] ?? 1)
const THREADS = 3

/** As plain objects, which are printed as one would write them. */
function record<T extends object>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(parts, { noNullPrototype: true }) as fc.Arbitrary<unknown> as fc.Arbitrary<T>
}

function plans({ most, waits }: { most: number; waits: number }): fc.Arbitrary<Plan> {
  const on = fc.nat({ max: THREADS })
  const moment = record({ on, after: fc.nat({ max: waits }) })
  const channel = record({
    capacity: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 })),
    overflow: fc.oneof(
      { weight: 6, arbitrary: fc.constant('wait' as const) },
      fc.constantFrom('dropOldest' as const, 'dropNewest' as const),
    ),
    drained: moment,
    closed: moment,
  })
  return fc.array(channel, { minLength: 1, maxLength: 4 }).chain(channels => {
    const at = fc.nat({ max: channels.length - 1 })
    const operation = fc.oneof(
      { weight: 4, arbitrary: record({ send: at }) },
      { weight: 4, arbitrary: record({ receive: at }) },
      fc.constant(null),
    )
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 4, arbitrary: record({ send: at }) },
      { weight: 2, arbitrary: record({ receive: at }) },
      { weight: 4, arbitrary: record({ select: someReal(operation, at) }) },
      record({ select: fc.array(operation, { maxLength: 4 }), within: fc.nat({ max: waits }) }),
      record({ try: fc.array(operation, { maxLength: 4 }) }),
      record({ sleep: fc.nat({ max: 3 }) }),
    )
    const script = record({ on, steps: fc.array(step, { minLength: 1, maxLength: most }) })
    return fc.array(script, { minLength: 1, maxLength: 6 }).map(scripts => ({ channels, scripts }))
  })
}
/** A select without a time needs a channel in it, or it would wait for ever. */
function someReal<T>(operation: fc.Arbitrary<T>, at: fc.Arbitrary<number>): fc.Arbitrary<(T | { receive: number })[]> {
  return fc
    .tuple(record({ receive: at }), fc.array(operation, { maxLength: 3 }), fc.nat({ max: 3 }))
    .map(([real, others, i]) => others.toSpliced(i, 0, real as never))
}

test.each([
  ['is lost', (outcome: Outcome) => drop(outcome, 'received')],
  ['never sent', (outcome: Outcome) => drop(outcome, 'sent')],
  ['received 2 times', (outcome: Outcome) => twice(outcome)],
  ['came after the end', (outcome: Outcome) => reversed(outcome)],
  ['came after 0.', (outcome: Outcome) => reversed(outcome)],
  ['wait for ever', (outcome: Outcome) => ({ ...outcome, waiting: ['script 0'] })],
  ['when all was over', (outcome: Outcome) => ({ ...outcome, afterwards: ['receive value'] })],
])('the audit finds what %s', (text, spoil) => {
  const moment = { on: 0, after: 0 }
  const plan: Plan = { channels: [{ drained: moment, closed: moment }], scripts: [{ on: 0, steps: [] }] }
  const sent = [0, 1].map(n => ({ did: 'sent', at: 0, value: `0.${n}` }) as const)
  const received = sent.map(one => ({ ...one, did: 'received' }) as const)
  const good: Outcome = {
    happened: [sent, [...received, { did: 'ended', at: 0 }]],
    afterwards: [CLOSED],
    waiting: [],
  }
  expect(audit(plan, good)).toEqual([])
  expect(audit(plan, spoil(good)).join('\n')).toContain(text)
})
function drop(outcome: Outcome, did: 'sent' | 'received'): Outcome {
  return { ...outcome, happened: outcome.happened.map(one => one.filter(happening => happening.did !== did)) }
}
function twice(outcome: Outcome): Outcome {
  return { ...outcome, happened: [...outcome.happened, outcome.happened[1]!] }
}
function reversed(outcome: Outcome): Outcome {
  return { ...outcome, happened: [outcome.happened[0]!, outcome.happened[1]!.toReversed()] }
}

/** What became of a plan on simulated threads. */
function simulated(plan: Plan, seed: number): Promise<Outcome> {
  const on = thread(seed % (THREADS + 1))
  const carriedOut = (sim: Simulation): Promise<Outcome> => {
    watch(sim, failing)
    return sim.go(carryOut(plan, 1_000_000), { on }).done
  }
  return simulate(seed, carriedOut, { threads: THREADS })
}

// What plans like these have shown once, each from many seeds.
describe('found before', () => {
  const at = (on: number, after: number) => ({ on, after })
  const found: [string, Plan][] = [
    [
      'one channel of a select is closed while another one has chosen it',
      {
        channels: [
          { drained: at(0, 0), closed: at(0, 0) },
          { drained: at(0, 1), closed: at(0, 10) },
        ],
        scripts: [
          { on: 3, steps: [{ select: [{ send: 0 }, { receive: 1 }], within: 8 }] },
          { on: 1, steps: [{ send: 1 }] },
        ],
      },
    ],
    [
      'a channel that drops moves when it is closed',
      {
        channels: [{ overflow: 'dropOldest', drained: at(0, 0), closed: at(1, 0) }],
        scripts: [{ on: 0, steps: [{ select: [{ receive: 0 }], within: 0 }, { receive: 0 }] }],
      },
    ],
  ]
  test.each(found)('%s', async (_, plan) => {
    for (let seed = 0; seed < 300 * RUNS; seed++)
      expect(audit(plan, await simulated(plan, seed)), `${seed}`).toEqual([])
  })
})

describe('any senders, receivers, selects and closes', () => {
  test('on simulated threads', { timeout: 120_000 * RUNS }, async () => {
    const met = new Set<string>()
    await fc.assert(
      fc.asyncProperty(plans({ most: 12, waits: 40 }), fc.integer({ min: 0 }), async (plan, seed) => {
        const outcome = await simulated(plan, seed)
        for (const { did } of outcome.happened.flat()) met.add(did)
        expect(audit(plan, outcome)).toEqual([])
      }),
      { numRuns: 200 * RUNS },
    )
    expect([...met].sort()).toEqual(['ended', 'late', 'missed', 'received', 'refused', 'sent'])
  })

  describe.each([0, THREADS])('on %i real threads beside the first', threads => {
    let system: System
    const events: unknown[] = []
    beforeAll(async () => {
      system = await createSystem({ threads })
      watch(system, event => void events.push(event))
    })
    afterAll(() => system.close())
    /** The same plan where there are fewer threads. */
    const folded = (plan: Plan): Plan =>
      JSON.parse(JSON.stringify(plan), (key, value: unknown) => (key === 'on' && threads === 0 ? 0 : value)) as Plan

    test('come out even', { timeout: 60_000 * RUNS }, async () => {
      await fc.assert(
        fc.asyncProperty(plans({ most: 40, waits: 15 }), async plan => {
          const outcome = await system.go(carryOut(folded(plan), 5_000), { on: thread(0) }).done
          expect(audit(plan, outcome)).toEqual([])
        }),
        { numRuns: 60 * RUNS, endOnFailure: true },
      )
      expect(events).toEqual([])
    })
  })
})
