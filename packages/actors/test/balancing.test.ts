// Balancing as users meet it: the option, a policy of their own, what it leaves alone, and what it says where something
// cannot be done; on real threads.
import {
  type BalanceOptions,
  type BalancePolicy,
  balancePolicy,
  createSystem,
  type Events,
  InvalidCall,
  MoveFailed,
  type System,
  thread,
} from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import { expect, test, vi } from 'vitest'
import { rooted, talker, worker } from './fixtures/balancing.ts'

/** A system with rounds so short that a test can wait for some. */
const balanced = (options: BalanceOptions): Promise<System> =>
  createSystem({ threads: 2, balance: { every: 50, ...options } })

const heard = <E extends keyof Events>(system: System, event: E): Promise<Events[E]> =>
  new Promise(done => system.on(event, done))
const until = (check: () => unknown): Promise<unknown> => vi.waitUntil(check, { timeout: 18_000, interval: 10 })

test('pairs on two threads come together, and a pair that is pinned stays apart', async () => {
  await using system = await balanced({})
  const at = new Map<string, number>()
  system.on('moved', ({ actor, to }) => at.set(actor, to.thread))
  const pairs = await Promise.all(
    [false, false, false, true].map(async pinned => {
      const both = [1, 2].map(n => system.spawn(talker, undefined, { on: thread(n), pinned }))
      const [one, other] = await Promise.all(both)
      at.set(one!.id, 1).set(other!.id, 2)
      one!.tell.talk(other!, 5)
      return [one!, other!] as const
    }),
  )
  const together = () => pairs.map(([one, other]) => at.get(one.id) === at.get(other.id))
  await until(() => together().filter(Boolean).length === 3)
  expect(together()).toEqual([true, true, true, false])
})

test('a policy of one’s own sees threads, actors and talks, keeps its memory, and moves whom it wants', async () => {
  const views: Parameters<BalancePolicy>[0][] = []
  const memories: (number | undefined)[] = []
  const policy: BalancePolicy<number> = (view, memory, now) => {
    views.push(view)
    memories.push(memory)
    const there = view.actors.filter(({ movable, thread }) => movable && thread === 1)
    return { moves: there.map(({ actor }) => ({ actor, to: 2 })), memory: now }
  }
  await using system = await balanced({ policy })
  const one = await system.spawn(talker, undefined, { on: thread(1), pinned: false })
  const other = await system.spawn(talker, undefined, { on: thread(1) })
  one.tell.talk(other, 5)
  const moved = await heard(system, 'moved')
  expect(moved).toMatchObject({ actor: one.id, from: thread(1), to: thread(2) })
  /** One in which all threads have answered in time. */
  const whole = () => views.findLast(({ talks, threads }) => talks.length > 0 && threads.every(({ busy }) => busy < 1))
  await until(() => views.length > 5 && whole() !== undefined)
  expect(memories[0]).toBeUndefined()
  expect(memories.slice(1)).toEqual(memories.slice(1).toSorted((a, b) => a! - b!))
  const view = whole()!
  expect(view.threads.map(({ thread, takes }) => [thread, takes])).toEqual([
    [0, false],
    [1, true],
    [2, true],
  ])
  for (const { busy, turns, heap } of view.threads) {
    expect(turns).toBeLessThanOrEqual(busy)
    expect(busy).toBeLessThanOrEqual(1)
    expect(heap).toBeLessThan(1)
  }
  const talk = view.talks.find(({ between }) => between.includes(one.id))!
  expect(new Set(talk.between)).toEqual(new Set([one.id, other.id]))
  const pinned = view.actors.find(({ actor }) => actor === other.id)!
  expect(pinned).toMatchObject({ thread: 1, movable: false })
})

test('a policy that throws, or wants what cannot be, is an event, and asked again', async () => {
  const wrong: ReturnType<BalancePolicy>['moves'][] = [[{ actor: 'nobody#1.0.1' as never, to: 1 }], [], []]
  let round = 0
  const policy: BalancePolicy = ({ actors }) => {
    const [first] = actors
    if (round < 2 && first === undefined) return { moves: [], memory: undefined } // on a busy machine it may rest for a round
    if (round === 1) wrong[1] = [{ actor: first!.actor, to: 7 }]
    if (round === 2) throw new RangeError('too far')
    return { moves: wrong[round++] ?? [], memory: undefined }
  }
  await using system = await balanced({ policy })
  const failed: unknown[] = []
  system.on('balanceFailed', ({ error }) => failed.push(error))
  const one = await system.spawn(worker)
  one.tell.work(5)
  await until(() => failed.length >= 4)
  expect(failed[0]).toBeInstanceOf(InvalidCall)
  expect(String(failed[0])).toContain('nobody#1.0.1')
  expect(failed[1]).toBeInstanceOf(InvalidCall)
  expect(String(failed[1])).toContain('to 7')
  expect(failed[2]).toBeInstanceOf(RangeError)
  expect(failed[3]).toBeInstanceOf(RangeError)
})

