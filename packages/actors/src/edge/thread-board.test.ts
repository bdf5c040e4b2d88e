import { expect, test } from 'vitest'
import { InvalidCall } from '../core/errors.ts'
import { ASLEEP, MOST_LIVES, NOBODY, RUNNING, SPINNING, ThreadBoard } from './thread-board.ts'

/** Threads 0 to `threads` - 1 have their numbers, in slots 0 to `threads` - 1, and have not entered. */
function board(threads = 3, cores = 2, spare = 2): ThreadBoard {
  const on = new ThreadBoard(ThreadBoard.reserve(threads + spare, cores), threads + spare)
  for (let slot = 0; slot < threads; slot++) on.seat(slot)
  return on
}
/** How often who sits there has been woken. */
const wakes = (on: ThreadBoard, slot: number) => Atomics.load(on.words, on.wakeAt(slot))
const dirty = (on: ThreadBoard, slot: number) => Atomics.load(on.words, on.dirtyAt(slot))

test('a number is a life: once gone it is gone for good, whoever gets its slot', () => {
  const on = board()
  expect([on.lives, on.state(1), on.entered(1), on.gone(1)]).toEqual([3, 'starting', false, false])
  expect(on.enter(1)).toBe(1)
  expect([on.state(1), on.entered(1)]).toEqual(['running', true])
  expect(() => on.enter(1)).toThrow(InvalidCall)
  expect(() => on.vacate(1)).toThrow(InvalidCall)
  expect(() => on.seat(1)).toThrow('slot 1 is taken by thread 1')
  const before = on.changes(0)
  expect(on.declareLost(1)).toBe(true)
  expect(on.end(1)).toBe(false)
  expect(on.changes(0)).toBe(before + 1)
  expect([on.state(1), on.gone(1), on.fenced(1, 1)]).toEqual(['lost', true, true])
  expect(() => on.enter(1)).toThrow(InvalidCall)
  on.words[on.pulseAt(1)] = 7
  on.vacate(1)
  expect([on.stateIn(1), on.words[on.pulseAt(1)], on.state(1), on.gone(1)]).toEqual(['empty', 0, 'lost', true])
  expect(() => on.enter(1)).toThrow(InvalidCall)
  expect([on.seat(1), on.slotOf(3), on.lifeIn(1)]).toEqual([3, 1, 3])
  expect(on.enter(3)).toBe(1)
  expect([on.state(3), on.state(1), on.gone(1), on.fenced(1, 1), on.fenced(1, 3)]).toEqual([
    'running',
    'lost',
    true,
    true,
    false,
  ])
  expect(on.declareLost(1)).toBe(false)
  expect(on.state(3)).toBe('running')
})

test('a number that was never given is no thread', () => {
  const on = board()
  expect([on.state(3), on.gone(3), on.entered(3), on.slotOf(3)]).toEqual(['empty', false, false, -1])
  expect(() => on.enter(3)).toThrow('thread 3 cannot enter: it is empty')
})

test('numbers come to an end', () => {
  const on = board(1, 1, 1)
  for (let thread = 1; thread < MOST_LIVES; thread++) {
    expect(on.seat(1)).toBe(thread)
    on.enter(thread)
    on.end(thread)
    on.vacate(1)
  }
  expect(on.seat(1)).toBe(undefined)
  expect(on.state(MOST_LIVES - 1)).toBe('lost')
})

test('a thread that was declared lost cannot change its state any more', () => {
  const on = board()
  on.enter(1)
  expect(on.turn(1, 1, RUNNING, SPINNING)).toBe(true)
  on.declareLost(1)
  expect(on.turn(1, 1, SPINNING, ASLEEP)).toBe(false)
  on.vacate(1)
  on.seat(1)
  on.enter(3)
  expect(on.turn(1, 1, RUNNING, ASLEEP)).toBe(false)
  expect(on.state(3)).toBe('running')
})

test('who takes over: nobody yet, somebody who is about to, an heir, nobody ever', () => {
  const on = board()
  for (const thread of [0, 1, 2]) on.enter(thread)
  expect([on.current(1), on.heir(1)]).toEqual([1, 0])
  on.declareLost(1)
  expect([on.current(1), on.heir(1)]).toEqual([1, 0])
  const by = on.seat(3)!
  on.follow(1, by)
  expect([on.current(1), on.heir(1)]).toEqual([3, 0])
  on.enter(by)
  on.confirm(1)
  expect([on.current(1), on.heir(1)]).toEqual([3, 3])
  on.declareLost(by)
  expect([on.current(1), on.heir(1), on.heir(3)]).toEqual([3, 3, 0])
  const next = on.seat(4)!
  on.follow(by, next)
  expect([on.current(1), on.current(3), on.heir(1), on.heir(3)]).toEqual([4, 4, 3, 0])
  on.declareLost(next)
  on.follow(next, NOBODY)
  expect([on.current(1), on.heir(4)]).toEqual([4, NOBODY])
})

test('one may have taken over from a thread that is there still', () => {
  const on = board()
  for (const thread of [0, 1, 2]) on.enter(thread)
  const by = on.seat(3)!
  on.enter(by)
  on.follow(1, by)
  expect(on.current(1)).toBe(1)
  on.confirm(1)
  expect([on.current(1), on.gone(1), on.allGone()]).toEqual([by, false, []])
  on.end(1)
  expect([on.current(1), on.heir(1), on.allGone()]).toEqual([by, by, [1]])
})

test('whoever left or was followed is told to all; who entered, to the first alone', () => {
  const on = board()
  const seen = (): number[][] => [0, 1].map(slot => [on.changes(slot), wakes(on, slot)])
  on.enter(0)
  on.enter(1)
  expect(seen()).toEqual([
    [2, 2],
    [0, 0],
  ])
  on.declareLost(1)
  on.follow(1, 2)
  on.confirm(1)
  on.tellFirst()
  expect(seen()).toEqual([
    [6, 6],
    [3, 3],
  ])
})

test('a signal wakes a sleeper, once; one that is awake only finds the bit', () => {
  const on = board(3, 2, 67)
  on.enter(1)
  on.signal(1, 0)
  expect([dirty(on, 1), wakes(on, 1)]).toEqual([1, 0])
  Atomics.store(on.words, on.dirtyAt(1), 0)
  on.turn(1, 1, RUNNING, ASLEEP)
  on.signal(1, 0)
  on.signal(1, 0)
  on.signal(1, 69)
  expect([on.state(1), wakes(on, 1)]).toEqual(['running', 1])
  expect(dirty(on, 1)).toBe(1)
  expect(Atomics.load(on.words, on.dirtyAt(1) + 2)).toBe(1 << 5)
})

test('the loss of a thread wakes everybody, for it may have owed somebody a wake-up', () => {
  const on = board()
  for (const thread of [0, 1, 2]) on.enter(thread)
  // Thread 0 was cut off between taking 1 out of its sleep and notifying it.
  on.turn(1, 1, RUNNING, ASLEEP)
  on.turn(1, 1, ASLEEP, RUNNING)
  on.declareLost(0)
  expect([wakes(on, 1), wakes(on, 2)]).toEqual([1, 1])
})

test('it is crowded when more threads run or spin than there are cores', () => {
  const on = board(4, 2)
  for (const thread of [0, 1, 2]) on.enter(thread)
  expect(on.crowded()).toBe(true)
  on.turn(2, 2, RUNNING, ASLEEP)
  expect(on.crowded()).toBe(false)
  on.enter(3)
  expect(on.crowded()).toBe(true)
  on.declareLost(0)
  expect(on.crowded()).toBe(false)
})
