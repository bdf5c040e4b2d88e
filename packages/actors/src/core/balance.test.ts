import { expect, test } from 'vitest'
import {
  type ActorLoad,
  type BalanceMemory,
  type BalanceMove,
  balancePolicy,
  type BalanceView,
  type Talk,
  type ThreadLoad,
} from './balance.ts'
import type { ActorId } from './errors.ts'

const id = (name: string) => name as ActorId
const actor = (name: string, thread: number, cost = 0.001, movable = true): ActorLoad => {
  return { actor: id(name), thread, cost, movable }
}
const talk = (one: string, other: string, rate: number): Talk => ({ between: [id(one), id(other)], rate })

/** Threads that are as busy as their actors make them, unless something else is said. */
function view(actors: ActorLoad[], talks: Talk[] = [], threads: Partial<ThreadLoad>[] = []): BalanceView {
  const numbers = [0, 1, 2, ...threads.map(({ thread }) => thread!)]
  return {
    threads: [...new Set(numbers)].map(thread => {
      const here = actors.filter(load => load.thread === thread)
      const busy = here.reduce((sum, { cost }) => sum + cost, 0)
      const usual = { thread, busy, turns: busy, actors: here.length, heap: 0, takes: thread > 0 }
      return { ...usual, ...threads.find(said => said.thread === thread) }
    }),
    actors,
    talks,
  }
}

/** What the policy says in so many rounds of the same view, a second apart, in which nothing is done. */
function rounds(count: number, seen: BalanceView, policy = balancePolicy()): BalanceMove[][] {
  let memory: BalanceMemory | undefined
  return Array.from({ length: count }, (_, round) => {
    const said = policy(seen, memory, round * 1_000)
    memory = said.memory
    return [...said.moves]
  })
}
const third = (seen: BalanceView) => {
  const [first, second, moves] = rounds(3, seen)
  expect([...first!, ...second!]).toEqual([])
  return moves!.map(({ actor, to }) => `${actor} > ${to}`)
}

// ── load ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('of two that keep a thread busy one goes to the idle thread, in the third round', () => {
  expect(third(view([actor('a', 1, 0.5), actor('b', 1, 0.48)]))).toEqual(['b > 2'])
})

test('an overload that does not last is none, and what was counted is forgotten', () => {
  const policy = balancePolicy()
  const busy = view([actor('a', 1, 0.4), actor('b', 1, 0.4)])
  const idle = view([actor('a', 1, 0.1), actor('b', 1, 0.1)])
  let memory: BalanceMemory | undefined
  for (const seen of [busy, busy, idle, busy, busy, idle, busy, busy]) {
    const said = policy(seen, memory, 0)
    expect(said.moves).toEqual([])
    memory = said.memory
  }
  expect(policy(busy, memory, 0).moves).toHaveLength(1)
})

test('nothing moves between threads that are about as busy as each other, or not busy', () => {
  expect(third(view([actor('a', 1, 0.5), actor('b', 1, 0.4), actor('c', 2, 0.75)]))).toEqual([])
  expect(third(view([actor('a', 1, 0.3), actor('b', 1, 0.29)]))).toEqual([])
})

test('one that makes a thread busy alone stays: the other thread would only be what this one is', () => {
  expect(third(view([actor('a', 1, 1)]))).toEqual([])
  expect(third(view([actor('a', 1, 0.97), actor('b', 1, 0.02)]))).toEqual([])
  // also where little of what it does is in its turns
  expect(third(view([actor('a', 1, 0.1)], [], [{ thread: 1, busy: 1, turns: 0.1, actors: 1 }]))).toEqual([])
})

test('those beside a heavy one go, if together they matter', () => {
  const small = Array.from({ length: 8 }, (_, i) => actor(`s${i}`, 1, 0.02))
  expect(third(view([actor('heavy', 1, 0.84), ...small])).toSorted()).toEqual(small.map(one => `${one.actor} > 2`))
})

