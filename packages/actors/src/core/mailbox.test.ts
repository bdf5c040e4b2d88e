// The mailbox against an array, and what it keeps alive.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Mailbox, type From, type Taken } from './mailbox.ts'

interface Message {
  head: number
  argument: unknown
  bytes: number
}
const message = fc.record({ head: fc.nat(2 ** 30), argument: fc.anything(), bytes: fc.nat(10_000) })
/** Null takes a message out. */
const steps = fc.array(fc.oneof(message, message, fc.constant(null)), { maxLength: 400 })
const nothing = (): Taken => ({ head: 0, from: undefined, argument: undefined })

test('first in, first out; count and bytes are those of what waits', () => {
  fc.assert(
    fc.property(steps, list => {
      const mailbox = new Mailbox()
      const model: (Message & { from: From })[] = []
      for (const step of list) {
        if (step !== null) {
          const from = { of: model.length } as unknown as From
          mailbox.push(step.head, from, step.argument, step.bytes)
          model.push({ ...step, from })
        } else if (model.length > 0) {
          const expected = model.shift()!
          expect(mailbox.peek()).toBe(expected.head)
          const taken = nothing()
          mailbox.take(taken)
          expect(taken.head).toBe(expected.head)
          expect(taken.from).toBe(expected.from)
          expect(taken.argument).toBe(expected.argument)
        }
        expect(mailbox.count).toBe(model.length)
        expect(mailbox.bytes).toBe(model.reduce((sum, { bytes }) => sum + bytes, 0))
      }
    }),
  )
})

test('it grows, and is small enough for the pool only until then', () => {
  const mailbox = new Mailbox()
  expect(mailbox.small).toBe(true)
  const taken = nothing()
  for (let i = 0; i < 5_000; i++) mailbox.push(i, undefined, i, 1)
  expect(mailbox.small).toBe(false)
  for (let i = 0; i < 5_000; i++) {
    mailbox.take(taken)
    expect([taken.head, taken.argument]).toEqual([i, i])
  }
  expect([mailbox.count, mailbox.bytes]).toEqual([0, 0])
})

test('what has been taken is not kept alive', async () => {
  const mailbox = new Mailbox()
  const gone: WeakRef<object>[] = []
  ;(() => {
    for (let i = 0; i < 100; i++) {
      const argument = { i }
      gone.push(new WeakRef(argument))
      mailbox.push(1, { argument } as unknown as From, argument, 1)
    }
    const taken = nothing()
    while (mailbox.count > 0) mailbox.take(taken)
  })()
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await new Promise(setImmediate)
  collect()
  expect(gone.filter(ref => ref.deref() !== undefined)).toEqual([])
  expect(mailbox.count).toBe(0)
})
