// Random programs over the whole core: actors of four kinds on several simulated threads that do, in every turn, some of
// all that an actor can do, as a seed chooses. The audit is told of everything and judges it.
//
// Handlers are shared by all kinds: `work` holds its actor, `look` is readonly, `chat` interleaves. They are not typed
// beyond what they need, since a program made of chance sends anything to anybody.
import { behavior } from '../src/behavior.ts'
import { Ask } from '../src/core/ask.ts'
import type { Core } from '../src/core/core.ts'
import { Refusal, TroupeError } from '../src/core/errors.ts'
import { UserTimer } from '../src/core/extra.ts'
import { Turn } from '../src/core/turn.ts'
import { Random } from '../src/testing/random.ts'
import { runWorld, type Simulation } from '../src/testing/simulation.ts'
import type { World, WorldOptions } from '../src/testing/world.ts'
import { Audit, homeOf, Life, type Message } from './simulation-audit.ts'

type Any = any
type Kind = 'work' | 'look' | 'chat'
/** What every message carries: itself for the audit, and some refs and late replies to pass on. */
interface Parcel {
  message: Message
  ref?: Any
  later?: Any
  bulk?: string
}
interface Init {
  refs: Any[]
  name?: string | undefined
  fails?: 'state' | 'started'
}
interface State {
  life: Life
  init: Init
  refs: Any[]
  later: Any[]
  timers: { id: number; timer: Any }[]
}

/** One run: what it may still do, and the chance by which it chooses. Set while a program runs, as handlers are shared. */
class Run {
  readonly random: Random
  readonly audit: Audit
  readonly sim: Simulation
  readonly #world: World
  budget: number
  constructor(sim: Simulation, world: World, random: Random, audit: Audit, budget: number) {
    this.sim = sim
    this.#world = world
    this.random = random
    this.audit = audit
    this.budget = budget
  }
  get steps(): number {
    return this.#world.trace.steps
  }
  get threads(): number {
    return this.#world.count
  }
  /** Of a thread that has ended, nothing runs any more: a handler that still waits there is no matter of the core's. */
  hasEnded(actor: string): boolean {
    return actor !== 'main' && this.#world.threads[homeOf(actor)]!.state !== 'running'
  }
  chance(percent: number): boolean {
    return this.random.below(100) < percent
  }
  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!
  }
}
let run: Run

// ── the actors ──────────────────────────────────────────────────────────────────────────────────────────────────

class Fault extends Error {}

function kind(name: string, rules: object) {
  return behavior(import.meta, {
    name,
    state: (init: Init): State => {
      if (init.fails === 'state') throw new Error('no state')
      return { life: new Life(), init, refs: [...init.refs], later: [], timers: [] }
    },
    async started(ctx: Any, why) {
      const { life, init } = ctx.state as State
      run.audit.started(life, ctx.self.id, why, init.name)
      if (init.fails === 'started') throw new Error('not started')
      if (run.chance(20)) await run.sim.sleep(run.random.delay(5))
    },
    async stopping(ctx: Any, why) {
      const { life } = ctx.state as State
      run.audit.stopping(life, why)
      if (run.chance(20)) await run.sim.sleep(run.random.delay(5))
    },
    handlers: {
      work: (ctx: Any, parcel: Parcel) => turn(ctx, 'work', parcel),
      look: (ctx: Any, parcel: Parcel) => turn(ctx, 'look', parcel),
      chat: (ctx: Any, parcel: Parcel) => turn(ctx, 'chat', parcel),
      tick(ctx: Any, id: number): void {
        const state = ctx.state as State
        if (run.audit.fired(state.life, id, run.sim.now())) ctx.cancel(state.timers.find(set => set.id === id)?.timer)
        aside(ctx, state)
      },
      left(ctx: Any, id: number, how: { actor: string; why: string }): void {
        const state = ctx.state as State
        run.audit.noticed(state.life, id, how.actor, how.why)
        aside(ctx, state)
      },
      piped(ctx: Any, value: number): void {
        run.audit.saw('pipe')
        aside(ctx, ctx.state as State)
        if (value < 0) throw new Fault('piped')
      },
    },
    options: { work: { deadline: 60 }, look: { readonly: true }, chat: { interleave: true } },
    ...rules,
  })
}

const escalating = { onFault: 'escalate' as const }
const kinds = [
  kind('restarts', { supervision: { max: 3, within: 200, backoff: { first: 1, longest: 20 } } }),
  kind('resumes', { mailbox: { capacity: 4 }, supervision: { onFault: 'resume' } }),
  kind('stops', { mailbox: { capacity: 3, overflow: 'dropOldest' }, supervision: { onFault: 'stop' } }),
  kind('escalates', { mailbox: { capacity: 3, overflow: 'dropNewest' }, supervision: escalating }),
  kind('bounded', { mailbox: { bytes: 600, overflow: 'dropOldest' } }),
]

