// Waits that could never end, as the table finds them; and waits that look like it and do end.
import type { Asked, LockTable } from '@troupe/lock'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asked, newTable, words } from './table-asking.ts'

const by = (table: LockTable) => {
  let asks = 0
  return (owner: string, name: string, more: Partial<Asked> = {}) => {
    const effects = table.acquire(asked(`${owner}${++asks}`, name, { owner, ...more }), 0)
    const refused = effects.find(effect => effect.do === 'refuse')
    return refused?.because.why === 'cycle'
      ? refused.because.path.map(step => `${step.owner} for ${step.lock}`).join(', ')
      : words(effects).join(' ')
  }
}

test('who has it and asks again would wait for itself', () => {
  const ask = by(newTable())
  expect(ask('a', 'm')).toBe('a1:1')
  expect(ask('a', 'm')).toBe('a for m')
  expect(ask('b', 'm')).toBe('')
})
test('a reader that wants to write waits for itself', () => {
  const ask = by(newTable())
  ask('a', 'rw', { permits: 10 })
  expect(ask('a', 'rw', { permits: 10, wants: 10 })).toBe('a for rw')
})
test('a second permit of a pool is no wait for oneself', () => {
  const ask = by(newTable())
  ask('a', 'pool', { permits: 2 })
  expect(ask('a', 'pool', { permits: 2 })).toBe('a2:2')
  expect(ask('a', 'pool', { permits: 2 })).toBe('a for pool')
})
test('two that each have what the other wants', () => {
  const ask = by(newTable())
  ask('a', 'm')
  ask('b', 'n')
  expect(ask('a', 'n')).toBe('')
  expect(ask('b', 'm')).toBe('b for m, a for n')
})
test('a longer way round, also by way of those who only wait ahead', () => {
  const ask = by(newTable())
  ask('a', 'm')
  ask('b', 'n')
  ask('c', 'o')
  expect([ask('a', 'n'), ask('b', 'o')]).toEqual(['', ''])
  expect(ask('c', 'm')).toBe('c for m, a for n, b for o')

  const other = by(newTable())
  other('x', 'm')
  other('a', 'n')
  other('b', 'm')
  expect(other('a', 'm')).toBe('') // behind b, which waits for x alone
  expect(other('b', 'n')).toBe('b for n, a for m')
})
test('one holder of a semaphore that can go on is enough', () => {
  const ask = by(newTable())
  const pool = { permits: 2 }
  ask('a', 'pool', pool)
  ask('b', 'pool', pool)
  ask('c', 'm')
  expect(ask('a', 'm')).toBe('')
  expect(ask('c', 'pool', pool)).toBe('') // b gives back
  expect(ask('b', 'm')).toBe('b for m, c for pool')
})
test('nothing is left of what was refused, and the others go on', () => {
  const table = newTable()
  const ask = by(table)
  ask('a', 'm')
  ask('b', 'n')
  ask('a', 'n')
  ask('b', 'm')
  expect(table.requests.size).toBe(3)
  expect(words(table.release('n', 2n, undefined, 1).effects)).toEqual(['a3:3'])
})

// Played to its end: whoever waits for nothing gives all back, until nothing changes. Who is left then would wait for ever, and
// must have been refused before; and who was refused must have been one.
test('exactly the waits that would never end are refused', () => {
  const names = ['m', 'n', 'o']
  const asks = fc.array(
    fc.record({ owner: fc.constantFrom('a', 'b', 'c', 'd'), lock: fc.nat(2), wants: fc.integer({ min: 1, max: 2 }) }),
    { minLength: 2, maxLength: 14 },
  )
  let cycles = 0
  const property = fc.property(
    asks,
    fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
    (all, sizes) => {
      let table = newTable()
      const past: Asked[] = []
      for (const { owner, lock, wants } of all) {
        const permits = sizes[lock]!
        const next = asked(`${past.length}`, names[lock]!, {
          owner,
          permits,
          wants: Math.min(wants, permits),
          wait: Infinity,
        })
        const refused = table.acquire(next, 0).some(effect => effect.do === 'refuse')
        if (refused) cycles++
        expect(refused).toBe(stuck([...past, { ...next, owner: `${owner}` }]))
        if (!refused) past.push(next)
        table = replayed(past)
      }
    },
  )
  fc.assert(property, { numRuns: 400 })
  expect(cycles).toBeGreaterThan(100)
})

function replayed(all: readonly Asked[], check = true): LockTable {
  const table = newTable()
  for (const one of all) table.acquire(check ? one : { ...one, owner: undefined }, 0)
  return table
}

/** Whether somebody of them waits for ever: without the check, everybody who waits for nothing gives back, again and again. */
function stuck(all: readonly Asked[]): boolean {
  const table = replayed(all, false)
  const ownerOf = new Map(all.map(({ id, owner }) => [id, owner]))
  for (;;) {
    const open = [...table.requests.values()]
    if (open.length === 0) return false
    const waits = new Set(open.filter(({ granted }) => granted === undefined).map(({ id }) => ownerOf.get(id)))
    const free = open.filter(({ id }) => !waits.has(ownerOf.get(id)))
    if (free.length === 0) return true
    for (const { id } of free) table.giveUp(id, 0)
  }
}
