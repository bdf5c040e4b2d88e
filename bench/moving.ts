// Subject "moving": live actors that go from one thread to another while they are used.
//
// The caller is on the calling thread, and what moves goes to and fro between two others: three threads, so two cores have
// one too many. No library for Node.js moves anything, so beside ours stands what a program would write by hand:
// objects in two workers, the state posted from one to the other, and calls kept back until it is there.

import type { Figure, Goal, Subject, Work } from './harness.ts'

const both = ['troupe', 'postMessage']
const FLAT = 0.75
/** How many actors are idle beside those that move: as a key, and in words. */
const CROWDS = [
  ['100', '100'],
  ['10k', '10k'],
  ['100k', '100k'],
  ['1M', '1M'],
] as const

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
      figure('still50', `${size}, longest pause where nothing moves, p50`),
      figure('still99', `${size}, longest pause where nothing moves, p99`),
      figure('own50', `${size}, pause as the event “moved” has it, p50`),
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
          ...share('linear', 'time for each byte, 100 kB over 10 MB: linear in state'),
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
        ...CROWDS.map(([key, idle]) => rate(`one${key}`, `moves of one, beside ${idle} idle actors`)),
        { ...share('oneFlat', 'moves of one, beside 1M over beside 100'), goals: [{ kind: 'atLeast', value: FLAT }] },
        ...CROWDS.map(([key, idle]) => rate(`many${key}`, `moves of 1,000, beside ${idle} idle actors`)),
        {
          ...share('manyFlat', 'moves of 1,000, beside 1M over beside 100'),
          goals: [{ kind: 'atLeast', value: FLAT }],
        },
      ],
    },
    {
      id: 'tells-moved',
      contenders: ['troupe'],
      figures: [
        rate('still', 'tells to one that stays'),
        share('moved', 'tells to one that moves every 10 ms, over those'),
        share('always', 'tells to one that moves all the time, over those'),
        rate('moves', 'moves of one that is told all the time'),
        share('beside', 'tells to one that stays while 1,000 others move, over those'),
      ],
    },
  ],
}
