// Silence is judged by what was observed, within bounds; relapses cost trust.
import { expect, test } from 'vitest'
import { FailureDetector } from './failure-detector.ts'

const LIMITS = { every: 200, silence: [800, 1_200], steady: [500, 8_000] } as const

/** Heard with those intervals; the time it is then. */
function hear(detector: FailureDetector, from: number, intervals: readonly number[]): number {
  let now = from
  for (const interval of intervals) {
    detector.heard((now += interval))
    detector.judge(now)
  }
  return now
}

test('a regular peer is suspected after 0.8 s, an irregular one later, and none after more than 1.2 s', () => {
  const regular = new FailureDetector(LIMITS, 0)
  hear(regular, 0, new Array(50).fill(200))
  expect(regular.limit).toBe(800)
  const irregular = new FailureDetector(LIMITS, 0)
  hear(irregular, 0, new Array(50).fill([150, 250]).flat())
  expect(irregular.limit).toBeGreaterThan(1_000)
  const wild = new FailureDetector(LIMITS, 0)
  const now = hear(wild, 0, new Array(50).fill([10, 700]).flat())
  expect(wild.limit).toBe(1_200)
  expect(wild.judge(now + 1_199)).toBeUndefined()
  expect(wild.judge(now + 1_200)).toBe('suspected')
  expect(wild.judge(now + 1_300)).toBeUndefined()
})

test('time in which this process did not run is no silence', () => {
  const detector = new FailureDetector(LIMITS, 0)
  detector.excuse(5_000)
  expect(detector.judge(5_700)).toBeUndefined()
  expect(detector.judge(6_200)).toBe('suspected')
})

test('after each relapse it must be heard for twice as long, until a minute has passed without one', () => {
  const detector = new FailureDetector(LIMITS, 0)
  let now = 0
  const waits: number[] = []
  for (let i = 0; i < 7; i++) {
    detector.cut()
    detector.cut()
    expect(detector.judge(now)).toBeUndefined()
    detector.heard(now)
    const since = now
    while (detector.suspected) now = hear(detector, now, [100])
    waits.push(now - since)
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  now = hear(detector, now, new Array(601).fill(100))
  expect(detector.lapses).toBe(0)
})