test('an actor whose state cannot travel stays, and its author hears why', async () => {
  await using system = await balanced({
    policy: ({ actors }) => ({ moves: actors.map(({ actor }) => ({ actor, to: 2 })), memory: undefined }),
  })
  const one = await system.spawn(rooted, undefined, { on: thread(1), pinned: false })
  one.tell.work(5)
  const { actor, to, error } = await heard(system, 'moveFailed')
  expect(actor).toBe(one.id)
  expect(to).toEqual(thread(2))
  expect(error).toBeInstanceOf(MoveFailed)
  expect(String(error)).toContain('state.call')
})

test('whatever a policy wants, no more is moved in a round than allowed, and nobody that is pinned', async () => {
  const moved: string[] = []
  const failed: unknown[] = []
  let rounds = 0
  const policy: BalancePolicy = ({ actors }) => {
    expect(moved.length).toBeLessThanOrEqual(2 * rounds++)
    const wanted = actors.filter(({ thread }) => thread === 1).toSorted((a, b) => Number(b.movable) - Number(a.movable))
    return { moves: wanted.map(({ actor }) => ({ actor, to: 2 })), memory: undefined }
  }
  await using system = await balanced({ policy, moves: 2 })
  for (const event of ['moveFailed', 'balanceFailed'] as const) system.on(event, data => failed.push(data))
  system.on('moved', ({ actor }) => moved.push(actor))
  const spawn = (pinned: boolean) => system.spawn(worker, undefined, { on: thread(1), pinned })
  const free = await Promise.all(Array.from({ length: 6 }, () => spawn(false)))
  const pinned = await Promise.all(Array.from({ length: 3 }, () => spawn(true)))
  for (const one of [...free, ...pinned]) one.tell.work(5)
  await until(() => moved.length >= free.length)
  const then = rounds
  await until(() => rounds > then + 4) // now only the pinned ones are wanted
  expect(new Set(moved)).toEqual(new Set(free.map(one => one.id)))
  expect(failed).toEqual([])
})

test('what makes no sense is refused', async () => {
  const options: [balance: unknown, says: string][] = [
    [true, 'createSystem: balance is true'],
    [() => ({ moves: [] }), 'pass'],
    [{ each: 5 }, "there is no 'each'"],
    [{ every: 0 }, 'balance.every is 0'],
    [{ moves: '5' }, "balance.moves is the string '5'"],
    [{ policy: 'load' }, 'balance.policy is'],
  ]
  for (const [balance, says] of options) {
    const made = createSystem({ threads: 1, balance: balance as 'on' })
    await expect(made).rejects.toThrow(InvalidCall)
    await expect(made).rejects.toThrow(says)
    await expect(simulate(1, () => {}, { balance: balance as 'on' })).rejects.toThrow(InvalidCall)
  }
  await using system = await createSystem({ threads: 1 })
  await expect(system.spawn(worker, undefined, { pinned: 1 as never })).rejects.toThrow('pinned is 1')
})

test('on one thread, or off, there are no rounds', async () => {
  const policy = vi.fn<BalancePolicy>(balancePolicy())
  {
    await using alone = await createSystem({ threads: 0, balance: { every: 1, policy } })
    const one = await alone.spawn(worker)
    one.tell.work(1)
    await new Promise(done => setTimeout(done, 50))
    expect(await one.ask.done()).toBeGreaterThan(0)
  }
  expect(policy).not.toHaveBeenCalled()
})

test('a system that balances itself closes in the middle of it', async () => {
  for (let i = 0; i < 5; i++) {
    const system = await createSystem({ threads: 2, balance: { every: 2 } })
    const [one, other] = [await system.spawn(talker), await system.spawn(talker)]
    one.tell.talk(other, 50)
    await new Promise(done => setTimeout(done, 10 + i * 10))
    await expect(system.close()).resolves.toBeUndefined()
  }
})
