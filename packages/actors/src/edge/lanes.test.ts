// Several threads' lanes, all driven from this one, so that every order of events can be written down.

import { describe, expect, test } from 'vitest'
import { numbered, NumberedFrames } from '../../test/numbered-frames.ts'
import type { Numbered } from '../../test/numbered-frames.ts'
import { TAIL } from './lane.ts'
import { Lanes } from './lanes.ts'
import { SharedMemory } from './shared-memory.ts'
import { NOBODY } from './thread-board.ts'

const LIMITS = { bytes: 64 * 1024, messages: 40 }
const BIG = 10_000

class Thread {
  readonly lanes: Lanes
  readonly frames = new NumberedFrames(50_000)
  readonly received: Numbered[] = []
  readonly take = numbered(frame => this.received.push(frame))
  sent = 0
  constructor(memory: SharedMemory, self: number) {
    this.lanes = new Lanes(memory, self, LIMITS)
  }
  post(to: number, length = 32, system = false): boolean {
    const taken = this.lanes.post(to, this.frames.write(system ? 1 : 0, this.sent, length), length, system)
    if (taken) this.sent++
    return taken
  }
  postUntilRefused(to: number, length = 1000): void {
    while (this.post(to, length));
  }
  poll(budget?: number): boolean {
    return this.lanes.poll(this.take, budget)
  }
  numbers(from?: number): number[] {
    return this.received.filter(frame => from === undefined || frame.from === from).map(frame => frame.number)
  }
}

function threads(count: number, spare = 0): { memory: SharedMemory; all: Thread[] } {
  const memory = SharedMemory.create(count, { cores: 2, total: 0, spare })
  return { memory, all: Array.from({ length: count }, (_, self) => new Thread(memory, self)) }
}
const upTo = (end: number, start = 0) => Array.from({ length: end - start }, (_, i) => start + i)

describe('posting and polling', () => {
  test('each reads what was sent to it, from any of 70 threads', () => {
    const { all } = threads(70)
    for (const thread of all) {
      for (const to of [0, 33, 69]) if (to !== thread.lanes.self) thread.post(to)
      thread.lanes.flush()
    }
    for (const to of [0, 33, 69]) {
      const thread = all[to] as Thread
      expect(thread.poll()).toBe(false)
      expect(thread.received.map(frame => frame.from)).toEqual(upTo(70).filter(from => from !== to))
    }
    expect((all[1] as Thread).lanes.hasWork()).toBe(false)
  })

  test('a budget is for each lane, and what is left is known to be there', () => {
    const [reader, ...senders] = threads(3).all as [Thread, Thread, Thread]
    for (const sender of senders) {
      for (let i = 0; i < 10; i++) sender.post(0)
      sender.lanes.flush()
    }
    expect(reader.poll(4)).toBe(true)
    expect([reader.numbers(1), reader.numbers(2)]).toEqual([upTo(4), upTo(4)])
    expect(reader.lanes.hasWork()).toBe(true)
    expect(reader.poll(6)).toBe(false)
    expect(reader.lanes.hasWork()).toBe(false)
    expect([reader.numbers(1), reader.numbers(2)]).toEqual([upTo(10), upTo(10)])
  })

  test('a receiver may post and flush', () => {
    const [a, b] = threads(2).all as [Thread, Thread]
    a.post(1)
    a.lanes.flush()
    b.lanes.poll(() => {
      b.post(0)
      b.lanes.flush()
    })
    a.poll()
    expect(a.numbers()).toEqual([0])
  })

  test('a sender whose lane was full is told when there is room, and goes on by itself', () => {
    const [a, b] = threads(2).all as [Thread, Thread]
    const rooms: number[] = []
    a.lanes.onRoom = to => rooms.push(to)
    a.postUntilRefused(1)
    a.lanes.flush()
    expect(a.lanes.stalled).toBe(true)
    expect(a.lanes.backlog(1)).toEqual({ messages: 40, bytes: 40_000 })
    a.poll()
    expect(rooms).toEqual([])
    for (let i = 0; i < 20; i++) {
      b.poll()
      if (a.lanes.hasWork()) a.poll()
    }
    expect(a.lanes.stalled).toBe(false)
    expect(rooms).toEqual([1])
    expect(b.numbers()).toEqual(upTo(a.sent))
  })

  test('a lane to nowhere, or an unaligned scratch buffer, is a bug', () => {
    const [a] = threads(2).all as [Thread]
    expect(() => a.post(0)).toThrow('no lane from thread 0 to 0')
    expect(() => a.post(2)).toThrow('no lane from thread 0 to 2')
    expect(() => a.lanes.post(1, new Uint8Array(new ArrayBuffer(64), 2, 32), 32, false)).toThrow('4-aligned')
  })
})

