// Where order is hardest to keep: two actors send one short stream after the other to a third, and all of them are moved to and
// fro while that goes on.
//
// Invariant: what they send does nothing but be counted, so that most of what happens is on its way.
import { anySpawn, kindNamed } from '../simulation-actors.ts'
import { type Any, codeOf, run } from '../simulation-run.ts'
import { move } from './move-deeds.ts'

/** What a message may want instead of anything else: that its actor sends so many to another, if any. */
export interface Order {
  readonly to?: Any
  readonly times: number
}

/** Gives the actors, and how their moves end. */
export async function drill(rounds: number): Promise<{ refs: Any[]; moves: Promise<void>[] }> {
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

/** An actor does as it is told. */
export function obey(from: string, { to, times }: Order): void {
  for (let left = times; left > 0; left--) give(from, to, { times: 0 })
}
function give(from: string, to: Any, order: Order): void {
  to.tell.work({ message: run.audit.sending(from, to.id, true), order })
}
