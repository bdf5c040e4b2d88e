// The event loop on a clock of its own, so that slices and spins end by counting; threads are played by several loops in
// this one. What needs real threads is in test/lanes.test.ts.

import { afterEach, describe, expect, test, vi } from 'vitest'
import { numbered, NumberedFrames } from '../../test/numbered-frames.ts'
import { EventLoop } from './event-loop.ts'
import type { EventLoopParts } from './event-loop.ts'
import { Lanes } from './lanes.ts'
import { Pulse } from './pulse.ts'
import { SharedMemory } from './shared-memory.ts'
import { ASLEEP, RUNNING } from './thread-board.ts'

const macrotask = () => new Promise<void>(done => setImmediate(done))
const macrotasks = async (count: number) => {
  for (let i = 0; i < count; i++) await macrotask()
}
/** Milliseconds that pass with each reading. */
const ticking = (step: number) => {
  let time = 1000
  return { now: () => (time += step) }
}
const open: EventLoop[] = []
function loopOf(parts: Partial<EventLoopParts>): EventLoop {
  const idle = { lanes: undefined, clock: ticking(0.01), run: () => false, receive: () => {}, expecting: () => false }
  const loop = new EventLoop({ ...idle, ...parts })
  open.push(loop)
  return loop
}
afterEach(() => {
  for (const loop of open.splice(0)) loop.close()
})

describe('one thread', () => {
  test('what becomes ready runs in a microtask, once', async () => {
    let runs = 0
    const loop = loopOf({ run: () => ++runs < 0 })
    loop.wake()
    loop.wake()
    expect(runs).toBe(0)
    await Promise.resolve()
    expect(runs).toBe(1)
    await macrotasks(3)
    expect(runs).toBe(1)
  })

  test('a wake from within a slice is seen to in that slice', async () => {
    let runs = 0
    const loop = loopOf({
      run: () => {
        if (++runs === 1) loop.wake()
        return false
      },
    })
    loop.wake()
    await Promise.resolve()
    expect(runs).toBe(2)
  })

  test('an idle loop runs once a day, so that its clock does not fall weeks behind', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      let runs = 0
      loopOf({ run: () => ++runs < 0 })
      await vi.advanceTimersByTimeAsync(30 * 24 * 60 * 60 * 1000)
      expect(runs).toBe(30)
      for (const loop of open.splice(0)) loop.close()
    } finally {
      vi.useRealTimers()
    }
  })

  test('endless work yields to the event loop after each slice', async () => {
    let runs = 0
    let asked = 0
    const loop = loopOf({
      clock: ticking(0.5),
      run: until => {
        asked = until
        runs++
        return true
      },
    })
    loop.wake()
    let before = 0
    for (let i = 0; i < 10; i++) {
      await macrotask()
      expect(runs - before).toBeGreaterThan(0)
      expect(runs - before).toBeLessThanOrEqual(8)
      before = runs
    }
    expect(asked).toBeGreaterThan(1000)
  })

  test('an endless chain of microtasks yields too', async () => {
    let runs = 0
    const loop = loopOf({
      clock: ticking(0.5),
      run: () => {
        runs++
        void Promise.resolve().then(() => loop.wake())
        return false
      },
    })
    loop.wake()
    let before = 0
    for (let i = 0; i < 10; i++) {
      await macrotask()
      expect(runs - before).toBeGreaterThan(0)
      expect(runs - before).toBeLessThan(100)
      before = runs
    }
  })

  test('a chain of microtasks with long turns yields after two of them', async () => {
    let time = 1000
    let ranAt = 0
    let runs = 0
    const loop = loopOf({
      clock: { now: () => time },
      run: () => {
        runs++
        ranAt = time
        time += 500
        void Promise.resolve().then(() => loop.wake())
        return false
      },
      ranAt: () => ranAt,
    })
    loop.wake()
    for (let before = 0, i = 0; i < 10; i++, before = runs) {
      await macrotask()
      expect(runs - before).toBeLessThanOrEqual(2)
    }
    expect(runs).toBeGreaterThanOrEqual(10)
  })

  test('an error in a slice is thrown on, and does not stop the next', async () => {
    let runs = 0
    const errors: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.once('unhandledRejection', error => errors.push(error))
    const loop = loopOf({
      run: () => {
        if (++runs === 1) throw new Error('a bug')
        return false
      },
    })
    loop.wake()
    await macrotasks(4)
    for (const listener of listeners) process.on('unhandledRejection', listener)
    expect(errors).toEqual([new Error('a bug')])
    expect(runs).toBe(2)
  })

  test('nothing runs after close, nor is left open', async () => {
    let runs = 0
    const timers = () =>
      process.getActiveResourcesInfo().filter(name => name === 'Timeout' || name === 'Immediate').length
    const before = timers()
    const loop = loopOf({ run: () => ++runs > 0 })
    expect(timers()).toBe(before + 1)
    loop.wake()
    await Promise.resolve()
    loop.wake()
    const ran = runs
    loop.close()
    loop.close()
    loop.wake()
    expect(timers()).toBe(before)
    await macrotasks(3)
    expect(runs).toBe(ran)
  })
})

