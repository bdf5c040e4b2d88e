// Subject "lock": a lock server that is one actor, on the calling thread and on another. Nothing is durable here: what it knows is in its
// thread's memory.
//
// Each row gives a fencing token and the order of asking. A wait's fairness is the longest one over the mean: of n contenders in a row
// it is near one, where chance decides it is many times that.

import type { Figure, Subject, Work } from './harness.ts'

const contenders = ['troupe', 'troupe, other thread']

function rate(work: string): Figure {
  return { key: 'rate', work: `acquire and release, ${work}`, unit: '/s', better: 'more' }
}
function pair(work: string, key: string): Figure {
  return { key, work: `acquire and release, ${work}, ${key}`, unit: 'µs', better: 'less' }
}

function contended(clients: number): Work {
  const what = `one name, ${clients} clients`
  return {
    id: `lock-${clients}`,
    contenders,
    figures: [
      rate(what),
      { key: 'p50', work: `wait, ${what}, p50`, unit: 'µs', better: 'less' },
      { key: 'p99', work: `wait, ${what}, p99`, unit: 'µs', better: 'less' },
      { key: 'fairness', work: `longest wait over the mean, ${what}`, unit: '×', better: 'less' },
    ],
  }
}

export const lock: Subject = {
  name: 'lock',
  works: [
    { id: 'lock-alone', contenders, figures: [rate('alone'), pair('alone', 'p50'), pair('alone', 'p99')] },
    contended(16),
    contended(100),
    { id: 'lock-names', contenders, figures: [rate('100 names, 100 clients')] },
    { id: 'lock-crowd', contenders, figures: [rate('alone, beside 50,000 held and 50,000 waiting')] },
  ],
}
