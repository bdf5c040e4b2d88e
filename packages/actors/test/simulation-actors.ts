// The actors of random programs: kinds that differ in how they are supervised, bounded and packed, and that do, in every
// turn, some of all that an actor can do.
//
// Handlers are shared by all kinds: `work` holds its actor, `look` is readonly, `chat` interleaves. They are not typed
// beyond what they need, since a program made of chance sends anything to anybody. States are plain data, but where a kind
// packs its own.
import { behavior } from '../src/behavior.ts'
import { Refusal, TroupeError } from '../src/core/errors.ts'
import { wrapper } from '../src/wrapper.ts'
import { drain, type End, type Ends, exchange, tryExchange } from './moving/channel-deeds.ts'
import { move, moveItself, weigh } from './moving/move-deeds.ts'
import type { Life } from './simulation-audit.ts'
import { type Kind, obey, type Parcel, ready, send, stop } from './simulation-messages.ts'
import { type Any, run, threadOf } from './simulation-run.ts'

interface Init {
  refs: Any[]
  name?: string | undefined
  fails?: 'state' | 'started'
}
export interface State {
  life: number
  init: Init
  refs: Any[]
  later: Any[]
  timers: { id: number; timer: Any }[]
  ends: Ends
  /** What makes it large, or keeps it from moving. */
  burden?: unknown
}

class Fault extends Error {}

// ── kinds ───────────────────────────────────────────────────────────────────────────────────────────────────────

const hooks = {
  async started(ctx: Any, why: string) {
    const { life, init } = ctx.state as State
    run.audit.started(life, ctx.self.id, why, threadOf(ctx), init.name)
    if (init.fails === 'started') throw new Error('not started')
    if (why === 'moved' && run.chance(50)) streamToAny(ctx)
    if (run.chance(20)) await run.sim.sleep(run.random.delay(5))
    if (why === 'moved' && run.chance(3)) throw new Fault('not here')
  },
  async stopping(ctx: Any, why: string) {
    // one that does not want to go is told of no departure
    if (why === 'moved' && run.chance(3)) throw new Fault('not there')
    if (why === 'moved' && run.chance(50)) streamToAny(ctx)
    run.audit.stopping(lifeOf(ctx), why)
    if (run.chance(20)) await run.sim.sleep(run.random.delay(5))
  },
}

function kind(name: string, rules: object, bare = false) {
  return behavior(import.meta, {
    name,
    state: (init: Init): State => {
      if (init.fails === 'state') throw new Error('no state')
      const life = run.audit.begins(bare)
      return { life, init, refs: [...init.refs], later: [], timers: [], ends: { senders: [], receivers: [] } }
    },
    handlers: {
      work: (ctx: Any, parcel: Parcel) => turn(ctx, 'work', parcel),
      look: (ctx: Any, parcel: Parcel) => turn(ctx, 'look', parcel),
      chat: (ctx: Any, parcel: Parcel) => turn(ctx, 'chat', parcel),
      tick(ctx: Any, id: number): void {
        const state = ctx.state as State
        const set = state.timers.find(set => set.id === id)
        if (run.audit.fired(lifeOf(ctx), id, run.sim.now())) ctx.cancel(set?.timer)
        aside(ctx, state)
      },
      left(ctx: Any, id: number, how: { actor: string; why: string }): void {
        run.audit.noticed(lifeOf(ctx), id, how.actor, how.why)
        aside(ctx, ctx.state as State)
      },
      piped(ctx: Any, id: number, value: number): void {
        run.audit.piped(lifeOf(ctx), id)
        aside(ctx, ctx.state as State)
        if (value < 0) throw new Fault('piped')
      },
      /** Asked when all else is over. */
      async where(ctx: Any): Promise<number> {
        await drain((ctx.state as State).ends)
        return threadOf(ctx)
      },
    },
    options: { work: { deadline: 60 }, look: { readonly: true }, chat: { interleave: true } },
    ...(!bare && hooks),
    ...rules,
  })
}

/** Its state holds what cannot travel, so it packs it itself, if it does. */
const packing = {
  snapshot: ({ burden, ...plain }: State) => {
    if (run.chance(5)) throw new Fault('no snapshot')
    return typeof burden === 'function' ? { plain, packed: true } : { plain, burden }
  },
  restore: ({ plain, packed, burden }: { plain: State; packed?: true; burden: unknown }): State => {
    if (run.chance(3)) throw new Fault('no state of it')
    return { ...plain, burden: packed ? () => 'made again' : burden }
  },
}
const counted = wrapper(import.meta, {
  name: 'counted',
  state: () => ({ calls: 0 }),
  around(ctx, call, next) {
    ctx.state.calls++
    return next(call)
  },
})

