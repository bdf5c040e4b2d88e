// Chat rooms with presence: a room watches the sessions that joined, so that whoever goes away, however, is seen to leave.
// A session's lines leave through a channel to its client, here the program itself; it drops the oldest lines of a client
// that does not read them, so that a slow one harms nobody. The session closes it when it ends: its client's loop is over.
// Room and session know each other by an interface, and stand on different threads.
import { behavior, createSystem, type Ref, type Sender, thread } from '@troupe/actors'

export interface Room {
  join(nick: string, who: Ref<Session>): string[]
  say(nick: string, text: string): void
  leave(nick: string): void
}
export interface Session {
  deliver(line: string): void
  end(): void
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
    leave(ctx, nick: string) {
      ctx.state.members[nick]?.tell.end() // behind all lines that it has been sent
    },
    present(ctx) {
      return Object.keys(ctx.state.members)
    },
  },
  options: { present: { readonly: true } },
})

export const session = behavior(import.meta, {
  name: 'session',
  state: (me: { nick: string; out: Sender<string> }) => ({ ...me, room: null as Ref<Room> | null }),
  stopping(ctx) {
    ctx.state.out.close()
  },
  handlers: {
    async enter(ctx, to: Ref<Room>) {
      ctx.state.room = to
      return await to.ask.join(ctx.state.nick, ctx.self)
    },
    post(ctx, text: string) {
      ctx.state.room?.tell.say(ctx.state.nick, text)
    },
    leave(ctx) {
      ctx.state.room?.tell.leave(ctx.state.nick)
    },
    deliver(ctx, line: string) {
      ctx.state.out.trySend(line)
    },
    end(ctx) {
      ctx.stop()
    },
  },
  supervision: { onFault: 'stop' }, // a channel that is closed has no second life
})

const system = await createSystem({ threads: 2 })
let dropped = 0
system.on('deadLetter', ({ method, reason, count }) => {
  if (method === 'send' && reason === 'overflow') dropped += count
})
const lobby = await system.spawn(room, undefined, { name: 'lobby', on: thread(1) })

async function arrive(nick: string, capacity: number) {
  const lines = system.channel<string>({ capacity, overflow: 'dropOldest' })
  const who = await system.spawn(session, { nick, out: lines.sender }, { on: thread(2) })
  const past = await who.ask.enter(lobby)
  return { who, lines: lines.receiver, past }
}
const ann = await arrive('ann', 100)
async function annReads(count: number) {
  for (let i = 0; i < count; i++) console.log('ann reads', (await ann.lines.receive()).value)
}
ann.who.tell.post('hello')
await annReads(2)

const bob = await arrive('bob', 3) // he reads nothing until he has left
console.log('bob has missed', bob.past)
bob.who.tell.post('hello ann')
await annReads(2)
for (const text of ['how', 'are', 'you', 'today?']) ann.who.tell.post(text)
await annReads(4)

bob.who.tell.leave()
for await (const line of bob.lines) console.log('bob reads', line)
await annReads(1)
console.log('present', await lobby.ask.present())
await system.close()
console.log(`${dropped} lines were dropped`)

/* prints
ann reads *: ann joined
ann reads ann: hello
bob has missed [ '*: ann joined', 'ann: hello' ]
ann reads *: bob joined
ann reads bob: hello ann
ann reads ann: how
ann reads ann: are
ann reads ann: you
ann reads ann: today?
bob reads ann: are
bob reads ann: you
bob reads ann: today?
ann reads *: bob left
present [ 'ann' ]
3 lines were dropped
*/
