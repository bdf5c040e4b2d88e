// Counts votes: the second version, in which any answer can be voted for.
import { behavior } from '@troupe/actors'

export const tally = behavior(import.meta, {
  name: 'tally',
  version: 2,
  state: () => ({ votes: {} as Record<string, number> }),
  /** What the first version had becomes what this one has. */
  upgrade(_fromVersion, old: { yes: number; no: number }) {
    return { votes: { ...old } }
  },
  handlers: {
    vote(ctx, answer: boolean | string) {
      const key = typeof answer === 'string' ? answer : answer ? 'yes' : 'no'
      ctx.state.votes[key] = (ctx.state.votes[key] ?? 0) + 1
    },
    total(ctx) {
      return Object.values(ctx.state.votes).reduce((sum, count) => sum + count, 0)
    },
    votes(ctx) {
      return ctx.state.votes
    },
  },
})
