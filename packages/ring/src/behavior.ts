// `sharded(behavior, options)`: one actor a key, over all threads. `system.spawn` of it opens the group, or finds it by its name.
//
// A group has a fixed number of shards; a key always has the same one. A shard is the router of its keys: it spawns the actor of
// a key as its child when the first message for it comes, and forwards to it what comes from then on. The table, an actor with
// the group's name, says which shards there are, to whoever opens the group later, from any node.
// Invariants: whoever has made the table makes the shards, once; everybody else waits for them. Of a key there is at most one actor
// at a time: while one ends, what comes for its key is held back, in order, and goes to the next one once that end has been heard.
// A held message is a turn that waits, beside all others; so none of it is state, and a shard moves only when nothing is held.
import {
  type AnyBehavior,
  behavior,
  type Behavior,
  composed,
  type Context,
  type Hosted,
  hosted,
  InvalidCall,
  type Keyed,
  keyed,
  type Later,
  NameTaken,
  type Opener,
  type Ref,
  type Router,
  type SpawnOptions,
} from '@troupe/actors'

export interface ShardOptions {
  /** What the group is found by, on all nodes; the behavior's name where nothing is said. */
  name?: string
  /** How many shards there are, for good: a key's shard follows from it. 64. */
  shards?: number
  /** ms without a message after which a key's actor ends, with its state; the next message makes it anew. Infinity. */
  idle?: number
}

type Routers = [Ref<Router>, ...Ref<Router>[]]
interface Group {
  readonly behavior: string
  readonly shards: number
}

/** What a group is hosted with. */
interface Hosting {
  readonly group: string
  readonly init: unknown
  readonly idle: number
}

/** A ref of which no method is known. */
type Child = Ref<Record<string, (...args: unknown[]) => unknown>>

/** The actor of a key. */
interface Entry {
  child: Child
  /** ms since 1970 */
  used: number
  /** It has been told to end. */
  ending: boolean
  /** How many messages are held, or have not gone yet though they may. */
  waiting: number
  /** Settles with its end, for those that are held. */
  gone: PromiseWithResolvers<void> | undefined
}

interface State {
  readonly live: Map<string, Entry>
}
type Shard = Context<State, 'route' | 'stopKey' | 'ended' | 'sweep'>
type ShardBehavior = Behavior<[], State, Handlers>
interface Handlers extends Record<string, (ctx: Shard, ...args: never[]) => unknown> {
  route(ctx: Shard, key: string, method: string, ...args: unknown[]): unknown
  stopKey(ctx: Shard, key: string, drain: boolean): unknown
  ended(ctx: Shard, key: string): void
  sweep(ctx: Shard): void
}

const shard = composed<Hosting, ShardBehavior>(import.meta, 'shard', (inner, hosting) => ({
  state: () => ({ live: new Map() }),
  // no turn is open that holds a message when it moves
  snapshot: ({ live }) => [...live].map(([key, { child, used, ending }]) => ({ key, child, used, ending })),
  restore: (plain: { key: string; child: Child; used: number; ending: boolean }[]) => ({
    live: new Map(plain.map(({ key, ...rest }) => [key, { ...rest, waiting: 0, gone: undefined }])),
  }),
  started(ctx, why) {
    if (why !== 'moved' && hosting.idle < Infinity) ctx.every(Math.max(1, hosting.idle / 2), 'sweep')
  },
  handlers: {
    route(ctx, key, method, ...args) {
      const entry = ctx.state.live.get(key) ?? born(ctx, inner, hosting, key)
      if (entry.ending || entry.waiting > 0) return held(entry, () => pass(ctx, entry, method, args))
      pass(ctx, entry, method, args)
    },
    async stopKey(ctx, key, drain) {
      const entry = ctx.state.live.get(key)
      if (entry === undefined) return
      const stop = (): Promise<void> => {
        entry.ending = true
        return entry.child.stop({ drain })
      }
      await (entry.ending || entry.waiting > 0 ? held(entry, stop) : stop())
    },
    /** The actor of a key has ended, for whatever reason: the next one is made when it is wanted. */
    ended(ctx, key) {
      const { live } = ctx.state
      const entry = live.get(key)
      if (entry === undefined) return
      live.delete(key)
      if (entry.waiting === 0) return
      const { child, used } = born(ctx, inner, hosting, key)
      const { gone } = entry
      live.set(key, Object.assign(entry, { child, used, ending: false, gone: undefined }))
      gone?.resolve()
    },
    /** Ends those that nobody has sent anything for so long. */
    sweep(ctx) {
      const before = ctx.now() - hosting.idle
      for (const entry of ctx.state.live.values()) {
        if (entry.ending || entry.used > before) continue
        entry.ending = true
        entry.child.stop({ drain: true }).catch(() => {}) // its end is heard, whatever became of the call
      }
    },
  },
  options: {
    // a message that is held waits as long as its actor takes to end, and its ask as long as its own deadline says
    route: { interleave: true, deadline: Infinity },
    stopKey: { interleave: true, deadline: Infinity },
    ended: { interleave: true },
    sweep: { interleave: true },
  },
}))