describe('a thread that is gone', () => {
  test('what it published is handed on before its end is told, also what it set no bit for', () => {
    const { memory, all } = threads(3)
    const [a, b] = all as [Thread, Thread]
    const told: string[] = []
    b.lanes.onGone = (thread, how) => told.push(`${thread} ${how} after ${b.received.length}`)
    a.post(1)
    a.lanes.flush()
    Atomics.store(memory.board.words, memory.board.dirtyAt(1), 0)
    memory.board.declareLost(0)
    expect(b.lanes.hasWork()).toBe(true)
    b.poll()
    b.poll()
    expect(told).toEqual(['0 lost after 1'])
    expect(a.lanes.fenced).toBe(true)
  })

  test('it does nothing more, should it still be running', () => {
    const { memory, all } = threads(2)
    const [a, b] = all as [Thread, Thread]
    b.post(0)
    b.lanes.flush()
    memory.board.declareLost(0)
    a.post(1)
    a.lanes.flush()
    expect(a.poll()).toBe(false)
    b.poll()
    expect([a.received, b.received]).toEqual([[], []])
  })

  test('forsake: each frame was handled by the lost thread or comes back to its sender, in order, large ones too', () => {
    for (const length of [32, 1000, BIG]) {
      for (const taken of [0, 1, 7]) {
        const { memory, all } = threads(2)
        const [a, b] = all as [Thread, Thread]
        a.postUntilRefused(1, length)
        a.lanes.flush()
        if (taken > 0) b.poll(taken)
        memory.board.declareLost(1)
        const back: number[] = []
        const report = numbered(({ number }) => back.push(number))
        expect(a.lanes.forsake(1, report)).toBe(0)
        expect([...b.numbers(), ...back], `${taken} of ${length} bytes`).toEqual(upTo(a.sent))
        expect(a.lanes.forsake(1, report)).toBe(0)
        expect(a.post(1)).toBe(false)
        expect(a.lanes.stalled).toBe(false)
      }
    }
  })

  test('a large frame that was read in part, and has left its sender, is counted', () => {
    const { memory, all } = threads(2)
    const [a, b] = all as [Thread, Thread]
    a.post(1, BIG)
    a.post(1)
    a.lanes.flush()
    const { header, words } = memory.lane(0, 1)
    // As if thread 1 had ended after its first fragment.
    header[33] = -(words[0] as number)
    memory.board.declareLost(1)
    const back: number[] = []
    expect(
      a.lanes.forsake(
        1,
        numbered(({ number }) => back.push(number)),
      ),
    ).toBe(1)
    expect(back).toEqual([1])
    expect(b.received).toEqual([])
  })

  test('a large frame whose sender ended half way is counted, and its successor starts afresh', () => {
    const { memory, all } = threads(2)
    const [a, b] = all as [Thread, Thread]
    a.post(1, 40_000)
    a.lanes.flush()
    b.poll()
    expect(b.received).toEqual([])
    memory.board.declareLost(0)
    b.poll()
    expect(b.lanes.broken).toBe(1)
    b.lanes.forsake(0, b.take)
    expect(memory.vacate(0)).toBe(true)
    const next = new Thread(memory, memory.board.seat(0)!)
    next.post(1, 20_000)
    next.lanes.flush()
    while (b.lanes.hasWork() || next.lanes.hasWork()) {
      b.poll()
      next.poll()
    }
    expect(b.numbers(2)).toEqual([0])
    expect(b.lanes.broken).toBe(1)
  })

  test('salvage: what threads that are gone had sent is taken out once, by one survivor', () => {
    const { memory, all } = threads(4)
    const [a, b, c, d] = all as [Thread, Thread, Thread, Thread]
    for (let i = 0; i < 5; i++) a.post(1)
    a.lanes.flush()
    c.post(1)
    c.lanes.flush()
    b.poll(2)
    memory.board.declareLost(0)
    memory.board.end(1)
    const found: string[] = []
    for (const survivor of [c, d]) {
      survivor.lanes.salvage(
        1,
        numbered(({ number, from }) => found.push(`${from}:${number} by ${survivor.lanes.self}`)),
      )
    }
    // The lane of thread 2, which lives, is its own to clear.
    expect(found).toEqual(['0:2 by 2', '0:3 by 2', '0:4 by 2'])
  })

  test('salvage goes on where a survivor ended while at it', () => {
    const { memory, all } = threads(4)
    const [a, , c, d] = all as [Thread, Thread, Thread, Thread]
    for (let i = 0; i < 5; i++) a.post(1)
    a.lanes.flush()
    memory.board.declareLost(0)
    memory.board.declareLost(1)
    const found: number[] = []
    const cutOff = numbered(({ number }) => {
      if (number === 2) throw new Error('cut off')
      found.push(number)
    })
    expect(() => c.lanes.salvage(1, cutOff)).toThrow('cut off')
    d.lanes.salvage(1, cutOff)
    expect(found).toEqual([0, 1])
    memory.board.declareLost(2)
    d.lanes.salvage(1, cutOff)
    expect(found).toEqual([0, 1, 3, 4])
  })

  test('its slot is free again when all have forsaken it, and the successor gets only what is meant for it', () => {
    const { memory, all } = threads(3)
    const [a, b, c] = all as [Thread, Thread, Thread]
    a.post(1)
    a.lanes.flush()
    c.post(1)
    memory.board.declareLost(1)
    const back: number[] = []
    const report = numbered(({ from }) => back.push(from))
    a.lanes.forsake(1, report)
    expect(memory.vacate(1)).toBe(false)
    c.lanes.forsake(1, report)
    expect(back).toEqual([0, 2])
    expect(memory.vacate(1)).toBe(true)
    a.poll()
    const next = new Thread(memory, memory.board.seat(1)!)
    expect([next.lanes.self, next.lanes.slot]).toEqual([3, 1])
    expect([a.post(1), a.post(3)]).toEqual([false, true])
    a.lanes.flush()
    next.poll()
    expect(next.received).toMatchObject([{ from: 0, number: 1 }])
    next.post(0)
    next.lanes.flush()
    a.poll()
    expect([a.numbers(1), a.numbers(3)]).toEqual([[], [0]])
    expect([b.lanes.fenced, next.lanes.fenced]).toEqual([true, false])
  })

  test('what it still writes after its loss was told is read by nobody, nor by those who sit there later', () => {
    const { memory, all } = threads(3)
    const [a, b, c] = all as [Thread, Thread, Thread]
    const report = numbered(() => {})
    for (const survivor of [a, c]) survivor.lanes.onGone = gone => survivor.lanes.forsake(gone, report)
    b.post(0, 32)
    memory.board.declareLost(1)
    for (const survivor of [a, c]) survivor.poll()
    // More than it keeps to itself: but for the fence it would be shown. And as if it had been shown a moment before.
    for (let i = 0; i < 400; i++) b.post(0, 32)
    memory.lane(1, 0).header[TAIL] = 320
    memory.board.signal(0, 1)
    expect(a.lanes.hasWork()).toBe(true)
    a.poll()
    expect([a.received, a.lanes.hasWork()]).toEqual([[], false])
    expect(memory.vacate(1)).toBe(true)
    const next = new Thread(memory, memory.board.seat(1)!)
    next.sent = 1000
    next.post(0)
    next.lanes.flush()
    a.poll()
    expect(a.numbers()).toEqual([1000])
  })

  test('what it had sent comes before what others send who know of its end, also if they send while this one reads', () => {
    const { memory, all } = threads(4)
    const [a, b, c, d] = all as [Thread, Thread, Thread, Thread]
    d.post(0)
    d.lanes.flush()
    b.post(0)
    b.lanes.flush()
    Atomics.store(memory.board.words, memory.board.dirtyAt(0), 1 << 3)
    const told: string[] = []
    a.lanes.onGone = thread => told.push(`${thread} after ${a.received.length}`)
    // While this thread reads from d: b is lost, c hears of that and sends something.
    let once = true
    const reading = numbered(frame => {
      a.received.push(frame)
      if (!once) return
      once = false
      memory.board.declareLost(1)
      c.lanes.poll(c.take)
      c.post(0)
      c.lanes.flush()
      d.lanes.poll(d.take)
      d.post(0)
      d.lanes.flush()
    })
    for (let polls = 0; polls < 3; polls++) a.lanes.poll(reading)
    expect(a.received.map(({ from }) => from)).toEqual([3, 1, 2, 3])
    expect(told).toEqual(['1 after 2'])
  })

  test('a thread that comes later is told of all that are gone, and of who follows them', () => {
    const { memory, all } = threads(3, 2)
    const { board } = memory
    const [a] = all as [Thread]
    const [first, second] = [board.seat(3)!, board.seat(4)!]
    board.declareLost(1)
    board.follow(1, first)
    new Thread(memory, first)
    board.confirm(1)
    board.declareLost(2)
    board.follow(2, NOBODY)
    for (const lanes of [a.lanes, new Lanes(memory, second)]) {
      const told: string[] = []
      lanes.onGone = thread => told.push(`${thread} gone`)
      lanes.onHeir = (lost, heir) => told.push(`${lost}: ${heir}`)
      lanes.onChange = () => told.push('told')
      for (let polls = 0; polls < 2; polls++) lanes.poll(a.take)
      expect(told).toEqual(['1 gone', '1: 3', '2 gone', '2: -1', 'told'])
    }
  })

  test('twenty lives in a row need no more than two slots', () => {
    const { memory, all } = threads(2, 2)
    const [a] = all as [Thread]
    a.lanes.onGone = gone => a.lanes.forsake(gone, () => {})
    const slots: number[] = []
    for (let life = 1; life <= 20; life++) {
      a.post(life)
      memory.board.declareLost(life)
      // the worker of the last one takes a moment to exit
      const slot = memory.findSlot(thread => thread !== life)!
      slots.push(slot)
      a.poll()
      const next = new Thread(memory, memory.board.seat(slot)!)
      expect(next.lanes.self).toBe(life + 1)
      next.lanes.onGone = gone => next.lanes.forsake(gone, () => {})
      next.poll()
    }
    expect(new Set(slots)).toEqual(new Set([1, 2]))
  })

  test('the slot of one that was lost after another, which it had not forsaken, is no obstacle', () => {
    const { memory, all } = threads(3)
    const [a, b, c] = all as [Thread, Thread, Thread]
    c.post(1)
    c.lanes.flush()
    const back: number[] = []
    const report = numbered(({ from }) => back.push(from))
    a.lanes.onGone = gone => {
      a.lanes.forsake(gone, report)
      a.lanes.salvage(gone, report)
    }
    memory.board.declareLost(1)
    a.poll()
    expect([memory.vacate(1), back]).toEqual([false, []])
    memory.board.declareLost(2)
    a.poll()
    expect([memory.vacate(1), memory.vacate(2), back]).toEqual([true, true, [2]])
    expect(b.received).toEqual([])
  })

  test('a thread that lives cannot be forsaken', () => {
    const [a] = threads(2).all as [Thread]
    expect(() => a.lanes.forsake(1, a.take)).toThrow('thread 1 is running, not gone')
    expect(() => a.lanes.salvage(1, a.take)).toThrow('thread 1 is running, not gone')
  })
})