const escalating = { onFault: 'escalate' as const }
const restarting = { supervision: { max: 3, within: 200, backoff: { first: 1, longest: 20 } } }
const kinds = [
  kind('restarts', restarting),
  kind('resumes', { mailbox: { capacity: 4 }, supervision: { onFault: 'resume' } }),
  kind('stops', { mailbox: { capacity: 3, overflow: 'dropOldest' }, supervision: { onFault: 'stop' } }),
  kind('escalates', { mailbox: { capacity: 3, overflow: 'dropNewest' }, supervision: escalating }),
  kind('bounded', { mailbox: { bytes: 600, overflow: 'dropOldest' } }),
]
/** Those of programs in which actors move. */
const movingKinds = [
  ...kinds,
  kind('packs', { ...packing, ...restarting }),
  kind('bare', restarting, true),
  counted(kind('inner', { ...packing, supervision: { onFault: 'resume' } })),
]

export const anyKind = () => run.pick(run.moves ? movingKinds : kinds)
export const kindNamed = (name: string) => movingKinds.find(kind => kind.name === name)!

/** A name, a place and an init, as chance has it. */
export function anySpawn(refs: Any[], percent: { named: number; placed: number; fails: number }) {
  const name = run.chance(percent.named) ? run.pick(['a', 'b']) : undefined
  const on = run.chance(percent.placed) ? { thread: run.random.below(run.threads) } : undefined
  const init: Init = { refs, name }
  if (run.chance(percent.fails)) init.fails = run.pick(['state', 'started'])
  return { init, options: { ...(name !== undefined && { name }), ...(on && { on }) } }
}

// ── turns ───────────────────────────────────────────────────────────────────────────────────────────────────────

const lifeOf = (ctx: Any): Life => run.audit.life((ctx.state as State).life, ctx.self.id, threadOf(ctx))

/** A message's turn: some things at once, some after waiting, then a reply, a refusal or a fault. */
function turn(ctx: Any, what: Kind, { message, ref, later, end, order }: Parcel): unknown {
  const state = ctx.state as State
  const { audit } = run
  const life = lifeOf(ctx)
  audit.begin(life, what, message, ctx.sender?.id ?? 'main')
  if (ref !== undefined && state.refs.length < 12) state.refs.push(ref)
  if (later !== undefined) state.later.push(later)
  if (end !== undefined) keep(state.ends, end)
  let result: unknown
  try {
    if (order !== undefined) obey(ctx.self.id, order)
    else {
      if (what !== 'look') act(ctx, state)
      result = run.chance(45) ? waiting(ctx, state) : ending(ctx, state)
    }
  } catch (error) {
    audit.leave(life, what)
    throw error
  }
  if (result instanceof Promise) return result.finally(() => audit.leave(life, what))
  audit.leave(life, what)
  return result
}

function keep({ senders, receivers }: Ends, end: End): void {
  if (end.sends) senders.push(end)
  else receivers.push(end)
}

async function waiting(ctx: Any, state: State): Promise<unknown> {
  try {
    await wait(ctx, state)
    return ending(ctx, state)
  } catch (error) {
    // its life may have ended meanwhile
    if (error instanceof TroupeError) run.audit.saw(`turn threw: ${error.code}`)
    throw error
  }
}

async function wait(ctx: Any, state: State): Promise<void> {
  for (let times = 1 + run.random.below(2); times > 0; times--) {
    const what = run.random.below(run.moves ? 15 : 10)
    if (what < 5) await send(ctx.self.id, pick(ctx, state), 'ask')
    else if (what < 7) await run.sim.sleep(run.chance(4) ? 100 : run.random.delay(10))
    else if (what === 7) {
      const found = await ctx.lookup(anyKind(), run.pick(['a', 'b']))
      run.audit.saw(found === undefined ? 'lookup: none' : 'lookup: found')
      if (found !== undefined) state.refs.push(found)
    } else if (what === 8) await ready(pick(ctx, state))
    else if (what === 9) await stop(ctx, pick(ctx, state))
    else if (what === 10) await move(pick(ctx, state), ctx)
    else await exchange(ctx, state.ends)
    act(ctx, state)
  }
}

