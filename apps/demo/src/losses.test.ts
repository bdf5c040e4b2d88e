import { NodeLost, type System } from '@troupe/actors'
import { simulate, type Simulation } from '@troupe/actors/testing'
import { expect, test } from 'vitest'
import { firstLossOf, type Loss, lost, replacedThread } from './losses.ts'

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
  ['threadNotReplaced', { thread: 3, why: 'fog' }, { text: 'thread 3 is not replaced: fog' }],
]

function listened(sim: Simulation, expected = false) {
  const listeners = new Map<string, Listener>()
  const losses = firstLossOf(
    {
      on: (name: string, listener: Listener) => listeners.set(name, listener),
      channel: () => sim.channel({ capacity: 1 }),
    } as unknown as System,
    expected,
  )
  return { listeners, losses }
}

test.for(events)('%s %j is a loss; what follows from it is none', ([event, data, loss]) =>
  simulate(1, async sim => {
    const { listeners, losses } = listened(sim)
    expect(losses.tryReceive()).toBeUndefined()
    listeners.get(event)!(data)
    for (const listener of listeners.values()) listener({ to: 'x', actor: 'x', thread: 1, error })
    expect((await losses.receive()).value).toEqual(loss)
    for (const listener of listeners.values()) listener({ to: 'x', actor: 'x', thread: 1, error })
    expect(losses.tryReceive()).toBeUndefined()
  }),
)

test('what fails because a node is lost is none: there is word of the node', () =>
  simulate(1, async sim => {
    const { listeners, losses } = listened(sim)
    listeners.get('fault')!({ actor: 'airport#1', method: 'depart', error: new NodeLost('node b is down') })
    expect(losses.tryReceive()).toBeUndefined()
  }))

test('one thread may be lost where that is expected, and what it takes along; a second one, or no successor, is a loss', () =>
  simulate(1, async sim => {
    const { listeners, losses } = listened(sim, true)
    listeners.get('threadLost')!({ thread: 1, error })
    listeners.get('deadLetter')!({ to: 'airport#1', method: 'land', reason: 'lost' })
    expect(losses.tryReceive()).toBeUndefined()
    listeners.get('threadLost')!({ thread: 2, error })
    expect((await losses.receive()).value).toEqual({ text: 'thread 2 has ended: fog' })

    const other = listened(sim, true)
    other.listeners.get('deadLetter')!({ to: 'airport#1', method: 'land', reason: 'full' })
    expect((await other.losses.receive()).value).toMatchObject({ actor: 'airport#1' })
  }))

test('what goes with a thread or a node waits for the reason, which may be told from elsewhere', () =>
  simulate(1, async sim => {
    const listeners = new Map<string, Listener>()
    const on = (name: string, listener: Listener) => listeners.set(name, listener)
    const system = { on, channel: () => sim.channel({ capacity: 1 }) } as unknown as System
    let elsewhere: (loss: Loss) => void
    const losses = firstLossOf(system, false, lose => (elsewhere = lose))
    listeners.get('deadLetter')!({ to: 'airport#1', method: 'land', reason: 'lost' })
    expect(losses.tryReceive()).toBeUndefined()
    elsewhere!({ text: 'b is down: fog' })
    expect((await losses.receive()).value).toEqual({ text: 'b is down: fog' })
  }))

test('what takes the place of a lost thread, and when', () => {
  const listeners = new Map<string, Listener>()
  let time = 100
  const on = (name: string, listener: Listener) => listeners.set(name, listener)
  const replaced = replacedThread({ on } as unknown as System, () => time)
  listeners.get('threadLost')!({ thread: 1, error })
  time = 142
  expect(replaced()).toBeUndefined()
  listeners.get('threadReplaced')!({ thread: 1, by: 3 })
  listeners.get('threadReplaced')!({ thread: 2, by: 4 })
  expect(replaced()).toEqual({ thread: 1, by: 3, ms: 42 })
})

test('is told by its text and its cause', () => {
  expect(lost({ text: 'gone', cause: error })).toMatchObject({ code: 'flights-lost', message: 'gone', cause: error })
})