/** A message's turn: some things at once, some after waiting, then a reply, a refusal or a fault. */
function turn(ctx: Any, what: Kind, { message, ref, later }: Parcel): unknown {
  const state = ctx.state as State
  const { audit } = run
  audit.begin(state.life, what, message, ctx.sender?.id ?? 'main')
  if (ref !== undefined && state.refs.length < 12) state.refs.push(ref)
  if (later !== undefined) state.later.push(later)
  let result: unknown
  try {
    if (what !== 'look') act(ctx, state)
    result = run.chance(45) ? waiting(ctx, state) : ending(ctx, state)
  } catch (error) {
    audit.leave(state.life, what)
    throw error
  }
  if (result instanceof Promise) return result.finally(() => audit.leave(state.life, what))
  audit.leave(state.life, what)
  return result
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
    const what = run.random.below(10)
    if (what < 5) await send(ctx.self.id, pick(ctx, state), 'ask')
    else if (what < 7) await run.sim.sleep(run.chance(4) ? 100 : run.random.delay(10))
    else if (what === 7) {
      const found = await ctx.lookup(run.pick(kinds), run.pick(['a', 'b']))
      run.audit.saw(found === undefined ? 'lookup: none' : 'lookup: found')
      if (found !== undefined) state.refs.push(found)
    } else if (what === 8) await ready(pick(ctx, state))
    else await stop(ctx, state)
    act(ctx, state)
  }
}

function ending(ctx: Any, state: State): unknown {
  const how = run.random.below(40)
  if (how === 0) throw new Refusal('no', { because: 'of chance' })
  if (how === 1) throw new Fault('by chance')
  if (how === 2) return () => 'cannot travel'
  if (how === 3) ctx.stop()
  if (how === 4) {
    const later = ctx.later()
    state.later.push(later)
    return later
  }
  return how % 2 === 0 ? how : { how, ref: run.chance(30) ? ctx.self : undefined }
}

/** A few of the things that take no time. */
function act(ctx: Any, state: State): void {
  for (let times = run.random.below(4); times > 0 && run.budget > 0; times--) {
    run.budget--
    deed(ctx, state, run.random.below(24))
  }
}
/** The same where no turn of a message may be told to fail. */
function aside(ctx: Any, state: State): void {
  if (run.chance(40)) act(ctx, state)
}

function deed(ctx: Any, state: State, what: number): void {
  const { audit, random, sim } = run
  const { life } = state
  if (what < 10) return void send(ctx.self.id, pick(ctx, state), 'tell', state)
  if (what < 14) return void send(ctx.self.id, pick(ctx, state), 'ask', state)
  switch (what) {
    case 14:
    case 15:
      return spawn(ctx, state)
    case 16:
    case 17: {
      const ms = 0.1 + random.delay(40)
      const every = run.chance(30)
      const id = audit.setTimer(life, sim.now() + ms, every ? ms : undefined)
      const timer = every ? ctx.every(ms, 'tick', id) : ctx.after(ms, 'tick', id)
      return void state.timers.push({ id, timer })
    }
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
    case 22: {
      const later = state.later.shift()
      if (later === undefined) return
      audit.saw('late reply')
      if (run.chance(30)) later.reject(run.chance(50) ? new Refusal('later', {}) : new Error('later'))
      else later.resolve({ late: true })
      return
    }
    default: {
      const value = run.chance(10) ? -1 : 1
      return ctx.pipe(
        run.sim.sleep(random.delay(5)).then(() => value),
        'piped',
      )
    }
  }
}

function spawn(ctx: Any, state: State): void {
  const { audit, random } = run
  if (state.life.children.size >= 3) return
  const name = run.chance(30) ? run.pick(['a', 'b']) : undefined
  const on = run.chance(50) ? { thread: random.below(run.threads) } : undefined
  const init: Init = { refs: [ctx.self], name }
  if (run.chance(8)) init.fails = run.pick(['state', 'started'])
  const child = ctx.spawn(run.pick(kinds), init, { ...(name !== undefined && { name }), ...(on && { on }) })
  audit.saw(on === undefined ? 'child here' : 'child placed')
  audit.spawned(state.life, child.id)
  state.refs.push(child)
}

function pick(ctx: Any, state: State): Any {
  return state.refs.length === 0 || run.chance(8) ? ctx.self : run.pick(state.refs)
}

