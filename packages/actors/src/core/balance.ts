// Which actors should stand elsewhere: the policy behind `balance`, and what a policy of the user's sees and says.
//
// Load first: an overloaded thread gives actors to the least busy one (relief.ts). Then traffic: actors that talk much
// with another thread go there, as far as that overloads nobody (gathering.ts).
//
// Invariants, so that nothing goes to and fro:
// - what should be done is done only once it has been so for PATIENCE rounds in a row;
// - a thread is relieved only where that lowers the greater load of the two by a stated gain, and what traffic does to
//   loads stays below what would call for relief, by a margin;
// - an actor that was moved rests, twice as long after each further move.
import type { ActorId } from './errors.ts'
import { gatherFreely, gatherWherePossible, type Wishes, wishesOf } from './gathering.ts'
import { Plan } from './plan.ts'
import { relieve, type Strained } from './relief.ts'

/** A thread, as sampled over about the last two rounds. */
export interface ThreadLoad {
  readonly thread: number
  /** Share of its time in which it worked, from 0 to 1. */
  readonly busy: number
  /** Share of its time that turns took; the rest of `busy` went into frames, into what runs after an `await`, or into code that is no actor's. */
  readonly turns: number
  /** How many actors it hosts. */
  readonly actors: number
  /** How full its heap is, from 0 to 1. */
  readonly heap: number
  /** Whether it is to be given actors: not thread 0, not one whose heap is past 85 %, not one that does not answer. */
  readonly takes: boolean
}

/** One of the actors that were seen at work. A thread names its 128 busiest; what the others cost is estimated. */
export interface ActorLoad {
  readonly actor: ActorId
  readonly thread: number
  /** Share of a thread's time that its turns took, from 0 to 1. */
  readonly cost: number
  /** False for goroutines, for actors that were placed by hand, and for those of which only messages were seen. */
  readonly movable: boolean
}

/** Two actors that send each other messages; a thread names the 256 pairs that do most. */
export interface Talk {
  readonly between: readonly [ActorId, ActorId]
  /** Messages a second both ways together; an ask and its reply are two. */
  readonly rate: number
}

/** What a policy decides by. All figures are estimates from samples. */
export interface BalanceView {
  readonly threads: readonly ThreadLoad[]
  readonly actors: readonly ActorLoad[]
  readonly talks: readonly Talk[]
}

export interface BalanceMove {
  readonly actor: ActorId
  readonly to: number
}

/**
 * Says which actors are to move, by what was seen (`view`), what it remembered (`memory`, undefined in the first round),
 * and the time (`now`, in ms). It runs on the first thread, once a round. A pure function: its memory is whatever it
 * returns as such. Moves of actors that are not movable, or have ended, are left out.
 */
// oxlint-disable-next-line no-explicit-any -- where it is not said, it is the policy's own affair
export type BalancePolicy<Memory = any> = (
  view: BalanceView,
  memory: Memory | undefined,
  now: number,
) => { readonly moves: readonly BalanceMove[]; readonly memory: Memory }

export interface BalancePolicyOptions {
  /** Moves in one round, at most; 64. */
  readonly moves?: number
  /** ms that an actor stays after its first move; 8,000. Doubled with each further one. */
  readonly rest?: number
}

/** By actor: how often it was moved lately, and until when it stays. */
type Rests = ReadonlyMap<ActorId, { readonly times: number; readonly since: number; readonly until: number }>

export interface BalanceMemory {
  readonly strained: Strained
  readonly wishes: Wishes
  readonly rests: Rests
}
const NOTHING: BalanceMemory = { strained: new Map(), wishes: new Map(), rests: new Map() }

const MOVES = 64
const REST = 8_000
/** Moves after which the rest no longer doubles. */
const MOST_DOUBLINGS = 12

/** The policy of `balance: 'on'`, for programs that want most of it: call it in a policy of your own. */
export function balancePolicy(options: BalancePolicyOptions = {}): BalancePolicy<BalanceMemory> {
  const { moves = MOVES, rest = REST } = options
  return (view, memory = NOTHING, now) => {
    const plan = new Plan(view, moves, actor => now < (memory.rests.get(actor)?.until ?? -Infinity))
    const { wishes, ripe } = wishesOf(plan, memory.wishes)
    gatherFreely(plan, ripe)
    const strained = relieve(plan, memory.strained)
    gatherWherePossible(plan, ripe)
    return { moves: plan.moves, memory: { strained, wishes, rests: restsAfter(memory.rests, plan.moves, rest, now) } }
  }
}

function restsAfter(before: Rests, moves: readonly BalanceMove[], rest: number, now: number): Rests {
  const after = new Map(before)
  // who has stayed for as long again after its rest has settled, and begins anew
  for (const [actor, { since, until }] of before) if (now - until > until - since) after.delete(actor)
  for (const { actor } of moves) {
    const times = after.get(actor)?.times ?? 0
    after.set(actor, { times: times + 1, since: now, until: now + rest * 2 ** Math.min(times, MOST_DOUBLINGS) })
  }
  return after
}
