// Subject "channels": values over channels between goroutines, `select`, and calls that run elsewhere.
//
// "One thread" is a system without host threads. Across threads, the producer of what goes out and the consumer of what
// comes in are on the calling thread; with two others there are three threads, so on two cores they take turns.
// Go is a contender where it is installed; `notes` says so where it is not.

import { findGo } from './peers/go.ts'
import type { Figure, Goal, Subject, Work } from './harness.ts'

const hasGo = findGo() !== undefined

/** Those of them that this machine can run. */
function contenders(...names: string[]): string[] {
  return names.filter(name => hasGo || !name.startsWith('go'))
}

const effects = ['effect', 'effect, whileLoop', 'effect in batches']
const ports = ['port, windowed', 'port, unbounded']

const overEffect: Goal = { kind: 'ratio', against: 'effect', atLeast: 3 }
const overTell: Goal = { kind: 'ratio', against: 'troupe tell', atLeast: 0.5 }

function rate(work: string, ...goals: Goal[]): [Figure] {
  return [{ key: 'rate', work, unit: '/s', better: 'more', goals }]
}

function roundTrip(work: string): Figure[] {
  return [
    { key: 'p50', work: `${work}, p50`, unit: 'µs', better: 'less' },
    { key: 'p99', work: `${work}, p99`, unit: 'µs', better: 'less' },
  ]
}

const oneThread: Work[] = [
  {
    id: 'channel',
    contenders: contenders('troupe', 'troupe, try first', ...effects, 'go'),
    figures: rate('channel of 64, a number', overEffect),
  },
  {
    id: 'channel-1024',
    contenders: contenders('troupe', 'troupe, try first', ...effects, 'go'),
    figures: rate('channel of 1,024, a number', overEffect),
  },
  {
    id: 'channel-object',
    contenders: contenders('troupe', ...effects, 'go'),
    figures: rate('channel of 64, a small object', overEffect),
  },
  {
    id: 'rendezvous',
    contenders: contenders('troupe', 'effect', 'effect, whileLoop', 'go'),
    figures: rate('rendezvous, a number', overEffect),
  },
  {
    id: 'select',
    contenders: contenders('troupe', 'effect', 'go'),
    figures: rate('select from two channels of 64', overEffect),
  },
  {
    id: 'channel-fan-out',
    contenders: contenders('troupe', 'effect', 'go'),
    rounds: 3,
    figures: rate('channel of 64, to two consumers', overEffect),
  },
  {
    id: 'channel-fan-in',
    contenders: contenders('troupe', 'effect', 'go'),
    rounds: 3,
    figures: rate('channel of 64, from two producers', overEffect),
  },
]

const acrossThreads: Work[] = [
  {
    id: 'thread-channel',
    contenders: contenders('troupe', 'troupe, try first', 'troupe tell', ...ports, 'go'),
    figures: rate('channel of 1,024 across threads, a number', overTell),
  },
  {
    id: 'thread-channel-object',
    contenders: contenders('troupe', 'troupe tell', ...ports, 'go'),
    figures: rate('channel of 1,024 across threads, a small object', overTell),
  },
  {
    id: 'thread-rendezvous',
    contenders: contenders('troupe', 'troupe ask', 'port, ping-pong', 'go', 'go, locked'),
    figures: roundTrip('rendezvous across threads, there and back'),
  },
  {
    id: 'thread-select',
    contenders: contenders('troupe', 'port, windowed', 'go'),
    rounds: 3,
    figures: rate('select across threads, from two others'),
  },
  {
    id: 'thread-select-send',
    contenders: contenders('troupe', 'port, windowed', 'go'),
    rounds: 3,
    figures: rate('select across threads, to two others'),
  },
  {
    id: 'thread-channel-fan-out',
    contenders: contenders('troupe', 'port, windowed', 'go'),
    rounds: 3,
    figures: rate('channel of 1,024 across threads, to consumers on two others'),
  },
  {
    id: 'thread-channel-fan-in',
    contenders: contenders('troupe', 'port, windowed', 'go'),
    rounds: 3,
    figures: rate('channel of 1,024 across threads, from producers on two others'),
  },
]

const elsewhere: Work[] = [
  { id: 'offload', contenders: ['troupe', 'piscina'], figures: roundTrip('run, a small call') },
  { id: 'offload-moved', contenders: ['troupe', 'piscina'], figures: roundTrip('run, 4 MB handed over') },
]

export const channels: Subject = {
  name: 'channels',
  works: [...oneThread, ...acrossThreads, ...elsewhere],
  notes: hasGo ? [] : ['go is not on the PATH: its rows are left out'],
}
