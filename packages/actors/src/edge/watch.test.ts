// The watch on a clock of its own: threads are played by beating, or not, between two looks.
import { describe, expect, test } from 'vitest'
import { NO_TURN } from '../core/turn-words.ts'
import { Pulse } from './pulse.ts'
import { ASLEEP, RUNNING, ThreadBoard } from './thread-board.ts'
import { Watch, type WatchLimits } from './watch.ts'

const LIMITS: WatchLimits = { blockedAfter: 2_000, endBlockedAfter: 10_000, endWhileInspected: false }

class Stage {
  readonly board = new ThreadBoard(ThreadBoard.reserve(6, 2), 6)
  readonly watch: Watch
  readonly pulses: Pulse[] = []
  /** ms that each thread has waited for a processor, by what the operating system calls it. */
  readonly waited = new Map<number, number>()

  constructor(limits: Partial<WatchLimits> = {}) {
    for (let slot = 0; slot < 3; slot++) {
      this.board.seat(slot)
      this.board.enter(slot)
      const pulse = new Pulse(this.board, slot)
      pulse.introduce(slot, 100 + slot)
      this.pulses.push(pulse)
    }
    this.watch = new Watch(this.board, { ...LIMITS, ...limits }, native => this.waited.get(native) ?? 0)
  }
  /** Lets so much time pass, in which these threads go on. */
  pass(ms: number, beating: readonly number[], each: () => void = () => {}): void {
    for (let left = ms; left > 0; left -= this.watch.rest) {
      for (const slot of beating) this.pulses[slot]!.beat()
      each()
      this.watch.look(this.watch.rest)
    }
  }
  /** By slot: how many reports there have been. */
  get reports(): number[] {
    return this.pulses.map(({ reports }) => reports)
  }
}

test('a thread that does not go on is reported, and later lost; those that do are not', () => {
  const on = new Stage()
  on.pass(1_500, [0, 1])
  expect(on.reports).toEqual([0, 0, 0])
  const before = on.board.changes(0)
  on.pass(1_000, [0, 1])
  expect(on.reports).toEqual([0, 0, 1])
  expect(on.board.changes(0)).toBe(before + 1)
  expect(on.pulses[2]!.report.ms).toBeGreaterThanOrEqual(2_000)
  on.pass(7_000, [0, 1])
  expect([on.board.state(2), on.reports]).toEqual(['running', [0, 0, 1]])
  on.pass(1_000, [0, 1])
  expect([on.board.state(2), on.reports]).toEqual(['lost', [0, 0, 2]])
  expect(on.pulses[2]!.report.ms).toBeGreaterThanOrEqual(10_000)
  on.pass(20_000, [0, 1])
  expect([on.reports, on.board.state(0), on.board.state(1)]).toEqual([[0, 0, 2], 'running', 'running'])
})

test('one that goes on again is reported anew when it stops again', () => {
  const on = new Stage()
  for (let i = 1; i <= 3; i++) {
    on.pass(3_000, [0, 1])
    expect(on.reports).toEqual([0, 0, i])
    on.pass(500, [0, 1, 2])
  }
  expect(on.board.state(2)).toBe('running')
})

test('the first thread is reported when it goes on, with all of its time; it is never lost', () => {
  const on = new Stage()
  on.pass(30_000, [1, 2])
  expect([on.reports, on.board.state(0)]).toEqual([[0, 0, 0], 'running'])
  on.pass(500, [0, 1, 2])
  expect(on.reports).toEqual([1, 0, 0])
  expect(on.pulses[0]!.report.ms).toBeGreaterThan(29_000)
})

test('a thread may sleep as long as it likes, if it goes on when it is asked', () => {
  const on = new Stage()
  on.board.turn(1, 1, RUNNING, ASLEEP)
  const wakes = () => Atomics.load(on.board.words, on.board.wakeAt(1))
  let seen = wakes()
  on.pass(60_000, [0, 2], () => {
    if (wakes() === seen) return
    seen = wakes()
    on.pulses[1]!.beat()
  })
  expect([on.reports, on.board.state(1)]).toEqual([[0, 0, 0], 'asleep'])
  expect(seen).toBeGreaterThan(30)
  expect(seen).toBeLessThan(100)
})

