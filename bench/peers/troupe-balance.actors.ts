// The actors of the subject "balance", apart from the trials because every thread that hosts them loads this module.
//
// A player has nothing to do but to send the ball back, so a rally takes as long as its messages do.

import { behavior, type Later, type Ref } from '@troupe/actors'
import { crunch } from '../measure.ts'

interface Partner {
  hit(): void
}

/** One of a pair. A rally is over when it has had the ball back so many times. */
export const player = behavior(import.meta, {
  name: 'bench-player',
  state: () => ({
    hits: 0,
    left: 0,
    partner: undefined as Ref<Partner> | undefined,
    over: undefined as Later<number> | undefined,
  }),
  handlers: {
    meet(ctx, partner: Ref<Partner>) {
      ctx.state.partner = partner
    },
    rally(ctx, hits: number) {
      ctx.state.left = hits
      ctx.state.over = ctx.later<number>()
      ctx.state.partner!.tell.hit()
      return ctx.state.over
    },
    hit(ctx) {
      const { state } = ctx
      state.hits++
      if (state.over === undefined || --state.left > 0) return state.partner!.tell.hit()
      state.over.resolve(state.hits)
      state.over = undefined
    },
  },
})

/** Works for some 20 µs, again and again: in short loops, which a thread that it has just come to compiles at once. */
export const grinder = behavior(import.meta, {
  name: 'bench-grinder',
  state: () => ({ done: 0 }),
  handlers: {
    grind(ctx) {
      for (let i = 0; i < 20; i++) crunch(1_000)
      ctx.state.done++
      ctx.self.tell.grind()
    },
    count(ctx) {
      return ctx.state.done
    },
  },
})
