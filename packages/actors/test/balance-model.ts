// A model of a system that balances itself: threads as queues that serve so much work a second, actors with work of
// their own, and pairs that send each other messages. One step is one round of the policy: what the threads can do of
// what is asked of them, what a sampler would see of that, and the moves.
//
// A thread that is asked for more than it can do is busy all the time, and whoever stands there gets its share; a pair
// does as many messages as the slower of its two threads lets it. With `random`, the view is as rough as samples are.
import type { BalanceMove, BalancePolicy, BalanceView } from '../src/core/balance.ts'
import type { ActorId } from '../src/core/errors.ts'
import type { Random } from '../src/testing/random.ts'

export interface ModelActor {
  thread: number
  /** Share of a thread that it would use, beside its pairs' messages. */
  readonly work: number
  readonly movable: boolean
}
export interface ModelPair {
  readonly one: number
  readonly other: number
  /** Messages a second, both ways, if nothing hinders them. */
  readonly rate: number
}
export interface Workload {
  /** Host threads, numbered from 1; thread 0 takes no actors. */
  readonly threads: number
  readonly actors: ModelActor[]
  readonly pairs: readonly ModelPair[]
}

/** Seconds of work: a message's turn, and what it costs each end if it goes between threads. */
const TURN = 0.5e-6
const CROSSING = 1.5e-6
/** Turns sampled in a round, of a thread that is busy all the time. */
const SAMPLES = 1_000

export class Model {
  readonly workload: Workload
  readonly #policy: BalancePolicy
  readonly #random: Random | undefined
  #memory: unknown = undefined
  #now = 0
  /** All that were carried out, with their round. */
  readonly moves: (BalanceMove & { readonly round: number })[] = []
  round = 0

  constructor(workload: Workload, policy: BalancePolicy, random?: Random) {
    this.workload = workload
    this.#policy = policy
    this.#random = random
  }

  run(rounds: number): void {
    for (let i = 0; i < rounds; i++) this.step()
  }

  step(): readonly BalanceMove[] {
    this.#now += 1_000
    this.round++
    const { moves, memory } = this.#policy(this.view(), this.#memory, this.#now)
    this.#memory = memory
    for (const move of moves) {
      this.workload.actors[numberOf(move.actor)]!.thread = move.to
      this.moves.push({ ...move, round: this.round })
    }
    return moves
  }

  /** By thread: how much is asked of it; 1 is all that it can do. */
  demands(): number[] {
    const { threads, actors, pairs } = this.workload
    const demands = new Array<number>(threads + 1).fill(0)
    for (const { thread, work } of actors) demands[thread]! += work
    for (const pair of pairs) {
      const [one, other] = this.#placesOf(pair)
      const crossing = one === other ? 0 : pair.rate * CROSSING
      demands[one]! += (pair.rate / 2) * TURN + crossing
      demands[other]! += (pair.rate / 2) * TURN + crossing
    }
    return demands
  }
  /** Messages a second that pairs get done, and how many of them go between threads. */
  traffic(): { done: number; crossing: number } {
    const served = this.demands().map(demand => Math.min(1, 1 / demand))
    let done = 0
    let crossing = 0
    for (const pair of this.workload.pairs) {
      const [one, other] = this.#placesOf(pair)
      const rate = pair.rate * Math.min(served[one]!, served[other]!)
      done += rate
      if (one !== other) crossing += rate
    }
    return { done, crossing }
  }

  view(): BalanceView {
    const { threads, actors, pairs } = this.workload
    const demands = this.demands()
    const served = demands.map(demand => Math.min(1, 1 / demand))
    const costs = actors.map(({ work, thread }) => work * served[thread]!)
    const talks: BalanceView['talks'][number][] = []
    for (const pair of pairs) {
      const [one, other] = this.#placesOf(pair)
      const rate = pair.rate * Math.min(served[one]!, served[other]!)
      costs[pair.one]! += (rate / 2) * TURN
      costs[pair.other]! += (rate / 2) * TURN
      talks.push({ between: [idOf(pair.one), idOf(pair.other)], rate: this.#seen(rate, rate * TURN) })
    }
    const seen = costs.map(cost => this.#seen(cost, cost))
    return {
      threads: Array.from({ length: threads + 1 }, (_, thread) => ({
        thread,
        busy: Math.min(1, demands[thread]!),
        turns: sum(seen.filter((_cost, actor) => actors[actor]!.thread === thread)),
        actors: actors.filter(actor => actor.thread === thread).length,
        heap: 0.2,
        takes: thread > 0,
      })),
      actors: actors.map(({ thread, movable }, actor) => ({ actor: idOf(actor), thread, movable, cost: seen[actor]! })),
      talks,
    }
  }

  #placesOf({ one, other }: ModelPair): [number, number] {
    const { actors } = this.workload
    return [actors[one]!.thread, actors[other]!.thread]
  }
  /** A figure as it is estimated from the samples that fall on so large a share of a thread. */
  #seen(figure: number, share: number): number {
    const random = this.#random
    if (random === undefined || share <= 0) return figure
    const expected = share * SAMPLES
    return figure * (poisson(expected, random) / expected)
  }
}

const idOf = (actor: number): ActorId => `actor#${actor}` as ActorId
export const numberOf = (id: ActorId): number => Number(id.slice(id.indexOf('#') + 1))
export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Knuth's product of uniforms; for large means the normal distribution that it comes close to. */
function poisson(mean: number, random: Random): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
  }
  const end = Math.exp(-mean)
  let count = 0
  for (let product = random.unit(); product > end; product *= random.unit()) count++
  return count
}