test('a heavy one goes where the other thread then is still clearly less busy than this one was', () => {
  expect(
    third(view([actor('a', 1, 0.7), actor('b', 1, 0.3), actor('c', 2, 0.1)], [], [{ thread: 3, takes: false }])),
  ).toEqual(['b > 2'])
  expect(third(view([actor('a', 1, 0.7), actor('b', 1, 0.3, false)]))).toEqual(['a > 2'])
})

test('pinned actors stay, and threads that take nobody get nobody', () => {
  expect(third(view([actor('a', 1, 0.5, false), actor('b', 1, 0.5, false)]))).toEqual([])
  const full = [{ thread: 2, takes: false }]
  expect(third(view([actor('a', 1, 0.5), actor('b', 1, 0.5)], [], full))).toEqual([])
  // thread 0 is idle, and takes nobody either; but its own may leave it
  expect(third(view([actor('a', 0, 0.4), actor('b', 0, 0.4), actor('c', 1, 0.3)]))).toEqual(['a > 2'])
})

test('many small actors spread, though the view names few of them, as many in a round as may', () => {
  const named = Array.from({ length: 128 }, (_, i) => actor(`s${i}`, 1, 0.0002))
  const seen = view(named, [], [{ thread: 1, busy: 1, turns: 1, actors: 5_000 }])
  expect(third(seen)).toHaveLength(64)
  expect(rounds(3, seen, balancePolicy({ moves: 5 }))[2]).toHaveLength(5)
  // if turns are the named ones' alone, the load is of no actor
  expect(third(view(named, [], [{ thread: 1, busy: 1, turns: 0.0256, actors: 5_000 }]))).toEqual([])
})

test('those who talk with each other leave together', () => {
  const pairs = ['a', 'b'].flatMap(name => [0, 1, 2, 3].map(i => actor(`${name}${i}`, 1, 0.12)))
  const talks = [0, 1, 2, 3].map(i => talk(`a${i}`, `b${i}`, 5_000))
  const left = third(view(pairs, talks))
  expect(left).toHaveLength(4)
  for (const move of left) expect(left).toContain(move.replace(/[ab]/, letter => (letter === 'a' ? 'b' : 'a')))
})

test('a pair that does nothing but talk is not divided: the way between threads would cost more', () => {
  const pair = [actor('a', 1, 0.5), actor('b', 1, 0.5)]
  expect(third(view(pair, [talk('a', 'b', 1_000_000)]))).toEqual([])
  expect(third(view(pair, [talk('a', 'b', 50_000)]))).toHaveLength(1)
})

test('one that is tied to its thread does not keep the others there', () => {
  const small = Array.from({ length: 8 }, (_, i) => actor(`s${i}`, 1, 0.02))
  const tied = [actor('heavy', 1, 0.74, false), actor('tied', 1, 0.1)]
  const moves = third(view([...tied, ...small], [talk('heavy', 'tied', 1_000_000)]))
  expect(moves.toSorted()).toEqual(small.map(one => `${one.actor} > 2`))
})

// ── traffic ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('of two that talk the one on the busier thread comes to the other', () => {
  const others = [actor('c', 1, 0.2, false), actor('d', 2, 0.1, false)]
  expect(third(view([actor('a', 1), actor('b', 2), ...others], [talk('a', 'b', 1_000)]))).toEqual(['a > 2'])
  expect(third(view([actor('a', 2), actor('b', 1), ...others], [talk('a', 'b', 1_000)]))).toEqual(['b > 2'])
  expect(third(view([actor('a', 1), actor('b', 2, 0.001, false)], [talk('a', 'b', 1_000)]))).toEqual(['a > 2'])
})