test('one that does not is in a loop that no message began: as lost as any other', () => {
  const on = new Stage()
  on.board.turn(1, 1, RUNNING, ASLEEP)
  on.pass(4_000, [0, 2])
  expect(on.reports).toEqual([0, 1, 0])
  on.pass(9_000, [0, 2])
  expect(on.board.state(1)).toBe('lost')
})

test('the turn that it was in is kept with the report', () => {
  const on = new Stage()
  const words = on.pulses[1]!.turnWords
  words.set([77 << 5, 3, (1 << 16) | 2, 9])
  on.pass(3_000, [0, 2])
  words[0] = NO_TURN
  expect(on.pulses[1]!.report.turn).toEqual({ protocol: 3, home: 1, birth: 2, serial: 9, method: 77 })
  expect(on.pulses[2]!.reports).toBe(0)
})

describe('time does not count', () => {
  test('in which the watch itself did not look', () => {
    const on = new Stage()
    on.watch.look(0)
    for (let i = 0; i < 3; i++) on.watch.look(60_000)
    expect(on.reports).toEqual([0, 0, 0])
    on.pass(1_000, [0, 1])
    expect(on.reports).toEqual([0, 0, 1])
  })

  test('in which the thread waited for a processor', () => {
    const on = new Stage()
    // seven of eight parts
    on.pass(14_000, [0, 1], () => on.waited.set(102, (on.waited.get(102) ?? 0) + (on.watch.rest * 7) / 8))
    expect(on.reports).toEqual([0, 0, 0])
    on.pass(3_000, [0, 1])
    expect(on.reports).toEqual([0, 0, 1])
  })

  test('while a debugger may hold the threads, unless it shall', () => {
    for (const endWhileInspected of [false, true]) {
      const on = new Stage({ endWhileInspected })
      on.board.inspected = true
      on.pass(30_000, [0, 1])
      expect(on.board.state(2)).toBe(endWhileInspected ? 'lost' : 'running')
      on.board.inspected = false
      on.pass(1_500, [0, 1])
      expect(on.reports).toEqual(endWhileInspected ? [0, 0, 2] : [0, 0, 0])
    }
  })
})

test('a successor in the same slot begins anew', () => {
  const on = new Stage()
  on.pass(1_500, [0, 1])
  on.board.declareLost(2)
  on.pass(5_000, [0, 1])
  on.board.vacate(2)
  on.board.seat(2)
  on.pass(5_000, [0, 1])
  on.board.enter(3)
  on.pass(1_500, [0, 1])
  expect([on.reports, on.board.state(3)]).toEqual([[0, 0, 0], 'running'])
  on.pass(1_000, [0, 1])
  expect(on.reports).toEqual([0, 0, 1])
})

test('either limit may be never, and short ones mean more looks', () => {
  const never = new Stage({ blockedAfter: Infinity })
  never.pass(9_500, [0, 1])
  expect(never.reports).toEqual([0, 0, 0])
  never.pass(1_000, [0, 1])
  expect([never.board.state(2), never.reports]).toEqual(['lost', [0, 0, 1]])
  const reportOnly = new Stage({ endBlockedAfter: Infinity })
  reportOnly.pass(60_000, [0, 1])
  expect([reportOnly.board.state(2), reportOnly.reports]).toEqual(['running', [0, 0, 1]])
  expect([1, 400, 2_000, 60_000].map(blockedAfter => new Stage({ blockedAfter }).watch.rest)).toEqual([
    10, 50, 250, 250,
  ])
})

test('who sleeps is asked while a debugger is open too, as only then can it say that it has been closed', () => {
  const on = new Stage()
  on.board.inspected = true
  on.board.turn(0, 0, RUNNING, ASLEEP)
  const before = Atomics.load(on.board.words, on.board.wakeAt(0))
  on.pass(1_500, [1, 2])
  expect(Atomics.load(on.board.words, on.board.wakeAt(0))).toBe(before + 1)
})
