// Who joins whom: an actor that exchanges more messages with another thread than with its own goes there.
//
// Invariants: it goes when it has wished to, and to the same thread, for PATIENCE rounds in a row, and when that saves
// LIVELY messages a second or more between threads, and the other thread has MORE times what its own has. Either the
// other thread becomes no busier by it, as what comes along costs less than the way has cost; or it becomes no busier
// than COMFORT, or than others by MARGIN: both well below what calls for relief. Two that may not go one by one are
// exchanged where both together may.
import type { ActorLoad } from './balance.ts'
import type { ActorId } from './errors.ts'
import { LIVELY, PATIENCE, type Plan, type Wish } from './plan.ts'
import { GAP, HOT } from './relief.ts'

const MORE = 1.5
const COMFORT = HOT - 0.1
const MARGIN = GAP - 0.1

/** By actor: where it wishes to be, and for how many rounds in a row. */
export type Wishes = ReadonlyMap<ActorId, { readonly to: number; readonly rounds: number }>

/** A wish that is old enough to be believed. */
interface RipeWish extends Wish {
  readonly saved: number
}

/** Where actors wish to be, and those wishes that are ripe, by their worth. */
export function wishesOf(plan: Plan, before: Wishes): { wishes: Wishes; ripe: ReadonlyMap<ActorId, RipeWish> } {
  const wishes = new Map<ActorId, { to: number; rounds: number }>()
  const ripe: [ActorId, RipeWish][] = []
  for (const actor of plan.free) {
    const best = bestOf(plan, actor)
    if (best === undefined) continue
    const { to, saved } = best
    const last = before.get(actor.actor)
    const rounds = last?.to === to ? last.rounds + 1 : 1
    wishes.set(actor.actor, { to, rounds })
    if (rounds >= PATIENCE) ripe.push([actor.actor, { actor, to, burden: plan.burden(actor, to, false), saved }])
  }
  return { wishes, ripe: new Map(ripe.sort(([, a], [, b]) => b.saved - a.saved)) }
}

/** Where an actor would save most messages between threads, if anywhere enough. */
function bestOf(plan: Plan, actor: ActorLoad): { to: number; saved: number } | undefined {
  const rates = new Map<number, number>()
  for (const { with: other, rate } of plan.links(actor.actor)) {
    const there = plan.at(other)
    rates.set(there, (rates.get(there) ?? 0) + rate)
  }
  const here = rates.get(actor.thread) ?? 0
  let best: { to: number; saved: number } | undefined
  for (const [to, rate] of rates) {
    const saved = rate - here
    if (to === actor.thread || saved < LIVELY || rate < here * MORE || !plan.takes(to)) continue
    if (best === undefined || saved > best.saved) best = { to, saved }
  }
  return best
}

/** Whether a thread may become so busy as it would be by some moves, from as busy as it was. */
type Bound = (plan: Plan, wish: Wish, before: number) => boolean

/** Plans the moves that make no thread busier: these are for the sake of load as well. */
export function gatherFreely(plan: Plan, ripe: ReadonlyMap<ActorId, RipeWish>): void {
  gather(plan, ripe, isNoBusier, () => {})
}
/** Plans what else there is room for. */
export function gatherWherePossible(plan: Plan, ripe: ReadonlyMap<ActorId, RipeWish>): void {
  const blocked: Wish[] = []
  gather(plan, ripe, isBearable, wish => {
    if (!exchanged(plan, wish, blocked)) blocked.push(wish)
  })
}

function gather(plan: Plan, ripe: ReadonlyMap<ActorId, RipeWish>, may: Bound, cannot: (wish: Wish) => void): void {
  for (const wish of ripe.values()) {
    if (plan.room === 0) return
    const partner = partnerOf(plan, wish, ripe)
    if (partner !== undefined && carriedOut(plan, partner, may)) continue
    if (!carriedOut(plan, wish, may)) cannot(wish)
  }
}

/** Of two that wish to come to each other, the one on the busier thread shall go: the other one's wish, if that is it. */
function partnerOf(plan: Plan, { actor, to }: Wish, ripe: ReadonlyMap<ActorId, Wish>): Wish | undefined {
  if (plan.busy(to) <= plan.busy(actor.thread)) return undefined
  let most = 0
  let partner: Wish | undefined
  for (const { with: other, rate } of plan.links(actor.actor)) {
    if (rate <= most || plan.at(other) !== to) continue
    most = rate
    partner = ripe.get(other)
  }
  return partner?.to === actor.thread ? partner : undefined
}

function carriedOut(plan: Plan, wish: Wish, may: Bound): boolean {
  if (!isWorth(plan, wish) || !allMay(plan, [wish], may)) return false
  plan.move(wish)
  return true
}

/** Moves the actor, and one that could not go the other way. */
function exchanged(plan: Plan, wish: Wish, blocked: readonly Wish[]): boolean {
  if (plan.room < 2 || !isWorth(plan, wish)) return false
  for (const other of blocked) {
    if (other.to !== wish.actor.thread || wish.to !== other.actor.thread) continue
    if (!plan.supposing([wish], () => isWorth(plan, other)) || !allMay(plan, [wish, other], isBearable)) continue
    plan.move(wish)
    plan.move(other)
    return true
  }
  return false
}

/** Whether the wish still holds, after what others have done meanwhile. */
function isWorth(plan: Plan, { actor, to }: Wish): boolean {
  return plan.isFree(actor) && plan.saved([actor.actor], to) >= LIVELY
}

function allMay(plan: Plan, wishes: readonly Wish[], may: Bound): boolean {
  const before = wishes.map(({ to }) => plan.busy(to))
  return plan.supposing(wishes, () => wishes.every((wish, i) => may(plan, wish, before[i]!)))
}
function isNoBusier(plan: Plan, { to }: Wish, before: number): boolean {
  return plan.busy(to) <= before
}
function isBearable(plan: Plan, wish: Wish, before: number): boolean {
  const { actor, to } = wish
  const busy = plan.busy(to)
  if (busy < COMFORT || isNoBusier(plan, wish, before)) return true
  return [actor.thread, ...plan.takers(to)].every(other => busy - plan.busy(other) < MARGIN)
}