test('a few messages are not worth a move, and no more than with its own thread are not either', () => {
  expect(third(view([actor('a', 1), actor('b', 2)], [talk('a', 'b', 50)]))).toEqual([])
  const three = [actor('a', 1, 0.001, false), actor('b', 1), actor('c', 2, 0.001, false)]
  expect(third(view(three, [talk('a', 'b', 1_000), talk('b', 'c', 1_400)]))).toEqual([])
  expect(third(view(three, [talk('a', 'b', 1_000), talk('b', 'c', 1_600)]))).toEqual(['b > 2'])
})

test('load first: nobody comes to a thread that is busy already', () => {
  const seen = (busy: number) =>
    view([actor('a', 1, 0.2), actor('b', 2, busy, false)], [talk('a', 'b', 10_000)], [{ thread: 2, busy, turns: busy }])
  expect(third(seen(0.25))).toEqual(['a > 2'])
  expect(third(seen(0.5))).toEqual([])
})

test('two that may not go one by one are exchanged', () => {
  const four = [actor('a', 1, 0.3), actor('b', 2, 0.3), actor('c', 1, 0.3), actor('d', 2, 0.3)]
  const moves = third(view(four, [talk('a', 'b', 10_000), talk('c', 'd', 9_000)]))
  expect(moves).toHaveLength(2)
  expect(new Set(moves.map(move => move.at(-1)))).toEqual(new Set(['1', '2']))
})

test('what makes both threads less busy is done, however busy they are', () => {
  const pair = [actor('a', 1, 0.1), actor('b', 2, 0.1)]
  const threads = [1, 2].map(thread => ({ thread, busy: 1, turns: 0.1 }))
  expect(third(view(pair, [talk('a', 'b', 300_000)], threads))).toHaveLength(1)
})

test('nothing moves to thread 0', () => {
  expect(third(view([actor('a', 0, 0.001, false), actor('b', 1)], [talk('a', 'b', 10_000)]))).toEqual([])
})

// ── rest ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('one that was moved rests, twice as long after each further move, until it has stayed for long', () => {
  const policy = balancePolicy({ rest: 1_000 })
  let memory: BalanceMemory | undefined
  let thread = 1
  const at: number[] = []
  /** Its partner is always on the other thread. */
  const run = (from: number, to: number): void => {
    for (let now = from; now < to; now += 100) {
      const seen = view([actor('a', thread), actor('b', 3 - thread, 0.001, false)], [talk('a', 'b', 10_000)])
      const said = policy(seen, memory, now)
      memory = said.memory
      if (said.moves.length > 0) at.push(now)
      for (const { to } of said.moves) thread = to
    }
  }
  run(0, 20_000)
  // it goes in the third round after its rest
  expect(at).toEqual([200, 1_400, 3_600, 7_800, 16_000])
  const quiet = policy(view([actor('a', thread)]), memory, 1_000_000)
  expect(quiet.memory.rests.size).toBe(0)
})

test('it changes nothing of what it was given, and says the same of the same', () => {
  const seen = view([actor('a', 1, 0.5), actor('b', 1, 0.5), actor('c', 2)], [talk('a', 'c', 500)])
  const policy = balancePolicy()
  let memory: BalanceMemory | undefined
  for (let now = 0; now < 5; now++) {
    const before = structuredClone({ seen, memory })
    const once = policy(seen, memory, now)
    const again = policy(seen, memory, now)
    expect(again).toEqual(once)
    expect({ seen, memory }).toEqual(before)
    memory = once.memory
  }
})

test('it forgets of actors what is over', () => {
  const policy = balancePolicy()
  let memory: BalanceMemory | undefined
  for (let round = 0; round < 500; round++) {
    const name = `a${round >> 2}`
    const seen = view([actor(name, 1), actor(`${name}b`, 2)], [talk(name, `${name}b`, 1_000)])
    memory = policy(seen, memory, round * 1_000).memory
    expect(memory.wishes.size).toBeLessThanOrEqual(2)
    expect(memory.rests.size).toBeLessThanOrEqual(10)
  }
})
