// The table beside its model, and what must hold of it whatever happens; and that this would be noticed.
import { type Asked, type Effect, type Lock, LockTable, snapshotOf, tableOf } from '@troupe/lock'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asked, newTable } from './table-asking.ts'
import { linesOf, linesOfModel, TableModel, toldBy } from './table-model.ts'

const NAMES = ['m', 'pool', 'other']
const PERMITS: Record<string, number> = { m: 1, pool: 3, other: 2 }

type Step =
  | {
      do: 'acquire'
      id: number
      name: string
      wants: number
      wait: number
      lease: number
      delay: number
      client: string
    }
  | { do: 'renew' | 'release'; of: number; lease: number; wrong: boolean }
  | { do: 'give up'; id: number }
  | { do: 'gone'; client: string }
  | { do: 'pass'; ms: number }
  | { do: 'move' }

const client = fc.constantFrom('A', 'B', 'C')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      id: fc.nat(40),
      name: fc.constantFrom(...NAMES),
      wants: fc.integer({ min: 1, max: 3 }),
      wait: fc.constantFrom(0, 5, 40, Infinity),
      lease: fc.integer({ min: 1, max: 30 }),
      delay: fc.constantFrom(0, 0, 7),
      client,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('renew' as const, 'release' as const), of: fc.nat(9), lease: fc.nat(30), wrong: fc.boolean() }) }, // prettier-ignore
  { weight: 1, arbitrary: fc.record({ do: fc.constant('give up' as const), id: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), client }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'move' as const }) },
)

/** Goes through the steps, and throws at the first that should not be. */
function play(steps: readonly Step[], table: LockTable): void {
  const model = new TableModel()
  const granted: { name: string; token: bigint }[] = []
  const newest = new Map<string, bigint>()
  const names = new Map<string, string>()
  let now = 0
  const hear = (effects: readonly Effect[]): void => {
    expect(toldBy(effects)).toEqual(model.told.splice(0).toSorted())
    for (const effect of effects) if (effect.do === 'grant') note(effect)
    expect(linesOf(table).toSorted()).toEqual(linesOfModel(model).toSorted())
    for (const lock of table.locks.values()) audit(lock)
  }
  const note = ({ id, token, oldest }: Effect & { do: 'grant' }): void => {
    const name = names.get(id)!
    const isAgain = granted.some(each => each.token === token)
    if (!isAgain) expect(token > (newest.get(name) ?? 0n), 'tokens grow').toBe(true)
    if (!isAgain) newest.set(name, token)
    expect(oldest <= token).toBe(true)
    granted.push({ name, token })
  }
  for (const one of steps) {
    switch (one.do) {
      case 'acquire': {
        const { name } = one
        const id = `${one.id}${name}`
        names.set(id, name)
        const permits = PERMITS[name]!
        const what: Asked = asked(id, name, { ...one, id, permits, wants: Math.min(one.wants, permits) })
        model.acquire(what, now)
        hear(table.acquire(what, now))
        break
      }
      case 'renew':
      case 'release': {
        const { name, token } = granted.at(-1 - one.of) ?? { name: 'm', token: 99n }
        const of = one.wrong ? 'other' : name
        if (one.do === 'renew') {
          const expected = model.renew(of, token, one.lease, now)
          const { held, effects } = table.renew(of, token, one.lease, now)
          expect(held).toBe(expected)
          hear(effects)
        } else {
          const expected = model.release(of, token, now)
          const { was, effects } = table.release(of, token, undefined, now)
          expect(was).toBe(expected)
          hear(effects)
        }
        break
      }
      case 'give up':
        model.giveUp(`${one.id}m`, now)
        hear(table.giveUp(`${one.id}m`, now))
        break
      case 'gone':
        model.gone(one.client, now)
        hear(table.gone(one.client, now))
        break
      case 'pass':
        now += one.ms
        model.expire(now)
        hear(table.expire(now))
        break
      case 'move':
        if (table.constructor === LockTable) table = tableOf(structuredClone(snapshotOf(table)))
        break
    }
  }
  leave(table, now)
}

function audit(lock: Lock): void {
  const held = [...lock.holders]
  expect(lock.taken).toBe(held.reduce((sum, { wants }) => sum + wants, 0))
  expect(lock.taken).toBeLessThanOrEqual(lock.permits)
  const tickets = [...held, ...lock.waiters].map(({ ticket }) => ticket)
  expect(tickets).toEqual(tickets.toSorted((a, b) => (a < b ? -1 : 1)))
  expect(held.length + lock.waiters.count).toBe(lock.holders.count + lock.waiters.count)
  expect(lock.next, 'nobody waits who could have it').toBe(undefined)
}

/** Once all clients have gone and messages can no longer be under way, nothing is left. */
function leave(table: LockTable, now: number): void {
  for (const each of ['A', 'B', 'C']) table.gone(each, now)
  table.expire(now + 60_000)
  expect(table.size).toBe(0)
}

const steps = fc.array(step, { minLength: 1, maxLength: 60 })
const RUNS = Number(process.env['LOCK_RUNS'] ?? 1_500)

test('the table does what its model does, and keeps its promises', () => {
  const property = fc.property(steps, all => play(all, newTable()))
  expect(() => fc.assert(property, { numRuns: RUNS })).not.toThrow()
})

class Impatient extends LockTable {
  override expire(now: number) {
    return super.expire(now + 1)
  }
}
class Forgetful extends LockTable {
  override release(name: string, token: bigint, id: string | undefined, now: number) {
    const released = super.release(name, token, id, now)
    if (this.requests.size === 0) this.counter = 0n
    return released
  }
}
class Generous extends LockTable {
  override acquire(what: Asked, now: number) {
    return super.acquire({ ...what, permits: what.permits + 1 }, now)
  }
}
class Deaf extends LockTable {
  override gone() {
    return []
  }
}
test.each([Impatient, Forgetful, Generous, Deaf])('%o would be noticed', Broken => {
  const options = { counter: 0n, most: 1_000, quietUntil: 0 }
  const found = fc.check(fc.property(steps, all => play(all, new Broken(options))), { numRuns: RUNS }) // prettier-ignore
  expect(found.failed).toBe(true)
})
