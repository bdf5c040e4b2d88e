// Subject "spawn": many actors on one thread. What one costs to start and to keep, and whether that stays the same with a
// million of them.
//
// Bytes are heap and external memory after a full collection, per actor with a ref to it held, less its state
// (`{ count, sum }`). "Flat" counts as reached when a million is at most a quarter dearer than a thousand.

import type { Figure, Subject } from './harness.ts'

const actors = ['troupe', 'nact', 'xstate']
const sizes = ['1k', '10k', '100k', '1M']
const FLAT = 0.75

function rate(work: string): Figure {
  return { key: 'rate', work, unit: '/s', better: 'more', goals: [{ kind: 'atLeast', value: 1e6 }] }
}

function bytes(work: string): Figure {
  return { key: 'bytes', work, unit: 'B', better: 'less', goals: [{ kind: 'atMost', value: 400 }] }
}

function flat(key: string, work: string): Figure {
  return { key, work, unit: '×', better: 'more', goals: [{ kind: 'atLeast', value: FLAT }] }
}

export const spawn: Subject = {
  name: 'spawn',
  works: [
    { id: 'spawn', contenders: actors, figures: [rate('spawn from outside, until started')] },
    { id: 'spawn-children', contenders: ['troupe'], figures: [rate('spawn children in a turn, until started')] },
    {
      id: 'bytes',
      contenders: actors,
      rounds: 3,
      nodeFlags: ['--expose-gc'],
      figures: [bytes('memory of an idle actor, never used')],
    },
    {
      id: 'bytes-used',
      contenders: actors,
      rounds: 3,
      nodeFlags: ['--expose-gc'],
      figures: [bytes('memory of an idle actor, once used')],
    },
    {
      id: 'million',
      contenders: ['troupe'],
      rounds: 3,
      nodeFlags: ['--max-old-space-size=4096'],
      figures: [
        ...sizes.slice(1).map((size, n): Figure => {
          return { key: `spawn${size}`, work: `spawn, from ${sizes[n]} to ${size} alive`, unit: '/s', better: 'more' }
        }),
        flat('spawnFlat', 'spawn rate towards 1M, of that towards 10k'),
        ...sizes.map((size): Figure => {
          return { key: `turn${size}`, work: `tell and turn of a thousand, ${size} alive`, unit: 'ns', better: 'less' }
        }),
        flat('turnFlat', 'turns a second with 1M alive, of those with 1k'),
        { key: 'turnSpread', work: '… of a thousand spread over the 1M', unit: 'ns', better: 'less' },
      ],
    },
  ],
}
