// A seed's program of actors with checkpoints on threads that get lost, and what is to be true of it: whatever anybody
// outside has seen of an actor is in what its thread has left behind.
//
// Every change of an actor's state counts one up, and everything that an actor lets others see says how many changes it has
// made by then. The thread is lost at a moment that the seed chooses among all moments at which a frame is posted or a
// record is written, just before that or just after: so between any two effects.
import { behavior, type Later, type Ref, refusal, thread } from '../../src/index.ts'
import type { Cell } from '../../src/core/cell.ts'
import { defaultLimits } from '../../src/core/platform.ts'
import { type Remains, remainsOf } from '../../src/core/remains.ts'
import { runWorld, type Simulation } from '../../src/testing/simulation.ts'
import type { World } from '../../src/testing/world.ts'

const No = refusal<number>('no')

interface State {
  who: number
  changes: number
  later: Later<number> | undefined
  timers: number
}
/** What has been seen outside, by actor: its highest count. */
type Seen = number[]

/** Notes what it is told; one on the actors' own thread passes it on, as what it knows is lost with it. */
function witnesses(seen: Seen) {
  const saw = (who: number, changes: number) => void (seen[who] = Math.max(seen[who] ?? 0, changes))
  const witness = behavior(import.meta, {
    name: 'witness',
    state: (next: Ref<any> | undefined) => ({ next: next as Ref<{ saw: typeof saw }> | undefined }),
    handlers: {
      saw(ctx, who: number, changes: number) {
        if (ctx.state.next === undefined) saw(who, changes)
        else ctx.state.next.tell.saw(who, changes)
      },
      ping: () => 1,
    },
  })
  return { saw, witness }
}
type Witness = ReturnType<typeof witnesses>['witness']

function subject(sim: Simulation) {
  const child = behavior(import.meta, {
    name: 'child',
    state: (born: { to: Ref<Witness>; who: number; changes: number }) => born,
    handlers: { none: () => 0 },
    started: ctx => ctx.state.to.tell.saw(ctx.state.who, ctx.state.changes),
  })
  const changed = (state: State) => ++state.changes
  return behavior(import.meta, {
    name: 'subject',
    checkpoint: 'turn',
    state: (who: number): State => ({ who, changes: 0, later: undefined, timers: 0 }),
    supervision: { onFault: 'resume' },
    options: { look: { readonly: true }, beside: { interleave: true } },
    handlers: {
      step(ctx, to: Ref<Witness>) {
        to.tell.saw(ctx.state.who, changed(ctx.state))
        return ctx.state.changes
      },
      async slow(ctx, to: Ref<Witness>, ms: number) {
        to.tell.saw(ctx.state.who, changed(ctx.state))
        await sim.sleep(ms)
        to.tell.saw(ctx.state.who, changed(ctx.state))
        return ctx.state.changes
      },
      refuse(ctx, to: Ref<Witness>) {
        to.tell.saw(ctx.state.who, changed(ctx.state))
        throw No(ctx.state.changes)
      },
      fault(ctx, to: Ref<Witness>) {
        to.tell.saw(ctx.state.who, changed(ctx.state))
        throw new Error('a fault')
      },
      /** What it has changed before the ask may be seen too early: nothing says so. */
      async asks(ctx, to: Ref<Witness>) {
        await to.ask.ping()
        to.tell.saw(ctx.state.who, changed(ctx.state))
        return ctx.state.changes
      },
      look: ctx => ctx.state.changes,
      async beside(ctx, to: Ref<Witness>, ms: number) {
        changed(ctx.state)
        await sim.sleep(ms)
        to.tell.saw(ctx.state.who, changed(ctx.state))
        return ctx.state.changes
      },
      later(ctx) {
        changed(ctx.state)
        ctx.state.later?.resolve(ctx.state.changes)
        return (ctx.state.later = ctx.later<number>())
      },
      gives(ctx, to: Ref<Witness>, on: number | undefined) {
        const born = { to, who: ctx.state.who, changes: on === undefined ? changed(ctx.state) : 0 }
        // one on another thread is not held back
        ctx.spawn(child, born, on === undefined ? {} : { on: thread(on) })
        return ctx.state.changes
      },
      sets(ctx, to: Ref<Witness>, ms: number) {
        changed(ctx.state)
        ctx.state.timers++
        ctx.after(ms, 'fires', to)
        return ctx.state.changes
      },
      fires(ctx, to: Ref<Witness>) {
        ctx.state.timers--
        to.tell.saw(ctx.state.who, changed(ctx.state))
      },
    },
  })
}

export interface Outcome {
  /** Actors of the lost thread that were judged, and how many of them had been seen doing something. */
  judged: number
  seen: number
  moved: number
  revived: number
}

const THREADS = 3
const SUBJECTS = 4

/** Ends a simulation where it is: how a system closes after a loss is not for this program. */
class Over extends Error {}

