// The lock table, case by case.
import { ALL, snapshotOf, tableOf } from '@troupe/lock'
import { expect, test } from 'vitest'
import { asked, newTable, words } from './table-asking.ts'

test('a mutex goes from hand to hand, in the order of asking, with growing tokens', () => {
  const table = newTable()
  expect(words(table.acquire(asked('a', 'm'), 0))).toEqual(['a:1'])
  expect(words(table.acquire(asked('b', 'm'), 1))).toEqual([])
  expect(words(table.acquire(asked('c', 'm'), 2))).toEqual([])
  expect(words(table.release('m', 1n, undefined, 3).effects)).toEqual(['b:2'])
  expect(words(table.release('m', 2n, undefined, 4).effects)).toEqual(['c:3'])
  expect(words(table.release('m', 3n, undefined, 5).effects)).toEqual([])
  expect(table.size).toBe(0)
})

test('who wants many permits is not overtaken by those who want few', () => {
  const table = newTable()
  const pool = (id: string, wants: number) => words(table.acquire(asked(id, 'pool', { permits: 3, wants }), 0))
  expect(pool('a', 2)).toEqual(['a:1'])
  expect(pool('b', 3)).toEqual([])
  expect(pool('c', 1)).toEqual([])
  expect(words(table.release('pool', 1n, undefined, 1).effects)).toEqual(['b:2'])
  expect(words(table.release('pool', 2n, undefined, 2).effects)).toEqual(['c:3'])
})

test('readers share, a writer is alone, and neither starves', () => {
  const table = newTable()
  const ask = (id: string, wants: number) => words(table.acquire(asked(id, 'rw', { permits: ALL, wants }), 0))
  expect([ask('r1', 1), ask('r2', 1), ask('w', ALL), ask('r3', 1), ask('r4', 1)].flat()).toEqual(['r1:1', 'r2:2'])
  table.release('rw', 1n, undefined, 1)
  expect(words(table.release('rw', 2n, undefined, 1).effects)).toEqual(['w:3'])
  expect(words(table.release('rw', 3n, undefined, 1).effects)).toEqual(['r3:4', 'r4:5'])
})

test('a lease ends, and the next one gets a later token; the old one is refused by name', () => {
  const table = newTable()
  table.acquire(asked('a', 'm'), 0)
  table.acquire(asked('b', 'm'), 10)
  expect(table.due).toBe(100)
  expect(words(table.expire(99))).toEqual([])
  expect(words(table.expire(100))).toEqual(['b:2'])
  expect(table.renew('m', 1n, 100, 101).held).toBe(false)
  expect(table.release('m', 1n, undefined, 101).was).toBe('stale')
  expect(table.release('m', 2n, undefined, 102).was).toBe('held')
  expect(table.release('m', 2n, undefined, 103).was).toBe('lapsed')
})

test('a lease that is over is over, whoever comes first', () => {
  const table = newTable()
  table.acquire(asked('a', 'm'), 0)
  expect(words(table.acquire(asked('b', 'm', { wait: 0 }), 100))).toEqual(['b:2'])
  expect(table.renew('m', 1n, 100, 100).held).toBe(false)
})

test('a renewal makes it later, never earlier', () => {
  const table = newTable()
  table.acquire(asked('a', 'm'), 0)
  expect(table.renew('m', 1n, 100, 50).held).toBe(true)
  expect(table.due).toBe(150)
  expect(table.renew('m', 1n, 10, 60).held).toBe(true)
  expect(table.due).toBe(150)
  expect(table.renew('other', 1n, 100, 60).held).toBe(false)
})

test('tokens grow also after the lock was forgotten', () => {
  const table = newTable()
  table.acquire(asked('a', 'm'), 0)
  table.release('m', 1n, undefined, 1)
  expect(table.locks.size).toBe(0)
  expect(words(table.acquire(asked('b', 'm'), 2))).toEqual(['b:2'])
})

test('lock-delay: after a lapse or a death nobody has it for a while; a release gives it at once', () => {
  const table = newTable()
  const ask = (id: string, now: number) => words(table.acquire(asked(id, 'm', { delay: 50, client: `of ${id}` }), now))
  ask('a', 0)
  ask('b', 0)
  expect(words(table.expire(149))).toEqual([])
  expect(table.renew('m', 1n, 100, 120).held).toBe(false)
  expect(words(table.expire(150))).toEqual(['unwatch of a', 'b:2'])
  ask('c', 160)
  expect(words(table.gone('of b', 170))).toEqual([])
  expect(table.due).toBe(220)
  expect(words(table.expire(220))).toEqual(['unwatch of b', 'c:3'])
  ask('d', 221)
  expect(words(table.release('m', 3n, undefined, 230).effects)).toEqual(['unwatch of c', 'd:4'])
})

