import { expect, test } from 'vitest'
import { Sessions } from './sessions.ts'

test('a command is applied once, and its reply is kept until the client has it', () => {
  const sessions = new Sessions<string>()
  let applied = 0
  const apply = (number: number, answered: number): unknown =>
    sessions.apply(1, number, answered, 0, () => `${++applied}`)
  sessions.open(1, 0)
  expect(apply(2, 1)).toEqual({ kind: 'done', reply: '1' })
  expect(apply(1, 1)).toEqual({ kind: 'done', reply: '2' })
  expect(apply(2, 1)).toEqual({ kind: 'done', reply: '1' })
  expect(apply(3, 3)).toEqual({ kind: 'done', reply: '3' })
  expect(apply(2, 1)).toEqual({ kind: 'forgotten' })
  expect(sessions.stored()).toEqual([{ session: 1, used: 0, answered: 3, replies: [[3, '3']] }])
})
test('the oldest goes when there are too many, and one that is not used for long', () => {
  const sessions = new Sessions<number>({ most: 2, idle: 100 })
  const use = (session: number, time: number): string => sessions.apply(session, 1, 1, time, () => 0).kind
  sessions.open(1, 0)
  sessions.open(2, 1)
  expect(use(1, 2)).toBe('done')
  sessions.open(3, 3)
  expect([use(1, 4), use(2, 4), use(3, 4)]).toEqual(['done', 'expired', 'done'])
  expect(use(3, 103)).toBe('done')
  expect(use(1, 105)).toBe('expired')
  const again = new Sessions<number>({ most: 2, idle: 100 })
  again.restore(sessions.stored())
  expect(again.stored()).toEqual(sessions.stored())
})
