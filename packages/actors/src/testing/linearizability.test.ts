// The checker beside a judge that tries every order, on histories from runs that were linearizable, on such that were changed,
// and on any; and on histories that are known to be bad.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assertLinearizable, judge, NotLinearizable } from './linearizability.ts'
import { fencedPermits } from './linearizability-locks.ts'
import type { Operation, SequentialModel } from './linearizability-model.ts'
import { register } from './linearizability-register.ts'
import { Random } from './random.ts'

/** An operation; one that never returned has no known outcome. */
const did = (
  client: number,
  [call, end]: [number, number | null],
  op: string,
  input: unknown = null,
  output: unknown = null,
  key?: string,
): Operation => ({
  client,
  call,
  return: end,
  op,
  input,
  output,
  status: end === null ? 'info' : 'ok',
  ...(key === undefined ? {} : { key }),
})

// ── a judge that tries everything ───────────────────────────────────────────────────────────────────────────────
/** Every order of the known operations and of any of the unknown, in which nobody comes before who returned before. */
function bruteForce<State>(history: readonly Operation[], model: SequentialModel<State>): boolean {
  const ops = history
    .filter(op => op.status !== 'fail')
    .map(op => (op.status === 'info' ? { ...op, output: undefined, return: Infinity } : op))
  const tryAll = (state: State, left: readonly Operation[]): boolean =>
    left.every(op => op.status === 'info') ||
    left.some((op, at) => {
      if (left.some(other => other !== op && other.return! < op.call)) return false
      const step = model.step(state, op)
      return step !== undefined && tryAll(step.state, left.toSpliced(at, 1))
    })
  const keys = new Set(ops.map(op => op.key))
  return [...keys].every(key =>
    tryAll(
      model.init,
      ops.filter(op => op.key === key),
    ),
  )
}

// ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────
interface Run {
  ops: number
  clients: number
  keys: number
  /** Of a hundred operations, how many have no known outcome. */
  unknown: number
}

/** What clients could have seen: each operation happens at one instant between its call and its return. */
function linearizableRun(random: Random, { ops, clients, keys, unknown }: Run): Operation[] {
  const who = Array.from({ length: clients }, (_, client) => ({ client, free: random.below(10) }))
  let names = clients
  const begun = Array.from({ length: ops }, () => {
    const mine = who[random.below(clients)]!
    const call = mine.free + random.below(5)
    const at = call + random.below(20)
    const end = (mine.free = at + random.below(20))
    const some = () => random.below(3)
    const kinds = [['read'], ['read'], ['write', some()], ['cas', { from: some(), to: some() }], ['del']] as const
    const [op, input = null] = kinds[random.below(kinds.length)]!
    const { client } = mine
    const isUnknown = random.below(100) < unknown
    if (isUnknown) mine.client = names++
    return { client, call, at, end, op, input, key: `k${random.below(keys)}`, isUnknown }
  })
  const store = new Map<string, unknown>()
  return begun
    .toSorted((a, b) => a.at - b.at)
    .map(({ client, call, end, op, input, key, isUnknown }) => {
      const what = { client, call, op, input, key }
      if (isUnknown && random.below(2) === 0) return { ...what, return: null, output: null, status: 'info' }
      const output = happen(store, what.op, what.key, what.input)
      return isUnknown
        ? { ...what, return: null, output, status: 'info' }
        : { ...what, return: end, output, status: 'ok' }
    })
}
function happen(store: Map<string, unknown>, op: string, key: string, input: unknown): unknown {
  const value = store.get(key) ?? null
  const { from, to } = (input ?? {}) as { from?: unknown; to?: unknown }
  if (op === 'read') return value
  if (op === 'write') store.set(key, input)
  if (op === 'del') store.delete(key)
  if (op === 'cas' && from === value) store.set(key, to)
  return op === 'cas' ? from === value : null
}

const runs = (run: Run) => fc.integer().map(seed => linearizableRun(new Random(seed), run))

/** Changes one output, time, or status of a history. */
const changed = (history: readonly Operation[], random: Random): Operation[] => {
  const at = random.below(history.length)
  const op = history[at]!
  const end = op.return ?? op.call
  const changes: Partial<Operation>[] = [
    { output: op.op === 'cas' ? op.output !== true : random.below(3) },
    { call: op.call - random.below(30) },
    { return: end + random.below(30), status: 'ok' },
    { call: Math.min(op.call + random.below(9), end) },
    { status: 'fail' },
    { status: 'info' },
  ]
  return history.with(at, { ...op, ...changes[random.below(changes.length)]! })
}

