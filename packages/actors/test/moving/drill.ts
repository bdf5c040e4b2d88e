// Where order is hardest to keep: two actors send one short stream after the other to a third, and all of them are moved to and
// fro while that goes on; and others go away and come back, with messages on their way that were sent to where they were.
//
// Invariant: what they send does nothing but be counted, so that most of what happens is on its way.
import { anySpawn, kindNamed } from '../simulation-actors.ts'
import { give } from '../simulation-messages.ts'
import { type Any, codeOf, run } from '../simulation-run.ts'
import { move, moveTo } from './move-deeds.ts'

/** What is left of a drill: its actors, and how their moves end. */
export interface Drilled {
  readonly refs: Any[]
  readonly moves: Promise<void>[]
}

export async function drill(rounds: number): Promise<Drilled> {
  const { sim, random } = run
  const refs: Any[] = []
  for (const kind of ['restarts', run.pick(['bare', 'packs']), 'restarts']) {
    const { init, options } = anySpawn([...refs], { named: 10, placed: 100, fails: 0 })
    await sim.spawn(kindNamed(kind), init, options).then(ref => refs.push(ref), codeOf)
  }
  const moves: Promise<void>[] = []
  const [target, ...senders] = refs
  for (let round = 0; round < rounds && senders.length > 0; round++) {
    for (const sender of senders) give('main', sender, { to: target, times: 1 + random.below(4) })
    if (run.chance(80)) moves.push(move(target))
    if (run.chance(20)) moves.push(move(run.pick(senders)))
    await sim.sleep(random.unit() * 10)
  }
  return { refs, moves }
}

/** ms until somebody sends to an actor that has left, and between two messages. */
const LATE = 20
const APART = 5

/** An actor goes away and comes back. Who sends to it does not know of that, as nobody has sent to it before. */
export async function thereAndBack(): Promise<Drilled> {
  const { sim, random } = run
  const home = random.below(run.threads)
  const other = (home + 1 + random.below(run.threads - 1)) % run.threads
  const { init } = anySpawn([], { named: 0, placed: 0, fails: 0 })
  const ref: Any = await sim.spawn(kindNamed('bare'), init, { on: { thread: home } }).catch(codeOf)
  if (typeof ref === 'string') return { refs: [], moves: [] }
  const away = moveTo(ref, other)
  const back = moveTo(ref, home)
  await away
  await sim.sleep(random.unit() * LATE)
  for (let left = 6; left > 0; left--) {
    give('main', ref, { times: 0 })
    await sim.sleep(random.unit() * APART)
  }
  return { refs: [ref], moves: [away, back] }
}
