// Histories of locks: what a lock that keeps its promises can give, and what only a broken one does.
import { expect, test } from 'vitest'
import { judge } from './linearizability.ts'
import { fencedMutex, fencedPermits } from './linearizability-locks.ts'
import type { Operation } from './linearizability-model.ts'

let clock = 0
/** One after the other, each within one instant that is later than the last; `after` skips time. */
const then = (op: string, input: unknown, output: unknown, { after = 1, took = 0 } = {}): Operation => {
  clock += after
  return { client: clock, call: clock, return: clock + took, op, input, output, status: 'ok' }
}
const unknown = (op: string, input: unknown): Operation => ({ ...then(op, input, null), return: null, status: 'info' })

test.each<[string, 1 | 2, () => Operation[]]>([
  [
    'tokens that grow, with gaps, as numbers, texts and bigints',
    1,
    () => [
      then('acquire', null, 1),
      then('release', { token: 1 }, true),
      then('acquire', null, '7'),
      then('release', { token: '7' }, true),
      then('acquire', null, 900719925474099267n),
    ],
  ],
  ['busy while it is held', 1, () => [then('acquire', null, 1), then('acquire', null, false)]],
  [
    'a successor after the lease',
    1,
    () => [
      then('acquire', { lease: 10 }, 1),
      then('acquire', null, 2, { after: 10 }),
      then('release', { token: 1 }, false),
    ],
  ],
  [
    'a renewal makes it longer',
    1,
    () => [
      then('acquire', { lease: 10 }, 1),
      then('renew', { token: 1, lease: 20 }, true, { after: 5 }),
      then('acquire', null, 2, { after: 20 }),
      then('renew', { token: 1, lease: 20 }, false),
    ],
  ],
  [
    'the old holder writes until the new one has written, and not after',
    1,
    () => [
      then('acquire', { lease: 10 }, 1),
      then('acquire', null, 2, { after: 10 }),
      then('write', { token: 1, value: 'a' }, true),
      then('read', null, 'a'),
      then('write', { token: 2, value: 'b' }, true),
      then('write', { token: 1, value: 'c' }, false),
      then('read', { token: 2 }, 'b'),
    ],
  ],
  [
    'two permits are two holders',
    2,
    () => [
      then('acquire', null, 1),
      then('acquire', null, 2),
      then('acquire', { permits: 2 }, false),
      then('release', { token: 1 }, true),
      then('release', { token: 2 }, null),
      then('acquire', { permits: 2 }, 3),
    ],
  ],
  ['an unknown acquire may hold it', 1, () => [unknown('acquire', { lease: 10 }), then('acquire', null, false)]],
  [
    'a refused release shows that its grant has lapsed, which makes room',
    2,
    () => {
      const at = (call: number, until: number, what: Pick<Operation, 'op' | 'input' | 'output'>): Operation => ({
        client: call,
        call,
        return: until,
        ...what,
        status: 'ok',
      })
      return [
        at(0, 2, { op: 'acquire', input: { lease: 4 }, output: 2 }),
        at(0, 2, { op: 'acquire', input: { permits: 2, lease: 4 }, output: 3 }),
        at(2, 4, { op: 'release', input: { token: 2 }, output: false }),
        at(0, 0, { op: 'read', input: null, output: null }),
      ]
    },
  ],
  ['or may not', 1, () => [unknown('acquire', null), then('acquire', null, 1)]],
  [
    'an unknown release frees it',
    1,
    () => [then('acquire', null, 1), unknown('release', { token: 1 }), then('acquire', null, 2)],
  ],
])('%s', (_, permits, history) =>
  expect(judge(history(), fencedPermits(permits))).toMatchObject({ verdict: 'linearizable' }),
)

test.each<[string, 1 | 2, () => Operation[]]>([
  ['two holders', 1, () => [then('acquire', null, 1), then('acquire', null, 2)]],
  [
    'two holders, each within the other’s lease',
    1,
    () => [then('acquire', { lease: 10 }, 1), then('acquire', null, 2, { after: 9 })],
  ],
  [
    'a grant within a renewed lease',
    1,
    () => [
      then('acquire', { lease: 10 }, 1),
      then('renew', { token: 1, lease: 10 }, true, { after: 5 }),
      then('acquire', null, 2, { after: 9 }),
    ],
  ],
  [
    'one token twice',
    1,
    () => [then('acquire', null, 1), then('release', { token: 1 }, true), then('acquire', null, 1)],
  ],
  ['a token that falls', 2, () => [then('acquire', null, 5), then('acquire', null, 4)]],
  ['a grant without a token', 1, () => [then('acquire', null, true)]],
  ['busy while nobody has it', 1, () => [then('acquire', null, false)]],
  ['a release of what is not held', 1, () => [then('release', { token: 1 }, true)]],
  [
    'a release that is refused though it is held',
    1,
    () => [then('acquire', null, 1), then('release', { token: 1 }, false)],
  ],
  ['three permits of two', 2, () => [then('acquire', { permits: 2 }, 1), then('acquire', null, 2)]],
  [
    'a guarded write of an old token',
    1,
    () => [
      then('acquire', { lease: 5 }, 1),
      then('acquire', null, 2, { after: 5 }),
      then('write', { token: 2, value: 'b' }, true),
      then('write', { token: 1, value: 'a' }, true),
    ],
  ],
  ['a guarded write with a token that nobody was given', 1, () => [then('write', { token: 1, value: 'a' }, true)]],
  [
    'a guarded read that misses a write',
    1,
    () => [then('acquire', null, 1), then('write', { token: 1, value: 'a' }, true), then('read', null, null)],
  ],
])('%s is refused', (_, permits, history) => expect(judge(history(), fencedPermits(permits)).verdict).toBe('refused'))

test('a lock’s state, for people', () => {
  clock = 0
  const judgement = judge(
    [
      then('acquire', { lease: 100 }, 3),
      then('write', { token: 3, value: 'a' }, true),
      then('acquire', null, 4, { after: 50 }),
    ],
    fencedMutex(),
  )
  expect(judgement.verdict !== 'linearizable' && judgement.explanation).toMatchInlineSnapshot(`
    "not linearizable: there is no order for the 3 operations
    the longest goes as far as 2 of them:
      1 – 1  client 1  acquire {"lease":100}          → 3
      2 – 2  client 2  write {"token":3,"value":"a"}  → true
    then the state is held by 3 until 101 at least, newest token 3; guarded: "a", written with token 3 or before, and one of these would have to come next:
      52 – 52  client 52  acquire  → 4"
  `)
})

test('an operation that no lock knows is said', () =>
  expect(() => judge([then('steal', null, 1)], fencedMutex())).toThrow(
    'a lock knows acquire, renew, release, write and read, not "steal"',
  ))