function ending(ctx: Any, state: State): unknown {
  const how = run.random.below(40)
  if (how === 0) throw new Refusal('no', { because: 'of chance' })
  if (how === 1) throw new Fault('by chance')
  if (how === 2) return () => 'cannot travel'
  if (how === 3) ctx.stop()
  if (how === 4 || how === 5) {
    const later = ctx.later()
    state.later.push(later)
    return later
  }
  return how % 2 === 0 ? how : { how, ref: run.chance(30) ? ctx.self : undefined }
}

function pick(ctx: Any, state: State): Any {
  return state.refs.length === 0 || run.chance(8) ? ctx.self : run.anyOf(state.refs)
}

// ── deeds ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A few of the things that take no time. */
function act(ctx: Any, state: State): void {
  for (let times = run.random.below(4); times > 0 && run.budget > 0; times--) {
    run.budget--
    deed(ctx, state, run.random.below(run.moves ? 36 : 24))
  }
}
/** The same where no turn of a message may be told to fail. */
function aside(ctx: Any, state: State): void {
  if (run.chance(40)) act(ctx, state)
}

function deed(ctx: Any, state: State, what: number): void {
  const { audit } = run
  const life = lifeOf(ctx)
  if (what < 10) return void send(ctx.self.id, pick(ctx, state), 'tell', state)
  if (what < 14) return void send(ctx.self.id, pick(ctx, state), 'ask', state)
  switch (what) {
    case 14:
    case 15:
      return spawn(ctx, state, life)
    case 16:
    case 17:
      return setTimer(ctx, state, life)
    case 18: {
      const set = state.timers.shift()
      if (set === undefined) return
      ctx.cancel(set.timer)
      return audit.cancelled(life, set.id)
    }
    case 19:
    case 20: {
      const ref = pick(ctx, state)
      if (ref.id === life.actor || life.watches.has(ref.id)) return
      return ctx.watch(ref, 'left', audit.watching(life, ref.id))
    }
    case 21: {
      const ref = pick(ctx, state)
      ctx.unwatch(ref)
      return audit.unwatched(life, ref.id)
    }
    case 22:
      return replyLate(state)
    case 23:
      return pipe(ctx, life)
    case 24:
    case 25:
      return void move(pick(ctx, state), ctx)
    case 26:
      return moveItself(ctx)
    case 27:
      return weigh(state)
    case 28:
    case 29:
    case 30:
      return streamToAny(ctx)
    default:
      return tryExchange(ctx, state.ends)
  }
}

function streamToAny(ctx: Any): void {
  const to = pick(ctx, ctx.state as State)
  for (let left = 2 + run.random.below(3); left > 0; left--) void send(ctx.self.id, to, 'tell')
}

function spawn(ctx: Any, state: State, life: Life): void {
  const { audit } = run
  if (life.children.size >= 3) return
  const { init, options } = anySpawn([ctx.self], { named: 30, placed: 50, fails: 8 })
  const child = ctx.spawn(anyKind(), init, options)
  audit.saw(options.on === undefined ? 'child here' : 'child placed')
  audit.spawned(life, child.id)
  state.refs.push(child)
}

function setTimer(ctx: Any, state: State, life: Life): void {
  const ms = 0.1 + run.random.delay(40)
  const every = run.chance(30)
  const id = run.audit.setTimer(life, run.sim.now() + ms, every ? ms : undefined)
  const timer = every ? ctx.every(ms, 'tick', id) : ctx.after(ms, 'tick', id)
  state.timers.push({ id, timer })
}

function replyLate({ later }: State): void {
  const reply = later.shift()
  if (reply === undefined) return
  run.audit.saw('late reply')
  if (run.chance(30)) reply.reject(run.chance(50) ? new Refusal('later', {}) : new Error('later'))
  else reply.resolve({ late: true })
}

function pipe(ctx: Any, life: Life): void {
  const { audit } = run
  const [fails, value] = [run.chance(5), run.chance(10) ? -1 : 1]
  const id = audit.piping(life)
  const work = run.sim.sleep(run.random.delay(5)).then(() => {
    if (!fails) return value
    audit.notPiped(life, id)
    throw new Fault('pipe')
  })
  ctx.pipe(work, 'piped', id)
}
