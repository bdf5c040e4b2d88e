// Subject "ring": which of many nodes a key belongs to, by each strategy, beside npm's hashring (with its cache off: keys
// that come again are found there in a map, which says nothing about a ring).
//
// Rows of jump and rendezvous have nothing to build but a list of digests; hashring and ketama place by MD5, the others here
// by MurmurHash3.

import type { Figure, Subject, Work } from './harness.ts'

const strategies = ['troupe', 'troupe, ketama', 'troupe, rendezvous', 'troupe, jump', 'troupe, maglev', 'hashring']

function work(id: string, figure: Figure, more: Partial<Work> = {}): Work {
  return { id, contenders: strategies, figures: [figure], ...more }
}

function lookup(nodes: number): Work {
  return work(`ring-lookup-${nodes}`, {
    key: 'rate',
    work: `lookup, ${nodes} nodes`,
    unit: '/s',
    better: 'more',
    goals: [{ kind: 'ratio', against: 'hashring', atLeast: 40 }],
  })
}

function build(nodes: number): Work {
  const figure: Figure = { key: 'ms', work: `building a ring of ${nodes} nodes`, unit: 'ms', better: 'less' }
  const goals = nodes === 1000 ? { goals: [{ kind: 'atMost', value: 50 } as const] } : {}
  return work(`ring-build-${nodes}`, { ...figure, ...goals }, { rounds: 5 })
}

function memory(nodes: number): Work {
  const figure: Figure = { key: 'kb', work: `memory of a ring of ${nodes} nodes`, unit: 'kB', better: 'less' }
  return work(`ring-memory-${nodes}`, figure, { rounds: 3, nodeFlags: ['--expose-gc'] })
}

export const ring: Subject = {
  name: 'ring',
  works: [lookup(32), lookup(1000), build(10), build(100), build(1000), memory(10), memory(100), memory(1000)],
}
