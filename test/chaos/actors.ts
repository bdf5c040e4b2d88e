// The actors of `pnpm chaos moving`: senders that tell and ask without end, and tallies that note what comes from whom.
//
// Invariants: a sender numbers what it tells each tally, from 1; a tally keeps of each sender how far it has heard, and counts
// what came twice, out of order, or not at all. Whoever begins a life anew says so (`began`), so that a gap can be told from a loss.
import { behavior, type Ref } from '@troupe/actors'

/** What a tally knows of one sender. */
export interface Heard {
  last: number
  count: number
  /** Numbers that came after a higher one, or again. */
  disorder: number
}

export const tally = behavior(import.meta, {
  name: 'tally',
  state: () => ({ heard: {} as Record<string, Heard>, began: 0, ticks: 0 }),
  started(ctx, why) {
    if (why === 'moved') return
    ctx.state.began++
    ctx.every(20, 'tick')
  },
  handlers: {
    count(ctx, from: string, number: number) {
      const heard = (ctx.state.heard[from] ??= { last: 0, count: 0, disorder: 0 })
      heard.count++
      if (number <= heard.last) heard.disorder++
      else heard.last = number
    },
    echo(_ctx, number: number) {
      return number
    },
    tick(ctx) {
      ctx.state.ticks++
    },
    report(ctx) {
      return ctx.state
    },
  },
})

export interface Sent {
  /** By tally: the last number told. */
  told: Record<string, number>
  asked: number
  answered: number
  /** By error code. */
  failed: Record<string, number>
  wrong: number
}

const nothing = (): Sent => ({ told: {}, asked: 0, answered: 0, failed: {}, wrong: 0 })

export const sender = behavior(import.meta, {
  name: 'sender',
  state: (tallies: Ref<typeof tally>[]) => ({
    tallies,
    stopped: false,
    sent: nothing(),
  }),
  started(ctx, why) {
    if (why !== 'moved') ctx.after(5, 'go')
  },
  handlers: {
    async go(ctx) {
      const { state } = ctx
      if (state.stopped) return
      const { tallies, sent } = state
      for (let burst = 1 + Math.floor(ctx.random() * 20); burst > 0; burst--) {
        const to = tallies[Math.floor(ctx.random() * tallies.length)]!
        const number = (sent.told[to.id] = (sent.told[to.id] ?? 0) + 1)
        to.tell.count(ctx.self.id, number)
      }
      const number = ++sent.asked
      const to = tallies[Math.floor(ctx.random() * tallies.length)]!
      try {
        if ((await to.with({ deadline: 2_000 }).ask.echo(number)) !== number) sent.wrong++
        sent.answered++
      } catch (error) {
        const { code } = error as { code: string }
        sent.failed[code] = (sent.failed[code] ?? 0) + 1
      }
      ctx.after(Math.floor(ctx.random() * 4), 'go')
    },
    stop(ctx) {
      ctx.state.stopped = true
    },
    report(ctx) {
      return ctx.state.sent
    },
  },
})

/** Does to its own thread what a fault may. */
export const saboteur = behavior(import.meta, {
  name: 'saboteur',
  state: () => ({}),
  handlers: {
    exit() {
      process.exit(1)
    },
    throw() {
      setImmediate(() => {
        throw new Error('thrown outside of any turn')
      })
    },
    hang() {
      for (;;);
    },
  },
})
