// JSON lines become operations, and what makes no sense is said with its line.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judge } from './linearizability.ts'
import { HistoryError, readHistory, writeHistory } from './linearizability-history.ts'
import type { Operation } from './linearizability-model.ts'
import { register } from './linearizability-register.ts'

const first = `{"client":3,"call":1001,"return":1042,"op":"write","key":"a","input":7,"output":null,"status":"ok"}`

test('a line is an operation, and an empty one is nothing', () => {
  const history = readHistory(
    `${first}\r\n\n{"client":"p","call":5,"return":null,"op":"read","key":"a","status":"info"}\n`,
  )
  expect(history).toEqual([
    { client: 3, call: 1001, return: 1042, op: 'write', key: 'a', input: 7, output: null, status: 'ok' },
    { client: 'p', call: 5, return: null, op: 'read', key: 'a', status: 'info' },
  ])
  expect(readHistory('')).toEqual([])
})

test('what is written is read again', () => {
  const operation = fc.record({
    client: fc.nat(),
    call: fc.integer({ min: 0, max: 100 }),
    return: fc.integer({ min: 100, max: 200 }),
    op: fc.constantFrom('read', 'write'),
    key: fc.string(),
    input: fc.jsonValue().map(value => JSON.parse(JSON.stringify(value)) as unknown),
    output: fc.constant(null),
    status: fc.constantFrom('ok', 'fail'),
  })
  const again = fc.property(fc.uniqueArray(operation, { selector: op => op.client }), history => {
    expect(readHistory(writeHistory(history as Operation[]))).toEqual(history)
  })
  fc.assert(again, { numRuns: 200 })
  const token: Operation = { client: 1, call: 0, return: 1, op: 'acquire', output: 12345678901234567890n, status: 'ok' }
  expect(writeHistory([token])).toContain('"output":"12345678901234567890"')
})

const line = (change: Record<string, unknown>) => JSON.stringify({ ...(JSON.parse(first) as object), ...change })
test.each<[code: string, said: string, text: string]>([
  ['not-json', 'line 2 is no JSON', `${first}\n{"client":`],
  ['bad-operation', 'line 1 is no operation: 7', '7'],
  ['bad-operation', 'line 1 is no operation: null', 'null'],
  ['bad-operation', 'line 1 has the client null', line({ client: null })],
  ['bad-operation', 'line 1 has the op undefined', line({ op: undefined })],
  ['bad-operation', 'line 1 has the key 7', line({ key: 7 })],
  [
    'bad-operation',
    'line 2 has the status "maybe": it is "ok", "fail" or "info"',
    `${first}\n${line({ status: 'maybe' })}`,
  ],
  ['bad-time', 'line 1 was called at "soon"', line({ call: 'soon' })],
  ['bad-time', 'line 1 was called at 1e+300', line({ call: 1e300 })],
  ['bad-time', 'line 1 returned at null', line({ return: null })],
  ['bad-time', 'line 1 returned at 1000, before it was called at 1001', line({ return: 1000 })],
  [
    'client-overlaps',
    'line 2: client 3 calls at 1041, before its operation on line 1 returned at 1042',
    `${first}\n${line({ call: 1041 })}`,
  ],
  [
    'client-used-again',
    'line 1: client 3 does not know what came of its operation on line 2, and cannot be used again',
    `${first}\n${line({ call: 5, return: null, status: 'info' })}`,
  ],
])('%s: %s', (code, said, text) => {
  const number = Number(/^line (\d+)/.exec(said)![1])
  const error = { name: 'HistoryError', code, line: number, message: expect.stringContaining(said) as string }
  expect(() => readHistory(text)).toThrow(expect.objectContaining(error))
})

test('operations that are given as objects are checked too', () => {
  const op: Operation = { client: 1, call: 5, return: 4, op: 'read', output: null, status: 'ok' }
  expect(() => judge([op], register())).toThrow(HistoryError)
  expect(() => judge([op], register())).toThrow('operation 1 returned at 4, before it was called at 5')
  expect(() => judge([{ ...op, return: 6, op: 'swap' }], register())).toThrow(
    'a register knows read, write, cas, append and del, not "swap"',
  )
})
