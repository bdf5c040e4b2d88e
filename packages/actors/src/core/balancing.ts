// The rounds of balancing, on the first thread: once in a while it asks all threads what they have found out about their
// actors (sampling.ts), lets the policy decide, and has the moves made that it wants.
//
// Invariants: one round at a time. A thread that does not answer within the round is taken for one that is busy and takes
// nobody. An actor that is on its way is not moved again; no more moves are asked for in a round than allowed, whatever the
// policy says. What goes wrong (a policy that throws, an actor that cannot move) is an event, and the next round comes anyway.
import type { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import {
  type ActorLoad,
  type BalanceMove,
  type BalancePolicy,
  balancePolicy,
  type BalanceView,
  type Talk,
  type ThreadLoad,
} from './balance.ts'
import { checkParts, inWords } from './behavior-value.ts'
import type { Core } from './core.ts'
import { ActorStopped, type ActorId, InvalidCall, isLoss, MoveFailed, SystemClosed } from './errors.ts'
import { sample, type Sample } from './sampling.ts'

/** How a system balances itself. */
export interface BalanceOptions {
  /** ms from one round to the next; 1,000. What should be done is done in the third round in a row that says so. */
  every?: number
  /** Moves in one round, at most; 64. */
  moves?: number
  /** What decides, instead of the policy of 'on'. */
  policy?: BalancePolicy
}

interface Settings {
  readonly every: number
  readonly moves: number
  readonly policy: BalancePolicy
}

const EVERY = 1_000
const MOVES = 64
/** Rounds for which an actor stays after its first move. */
const RESTING = 8

/** The part of a round in which threads may answer. */
const ANSWERING = 0.25
/** A heap that is fuller takes no actors. */
const FULL_HEAP = 0.85

/** What was asked for by `createSystem({ balance })`; undefined is off. Throws InvalidCall. */
export function balanceSettings(call: string, given: 'off' | 'on' | BalanceOptions = 'off'): Settings | undefined {
  if (given === 'off') return undefined
  if (given !== 'on' && (typeof given !== 'object' || given === null)) {
    throw new InvalidCall(`${call}: balance is ${inWords(given)}; pass 'on', 'off', or { every, moves, policy }`)
  }
  const options = given === 'on' ? {} : given
  checkParts(`${call}: balance`, options, ['every', 'moves', 'policy'])
  const { every = EVERY, moves = MOVES, policy = balancePolicy({ moves, rest: every * RESTING }) } = options
  for (const [name, value] of Object.entries({ every, moves })) {
    if (typeof value === 'number' && value > 0) continue
    throw new InvalidCall(`${call}: balance.${name} is ${inWords(value)}; it must be a number above 0`)
  }
  if (typeof policy !== 'function') {
    throw new InvalidCall(`${call}: balance.policy is ${inWords(policy)}; it must be a function of (view, memory, now)`)
  }
  return { every, moves, policy }
}

/** Begins to balance the system of which this is the first thread; it ends with the system. */
export function startBalancing(core: Core, settings: Settings): void {
  new Balancing(core, settings).begin()
}

class Balancing {
  readonly #core: Core
  readonly #settings: Settings
  /** By thread: what it has answered in this round. */
  readonly #samples = new Map<number, Sample>()
  /** Threads that have yet to answer, in this round or an earlier one. */
  readonly #asked = new Set<number>()
  readonly #moving = new Set<ActorId>()
  /** Where actors have been moved to, of those that were seen in the last round. */
  #moved = new Map<ActorId, number>()
  #memory: unknown = undefined

  constructor(core: Core, settings: Settings) {
    this.#core = core
    this.#settings = settings
  }

  begin(): void {
    this.#core.later(this.#settings.every, this.#ask)
  }

  /** The round begins. */
  readonly #ask = (): void => {
    const core = this.#core
    if (core.closing) return
    this.#samples.clear()
    this.#samples.set(core.platform.thread, sample(core))
    for (const thread of core.others()) {
      if (this.#asked.has(thread)) continue
      this.#asked.add(thread)
      core.calls.ask(thread, 'sample', undefined).then(
        found => {
          this.#asked.delete(thread)
          this.#samples.set(thread, found as Sample)
        },
        () => void this.#asked.delete(thread), // it has ended
      )
    }
    core.later(this.#settings.every * ANSWERING, this.#decide)
  }

  readonly #decide = (): void => {
    const core = this.#core
    if (core.closing) return
    try {
      const seen = this.#look()
      const { moves, memory } = this.#settings.policy(seen.view, this.#memory, core.platform.now())
      this.#memory = memory
      for (const move of moves.slice(0, this.#settings.moves)) this.#carryOut(move, seen.addresses)
    } catch (error) {
      core.emit('balanceFailed', { error: core.failures.portable(error) })
    }
    core.later(this.#settings.every * (1 - ANSWERING), this.#ask)
  }

  // ── what the policy sees ────────────────────────────────────────────────────────────────────────────────────

  #look(): { view: BalanceView; addresses: Map<ActorId, Address> } {
    const core = this.#core
    const actors = new Map<ActorId, ActorLoad>()
    const addresses = new Map<ActorId, Address>()
    const known = ({ id: actor, address }: ActorRef, thread: number, cost: number, movable: boolean): void => {
      if (actors.has(actor)) return
      actors.set(actor, { actor, thread, cost, movable })
      addresses.set(actor, address)
    }
    for (const [thread, { loads }] of this.#samples) {
      for (const [ref, cost, movable] of loads) known(ref, thread, cost, movable)
    }
    const talks = new Map<string, Talk>()
    for (const [thread, sample] of this.#samples) {
      for (const [to, from, rate, at] of sample.talks) {
        known(to, thread, 0, false)
        known(from, this.#moved.get(from.id) ?? at, 0, false)
        const between: [ActorId, ActorId] = to.id < from.id ? [to.id, from.id] : [from.id, to.id]
        const key = between.join(' ')
        talks.set(key, { between, rate: (talks.get(key)?.rate ?? 0) + rate })
      }
    }
    this.#moved = new Map([...this.#moved].filter(([actor]) => actors.has(actor)))
    const threads = [core.platform.thread, ...core.others()].map(thread => this.#threadLoad(thread))
    return { view: { threads, actors: [...actors.values()], talks: [...talks.values()] }, addresses }
  }

  #threadLoad(thread: number): ThreadLoad {
    const sample = this.#samples.get(thread)
    if (sample === undefined) return { thread, busy: 1, turns: 0, actors: 0, heap: 0, takes: false }
    const { busy, turns, heap, actors } = sample
    const { platform } = this.#core
    // one whose place is taken in an upgrade is about to end
    const takes = thread !== platform.thread && platform.current(thread) === thread && heap <= FULL_HEAP
    return { thread, busy, turns, heap, actors, takes }
  }

  // ── what it wants ───────────────────────────────────────────────────────────────────────────────────────────

  #carryOut({ actor, to }: BalanceMove, addresses: ReadonlyMap<ActorId, Address>): void {
    const core = this.#core
    const address = addresses.get(actor)
    if (address === undefined) throw new InvalidCall(`balance: the policy was not shown an actor ${inWords(actor)}`)
    if (to !== core.platform.thread && !core.others().includes(to)) {
      throw new InvalidCall(`balance: the policy moves ${actor} to ${inWords(to)}, which is no thread that runs`)
    }
    if (this.#moving.has(actor)) return
    this.#moving.add(actor)
    core.calls.shift(address, to, core.platform.now() + core.limits.askDeadline).then(
      () => {
        this.#moving.delete(actor)
        this.#moved.set(actor, to)
      },
      (error: unknown) => {
        this.#moving.delete(actor)
        if (!isUsual(error))
          core.emit('moveFailed', { actor, to: { thread: to }, error: core.failures.portable(error) })
      },
    )
  }
}

/** It has ended, or was pinned, or its turn took long: nothing that anybody could mend. */
function isUsual(error: unknown): boolean {
  if (error instanceof MoveFailed) return error.why === 'gone' || error.why === 'pinned' || error.why === 'late'
  return error instanceof ActorStopped || isLoss(error) || error instanceof SystemClosed
}
