import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OnFault } from './behavior-value.ts'
import { type Restarts, supervise } from './supervision.ts'

const oops = new Error('oops')

test('without rules: five restarts in ten seconds, ever later, then it is the parent’s', () => {
  let restarts: Restarts = []
  const decisions = [0, 100, 200, 300, 400, 500].map(now => {
    const result = supervise({}, restarts, oops, now)
    restarts = result.restarts
    return result.decision
  })
  expect(decisions).toEqual([
    ...[10, 20, 40, 80, 160].map((delay, i) => ({ kind: 'restart', delay, times: i + 1 })),
    { kind: 'escalate' },
  ])
  expect(supervise({}, restarts, oops, 10_000).decision).toMatchObject({ kind: 'restart', times: 5 }) // the first is forgotten
})

test('the rule hears the error, and its other answers leave the count alone', () => {
  const restarts = [1, 2]
  for (const way of ['resume', 'stop', 'escalate'] as const) {
    const onFault = (error: unknown) => (error === oops ? way : 'restart')
    expect(supervise({ onFault }, restarts, oops, 3)).toEqual({ decision: { kind: way }, restarts })
    expect(supervise({ onFault: way }, restarts, oops, 3)).toEqual({ decision: { kind: way }, restarts })
  }
})

test('where there is no life to go on with, resume is a restart', () => {
  expect(supervise({ onFault: 'resume' }, [], oops, 0, false).decision.kind).toBe('restart')
  expect(supervise({ onFault: 'resume', max: 0 }, [], oops, 0, false).decision.kind).toBe('escalate')
  expect(supervise({ onFault: 'stop' }, [], oops, 0, false).decision.kind).toBe('stop')
})

test('a rule that fails, or says nonsense, leaves the fault to the parent', () => {
  const fails = () => {
    throw new Error('rule')
  }
  expect(supervise({ onFault: fails }, [], oops, 0).decision).toEqual({ kind: 'escalate' })
  expect(supervise({ onFault: () => undefined as never }, [], oops, 0).decision).toEqual({ kind: 'escalate' })
  expect(supervise({ onFault: 'explode' as OnFault }, [], oops, 0).decision).toEqual({ kind: 'escalate' })
})

test('at most `max` restarts within any `within` ms; each waits for the longer, up to the longest', () => {
  const waits = fc.array(fc.nat(500), { maxLength: 100 })
  const rules = fc.record({
    max: fc.nat(5),
    within: fc.integer({ min: 1, max: 1_000 }),
    backoff: fc.record({ first: fc.nat(50), longest: fc.nat(200) }),
  })
  fc.assert(
    fc.property(rules, waits, ({ max, within, backoff }, gaps) => {
      let [now, restarts]: [number, Restarts] = [0, []]
      const at: number[] = []
      for (const gap of gaps) {
        now += gap
        const recent = at.filter(time => now - time < within)
        const result = supervise({ max, within, backoff }, restarts, oops, now)
        restarts = result.restarts
        const delay = Math.min(backoff.longest, backoff.first * 2 ** recent.length)
        const expected =
          recent.length < max ? { kind: 'restart', delay, times: recent.length + 1 } : { kind: 'escalate' }
        expect(result.decision).toEqual(expected)
        if (result.decision.kind === 'restart') at.push(now)
        expect(restarts.length).toBeLessThanOrEqual(max) // what is forgotten is not kept
      }
    }),
  )
})
