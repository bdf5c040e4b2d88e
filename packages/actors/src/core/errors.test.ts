// Errors as plain data and back: the same class, the same fields, wherever they come out.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as errors from './errors.ts'
import { type ActorId, NotSendable, packError, type Ran, Refusal, refusal, TroupeError, unpackError } from './errors.ts'

type Made = new (message: string, about?: errors.ErrorAbout) => TroupeError
/** They say more than the others. */
const special = ['Refusal', 'NotSendable', 'MoveFailed']
const plain = Object.entries(errors).filter(
  ([name, value]) => typeof value === 'function' && value.prototype instanceof TroupeError && !special.includes(name),
) as [string, Made][]

const about = fc.record({
  actor: fc.string().map(text => text as ActorId),
  method: fc.string(),
  ran: fc.constantFrom<Ran>('no', 'yes', 'unknown'),
  cause: fc.option(
    fc.string().map(text => new RangeError(text)),
    { nil: undefined },
  ),
})
function expectSame(error: TroupeError, back: unknown): void {
  expect(back).not.toBe(error)
  expect((back as TroupeError).constructor).toBe(error.constructor)
  const fields = ({ name, code, message, actor, method, ran, cause }: TroupeError) => [
    name,
    code,
    message,
    actor,
    method,
    ran,
    cause,
  ]
  expect(fields(back as TroupeError)).toEqual(fields(error))
}

test('there are all of them, each with a code of its own', () => {
  expect(plain.length).toBeGreaterThanOrEqual(15)
  const codes = plain.map(([, Class]) => new Class('').code)
  expect(new Set(codes).size).toBe(codes.length)
})

test.each(plain)('%s', (name, Class) => {
  expect(new Class('').name).toBe(name)
  fc.assert(
    fc.property(fc.string(), about, (message, fields) => {
      const error = new Class(message, fields)
      expectSame(error, unpackError(packError(error)))
    }),
    { numRuns: 30 },
  )
})

test('a MoveFailed keeps why', () => {
  fc.assert(
    fc.property(fc.constantFrom('state', 'late', 'gone'), fc.string(), about, (why, message, fields) => {
      const error = new errors.MoveFailed(why, message, fields)
      const back = unpackError(packError(error))
      expectSame(error, back)
      expect((back as errors.MoveFailed).why).toBe(why)
    }),
    { numRuns: 30 },
  )
})

test('a Refusal keeps its code, its words and its data', () => {
  fc.assert(
    fc.property(fc.string(), fc.anything(), about, fc.string(), (code, data, fields, message) => {
      const error = new Refusal(code, data, { ...fields, message })
      const back = unpackError(packError(error)) as Refusal
      expectSame(error, back)
      expect(back.data).toEqual(data)
    }),
  )
})

test('kinds of refusals are known by their code', () => {
  const Full = refusal<{ left: number }>('full')
  const error = Full({ left: 3 })
  expect([error.code, error.data.left, error.ran, error.message]).toEqual(['full', 3, 'yes', 'refused: full'])
  expect(Full.is(unpackError(packError(error)))).toBe(true)
  expect(Full.is(refusal('empty')())).toBe(false)
  expect(Full.is(Object.assign(new Error('x'), { code: 'full' }))).toBe(false)
})

test('a kind of refusals has words of its own, or makes them of the data', () => {
  const Closed = refusal('closed', 'the shop is closed')
  const Insufficient = refusal('insufficient-funds', ({ missing }: { missing: number }) => `${missing} more are needed`)
  for (const back of [Closed(), Insufficient({ missing: 3 })].map(error => unpackError(packError(error)) as Refusal)) {
    expect(back.message).toBe(Closed.is(back) ? 'the shop is closed' : '3 more are needed')
    expect(back.code).toBe(Closed.is(back) ? 'closed' : 'insufficient-funds')
  }
})

test('NotSendable keeps the path, and its words as they were', () => {
  const error = new NotSendable('.items[3].fn', 'a function', { root: 'argument', method: 'put', ran: 'no' })
  const back = unpackError(packError(error)) as NotSendable
  expectSame(error, back)
  expect([back.path, back.what]).toEqual(['.items[3].fn', 'a function'])
  expect(back.message).toMatch(/^argument\.items\[3\]\.fn is a function, which cannot travel in a message/)
})

test('an error of somebody else, and a code that nobody here knows, come through', () => {
  const error = new RangeError('other')
  expect(unpackError(packError(error))).toBe(error)
  const back = unpackError(packError(new TroupeError('of-tomorrow', 'new', { ran: 'unknown' }))) as TroupeError
  expect(back.constructor).toBe(TroupeError)
  expect([back.code, back.message, back.ran]).toEqual(['of-tomorrow', 'new', 'unknown'])
})