describe('several threads', () => {
  function player(memory: SharedMemory, self: number, parts: Partial<EventLoopParts> = {}) {
    const lanes = new Lanes(memory, self)
    const received: number[] = []
    const receive = numbered(({ number }) => received.push(number))
    const loop = loopOf({ lanes, receive, ...parts })
    const frames = new NumberedFrames(64)
    const post = (to: number, number: number) => {
      lanes.post(to, frames.write(0, number, 32), 32, false)
      loop.wake()
    }
    return { lanes, loop, received, post, state: () => memory.board.state(self) }
  }
  const until = async (holds: () => boolean) => {
    for (let i = 0; i < 10_000 && !holds(); i++) await macrotask()
    if (!holds()) throw new Error('it never came to that')
  }

  test('without work a thread sleeps; what comes for it wakes it, every time', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    const [a, b] = [player(memory, 0), player(memory, 1)]
    for (let i = 0; i < 200; i++) {
      await until(() => a.state() === 'asleep' && b.state() === 'asleep')
      const sender = i % 3 === 0 ? b : a
      sender.post(i % 3 === 0 ? 0 : 1, i)
      await until(() => a.received.length + b.received.length === i + 1)
    }
    expect([...a.received, ...b.received].sort((one, other) => one - other)).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    )
  })

  test('woken in vain it sleeps on, and is woken by what comes next', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    const { board } = memory
    const beats = new Pulse(board, 0)
    let seldom = 0
    const [a, b] = [player(memory, 0, { pulse: new Pulse(board, 0), seldom: () => seldom++ }), player(memory, 1)]
    for (let i = 0; i < 100; i++) {
      await until(() => a.state() === 'asleep')
      const before = [beats.beats, seldom]
      // asked whether it goes on; or a sender says so late that its frame has been read long ago
      if (i % 2 === 0) board.turn(0, 0, ASLEEP, RUNNING)
      board.nudge(0)
      await until(() => beats.beats > before[0]! && seldom > before[1]! && a.state() === 'asleep')
      b.post(0, i)
      await until(() => a.received.length === i + 1)
    }
    expect(a.received).toHaveLength(100)
  })

  test('it spins a while first if something may come soon, but not when the cores are taken', async () => {
    for (const cores of [2, 1]) {
      const memory = SharedMemory.create(2, { cores, total: 0 })
      const other = new Lanes(memory, 1)
      const spinner = player(memory, 0, { expecting: () => true })
      const seen = new Set<string>()
      for (let i = 0; i < 30; i++) {
        await macrotask()
        seen.add(spinner.state())
      }
      expect([...seen], `${cores} cores`).toEqual(cores === 2 ? ['spinning', 'asleep'] : ['asleep'])
      expect(other.fenced).toBe(false)
    }
  })

  test('who is woken soon after it fell asleep spins longer, until that was in vain', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    let readings = 0
    const clock = { now: () => ++readings / 100 }
    const spinner = player(memory, 0, { clock, expecting: () => true })
    const sender = new Lanes(memory, 1)
    const frames = new NumberedFrames(64)
    const spent: number[] = []
    for (let i = 0; i < 4; i++) {
      const before = readings
      await until(() => spinner.state() === 'asleep')
      spent.push(readings - before)
      sender.post(0, frames.write(0, i, 32), 32, false)
      sender.flush()
      await until(() => spinner.received.length === i + 1)
    }
    const [short, long, ...after] = spent as [number, number, ...number[]]
    expect(long).toBeGreaterThan(2 * short)
    for (const spin of after) expect(spin).toBeLessThan(long / 2)
  })

  test('who spins in vain again and again sleeps at once for a while, then tries it once', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    let now = 0
    const spinner = player(memory, 0, { clock: { now: () => (now += 0.01) }, expecting: () => true })
    const sender = new Lanes(memory, 1)
    const frames = new NumberedFrames(64)
    const spun: boolean[] = []
    for (let i = 0; i < 140; i++) {
      const before = spinner.loop.spun
      await until(() => spinner.state() === 'asleep')
      spun.push(spinner.loop.spun > before)
      now += 10 // nothing comes soon
      sender.post(0, frames.write(0, i, 32), 32, false)
      sender.flush()
      await until(() => spinner.received.length === i + 1)
    }
    const tries = spun.flatMap((did, i) => (did ? [i] : []))
    expect(tries).toEqual([0, 1, 2, 3, 68, 133])
  })

  test('own work wakes a sleeping thread without anybody else', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    let runs = 0
    const a = player(memory, 0, { run: () => ++runs < 0 })
    await until(() => a.state() === 'asleep')
    const before = runs
    a.loop.wake()
    await Promise.resolve()
    expect(runs).toBe(before + 1)
    expect(a.state()).toBe('running')
  })

  test('however often it falls asleep unwoken, one wait is pending', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    const waits = vi.spyOn(Atomics, 'waitAsync')
    const a = player(memory, 0)
    for (let i = 0; i < 50; i++) {
      await until(() => a.state() === 'asleep')
      a.loop.wake()
    }
    const called = waits.mock.calls.length
    waits.mockRestore()
    expect(called).toBe(1)
  })

  test('a loop that was declared lost closes itself; one that closes says that it has ended', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    let runs = 0
    const a = player(memory, 0, { run: () => ++runs < 0 })
    const b = player(memory, 1)
    await until(() => a.state() === 'asleep')
    memory.board.declareLost(0)
    const before = runs
    await macrotasks(5)
    a.loop.wake()
    await macrotasks(5)
    expect(runs).toBe(before)
    expect(a.state()).toBe('lost')
    b.loop.close()
    expect(b.state()).toBe('ended')
  })

  test('busy with its own work, a thread still reads and sends within each stint', async () => {
    const memory = SharedMemory.create(2, { cores: 2, total: 0 })
    const a = player(memory, 0)
    const limits: number[] = []
    let time = 0
    const b = player(memory, 1, {
      clock: { now: () => (time += 0.1) },
      run: until => {
        limits.push(until - time)
        return true
      },
    })
    a.post(1, 7)
    await until(() => b.received.length === 1)
    expect(Math.max(...limits)).toBeLessThanOrEqual(0.25 + 1e-9)
  })
})
