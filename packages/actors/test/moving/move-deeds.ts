// Moves in random programs: by the callback, by other actors, by the actor itself; to any thread, the same one included; with
// deadlines that are too short; with states that cannot travel.
import { MoveFailed } from '../../src/core/errors.ts'
import type { State } from '../simulation-actors.ts'
import { type Any, codeOf, run } from '../simulation-run.ts'

/** Of what a packed state may have, in bytes. */
export const LARGEST = 4_000

/** Moves an actor, and waits for how that ends. `ctx`: of the actor that wants it. */
export async function move(ref: Any, ctx?: Any): Promise<void> {
  if (ref.id === ctx?.self.id) return moveItself(ctx)
  await moveTo(ref, run.random.below(run.threads))
}
export async function moveTo(ref: Any, to: number): Promise<void> {
  const { audit } = run
  const begun = audit.moves.begin(ref.id, to)
  try {
    await (run.chance(25) ? soon(ref, to) : ref.move({ thread: to }))
    audit.moves.ended(begun, 'done')
  } catch (error) {
    audit.moves.ended(begun, whyNot(error))
  }
}
/** Within a time in which it may not be possible. */
async function soon({ address }: Any, to: number): Promise<void> {
  const { core } = address.protocol
  await core.noted(core.calls.move(address, to, run.sim.now() + run.random.delay(30)), 'a move')
}

export function moveItself(ctx: Any): void {
  const to = { thread: run.random.below(run.threads) }
  run.audit.moves.bySelf(ctx.self.id)
  if (run.chance(50)) ctx.moveTo(to)
  else void ctx.self.move(to)
}

/** Moves several at once. */
export async function moveAll(refs: readonly Any[]): Promise<void> {
  const { sim, random, audit } = run
  const to = random.below(run.threads)
  const begun = refs.map(({ id }) => audit.moves.begin(id, to))
  let how = 'done'
  try {
    await sim.move(refs, { thread: to })
  } catch (error) {
    how = error instanceof AggregateError ? 'several failed' : 'one of several failed'
  }
  for (const move of begun) audit.moves.ended(move, how)
}

const whyNot = (error: unknown): string => (error instanceof MoveFailed ? error.why : codeOf(error))

/** Makes a state heavy, or one that cannot travel, or light again. */
export function weigh(state: State): void {
  const how = run.random.below(8)
  if (how < 4) state.burden = undefined
  else if (how < 6) state.burden = 'x'.repeat(run.random.below(2 * LARGEST))
  else state.burden = how === 6 ? 'light' : () => 'cannot travel'
}
