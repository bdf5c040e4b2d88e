// The actors that the benchmarks talk to, apart from troupe.ts because every thread that hosts them loads this module.
//
// They do next to nothing, so that what is measured is the way there and back; what they do is what the peers' receivers
// do, down to the `| 0`.

import { behavior } from '@troupe/actors'
import { crunch, sharedClock } from '../measure.ts'

/** What each of the many does: counts what it is told, answers what it is asked. */
export const counting = behavior(import.meta, {
  name: 'bench-counting',
  version: 1,
  state: (sum: number) => ({ count: 0, sum }),
  handlers: {
    number(ctx, n: number) {
      ctx.state.count++
      ctx.state.sum = (ctx.state.sum + n) | 0
    },
    object(ctx, message: { kind: string; n: number }) {
      ctx.state.count++
      ctx.state.sum = (ctx.state.sum + message.n) | 0
    },
    count(ctx) {
      return ctx.state.count
    },
    add(_ctx, n: number) {
      return n + 1
    },
    clock() {
      return sharedClock()
    },
    crunch(_ctx, turns: number) {
      return crunch(turns)
    },
  },
})

/** Spawns children within one turn; its reply is the last one's, so they have all started by then. */
export const parent = behavior(import.meta, {
  name: 'bench-parent',
  version: 1,
  state: () => ({ children: 0 }),
  handlers: {
    async spawn(ctx, count: number) {
      let last = ctx.spawn(counting, 0)
      for (let i = 1; i < count; i++) last = ctx.spawn(counting, i)
      await last.ask.add(1)
      return (ctx.state.children += count)
    },
  },
})