describe('registers', () => {
  test('histories of linearizable runs are accepted', () => {
    const accepted = fc.property(runs({ ops: 60, clients: 5, keys: 2, unknown: 10 }), history => {
      expect(judge(history, register()).verdict).toBe('linearizable')
    })
    fc.assert(accepted, { numRuns: 200 })
  })

  test('it says of small ones what a judge says that tries every order', () => {
    const said = { linearizable: 0, refused: 0, undecided: 0 }
    const agree = fc.property(fc.integer(), fc.integer({ min: 0, max: 3 }), (seed, changes) => {
      const random = new Random(seed)
      let history = linearizableRun(random, { ops: 7, clients: 3, keys: 1, unknown: 20 })
      for (let n = 0; n < changes; n++) history = changed(history, random)
      const { verdict } = judge(history, register())
      expect(verdict).toBe(bruteForce(history, register()) ? 'linearizable' : 'refused')
      said[verdict]++
    })
    fc.assert(agree, { numRuns: 2_000 })
    // both verdicts are met often enough to say something
    expect(said.linearizable).toBeGreaterThan(100)
    expect(said.refused).toBeGreaterThan(100)
  })

  test('what a model says to make it fast changes no verdict', () => {
    const { init, step } = register()
    const agree = fc.property(fc.integer(), seed => {
      const random = new Random(seed)
      const history = changed(
        changed(linearizableRun(random, { ops: 12, clients: 3, keys: 1, unknown: 15 }), random),
        random,
      )
      expect(judge(history, { init, step }).verdict).toBe(judge(history, register()).verdict)
    })
    fc.assert(agree, { numRuns: 300 })
  })

  test('40,000 operations on 200 keys, some of unknown outcome, and the same with one read that is stale', () => {
    const history = linearizableRun(new Random(8), { ops: 40_000, clients: 30, keys: 200, unknown: 1 })
    const found = judge(history, register())
    expect(found).toEqual({ verdict: 'linearizable', operations: 40_000, parts: 200 })
    const at = history.findIndex(({ op, status, call }) => op === 'read' && status === 'ok' && call > 20_000)
    const stale = history.with(at, { ...history[at]!, output: 'never written' })
    expect(judge(stale, register())).toMatchObject({ verdict: 'refused', key: history[at]!.key })
  })

  test('many of unknown outcome: of a refused one it says so, or that it gave up, in bounded work', () => {
    const history = linearizableRun(new Random(5), { ops: 500, clients: 5, keys: 1, unknown: 5 })
    expect(judge(history, register()).verdict).toBe('linearizable')
    const bad = [...history, did(-1, [1e6, 1e6 + 1], 'read', null, 'never written', 'k0')]
    expect(judge(bad, register(), { steps: 200_000 })).toMatchObject({ stuck: [{ client: -1 }] })
  })

  test('10,000 operations on one key by 10 clients', () => {
    const history = linearizableRun(new Random(9), { ops: 10_000, clients: 10, keys: 1, unknown: 0 })
    expect(judge(history, register()).verdict).toBe('linearizable')
  })
})

