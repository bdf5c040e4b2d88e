// Random programs over the whole core: actors of several kinds on several simulated threads that do, in every turn, some of
// all that an actor can do, as a seed chooses; with `moves` they also go from thread to thread all the time. The audit is told
// of everything and judges it.
import { Ask } from '../src/core/ask.ts'
import type { Core } from '../src/core/core.ts'
import { UserTimer } from '../src/core/extra.ts'
import { Turn } from '../src/core/turn.ts'
import { Random } from '../src/testing/random.ts'
import { runWorld, type Simulation, type SimulationFailed, type WorldParts } from '../src/testing/simulation.ts'
import { SimLane } from '../src/testing/sim-lane.ts'
import type { World } from '../src/testing/world.ts'
import { Census } from './moving/census.ts'
import { drill, thereAndBack } from './moving/drill.ts'
import { LARGEST, move, moveAll } from './moving/move-deeds.ts'
import { UnevenLane } from './moving/uneven-lane.ts'
import { anyKind, anySpawn, kindNamed } from './simulation-actors.ts'
import { Audit } from './simulation-audit.ts'
import { ready, send, stopped } from './simulation-messages.ts'
import { type Any, codeOf, run, type RunOptions } from './simulation-run.ts'

// ── a run ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ProgramOptions {
  readonly coverage?: Map<string, number>
  readonly world?: Partial<WorldParts>
  readonly run?: Partial<RunOptions>
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
    const { cause } = error as SimulationFailed
    audit.violations.push(String(error), String((cause as Error)?.stack ?? cause))
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
  const wanted = { budget: 120, steps: 250, moves: false, drills: 0, returns: 0, losses: true, ...options.run }
  if (wanted.moves && options.run?.drills === undefined) {
    wanted.drills = random.below(2) * (6 + random.below(8))
    wanted.returns = random.below(4) === 0 ? 1 + random.below(2) : 0
  }
  const threads = wanted.moves ? 2 + random.below(3) : 1 + random.below(4)
  const limits = { askDeadline: 300, turnLimit: 400, capacity: 64, bytes: 1 << 16, snapshot: LARGEST, vault: 1 << 20 }
  const lane = random.below(3) === 0 ? { messages: 3, bytes: 2_000 } : { messages: 1_000, bytes: 1 << 20 }
  let census: Census | undefined
  const onStep = (): void => census?.note()
  const Lane = wanted.moves ? UnevenLane : SimLane
  const parts = { seed, count: threads, limits, latency: 5, steps: 200_000, lane, Lane, onStep, ...options.world }
  return await runWorld(parts, async (sim, world) => {
    census = new Census(world, audit)
    run.begin(sim, world, random, audit, wanted)
    listen(sim, audit)
    if (await main()) await rest(census)
    const { trace, steps } = { trace: sim.trace, steps: world.trace.steps }
    await sim.close()
    // what ends with the system has some promises to go through until its actor hears of it
    for (let left = 20; left > 0; left--) await Promise.resolve()
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
  world.course.now += 1e6
  core.timers.advance()
  for (const { prototype, fire } of kinds) prototype.fire = fire
  return left
}

function listen(sim: Simulation, audit: Audit): void {
  sim.on('deadLetter', letter => audit.dead(letter))
  sim.on('fault', ({ decision }) => audit.saw(`fault: ${decision}`))
  sim.on('restarted', () => audit.saw('restarted'))
  sim.on('spawnFailed', () => audit.saw('spawn failed'))
  sim.on('moved', () => audit.saw('move told of'))
  sim.on('moveFailed', () => audit.saw('move told of: failed'))
  sim.on('threadLost', ({ thread }) => {
    audit.saw('thread lost')
    audit.lost.add(thread)
  })
}

/** What the callback does; true when everything shall come to rest before it ends. */
async function main(): Promise<boolean> {
  const { random, audit } = run
  const refs: Any[] = []
  const asks: Promise<void>[] = []
  for (let left = 2 + random.below(4); left > 0; left--) await spawnRoot(refs)
  const drilled = run.drills > 0 ? [await drill(run.drills)] : []
  for (let left = run.returns; left > 0; left--) drilled.push(await thereAndBack())
  refs.push(...drilled.flatMap(one => one.refs))
  asks.push(...drilled.flatMap(one => one.moves))
  if (run.drills > 0) run.budget = Math.min(run.budget, 10)
  const inTheMiddle = run.chance(run.moves ? 8 : 25)
  for (let round = 0; run.goesOn; round++) {
    run.budget = Math.max(run.budget - 1, 4)
    if (refs.length === 0 || round % 16 === 15) await spawnRoot(refs)
    else await mainDeed(run.anyOf(run.chance(70) ? refs.slice(-4) : refs), refs, asks, random.below(20))
    if (round > 40 && run.steps >= run.least) run.budget = 0
  }
  if (inTheMiddle) {
    audit.saw('closed in the middle')
    return false
  }
  await Promise.all(asks)
  return true
}

/** Longer, in ms, than any deadline, turn limit, backoff or repeating timer of the program. */
const LONG = 30_000

/** Waits until nothing goes on any more, finds whom there is to find, and looks at what is left. */
async function rest(census: Census): Promise<void> {
  const { sim, audit } = run
  await sim.sleep(LONG)
  for (const [kind, name, actor] of audit.named()) {
    const found = await sim.lookup(kindNamed(kind), name)
    audit.check(found?.id === actor, () => `${name} is ${actor}, and lookup finds ${found?.id}`)
  }
  for (const [ref, thread] of census.all()) {
    const where = await (ref as Any).ask.where().catch(codeOf)
    audit.check(where === thread, () => `${ref.id} is on thread ${thread}, and says ${where}`)
  }
  await sim.sleep(LONG)
  audit.rested(census.found())
  census.rested()
}

async function spawnRoot(refs: Any[]): Promise<void> {
  const { sim, audit } = run
  const { init, options } = anySpawn([...refs], { named: 30, placed: 70, fails: 4 })
  try {
    refs.push(await sim.spawn(anyKind(), init, options))
  } catch (error) {
    audit.saw(`spawn: ${codeOf(error)}`)
  }
}

async function mainDeed(ref: Any, refs: Any[], asks: Promise<void>[], what: number): Promise<void> {
  const { sim, random } = run
  if (run.moves && run.chance(30)) asks.push(run.chance(20) ? moveAll([ref, run.pick(refs)]) : move(ref))
  else if (run.moves && what < 3) for (let left = 4; left > 0; left--) await send('main', ref, 'tell')
  else if (what < 9) await send('main', ref, 'tell')
  else if (what < 15) asks.push(send('main', ref, 'ask'))
  else if (what === 15) asks.push(ready(ref))
  else if (what === 16 && run.chance(30)) asks.push(stopped(ref))
  else if (what === 17 && run.losses && run.threads > 1 && run.chance(10))
    sim.loseThread(1 + random.below(run.threads - 1))
  else if (what === 18) {
    const found = await sim.lookup(anyKind(), run.pick(['a', 'b']))
    if (found !== undefined) refs.push(found)
  } else await sim.sleep(run.moves && run.chance(5) ? random.below(3_000) : random.delay(20))
}
