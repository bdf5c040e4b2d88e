// Counts votes: the first version.
import { behavior } from '@troupe/actors'

export const tally = behavior(import.meta, {
  name: 'tally',
  version: 1,
  state: () => ({ yes: 0, no: 0 }),
  handlers: {
    vote(ctx, yes: boolean) {
      ctx.state[yes ? 'yes' : 'no']++
    },
    total(ctx) {
      return ctx.state.yes + ctx.state.no
    },
  },
})
