// Who leaves an overloaded thread, for the least busy one: as many as make up half of what lies between the two, or one
// heavier actor if that leaves both better off.
//
// Invariants: a thread is relieved only when it has been overloaded for PATIENCE rounds in a row; then it counts anew, as
// what was done must show first. A relief lowers the greater of the two loads by GAIN or more, at once or, where the load
// is made up of so many small actors that a round cannot move them all, in time. What actors would then have to send each
// other between threads counts as load: so those that talk much go together, or not at all.
import type { ActorLoad, ThreadLoad } from './balance.ts'
import type { ActorId } from './errors.ts'
import { LIVELY, PATIENCE, type Plan, type Wish } from './plan.ts'

/** From here on a thread is overloaded, where another one is less busy by GAP. */
export const HOT = 0.6
export const GAP = 0.2
const GAIN = 0.1

/** By thread: for how many rounds in a row it should have been relieved. */
export type Strained = ReadonlyMap<number, number>

interface Group {
  readonly actors: ActorLoad[]
  burden: number
}
interface Relief {
  readonly to: number
  readonly actors: readonly ActorLoad[]
}

/** Plans the moves that are due for the sake of load. */
export function relieve(plan: Plan, before: Strained): Strained {
  const strained = new Map<number, number>()
  const threads = [...plan.threads].filter(({ thread }) => !plan.changed(thread))
  threads.sort((a, b) => plan.busy(b.thread) - plan.busy(a.thread))
  for (const thread of threads) {
    const relief = reliefOf(plan, thread)
    if (relief === undefined) continue
    const rounds = (before.get(thread.thread) ?? 0) + 1
    if (rounds < PATIENCE) strained.set(thread.thread, rounds)
    else for (const wish of wishesOf(plan, relief)) plan.move(wish)
  }
  return strained
}

function reliefOf(plan: Plan, { thread: from, actors: hosted }: ThreadLoad): Relief | undefined {
  const [to] = plan.takers(from).sort((a, b) => plan.busy(a) - plan.busy(b))
  if (to === undefined || plan.room === 0) return undefined
  const high = plan.busy(from)
  const gap = high - plan.busy(to)
  if (high < HOT || gap < GAP) return undefined
  // all of them would only make the other thread what this one is
  const most = Math.min(plan.room, hosted - 1)
  const groups = sorted(plan, groupsOf(plan, from, to, gap / 2), to)
  const actors: ActorLoad[] = []
  let taken = 0
  for (const group of groups) {
    if (taken + group.burden > gap / 2 || actors.length + group.actors.length > most) continue
    actors.push(...group.actors)
    taken += group.burden
  }
  const relief = { to, actors }
  const later = Math.min(gap / 2 - taken, plan.unnamed(from))
  if (actors.length > 0 && gainOf(plan, from, relief) + later >= GAIN) return relief
  // nothing fits into half of the gap: the lightest of the heavy ones may still leave both threads better off
  const heavy = groups.filter(({ burden }) => burden > gap / 2).sort((a, b) => a.burden - b.burden)[0]
  if (heavy === undefined || heavy.actors.length > most || gainOf(plan, from, { to, actors: heavy.actors }) < GAIN)
    return undefined
  return { to, actors: heavy.actors }
}

function wishesOf(plan: Plan, { to, actors }: Relief): Wish[] {
  return actors.map(actor => ({ actor, to, burden: plan.burden(actor, to, true) }))
}
/** By how much the greater of the two loads would be less. */
function gainOf(plan: Plan, from: number, relief: Relief): number {
  const high = plan.busy(from)
  const after = plan.supposing(wishesOf(plan, relief), () => Math.max(plan.busy(from), plan.busy(relief.to)))
  return high - after
}

/**
 * The groups whose leaving does lighten the thread. Those first that nobody here will miss, or that are wanted over
 * there; of equals, the heaviest.
 */
function sorted(plan: Plan, groups: readonly Group[], to: number): Group[] {
  const relieved = new Map<Group, number>()
  for (const group of groups) {
    const ids = group.actors.map(({ actor }) => actor)
    const ways = plan.relieved(ids, to)
    if (group.burden + ways > 0) relieved.set(group, ways)
  }
  return [...relieved.keys()].sort((a, b) => relieved.get(b)! - relieved.get(a)! || b.burden - a.burden)
}

/** The movable actors of a thread, those that talk with each other together, as long as a group weighs no more than `most`. */
function groupsOf(plan: Plan, thread: number, to: number, most: number): Group[] {
  const groups = new Map<ActorId, Group>()
  for (const actor of plan.free) {
    if (actor.thread === thread) groups.set(actor.actor, { actors: [actor], burden: plan.burden(actor, to, true) })
  }
  const ties: { one: ActorId; other: ActorId; rate: number }[] = []
  for (const one of groups.keys()) {
    for (const { with: other, rate } of plan.links(one)) {
      if (rate >= LIVELY && one < other && groups.has(other)) ties.push({ one, other, rate })
    }
  }
  ties.sort((a, b) => b.rate - a.rate)
  for (const { one, other } of ties) {
    const into = groups.get(one)!
    const from = groups.get(other)!
    if (into === from || into.burden + from.burden > most || into.actors.length + from.actors.length > plan.room)
      continue
    into.burden += from.burden
    into.actors.push(...from.actors)
    for (const { actor } of from.actors) groups.set(actor, into)
  }
  return [...new Set(groups.values())]
}