async function stop(ctx: Any, state: State): Promise<void> {
  const ref = pick(ctx, state)
  if (ref.id === state.life.actor || run.chance(60)) return
  await stopped(ref)
}
async function stopped(ref: Any): Promise<void> {
  const drain = run.chance(50)
  run.audit.saw(drain ? 'drain' : 'stop')
  try {
    // a turn that waits for its own parent's end would wait for itself
    await Promise.race([ref.stop({ drain }).then(() => run.audit.stopped(ref.id)), run.sim.sleep(20)])
  } catch (error) {
    run.audit.saw(`stop: ${codeOf(error)}`)
  }
}
async function ready(ref: Any): Promise<void> {
  try {
    await Promise.race([ref.ready(), run.sim.sleep(20)])
    run.audit.saw('ready')
  } catch (error) {
    run.audit.saw(`ready: ${codeOf(error)}`)
  }
}

const codeOf = (error: unknown): string => (error instanceof TroupeError ? error.code : String(error))

// ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Sends one message, and for an ask waits for how it ends; never throws. */
async function send(from: string, ref: Any, how: 'tell' | 'ask', state?: State): Promise<void> {
  const { audit } = run
  if (run.hasEnded(from)) return await new Promise(() => {})
  if (run.chance(2)) return await sendWrongly(ref, how)
  const method = run.pick<Kind>(['work', 'work', 'work', 'look', 'chat'])
  // asks of readonly handlers may run ahead, beside a turn that waits for them
  const ordered = method === 'work' || (method === 'look' && how === 'tell')
  const message = audit.sending(from, ref.id, ordered)
  const parcel: Parcel = { message }
  if (state !== undefined && state.refs.length > 0 && run.chance(30)) parcel.ref = run.pick(state.refs)
  if (state !== undefined && state.later.length > 0 && run.chance(30)) parcel.later = state.later.shift()
  if (run.chance(15)) parcel.bulk = 'x'.repeat(run.random.below(600))
  if (how === 'tell') return ref.tell[method](parcel)
  await ask(limited(ref), method, parcel, ref.id)
}

async function ask(ref: Any, method: Kind, parcel: Parcel, to: string): Promise<void> {
  const { audit } = run
  audit.asking(parcel.message, to)
  const asked: Promise<unknown> = ref.ask[method](parcel)
  await asked.then(
    () => audit.asked(parcel.message, 'reply'),
    error => audit.asked(parcel.message, codeOf(error)),
  )
}

function limited(ref: Any): Any {
  const how = run.random.below(10)
  if (how < 3) return ref.with({ deadline: 0.5 + run.random.delay(50) })
  if (how > 3) return ref
  const abort = new AbortController()
  void run.sim.sleep(run.random.delay(10)).then(() => abort.abort())
  return ref.with({ signal: abort.signal })
}

async function sendWrongly(ref: Any, how: 'tell' | 'ask'): Promise<void> {
  const { audit } = run
  if (run.chance(50)) {
    audit.unknown(ref.id)
    if (how === 'tell') return ref.tell.nothing()
    return await ref.ask.nothing().catch((error: unknown) => audit.saw(`ask: ${codeOf(error)}`))
  }
  try {
    if (how === 'tell') ref.tell.work({ message: () => 1 })
    else await ref.ask.work({ message: Symbol('s') })
    audit.unknown(ref.id)
  } catch (error) {
    // to an actor that is gone it is a dead letter, whatever it holds
    if (codeOf(error) !== 'not-sendable') audit.unknown(ref.id)
    audit.saw(`send: ${codeOf(error)}`)
  }
}

/** Of the simulation, in every run, at least. */
const STEPS = 250

// ── a run ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ProgramOptions {
  readonly coverage?: Map<string, number>
  readonly world?: Partial<WorldOptions>
  /** Sends and deeds. */
  readonly budget?: number
}
export interface Outcome {
  readonly violations: string[]
  readonly trace: string
  readonly steps: number
}

/** Runs the program of a seed and gives what was wrong with it. */
export async function runProgram(seed: number, options: ProgramOptions = {}): Promise<Outcome> {
  const audit = new Audit(options.coverage ?? new Map())
  let outcome = { trace: '', steps: 0 }
  try {
    outcome = await runAudited(seed, audit, options)
  } catch (error) {
    audit.violations.push(String(error))
  }
  return { violations: audit.violations, ...outcome }
}

