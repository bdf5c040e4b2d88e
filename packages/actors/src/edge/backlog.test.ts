import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numbered, NumberedFrames } from '../../test/numbered-frames.ts'
import { Backlog, padded } from './backlog.ts'

test('a backlog is a queue that counts what it holds', () => {
  const frames = new NumberedFrames(200_000)
  const words = new Int32Array(frames.scratch.buffer)
  const push = fc.record({
    push: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 16, max: 3000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 150_000 }) },
    ),
    times: fc.integer({ min: 1, max: 20 }),
  })
  const shift = fc.record({ shift: fc.integer({ min: 1, max: 40 }) })
  fc.assert(
    fc.property(fc.array(fc.oneof(push, shift), { maxLength: 40 }), commands => {
      const backlog = new Backlog()
      const model: { number: number; length: number }[] = []
      let number = 0
      const takeOne = (): void => {
        const expected = model.shift()
        const check = numbered(frame => expect(frame).toMatchObject(expected as object))
        check(backlog.frontBytes, backlog.frontWords, backlog.frontAt, backlog.frontLength, 0)
        backlog.shift()
      }
      for (const command of commands) {
        if ('push' in command) {
          for (let i = 0; i < command.times; i++) {
            frames.write(0, number, command.push)
            backlog.push(words, frames.scratch, command.push)
            model.push({ number: number++, length: command.push })
          }
        } else {
          for (let i = 0; i < command.shift && model.length > 0; i++) takeOne()
        }
        expect(backlog.messages).toBe(model.length)
        expect(backlog.bytes).toBe(model.reduce((sum, { length }) => sum + padded(length), 0))
      }
      while (model.length > 0) takeOne()
      expect(backlog.messages + backlog.bytes).toBe(0)
    }),
    { numRuns: 60 },
  )
})