function born(ctx: Shard, inner: AnyBehavior, { group, init }: Hosting, key: string): Entry {
  const as = keyed(inner, group, [ctx.self as unknown as Ref<Router>]).at(key)
  const child = ctx.spawn(inner, init, { as, pinned: true })
  ctx.watch(child, 'ended', key)
  const entry: Entry = { child, used: ctx.now(), ending: false, waiting: 0, gone: undefined }
  ctx.state.live.set(key, entry)
  return entry
}

function pass(ctx: Shard, entry: Entry, method: string, args: readonly unknown[]): void {
  entry.used = ctx.now()
  ctx.forward(entry.child, method, ...args)
}

/** Runs it behind those that are held already, once the key's actor is one that takes messages. */
async function held<T>(entry: Entry, run: () => T): Promise<Awaited<T>> {
  entry.waiting++
  if (!entry.ending) await Promise.resolve()
  while (entry.ending) await (entry.gone ??= Promise.withResolvers()).promise
  // before anything else has a turn: nothing may come between
  entry.waiting--
  return await run()
}

/** Which shards a group has: kept by an actor, as whoever opens the group must find them. */
export const shardTable = behavior(import.meta, {
  name: 'shard table',
  checkpoint: 'turn',
  state: (group: Group) => ({ group, routers: undefined as Routers | undefined, waiting: [] as Later<Routers>[] }),
  handlers: {
    group: ctx => ctx.state.group,
    made(ctx, routers: Routers) {
      ctx.state.routers = routers
      for (const one of ctx.state.waiting.splice(0)) one.resolve(routers)
    },
    routers(ctx): Routers | Later<Routers> {
      if (ctx.state.routers !== undefined) return ctx.state.routers
      const later = ctx.later<Routers>()
      ctx.state.waiting.push(later)
      return later
    },
  },
})

/**
 * A behavior as a group of actors, one a key: `system.spawn(sharded(counter, { init: 0 }))` gives the handle, whose `at(key)` is a
 * ref. The spawn rejects with InvalidCall where the group is there already with another behavior, or number of shards.
 */
export function sharded<I extends unknown[], S, H>(
  b: Behavior<I, S, H>,
  ...options: [] extends I ? [options?: ShardOptions & { init?: I[0] }] : [options: ShardOptions & { init: I[0] }]
): Hosted<Keyed<Behavior<I, S, H>>> {
  const { name = b?.name, shards = 64, idle = Infinity, init, ...others } = options[0] ?? {}
  const strange = Object.keys(others)
  if (strange.length > 0)
    throw new InvalidCall(`sharded: there is no '${strange[0]}'; there are name, shards, idle, init`)
  if (typeof name !== 'string' || name === '')
    throw new InvalidCall('sharded: a group’s name is a string that is not empty')
  if (!Number.isInteger(shards) || shards < 1 || shards > 4_096) {
    throw new InvalidCall(`sharded '${name}': shards is a whole number from 1 to 4,096, not ${String(shards)}`)
  }
  if (!(typeof idle === 'number' && idle > 0)) {
    throw new InvalidCall(`sharded '${name}': idle is a number of ms above 0, not ${String(idle)}`)
  }
  const hosting: Hosting = { group: name, init, idle }
  return hosted((system, spawned) => open(system, spawned, b, { behavior: b.name, shards }, hosting)) as never
}

async function open(
  system: Opener,
  spawned: SpawnOptions,
  inner: AnyBehavior,
  group: Group,
  hosting: Hosting,
): Promise<Keyed<AnyBehavior>> {
  const { group: name } = hosting
  if (spawned.name !== undefined || spawned.on !== undefined) {
    throw new InvalidCall(`sharded '${name}': its actors stand on all threads; its name is sharded(…, { name })`)
  }
  const made = await found(system, group, hosting)
  if (made.table === undefined) return keyed(inner, name, await made.routers)
  const kind = shard(inner, hosting)
  // one after the other: a thread is chosen by how many actors each is known to have
  const all: unknown[] = []
  while (all.length < group.shards) all.push(await system.spawn(kind, undefined, { pinned: true }))
  const routers = all as unknown as Routers
  await made.table.ask.made(routers)
  return keyed(inner, name, routers)
}

type Found =
  | { readonly table: Ref<typeof shardTable>; readonly routers?: undefined }
  | { readonly table?: undefined; readonly routers: Promise<Routers> }

/** The table, where this call has made it; else what it says. */
async function found(system: Opener, group: Group, { group: name }: Hosting): Promise<Found> {
  try {
    return { table: await system.spawn(shardTable, group, { name }) }
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error
  }
  const table = await system.lookup(shardTable, name)
  if (table === undefined) return await found(system, group, { group: name } as Hosting)
  const known = await table.ask.group()
  if (known.behavior !== group.behavior || known.shards !== group.shards) {
    const text = `sharded '${name}': the group is there, as ${known.shards} shards of '${known.behavior}'; this one has ${group.shards} of '${group.behavior}'`
    throw new InvalidCall(text)
  }
  return { routers: table.ask.routers() }
}
