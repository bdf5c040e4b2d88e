import { expect, test } from 'vitest'
import { Placement } from './placement.ts'
import { Pulse } from './pulse.ts'
import { NOBODY, ThreadBoard } from './thread-board.ts'

const MB = 2 ** 20

/** Threads 0 to 3, and room for four more. */
function placed() {
  const board = new ThreadBoard(ThreadBoard.reserve(8, 2), 8)
  for (let slot = 0; slot < 4; slot++) board.seat(slot)
  const placement = new Placement(board, 3)
  const pulse = (slot: number) => new Pulse(board, slot)
  /** Places so many actors, which stay; gives how many each thread got. */
  const place = (count: number): Record<number, number> => {
    const got: Record<number, number> = {}
    for (let i = 0; i < count; i++) {
      const thread = placement.next()
      got[thread] = (got[thread] ?? 0) + 1
      pulse(board.slotOf(thread)).addActors(1)
    }
    return got
  }
  /** Another one begins to take the place of a thread. */
  const follow = (lost: number): number => {
    const next = board.seat(board.lives)!
    board.follow(lost, next)
    return next
  }
  return { board, place, follow, pulse }
}

test('actors go where there are fewest, to equals in turn, and not to the first thread', () => {
  const { place, pulse } = placed()
  expect(place(9)).toEqual({ 1: 3, 2: 3, 3: 3 })
  pulse(2).addActors(-3)
  expect(place(3)).toEqual({ 2: 3 })
})

test('a full heap takes none while another has room', () => {
  const { place, pulse } = placed()
  pulse(1).setHeap(90 * MB, 100 * MB)
  expect(place(4)).toEqual({ 2: 2, 3: 2 })
  for (const slot of [2, 3]) pulse(slot).setHeap(86 * MB, 100 * MB)
  expect(place(2)).toEqual({ 1: 2 })
  pulse(3).setHeap(84 * MB, 100 * MB)
  expect(place(2)).toEqual({ 3: 2 })
})

test('a lost thread takes none; its successor does once it is there, or if there is no other', () => {
  const { board, place, follow } = placed()
  for (const thread of [1, 2, 3]) board.enter(thread)
  place(30)
  board.declareLost(1)
  expect(place(2)).toEqual({ 2: 1, 3: 1 })
  const next = follow(1)
  expect(place(2)).toEqual({ 2: 1, 3: 1 })
  board.declareLost(2)
  board.declareLost(3)
  expect(place(2)).toEqual({ [next]: 2 })
  board.enter(next)
  expect(place(2)).toEqual({ [next]: 2 })
})

test('with all threads gone it is one that will be replaced, or else the first', () => {
  const { board, place, follow } = placed()
  for (const thread of [1, 2, 3]) {
    board.enter(thread)
    board.declareLost(thread)
  }
  board.follow(1, NOBODY)
  const next = follow(2)
  expect(place(1)).toEqual({ [next]: 1 })
  board.declareLost(next)
  board.follow(3, NOBODY)
  expect(place(1)).toEqual({ [next]: 1 })
  board.follow(next, NOBODY)
  expect(place(1)).toEqual({ 0: 1 })
})
