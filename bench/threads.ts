// Subject "threads": messages from the calling thread to actors on other threads.
//
// "Threads busy" is one ask after another, so neither end has the time to fall asleep; what a sleeping thread adds is the
// row "wake". Two workers are used where the row says two, one otherwise.

import type { Figure, Goal, Subject } from './harness.ts'

const callers = ['troupe', 'postMessage', 'comlink', 'piscina', 'workerpool']

function rate(work: string, ...goals: Goal[]): Figure {
  return { key: 'rate', work, unit: '/s', better: 'more', goals }
}

export const threads: Subject = {
  name: 'threads',
  works: [
    {
      id: 'thread-tell',
      contenders: ['troupe', 'postMessage'],
      figures: [rate('tell across threads, a number', { kind: 'ratio', against: 'postMessage', atLeast: 15 })],
    },
    {
      id: 'thread-tell-object',
      contenders: ['troupe', 'postMessage', 'postMessage ×256'],
      figures: [rate('tell across threads, a small object', { kind: 'ratio', against: 'postMessage', atLeast: 6 })],
    },
    {
      id: 'thread-ask',
      contenders: callers,
      figures: [
        {
          key: 'p50',
          work: 'ask across threads, busy, p50',
          unit: 'µs',
          better: 'less',
          goals: [
            { kind: 'atMost', value: 8 },
            { kind: 'ratio', against: 'comlink', atLeast: 10 },
          ],
        },
        { key: 'p99', work: 'ask across threads, busy, p99', unit: 'µs', better: 'less' },
      ],
    },
    {
      id: 'thread-asks',
      contenders: callers,
      figures: [
        rate(
          'asks across threads, 512 in flight',
          { kind: 'atLeast', value: 1e6 },
          { kind: 'ratio', against: 'comlink', atLeast: 10 },
        ),
      ],
    },
    {
      id: 'thread-sustained',
      contenders: ['troupe', 'postMessage'],
      rounds: 2,
      figures: [
        rate('tell across threads, 10 M numbers', { kind: 'ratio', against: 'postMessage', atLeast: 15 }),
        { key: 'before', work: '… resident memory after the first million', unit: 'MB', better: 'less' },
        {
          key: 'grown',
          work: '… and its growth over the other nine',
          unit: 'MB',
          better: 'less',
          goals: [{ kind: 'atMost', value: 32 }],
        },
      ],
    },
    {
      id: 'thread-wake',
      contenders: ['troupe', 'postMessage'],
      rounds: 3,
      figures: [
        {
          key: 'p50',
          work: 'wake of an idle thread, one way, p50',
          unit: 'µs',
          better: 'less',
          goals: [{ kind: 'atMost', value: 100 }],
        },
      ],
    },
    {
      id: 'thread-idle',
      contenders: ['troupe', 'postMessage', 'piscina'],
      rounds: 2,
      figures: [
        {
          key: 'cpu',
          work: 'CPU used by two idle threads',
          unit: 'ms/s',
          better: 'less',
          goals: [{ kind: 'atMost', value: 10 }],
        },
      ],
    },
    {
      id: 'thread-fan-out',
      contenders: ['troupe', 'postMessage', 'piscina', 'workerpool'],
      rounds: 3,
      figures: [
        {
          key: 'speedup',
          work: 'CPU-bound work over 2 threads, against 1',
          unit: '×',
          better: 'more',
          goals: [{ kind: 'atLeast', value: 1.8 }],
        },
      ],
    },
  ],
}
