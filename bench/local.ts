// Subject "local": actors on one thread, nothing between them but the framework.
//
// xstate runs a transition inside `send` and has no reply, so it is in the telling rows alone, and without a goal: it
// gives neither a mailbox nor isolation. Level with it is welcome all the same.

import type { Subject } from './harness.ts'

const actors = ['troupe', 'nact', 'xstate']

export const local: Subject = {
  name: 'local',
  works: [
    {
      id: 'tell',
      contenders: actors,
      figures: [
        {
          key: 'rate',
          work: 'tell, a number',
          unit: '/s',
          better: 'more',
          goals: [{ kind: 'ratio', against: 'nact', atLeast: 30 }],
        },
      ],
    },
    {
      id: 'tell-object',
      contenders: actors,
      figures: [
        {
          key: 'rate',
          work: 'tell, a small object',
          unit: '/s',
          better: 'more',
          goals: [{ kind: 'ratio', against: 'nact', atLeast: 8 }],
        },
      ],
    },
    {
      id: 'ask',
      contenders: ['troupe', 'nact'],
      figures: [
        {
          key: 'p50',
          work: 'ask, one at a time, p50',
          unit: 'µs',
          better: 'less',
          goals: [{ kind: 'atMost', value: 1 }],
        },
        { key: 'p99', work: 'ask, one at a time, p99', unit: 'µs', better: 'less' },
      ],
    },
    {
      id: 'asks',
      contenders: ['troupe', 'nact'],
      figures: [{ key: 'rate', work: 'asks, 512 in flight', unit: '/s', better: 'more' }],
    },
  ],
}
