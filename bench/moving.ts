// Subject "moving": live actors that go from one thread to another while they are used.
//
// The caller is on the calling thread, and what moves goes to and fro between two others: three threads, so two cores have
// one too many. No library for Node.js moves anything, so beside ours stands what a program would write by hand:
// objects in two workers, the state posted from one to the other, and calls kept back until it is there.

import type { Figure, Goal, Subject, Work } from './harness.ts'

const both = ['troupe', 'postMessage']
const FLAT = 0.75

function pause(id: string, size: string, rounds: number, goals: { p50?: Goal; p99?: Goal } = {}): Work {
  const figure = (key: string, work: string, goal?: Goal): Figure => {
    return { key, work, unit: 'µs', better: 'less', goals: goal === undefined ? [] : [goal] }
  }
  return {
    id,
    contenders: both,
    rounds,
    figures: [
      figure('pause50', `a move of ${size}, pause seen by a caller, p50`, goals.p50),
      figure('pause99', `a move of ${size}, pause seen by a caller, p99`, goals.p99),
      figure('still50', `… longest pause without a move, p50`),
      figure('still99', `… longest pause without a move, p99`),
      figure('own50', `… the event’s own figure, p50`),
    ],
  }
}

function rate(key: string, work: string, ...goals: Goal[]): Figure {
  return { key, work, unit: '/s', better: 'more', goals }
}

function share(key: string, work: string): Figure {
  return { key, work, unit: '×', better: 'more' }
}

export const moving: Subject = {
  name: 'moving',
  works: [
    pause('move-100B', '100 B', 7),
    pause('move-1kB', '1 kB', 7, { p50: { kind: 'atMost', value: 150 }, p99: { kind: 'atMost', value: 1_000 } }),
    pause('move-100kB', '100 kB', 7),
    pause('move-10MB', '10 MB', 3),
    {
      id: 'move-linear',
      contenders: both,
      rounds: 3,
      figures: [
        { key: 'each100kB', work: 'time of a move for each byte, 100 kB', unit: 'ns', better: 'less' },
        { key: 'each10MB', work: 'time of a move for each byte, 10 MB', unit: 'ns', better: 'less' },
        {
          ...share('linear', 'the former over the latter: cost linear in state'),
          goals: [{ kind: 'atLeast', value: FLAT }],
        },
      ],
    },
    { id: 'moves-one', contenders: both, figures: [rate('rate', 'moves of one object, one after the other')] },
    {
      id: 'moves-1k',
      contenders: both,
      figures: [rate('rate', 'moves of 1,000 objects at once', { kind: 'atLeast', value: 20_000 })],
    },
    {
      id: 'moves-flat',
      contenders: ['troupe'],
      rounds: 3,
      figures: [
        rate('one1k', 'moves of one, 1k idle actors'),
        rate('one1M', 'moves of one, 1M idle actors'),
        { ...share('oneFlat', 'the latter over the former'), goals: [{ kind: 'atLeast', value: FLAT }] },
        rate('many1k', 'moves of 1,000, 1k idle actors'),
        rate('many1M', 'moves of 1,000, 1M idle actors'),
        { ...share('manyFlat', 'the latter over the former'), goals: [{ kind: 'atLeast', value: FLAT }] },
      ],
    },
    {
      id: 'tells-moved',
      contenders: ['troupe'],
      figures: [
        rate('still', 'tells to an actor that stays'),
        share('moved', '… that moves every 10 ms, of that'),
        share('always', '… that moves all the time, of that'),
        rate('moves', '… its moves a second then'),
        share('beside', '… that stays, while 1,000 others move, of that'),
      ],
    },
  ],
}
