import type { System } from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import { expect, test } from 'vitest'
import { firstLossOf, lost } from './losses.ts'

type Listener = (event: object) => void

const error = new Error('fog')
const events: [event: string, data: object, loss: object][] = [
  [
    'deadLetter',
    { to: 'airport#1', method: 'land', reason: 'full' },
    { actor: 'airport#1', text: 'a flight is lost: airport#1 got no land (full)' },
  ],
  [
    'fault',
    { actor: 'airport#2', method: 'depart', error },
    { actor: 'airport#2', text: 'airport#2 failed at depart', cause: error },
  ],
  ['threadLost', { thread: 2, error }, { text: 'thread 2 has ended: fog' }],
  ['threadLost', { thread: 3, error: 'mist' }, { text: 'thread 3 has ended: mist' }],
]

test.for(events)('%s %j is a loss; what follows from it is none', ([event, data, loss]) =>
  simulate(1, async sim => {
    const listeners = new Map<string, Listener>()
    const losses = firstLossOf({
      on: (name: string, listener: Listener) => listeners.set(name, listener),
      channel: () => sim.channel({ capacity: 1 }),
    } as unknown as System)
    expect(losses.tryReceive()).toBeUndefined()
    listeners.get(event)!(data)
    for (const listener of listeners.values()) listener({ to: 'x', actor: 'x', thread: 1, error })
    expect((await losses.receive()).value).toEqual(loss)
    for (const listener of listeners.values()) listener({ to: 'x', actor: 'x', thread: 1, error })
    expect(losses.tryReceive()).toBeUndefined()
  }),
)

test('is told by its text and its cause', () => {
  expect(lost({ text: 'gone', cause: error })).toMatchObject({ code: 'flights-lost', message: 'gone', cause: error })
})