describe('known to be bad', () => {
  test.each<[string, Operation[]]>([
    ['a stale read', [did(1, [0, 1], 'write', 1), did(1, [2, 3], 'write', 2), did(2, [4, 5], 'read', null, 1)]],
    [
      'a read that goes back, while the write is still going on (the second example of Porcupine’s README)',
      [did(1, [0, 100], 'write', 200), did(2, [10, 30], 'read', null, 200), did(3, [40, 90], 'read', null, null)],
    ],
    [
      'a lost update: two have added one to what both read',
      [
        did(1, [0, 1], 'write', 0),
        did(1, [2, 9], 'cas', { from: 0, to: 1 }, true),
        did(2, [3, 8], 'cas', { from: 0, to: 1 }, true),
        did(3, [10, 11], 'read', null, 1),
      ],
    ],
    [
      'an append that is gone',
      [did(1, [0, 1], 'append', 'a'), did(2, [2, 3], 'append', 'b'), did(1, [4, 5], 'read', null, 'b')],
    ],
    ['a value that nobody wrote', [did(1, [0, 1], 'write', 1), did(2, [0, 1], 'read', null, 3)]],
    ['a delete that is undone', [did(1, [0, 1], 'write', 1), did(1, [2, 3], 'del'), did(1, [4, 5], 'read', null, 1)]],
    [
      'two readers who see two writes in different orders',
      [
        did(1, [0, 100], 'write', 1),
        did(2, [0, 100], 'write', 2),
        did(3, [10, 20], 'read', null, 1),
        did(3, [30, 40], 'read', null, 2),
        did(4, [10, 20], 'read', null, 2),
        did(4, [30, 40], 'read', null, 1),
      ],
    ],
    [
      'an unknown write that was seen, then was gone',
      [
        did(1, [0, 1], 'write', 1),
        did(2, [0, null], 'write', 2),
        did(3, [2, 3], 'read', null, 2),
        did(3, [4, 5], 'read', null, 1),
      ],
    ],
    [
      'an unknown write that was seen before its call',
      [did(1, [0, 1], 'read', null, 2), did(2, [3, null], 'write', 2)],
    ],
    [
      'a write that failed, and was seen',
      [{ ...did(1, [0, 1], 'write', 1), status: 'fail' }, did(2, [2, 3], 'read', null, 1)],
    ],
  ])('%s is refused', (_, history) => {
    expect(judge(history, register()).verdict).toBe('refused')
    expect(bruteForce(history, register())).toBe(false)
  })

  test.each<[string, Operation[]]>([
    [
      'a read of before beside a read of after, while the write goes on (the first example of Porcupine’s README)',
      [did(1, [0, 100], 'write', 100), did(2, [25, 75], 'read', null, 100), did(3, [30, 60], 'read', null, null)],
    ],
    [
      'an unknown write that is seen long after',
      [did(1, [0, null], 'write', 1), did(2, [5, 6], 'read', null, null), did(2, [1000, 1001], 'read', null, 1)],
    ],
    ['two that touch in one instant', [did(1, [0, 5], 'write', 1), did(2, [5, 6], 'read', null, null)]],
    [
      'an unknown cas that was done, by what is read',
      [did(1, [0, 1], 'write', 1), did(2, [2, null], 'cas', { from: 1, to: 2 }), did(3, [3, 4], 'read', null, 2)],
    ],
    ['nothing at all', []],
  ])('%s is accepted', (_, history) => expect(judge(history, register()).verdict).toBe('linearizable'))

  /** A queue whose operations are on one object, as in Herlihy and Wing (1990), where these cases come from. */
  const queue: SequentialModel<readonly unknown[]> = {
    init: [],
    step(items, { op, input, output, status }) {
      if (op === 'enqueue') return { state: [...items, input] }
      if (items.length === 0 || (status === 'ok' && items[0] !== output)) return undefined
      return { state: items.slice(1) }
    },
  }
  test.each<[string, 'linearizable' | 'refused', Operation[]]>([
    [
      'two enqueues at once come out either way',
      'linearizable',
      [
        did(1, [0, 10], 'enqueue', 'x'),
        did(2, [1, 9], 'enqueue', 'y'),
        did(1, [11, 14], 'dequeue', null, 'y'),
        did(2, [12, 15], 'dequeue', null, 'x'),
      ],
    ],
    [
      'what was enqueued first, and has returned, comes out first',
      'refused',
      [did(1, [0, 1], 'enqueue', 'x'), did(2, [2, 3], 'enqueue', 'y'), did(2, [4, 5], 'dequeue', null, 'y')],
    ],
    [
      'what is being enqueued can be dequeued',
      'linearizable',
      [did(1, [0, 9], 'enqueue', 'x'), did(2, [1, 2], 'dequeue', null, 'x')],
    ],
    [
      'nothing comes out twice',
      'refused',
      [
        did(1, [0, 3], 'enqueue', 'x'),
        did(2, [1, 4], 'enqueue', 'y'),
        did(1, [5, 7], 'dequeue', null, 'y'),
        did(2, [6, 8], 'dequeue', null, 'y'),
      ],
    ],
    [
      'a dequeue of unknown outcome may have taken the first',
      'linearizable',
      [
        did(1, [0, 1], 'enqueue', 'x'),
        did(1, [2, 3], 'enqueue', 'y'),
        did(2, [4, null], 'dequeue'),
        did(3, [5, 6], 'dequeue', null, 'y'),
      ],
    ],
  ])('a queue: %s (%s)', (_, verdict, history) => expect(judge(history, queue).verdict).toBe(verdict))
})

