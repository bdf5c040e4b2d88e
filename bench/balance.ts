// Subject "balance": actors on two host threads, placed badly, before and after the system has moved them; and what it
// costs a thread to find out about its actors.
//
// The peer is the same system with `balance: 'off'`, so `ratio` is what balancing gives. Two threads need two cores of
// their own: on a machine where others are at work, a load that spreads gains less than it could.

import type { Figure, Subject, Work } from './harness.ts'

const OFF = 'troupe, balance off'

function work(id: string, ...figures: Figure[]): Work {
  return { id, contenders: ['troupe', OFF], rounds: 5, figures }
}
function rate(key: string, text: string, atLeast?: number): Figure {
  const goals = atLeast === undefined ? [] : [{ kind: 'ratio' as const, against: OFF, atLeast }]
  return { key, work: text, unit: '/s', better: 'more', goals }
}

export const balance: Subject = {
  name: 'balance',
  works: [
    work(
      'balance-pairs',
      rate('before', '32 pairs placed at random, messages before balancing'),
      rate('after', '32 pairs placed at random, messages after 12 rounds', 2),
    ),
    work(
      'balance-skew',
      rate('before', '16 busy actors on one of two threads, turns before'),
      rate('after', '16 busy actors on one of two threads, turns after', 1.5),
    ),
    work('balance-sampling', rate('rate', 'a pair on one thread that samples, messages', 0.98)),
  ],
}