async function runAudited(
  seed: number,
  audit: Audit,
  options: ProgramOptions,
): Promise<{ trace: string; steps: number }> {
  // chance of its own, so that the program does not change with what the simulation draws
  const random = new Random(seed + 2 ** 40)
  const threads = 1 + random.below(4)
  const limits = { askDeadline: 300, turnLimit: 400, capacity: 64, bytes: 1 << 16 }
  const lane = random.below(3) === 0 ? { messages: 3, bytes: 2_000 } : { messages: 1_000, bytes: 1 << 20 }
  const parts = { seed, count: threads, limits, latency: 5, steps: 200_000, lane, ...options.world }
  return await runWorld(parts, async (sim, world) => {
    run = new Run(sim, world, random, audit, options.budget ?? 120)
    listen(sim, audit)
    if (await main()) audit.rested()
    const { trace, steps } = { trace: sim.trace, steps: world.trace.steps }
    await sim.close()
    audit.closed()
    for (const { thread, core, state } of world.threads) {
      if (state === 'lost') continue
      audit.check(core.directory.size === 0, () => `thread ${thread} still hosts ${core.directory.size} actors`)
      const asks = [...core.asks].map(({ target, method }) => `${target.id}.${method}`)
      audit.check(asks.length === 0, () => `thread ${thread} still asks ${asks.join()}`)
      const left = timersLeft(core, world)
      audit.check(left.length === 0, () => `thread ${thread} still has timers: ${left.join()}`)
    }
    return { trace, steps }
  })
}

/** What still waits for its time after the end, but for waits that nobody waits for: all of it is made due, and noted. */
function timersLeft(core: Core, world: World): string[] {
  const left: string[] = []
  const kinds = [Ask, Turn, UserTimer].map(({ prototype, name }) => ({ prototype, name, fire: prototype.fire }))
  for (const { prototype, name } of kinds) prototype.fire = () => void left.push(name)
  world.now += 1e6
  core.timers.advance()
  for (const { prototype, fire } of kinds) prototype.fire = fire
  return left
}

function listen(sim: Simulation, audit: Audit): void {
  sim.on('deadLetter', letter => audit.dead(letter))
  sim.on('fault', ({ decision }) => audit.saw(`fault: ${decision}`))
  sim.on('restarted', () => audit.saw('restarted'))
  sim.on('spawnFailed', () => audit.saw('spawn failed'))
  sim.on('threadLost', ({ thread }) => {
    audit.saw('thread lost')
    audit.lost.add(thread)
  })
}

/** What the callback does; true when everything has come to rest before it ends. */
async function main(): Promise<boolean> {
  const { sim, random, audit } = run
  const refs: Any[] = []
  const asks: Promise<void>[] = []
  for (let left = 2 + random.below(4); left > 0; left--) await spawnRoot(refs)
  const inTheMiddle = run.chance(25)
  for (let round = 0; run.budget > 0 || run.steps < STEPS; round++) {
    run.budget = Math.max(run.budget - 1, 4)
    if (refs.length === 0 || round % 16 === 15) await spawnRoot(refs)
    else await mainDeed(run.pick(run.chance(70) ? refs.slice(-4) : refs), refs, asks, random.below(20))
    if (round > 40 && run.steps >= STEPS) run.budget = 0
  }
  if (inTheMiddle) {
    audit.saw('closed in the middle')
    return false
  }
  await Promise.all(asks)
  // longer than any deadline, turn limit, backoff or repeating timer of the program
  await sim.sleep(60_000)
  return true
}

async function spawnRoot(refs: Any[]): Promise<void> {
  const { sim, random, audit } = run
  const name = run.chance(30) ? run.pick(['a', 'b']) : undefined
  const on = run.chance(70) ? { thread: random.below(run.threads) } : undefined
  const init: Init = { refs: [...refs], name }
  if (run.chance(4)) init.fails = run.pick(['state', 'started'])
  try {
    refs.push(await sim.spawn(run.pick(kinds), init, { ...(name !== undefined && { name }), ...(on && { on }) }))
  } catch (error) {
    audit.saw(`spawn: ${codeOf(error)}`)
  }
}

async function mainDeed(ref: Any, refs: Any[], asks: Promise<void>[], what: number): Promise<void> {
  const { sim, random } = run
  if (what < 9) await send('main', ref, 'tell')
  else if (what < 15) asks.push(send('main', ref, 'ask'))
  else if (what === 15) asks.push(ready(ref))
  else if (what === 16 && run.chance(30)) asks.push(stopped(ref))
  else if (what === 17 && run.threads > 1 && run.chance(10)) sim.loseThread(1 + random.below(run.threads - 1))
  else if (what === 18) {
    const found = await sim.lookup(run.pick(kinds), run.pick(['a', 'b']))
    if (found !== undefined) refs.push(found)
  } else await sim.sleep(random.delay(20))
}
