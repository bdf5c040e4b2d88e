// The other end of workerpool.ts: the functions that its workers run.

import workerpool from 'workerpool'
import { crunch } from '../measure.ts'

workerpool.worker({
  add: (n: number): number => n + 1,
  crunch,
})
