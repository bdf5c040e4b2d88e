import { expect, test } from 'vitest'
import { InvalidCall } from '../core/errors.ts'
import { ASLEEP, RUNNING, SPINNING, ThreadBoard } from './thread-board.ts'

function board(threads = 3, cores = 2): ThreadBoard {
  return new ThreadBoard(ThreadBoard.reserve(threads, cores), threads)
}
/** How often the thread has been woken. */
const wakes = (on: ThreadBoard, thread: number) => Atomics.load(on.words, on.wakeAt(thread))
const dirty = (on: ThreadBoard, thread: number) => Atomics.load(on.words, on.dirtyAt(thread))

test('a thread number lives from absent to gone, and once more with the next epoch', () => {
  const on = board()
  expect(on.state(1)).toBe('absent')
  on.announce(1)
  expect(on.state(1)).toBe('starting')
  expect(() => on.announce(1)).toThrow(InvalidCall)
  const first = on.enter(1)
  expect(on.state(1)).toBe('running')
  expect(() => on.enter(1)).toThrow(InvalidCall)
  expect(() => on.vacate(1)).toThrow(InvalidCall)
  const before = on.departures
  expect(on.declareLost(1)).toBe(true)
  expect(on.end(1)).toBe(false)
  expect(on.departures).toBe(before + 1)
  expect([on.state(1), on.gone(1), on.fenced(1, first)]).toEqual(['lost', true, true])
  expect(() => on.enter(1)).toThrow(InvalidCall)
  on.addActors(1, 7)
  on.vacate(1)
  expect([on.state(1), on.gone(1), on.actors(1)]).toEqual(['absent', false, 0])
  expect(on.enter(1)).toBe(first + 1)
  expect([on.fenced(1, first), on.fenced(1, first + 1)]).toEqual([true, false])
})

test('a thread that was declared lost cannot change its state any more', () => {
  const on = board()
  const epoch = on.enter(1)
  expect(on.turn(1, epoch, RUNNING, SPINNING)).toBe(true)
  on.declareLost(1)
  expect(on.turn(1, epoch, SPINNING, ASLEEP)).toBe(false)
  on.vacate(1)
  on.enter(1)
  expect(on.turn(1, epoch, RUNNING, ASLEEP)).toBe(false)
  expect(on.state(1)).toBe('running')
})

test('a signal wakes a sleeper, once; one that is awake only finds the bit', () => {
  const on = board(70)
  const epoch = on.enter(1)
  on.signal(1, 0)
  expect([dirty(on, 1), wakes(on, 1)]).toEqual([1, 0])
  Atomics.store(on.words, on.dirtyAt(1), 0)
  on.turn(1, epoch, RUNNING, ASLEEP)
  on.signal(1, 0)
  on.signal(1, 0)
  on.signal(1, 69)
  expect([on.state(1), wakes(on, 1)]).toEqual(['running', 1])
  expect(dirty(on, 1)).toBe(1)
  expect(Atomics.load(on.words, on.dirtyAt(1) + 2)).toBe(1 << 5)
})

test('the loss of a thread wakes everybody, for it may have owed somebody a wake-up', () => {
  const on = board()
  on.enter(0)
  const epoch = on.enter(1)
  on.enter(2)
  // Thread 0 was cut off between taking 1 out of its sleep and notifying it.
  on.turn(1, epoch, RUNNING, ASLEEP)
  on.turn(1, epoch, ASLEEP, RUNNING)
  on.declareLost(0)
  expect([wakes(on, 1), wakes(on, 2)]).toEqual([1, 1])
})

test('it is crowded when more threads run or spin than there are cores', () => {
  const on = board(4, 2)
  const epochs = [0, 1, 2].map(thread => on.enter(thread))
  expect(on.crowded()).toBe(true)
  on.turn(2, epochs[2] as number, RUNNING, ASLEEP)
  expect(on.crowded()).toBe(false)
  on.enter(3)
  expect(on.crowded()).toBe(true)
  on.declareLost(0)
  expect(on.crowded()).toBe(false)
})

test('load: actors are counted, the heap is a share of its limit', () => {
  const on = board()
  expect(on.heap(2)).toBe(0)
  on.setHeap(2, 300, 400)
  on.addActors(2, 5)
  on.addActors(2, -2)
  expect([on.heap(2), on.actors(2), on.actors(1)]).toEqual([0.75, 3, 0])
})
