// A game lobby: a match begins when the table is full, or some time after there were enough players, and the last one who
// stays has won. Timers and watches call handlers by name; `later` answers those who asked before there was an answer.
import {
  behavior,
  type ContextOf,
  createSystem,
  type Later,
  Refusal,
  type Ref,
  thread,
  type Timer,
} from '@troupe/actors'

export interface Player {
  started(match: Ref<Match>): void
}
export interface Match {
  play(card: number): number
  winner(): string
}
type Seats = Record<string, Ref<Player>>

export const match = behavior(import.meta, {
  name: 'match',
  state: (players: Seats) => ({ players, cards: 0, winner: null as string | null, waiting: [] as Later<string>[] }),
  started(ctx) {
    for (const [name, player] of Object.entries(ctx.state.players)) ctx.watch(player, 'gone', name)
  },
  handlers: {
    play(ctx, _card: number) {
      return ++ctx.state.cards
    },
    gone(ctx, name: string) {
      const { players, waiting } = ctx.state
      delete players[name]
      const [last, ...others] = Object.keys(players)
      if (last === undefined || others.length > 0) return
      ctx.state.winner = last
      for (const reply of waiting.splice(0)) reply.resolve(last)
    },
    winner(ctx) {
      if (ctx.state.winner !== null) return ctx.state.winner
      const reply = ctx.later<string>()
      ctx.state.waiting.push(reply)
      return reply
    },
  },
})

export const player = behavior(import.meta, {
  name: 'player',
  state: () => ({ match: null as Ref<Match> | null, waiting: [] as Later<Ref<Match>>[] }),
  handlers: {
    started(ctx, begun: Ref<Match>) {
      ctx.state.match = begun
      for (const reply of ctx.state.waiting.splice(0)) reply.resolve(begun)
    },
    match(ctx) {
      if (ctx.state.match !== null) return ctx.state.match
      const reply = ctx.later<Ref<Match>>()
      ctx.state.waiting.push(reply)
      return reply
    },
  },
})

export const lobby = behavior(import.meta, {
  name: 'lobby',
  state: (rules: { least: number; most: number; countdown: number }) => ({
    ...rules,
    seats: {} as Seats,
    timer: null as Timer | null,
  }),
  handlers: {
    sit(ctx, name: string, who: Ref<Player>) {
      const { seats, least, most, countdown } = ctx.state
      if (name in seats) throw new Refusal('seat-taken', { name })
      seats[name] = who
      ctx.watch(who, 'gone', name)
      const count = seated(ctx)
      if (count === least) ctx.state.timer = ctx.after(countdown, 'begin')
      if (count === most) begin(ctx)
      return count
    },
    gone(ctx, name: string) {
      delete ctx.state.seats[name]
      if (seated(ctx) < ctx.state.least) stopCountdown(ctx)
    },
    begin(ctx) {
      begin(ctx)
    },
  },
})

type Lobby = ContextOf<typeof lobby>
const seated = (ctx: Lobby): number => Object.keys(ctx.state.seats).length

function begin(ctx: Lobby): void {
  const begun = ctx.spawn(match, ctx.state.seats)
  for (const who of Object.values(ctx.state.seats)) {
    ctx.unwatch(who)
    who.tell.started(begun)
  }
  ctx.state.seats = {}
  stopCountdown(ctx)
}

function stopCountdown(ctx: Lobby): void {
  ctx.cancel(ctx.state.timer)
  ctx.state.timer = null
}

const system = await createSystem({ threads: 2 })
const table = await system.spawn(lobby, { least: 2, most: 3, countdown: 50 }, { on: thread(1) })
const [ann, bob] = [await system.spawn(player), await system.spawn(player)]
console.log(await table.ask.sit('ann', ann), 'seated')
try {
  await table.ask.sit('ann', bob)
} catch (error) {
  if (error instanceof Refusal) console.log(error.code, error.data)
}
console.log(await table.ask.sit('bob', bob), 'seated')

const game = await ann.ask.match() // the countdown begins it, as nobody takes the third seat
console.log('the same match', game.id === (await bob.ask.match()).id)
console.log('cards', await game.ask.play(7), await game.ask.play(9))
const winner = game.ask.winner()
await bob.stop()
console.log('winner', await winner)
await system.close()

/* prints
1 seated
seat-taken { name: 'ann' }
2 seated
the same match true
cards 1 2
winner ann
*/