/** Runs one seed, with or without a thread that takes the place of the lost one; throws what is wrong. */
export async function runCheckpoints(seed: number, replaceThreads: boolean): Promise<Outcome> {
  const outcome: Outcome = { judged: 0, seen: 0, moved: 0, revived: 0 }
  const rules = { replaceThreads, blockedAfter: Infinity, endBlockedAfter: Infinity }
  const options = { seed, count: THREADS + 1, limits: defaultLimits, latency: 5, steps: 200_000, rules }
  const run = runWorld(options, async (sim, world) => {
    await play(sim, world, outcome)
    throw new Over()
  })
  await run.catch((error: Error) => {
    if (!(error.cause instanceof Over)) throw error
  })
  return outcome
}

async function play(sim: Simulation, world: World, outcome: Outcome): Promise<void> {
  const below = (n: number) => Math.floor(sim.random() * n)
  const seen: Seen = []
  const { saw, witness } = witnesses(seen)
  const subjects = subject(sim)
  sim.on('moved', () => outcome.moved++)
  sim.on('revived', () => outcome.revived++)
  const lost = 1 + below(THREADS)
  const outside = await sim.spawn(witness, undefined, { on: thread(0) })
  const inside = await sim.spawn(witness, outside, { on: thread(lost) })
  const refs: Ref<typeof subjects>[] = []
  for (let who = 0; who < SUBJECTS; who++) {
    refs.push(await sim.spawn(subjects, who, { on: thread(who < 2 ? lost : 1 + below(THREADS)) }))
  }
  let left: Remains[] | undefined
  loseAmid(world, lost, 1 + below(250), () => {
    sim.loseThread(lost)
    left = remainsOf(world.threads[0]!.core, lost)
  })
  const one = async (): Promise<void> => {
    const who = below(SUBJECTS)
    const { ask } = refs[who]!.with({ deadline: 200 })
    const to = below(3) === 0 ? inside : outside
    const calls = [
      () => ask.step(to),
      () => ask.slow(to, sim.random() * 5),
      () => ask.refuse(to),
      () => ask.fault(to),
      () => ask.asks(to),
      () => ask.look(),
      () => ask.beside(to, sim.random() * 5),
      () => ask.later(),
      () => ask.gives(to, below(2) === 0 ? undefined : below(THREADS + 1)),
      () => ask.sets(to, sim.random() * 8),
      () => refs[who]!.move(thread(1 + below(THREADS))),
    ]
    try {
      const changes = await calls[below(calls.length)]!()
      if (typeof changes === 'number') saw(who, changes)
    } catch (error) {
      if (No.is(error)) saw(who, error.data)
    }
  }
  for (let i = 0; i < 60; i++) {
    void one()
    if (below(3) === 0) await sim.sleep(sim.random() * 4)
  }
  await sim.sleep(300)
  // unless there were not as many moments
  if (left !== undefined) await judge(world, left, seen, outcome)
}

/** Whoever lives has all that was seen of it, revived or not; and so has what is left of those that are nowhere. */
async function judge(world: World, left: Remains[], seen: Seen, outcome: Outcome): Promise<void> {
  const live = world.threads.flatMap(({ core, state }) => (state === 'running' ? [...core.directory] : []))
  const subjects = live.filter(({ address, status }) => address.id.startsWith('subject#') && status === 'running')
  for (const cell of subjects) complaints(cell, cell.state as State, seen)
  const ids = new Set(live.map(cell => cell.address.id))
  if (ids.size < live.length) throw new Error('an actor lives twice')
  for (const remains of left) {
    if (!remains.address.id.startsWith('subject#') || ids.has(remains.address.id)) continue
    if (isElsewhere(world, remains)) continue
    const cell = await remains.actor()
    // of a life that has not started, nobody has seen anything
    const state = remains.hasState
      ? (cell.state as State)
      : { who: cell.init as number, changes: 0, later: undefined, timers: 0 }
    outcome.judged++
    if ((seen[state.who] ?? 0) > 0) outcome.seen++
    complaints(cell, state, seen)
  }
}
/** It has moved on, or is about to, as others know. */
function isElsewhere({ threads }: World, { address, epoch }: Remains): boolean {
  return threads.some(
    ({ core, state }) => state === 'running' && (core.routes.of(address).standing?.epoch ?? 0) > epoch,
  )
}
function complaints({ address, extra }: Cell, { who, changes, timers }: State, seen: Seen): void {
  const shown = seen[who] ?? 0
  if (changes < shown) throw new Error(`${address.id} was seen after ${shown} changes, and has left ${changes}`)
  const set = extra?.timers?.size ?? 0
  if (set !== timers) throw new Error(`${address.id} has left ${set} timers where its state has ${timers}`)
}

/** Calls `lose` at the nth moment at which the thread has an effect: before it, or right after. */
function loseAmid(world: World, number: number, moment: number, lose: () => void): void {
  const subject = world.threads[number]!
  const vault = subject.vault!
  let left = moment * 2
  const once = (): void => {
    if (--left === 0 && subject.state === 'running') lose()
  }
  const amid = <T>(effect: () => T, lost: T): T => {
    once()
    if (subject.state !== 'running') return lost
    const result = effect()
    once()
    return result
  }
  const { post } = subject
  subject.post = (...args) => amid(() => post.apply(subject, args), false)
  const { put, drop } = vault
  vault.put = (...args) => amid(() => put.apply(vault, args), 1)
  vault.drop = record => amid(() => drop.call(vault, record), undefined)
}
