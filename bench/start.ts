// Subject "start": from the call that starts two threads to a reply from both, everything loaded on this thread before.

import type { Subject } from './harness.ts'

export const start: Subject = {
  name: 'start',
  works: [
    {
      id: 'start',
      contenders: ['troupe', 'postMessage', 'piscina'],
      figures: [
        {
          key: 'ms',
          work: 'two threads, to the first replies',
          unit: 'ms',
          better: 'less',
          goals: [{ kind: 'atMost', value: 120 }],
        },
      ],
    },
  ],
}
