// The actors that move in the benchmarks, apart from troupe-moving.ts because every thread that hosts them loads this module.
//
// Their state is what programs keep: objects of a few short fields. Its size is what structured clone makes of it, which is
// nobody's of the contenders own measure.

import { threadId } from 'node:worker_threads'
import { behavior } from '@troupe/actors'
import { type Rows, rowsOf } from '../rows.ts'

export const mover = behavior(import.meta, {
  name: 'bench-mover',
  version: 1,
  state: (count: number): { count: number; rows: Rows } => ({ count: 0, rows: rowsOf(count) }),
  handlers: {
    number(ctx, _n: number) {
      ctx.state.count++
    },
    count(ctx) {
      return ctx.state.count
    },
    add(_ctx, n: number) {
      return n + 1
    },
    /** A number that no other thread has, of any process. */
    where() {
      return process.pid * 4096 + threadId
    },
  },
})

/** Has idle children, so that there are many actors. */
export const crowd = behavior(import.meta, {
  name: 'bench-crowd',
  version: 1,
  state: () => ({}),
  handlers: {
    async grow(ctx, count: number) {
      let last = ctx.spawn(mover, 0)
      for (let i = 1; i < count; i++) last = ctx.spawn(mover, 0)
      await last.ask.add(1)
    },
  },
})
