// Behaviors that know each other. Types that refer to each other's `typeof` do not infer (circular-fails.ts), so one of
// them, or both, are known by an interface; all else is inferred.
import { type AnyRef, behavior, type Context, type ContextOf, type Ref } from '@troupe/actors'
import { type Eq, is } from './basic.ts'

// 1. two that refer to each other
interface Session { enter(to: Ref<Room>): string[]; deliver(line: string): void }
interface Room { join(nick: string, who: Ref<Session>): string[] }
export const room = behavior(import.meta, {
  name: 'room',
  state: () => ({ members: {} as Record<string, Ref<Session>> }),
  handlers: {
    join(ctx, nick: string, who: Ref<Session>) {
      ctx.state.members[nick] = who
      who.tell.deliver('x')
      ctx.watch(who, 'left', nick)
      return ['x']
    },
    left(ctx, nick: string) { delete ctx.state.members[nick] },
  },
})
export const session = behavior(import.meta, {
  name: 'session',
  state: (nick: string) => ({ nick, room: null as Ref<Room> | null }),
  handlers: {
    async enter(ctx, to: Ref<Room>) { ctx.state.room = to; return to.ask.join(ctx.state.nick, ctx.self) },
    deliver(ctx, line: string) {},
  },
})
declare const s: Ref<typeof session>
declare const r: Ref<typeof room>
is<Eq<ReturnType<typeof s.ask.enter>, Promise<string[]>>>()
void s.ask.enter(r)
// @ts-expect-error a session is no room
void s.ask.enter(s)

// 2. one side by interface only
interface Child { poke(): void }
export const parent = behavior(import.meta, {
  name: 'parent',
  state: () => ({ kids: [] as Ref<Child>[] }),
  handlers: { adopt(ctx, k: Ref<Child>) { ctx.state.kids.push(k); return ctx.state.kids.length } },
})
export const child = behavior(import.meta, {
  name: 'child',
  state: (p: Ref<typeof parent>) => ({ p }),
  handlers: { async poke(ctx) { const n = await ctx.state.p.ask.adopt(ctx.self); const m: number = n } },
})

// 3. oneself
interface Cell { link(next: Ref<Cell>): void; length(): number }
export const cell = behavior(import.meta, {
  name: 'cell',
  state: () => ({ next: null as Ref<Cell> | null }),
  handlers: {
    link(ctx, next: Ref<Cell>) { ctx.state.next = next; next.tell.link(ctx.self) },
    async length(ctx): Promise<number> { return ctx.state.next ? 1 + (await ctx.state.next.ask.length()) : 1 },
  },
})
const asCell: Ref<Cell> = null as unknown as Ref<typeof cell>

// 4. one way only: typeof is fine, in state and in parameters
export const lobby = behavior(import.meta, {
  name: 'lobby',
  state: () => ({ seats: {} as Record<string, Ref<typeof child>> }),
  handlers: { sit(ctx, who: Ref<typeof child>) { ctx.state.seats['a'] = who; begin(ctx); beginLobby(ctx); return ctx.spawn(parent) } },
})

// 5. a plain function over the context, by its state and by its behavior
function begin(ctx: Context<{ seats: Record<string, Ref<typeof child>> }>) { for (const p of Object.values(ctx.state.seats)) p.tell.poke() }
function beginLobby(ctx: ContextOf<typeof lobby>) { ctx.after(1, 'sit'); begin(ctx) }

// 6. a child's ref is typed, at once
declare const l: Ref<typeof lobby>
is<Eq<ReturnType<typeof l.ask.sit>, Promise<Ref<typeof parent>>>>()

// 7. ctx.self is checked by its handlers' names where it is assigned
export const wrong = behavior(import.meta, { name: 'wrong', state: () => ({}), handlers: {
  // @ts-expect-error Self<'a'> lacks join
  a(ctx) { const x: Ref<Room> = ctx.self } } })

// 8. refs of any kind side by side
const many: AnyRef[] = [s, r, l]
const ids = new Map<string, number>([[s.id, 1]])