test('who has ended leaves the lines, and what it held is free', () => {
  const table = newTable()
  const ask = (id: string, name: string, client: string) => words(table.acquire(asked(id, name, { client }), 0))
  expect(ask('a1', 'm', 'A')).toEqual(['watch A', 'a1:1'])
  expect([...ask('a2', 'n', 'A'), ...ask('b1', 'm', 'B'), ...ask('a3', 'm', 'A')]).toEqual(['a2:2', 'watch B'])
  expect(words(table.gone('A', 1))).toEqual(['b1:3', 'a3!given-up', 'unwatch A'])
  expect([...table.locks.values()].map(({ name }) => name)).toEqual(['m'])
  expect(words(table.gone('B', 2))).toEqual(['unwatch B'])
  expect(table.size).toBe(0)
})

test('busy, and a wait that is over', () => {
  const table = newTable()
  table.acquire(asked('a', 'm'), 0)
  expect(words(table.acquire(asked('b', 'm', { wait: 0 }), 1))).toEqual(['b!busy'])
  table.acquire(asked('c', 'm', { wait: 20 }), 2)
  expect(words(table.expire(22))).toEqual(['c!timeout'])
  expect(table.locks.get('m')!.waiters.count).toBe(0)
})

test('when the head of the line gives up, those behind it may fit', () => {
  const table = newTable()
  const pool = (id: string, wants: number) => words(table.acquire(asked(id, 'pool', { permits: 3, wants }), 0))
  pool('a', 2)
  pool('b', 3)
  pool('c', 1)
  expect(words(table.giveUp('b', 1))).toEqual(['b!given-up', 'c:3'])
})

test('a request that comes again is the same one: it waits once, and is granted once', () => {
  const table = newTable()
  table.acquire(asked('a', 'm'), 0)
  table.acquire(asked('b', 'm', { wait: 20 }), 0)
  table.acquire(asked('b', 'm', { wait: 20 }), 15)
  expect(words(table.expire(30))).toEqual([])
  expect(words(table.release('m', 1n, undefined, 31).effects)).toEqual(['b:2'])
  expect(words(table.acquire(asked('b', 'm'), 90))).toEqual(['b:2'])
  expect(table.due).toBe(190)
})

test('what was given up is never granted, also if the request comes only then', () => {
  const table = newTable()
  table.giveUp('a', 0)
  expect(words(table.acquire(asked('a', 'm'), 1))).toEqual(['a!given-up'])
  table.acquire(asked('b', 'm'), 2)
  expect(table.release('m', 1n, 'b', 3).was).toBe('held')
  expect(words(table.acquire(asked('b', 'm'), 4))).toEqual(['b!given-up'])
  table.expire(60_003)
  expect(table.size).toBe(0)
})

test('all who ask for a lock mean the same one', () => {
  const table = newTable()
  table.acquire(asked('a', 'm'), 0)
  expect(table.acquire(asked('b', 'm', { permits: 2 }), 0)).toEqual([
    { do: 'refuse', id: 'b', because: { why: 'mismatch', permits: 1 } },
  ])
})

test('a table has room for so many requests', () => {
  const table = newTable({ most: 2 })
  const all = ['a', 'b', 'c'].flatMap(id => words(table.acquire(asked(id, 'm'), 0)))
  expect(all).toEqual(['a:1', 'c!full'])
})

test('nothing is granted in the quiet time, then in order', () => {
  const table = newTable({ quietUntil: 50 })
  const all = ['a', 'b'].flatMap(id => words(table.acquire(asked(id, `lock of ${id}`), 0)))
  expect(all).toEqual([])
  expect(words(table.acquire(asked('c', 'm', { wait: 0 }), 49))).toEqual(['c!busy'])
  expect(table.due).toBe(50)
  expect(words(table.expire(50))).toEqual(['a:1', 'b:2'])
})

test('the oldest who still holds it', () => {
  const table = newTable()
  const oldest = (id: string) =>
    table.acquire(asked(id, 's', { permits: 3 }), 0).map(effect => effect.do === 'grant' && effect.oldest)
  expect([oldest('a'), oldest('b')].flat()).toEqual([1n, 1n])
  table.release('s', 1n, undefined, 1)
  expect(oldest('c')).toEqual([2n])
})

test('a snapshot goes on where the table was', () => {
  const table = newTable()
  table.acquire(asked('a', 'm', { client: 'A', owner: 'A' }), 0)
  table.acquire(asked('b', 'm', { client: 'B' }), 1)
  table.acquire(asked('c', 's', { permits: 2, delay: 5 }), 2)
  table.giveUp('x', 3)
  const again = tableOf(structuredClone(snapshotOf(table)))
  expect(snapshotOf(again)).toEqual(snapshotOf(table))
  expect(again.size).toBe(table.size)
  expect(words(again.release('m', 1n, undefined, 4).effects)).toEqual(
    words(table.release('m', 1n, undefined, 4).effects),
  )
  expect(words(again.expire(70_000))).toEqual(words(table.expire(70_000)))
  expect([again.size, table.size]).toEqual([0, 0])
})