describe('what is said of a refused history', () => {
  const history = [
    did(1, [1000, 1010], 'write', 1, null, 'a'),
    did(1, [1020, 1030], 'write', 2, null, 'a'),
    did(4, [1021, null], 'cas', { from: 7, to: 8 }, null, 'a'),
    did(2, [1040, 1055], 'read', null, 1, 'a'),
    did(3, [1042, 1050], 'read', null, 2, 'a'),
    did(3, [0, 2], 'write', 'x', null, 'b'),
    did(3, [4, 5], 'read', null, 'x', 'b'),
  ]
  test('how far an order goes, and what does not fit, with times', () => {
    const judgement = judge(history, register())
    expect(judgement).toMatchObject({ verdict: 'refused', operations: 7, parts: 2, key: 'a', stuck: [{ client: 2 }] })
    expect(() => assertLinearizable(history, register())).toThrow(NotLinearizable)
    expect(judgement.verdict !== 'linearizable' && judgement.explanation).toMatchInlineSnapshot(`
      "not linearizable: there is no order for the 4 operations of key "a" (beside 1 of unknown outcome, which may have happened)
      the longest goes as far as 3 of them:
        1000 – 1010  client 1  write 1  → null
        1020 – 1030  client 1  write 2  → null
        1042 – 1050  client 3  read     → 2
      then the state is 2, and one of these would have to come next:
        1040 – 1055  client 2  read  → 1"
    `)
  })
  test('in few lines, however long the history is', () => {
    const long = linearizableRun(new Random(3), { ops: 3_000, clients: 5, keys: 1, unknown: 0 })
    const last = Math.max(...long.map(op => op.return!))
    const bad = [...long, did(99, [last + 1, last + 2], 'read', null, 'nothing that was written', 'k0')]
    const judgement = judge(bad, register())
    expect(judgement).toMatchObject({ verdict: 'refused', order: { length: 3_000 }, stuck: [{ client: 99 }] })
    const { explanation } = judgement as { explanation: string }
    expect(explanation.split('\n').length).toBeLessThan(20)
    expect(explanation).toContain('… 2990 before these')
  })
  test('a search that is given up says so', () => {
    const writes = Array.from({ length: 12 }, (_, n) => did(n, [0, 100], 'write', n))
    const reads = Array.from({ length: 2 }, (_, n) => did(20, [200 + 2 * n, 201 + 2 * n], 'read', null, n))
    const judgement = judge([...writes, ...reads], register(), { steps: 100 })
    expect(judgement.verdict).toBe('undecided')
    expect(judgement.verdict !== 'linearizable' && judgement.explanation).toContain('allow more steps')
    expect(judge([...writes, ...reads], register()).verdict).toBe('refused')
  })
})

describe('locks', () => {
  /** Any history of a lock of two permits: clients do what they like, and see what they like. */
  const operation = fc.record({
    client: fc.constant(0),
    call: fc.integer({ min: 0, max: 12 }),
    took: fc.integer({ min: 0, max: 8 }),
    what: fc.oneof(
      fc.record({
        op: fc.constant('acquire'),
        input: fc.record({ permits: fc.integer({ min: 1, max: 2 }), lease: fc.constantFrom(4, 100) }),
        output: fc.constantFrom(1, 2, 3, 4, false),
      }),
      fc.record({
        op: fc.constantFrom('release', 'renew'),
        input: fc.record({ token: fc.integer({ min: 1, max: 4 }), lease: fc.constant(6) }),
        output: fc.boolean(),
      }),
      fc.record({
        op: fc.constant('write'),
        input: fc.record({ token: fc.integer({ min: 1, max: 4 }), value: fc.constant('v') }),
        output: fc.boolean(),
      }),
      fc.record({
        op: fc.constant('read'),
        input: fc.constantFrom(null, { token: 2 }),
        output: fc.constantFrom(null, 'v'),
      }),
    ),
    status: fc.constantFrom('ok', 'ok', 'ok', 'info'),
  })
  test('it says of small ones what a judge says that tries every order', () => {
    const said = { linearizable: 0, refused: 0, undecided: 0 }
    const histories = fc.array(operation, { minLength: 1, maxLength: 5 })
    const agree = fc.property(histories, fc.integer({ min: 1, max: 2 }), (drawn, permits) => {
      const history = drawn.map(({ client, call, took, what, status }): Operation => ({
        ...what,
        client,
        call,
        return: call + took,
        status: status as Operation['status'],
      }))
      const { verdict } = judge(history, fencedPermits(permits))
      expect(verdict).toBe(bruteForce(history, fencedPermits(permits)) ? 'linearizable' : 'refused')
      said[verdict]++
    })
    fc.assert(agree, { numRuns: 3_000 })
    expect(said.linearizable).toBeGreaterThan(100)
    expect(said.refused).toBeGreaterThan(100)
  })
})
