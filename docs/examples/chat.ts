// Chat rooms with presence: a room watches the sessions that joined, so that whoever goes away, however, is seen to leave.
// Lines come out on a screen, an actor whose mailbox drops the oldest when its reader is slow. Room and session know each
// other by an interface, and stand on different threads.
import { behavior, createSystem, type Later, type Ref, thread } from '@troupe/actors'

export interface Room {
  join(nick: string, who: Ref<Session>): string[]
  say(nick: string, text: string): void
}
export interface Session {
  deliver(line: string): void
}

export const room = behavior(import.meta, {
  name: 'room',
  state: () => ({ members: {} as Record<string, Ref<Session>>, history: [] as string[] }),
  handlers: {
    join(ctx, nick: string, who: Ref<Session>) {
      ctx.state.members[nick] = who
      ctx.watch(who, 'left', nick)
      ctx.self.tell.say('*', `${nick} joined`)
      return ctx.state.history.slice(-50)
    },
    left(ctx, nick: string) {
      delete ctx.state.members[nick]
      ctx.self.tell.say('*', `${nick} left`)
    },
    say(ctx, nick: string, text: string) {
      const line = `${nick}: ${text}`
      ctx.state.history.push(line)
      for (const member of Object.values(ctx.state.members)) member.tell.deliver(line)
    },
    present(ctx) {
      return Object.keys(ctx.state.members)
    },
  },
  options: { present: { readonly: true } },
})

export const screen = behavior(import.meta, {
  name: 'screen',
  state: () => ({ lines: [] as string[], waiting: [] as { count: number; reply: Later<string[]> }[] }),
  mailbox: { capacity: 100, overflow: 'dropOldest' },
  handlers: {
    show(ctx, line: string) {
      const { lines, waiting } = ctx.state
      lines.push(line)
      for (const { count, reply } of waiting) if (count === lines.length) reply.resolve(lines)
    },
    /** The first lines, as soon as there are so many. */
    lines(ctx, count: number) {
      const { lines, waiting } = ctx.state
      if (lines.length >= count) return lines.slice(0, count)
      const reply = ctx.later<string[]>()
      waiting.push({ count, reply })
      return reply
    },
  },
})

export const session = behavior(import.meta, {
  name: 'session',
  state: (me: { nick: string; screen: Ref<typeof screen> }) => ({ ...me, room: null as Ref<Room> | null }),
  handlers: {
    async enter(ctx, to: Ref<Room>) {
      ctx.state.room = to
      return await to.ask.join(ctx.state.nick, ctx.self)
    },
    post(ctx, text: string) {
      ctx.state.room?.tell.say(ctx.state.nick, text)
    },
    deliver(ctx, line: string) {
      ctx.state.screen.tell.show(line)
    },
  },
})

const system = await createSystem({ threads: 2 })
const lobby = await system.spawn(room, undefined, { name: 'lobby', on: thread(1) })

async function arrive(nick: string) {
  const shown = await system.spawn(screen)
  const who = await system.spawn(session, { nick, screen: shown }, { on: thread(2) })
  const past = await who.ask.enter(lobby)
  return { who, shown, past }
}
const ann = await arrive('ann')
ann.who.tell.post('hello')
await ann.shown.ask.lines(2)
const bob = await arrive('bob')
console.log('bob has missed', bob.past)
bob.who.tell.post('hello ann')
await bob.shown.ask.lines(2)
await bob.who.stop()

for (const line of await ann.shown.ask.lines(5)) console.log(line)
console.log('present', await lobby.ask.present())
await system.close()

/* prints
bob has missed [ '*: ann joined', 'ann: hello' ]
*: ann joined
ann: hello
*: bob joined
bob: hello ann
*: bob left
present [ 'ann' ]
*/
