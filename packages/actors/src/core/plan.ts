// What a round of balancing is about to do: the loads, places and talks that a policy sees, with the moves that have been
// decided already taken into account.
//
// Invariants: an actor moves at most once in a round, and only one that may and has rested; no more moves than are
// allowed; all that is asked here (where an actor is, what it would save, how busy a thread is) counts the moves before.
import type { ActorLoad, BalanceMove, BalanceView, ThreadLoad } from './balance.ts'
import type { ActorId } from './errors.ts'

/** Rounds in a row after which something is believed. */
export const PATIENCE = 3
/** Messages a second between two actors, or saved by a move, from which on they matter. */
export const LIVELY = 100

/**
 * What a thread does beside its turns and the ways between threads counts as the turns', up to so many times: what runs
 * after an await. Past that it is likely to be work of no actor.
 */
const MOST_HIDDEN = 4
/** Seconds of work that a message costs each of two threads, beyond what it would within one: more where they sleep. */
const CROSSING = 1e-6

interface Link {
  readonly with: ActorId
  readonly rate: number
}
/** One actor's move. */
export interface Wish {
  readonly actor: ActorLoad
  readonly to: number
  /** What the actor takes along: share of a thread's time. What it saves or adds between the two threads comes on top. */
  readonly burden: number
}

export class Plan {
  readonly moves: BalanceMove[] = []
  readonly threads: readonly ThreadLoad[]
  readonly #takers: readonly number[]
  readonly #most: number
  #busy = new Map<number, number>()
  readonly #at = new Map<ActorId, number>()
  readonly #free = new Map<ActorId, ActorLoad>()
  readonly #links = new Map<ActorId, Link[]>()
  readonly #changed = new Set<number>()
  /** By thread: busy time for each part of it that turns took. */
  readonly #hidden = new Map<number, number>()
  /** By thread: the share of its time that is taken by turns of movable actors which are too small to be named. */
  readonly #unnamed = new Map<number, number>()

  constructor(view: BalanceView, most: number, rests: (actor: ActorId) => boolean) {
    this.#most = most
    this.threads = view.threads
    this.#takers = view.threads.filter(({ takes }) => takes).map(({ thread }) => thread)
    for (const load of view.actors) {
      this.#at.set(load.actor, load.thread)
      if (load.movable && !rests(load.actor)) this.#free.set(load.actor, load)
    }
    for (const { between, rate } of view.talks) {
      const [one, other] = between
      if (one === other || !this.#at.has(one) || !this.#at.has(other)) continue
      this.#link(one, other, rate)
      this.#link(other, one, rate)
    }
    for (const thread of view.threads) this.#weigh(thread, view.actors)
  }

  #weigh({ thread, busy, turns }: ThreadLoad, actors: readonly ActorLoad[]): void {
    let free = 0
    let named = 0
    let crossing = 0
    let others = turns
    for (const { actor, thread: at, cost } of actors) {
      if (at !== thread) continue
      named++
      if (this.#free.has(actor)) free++
      others -= cost
      crossing += this.#crossing(this.#rate(actor, there => there !== thread))
    }
    this.#busy.set(thread, busy)
    this.#hidden.set(thread, turns > 0 ? Math.max(1, Math.min((busy - crossing) / turns, MOST_HIDDEN)) : 1)
    this.#unnamed.set(thread, named === 0 ? 0 : Math.max(0, others) * (free / named))
  }
  #link(from: ActorId, to: ActorId, rate: number): void {
    const links = this.#links.get(from)
    if (links === undefined) this.#links.set(from, [{ with: to, rate }])
    else links.push({ with: to, rate })
  }

  // ── as things stand ─────────────────────────────────────────────────────────────────────────────────────────

  /** How many more moves may be made. */
  get room(): number {
    return this.#most - this.moves.length
  }
  /** Those that may be moved still. */
  get free(): readonly ActorLoad[] {
    return [...this.#free.values()]
  }
  isFree({ actor }: ActorLoad): boolean {
    return this.#free.has(actor)
  }
  busy(thread: number): number {
    return this.#busy.get(thread) ?? 0
  }
  at(actor: ActorId): number {
    return this.#at.get(actor)!
  }
  links(actor: ActorId): readonly Link[] {
    return this.#links.get(actor) ?? []
  }
  /** The threads that take actors, but for one of them. */
  takers(but: number): number[] {
    return this.#takers.filter(thread => thread !== but)
  }
  takes(thread: number): boolean {
    return this.#takers.includes(thread)
  }

  /** Messages a second that an actor exchanges with others, by where they are. */
  #rate(actor: ActorId, where: (thread: number) => boolean): number {
    let rate = 0
    for (const link of this.links(actor)) if (where(this.at(link.with))) rate += link.rate
    return rate
  }
  /** Messages a second that would no longer go between threads if these actors of one thread went to another one. */
  saved(actors: readonly ActorId[], to: number): number {
    let saved = 0
    for (const actor of actors) {
      const here = this.at(actor)
      for (const link of this.links(actor)) {
        const there = this.at(link.with)
        if (there === to) saved += link.rate
        else if (there === here && !actors.includes(link.with)) saved -= link.rate
      }
    }
    return saved
  }
  /** The same as share of each of the two threads' time. */
  relieved(actors: readonly ActorId[], to: number): number {
    return this.#crossing(this.saved(actors, to))
  }
  #crossing(rate: number): number {
    return rate * CROSSING
  }

  /**
   * What an actor takes along to another thread: its turns and its messages with third threads; `all` says that it is
   * charged with its part of what else its thread does.
   */
  burden({ actor, thread, cost }: ActorLoad, to: number, all: boolean): number {
    const hidden = all ? this.#hidden.get(thread)! : 1
    return cost * hidden + this.#crossing(this.#rate(actor, there => there !== thread && there !== to))
  }
  /** The same for all movable actors of a thread that are too small to be named. */
  unnamed(thread: number): number {
    return this.#unnamed.get(thread)! * this.#hidden.get(thread)!
  }

  // ── moves ───────────────────────────────────────────────────────────────────────────────────────────────────

  move(wish: Wish): void {
    this.#shift(wish)
    this.#free.delete(wish.actor.actor)
    this.moves.push({ actor: wish.actor.actor, to: wish.to })
    this.#changed.add(wish.actor.thread).add(wish.to)
  }
  /** Whether an actor has come to the thread, or left it. */
  changed(thread: number): boolean {
    return this.#changed.has(thread)
  }
  /** What `look` finds if all these moves were made; they are not. */
  supposing<T>(wishes: readonly Wish[], look: () => T): T {
    const busy = this.#busy
    this.#busy = new Map(busy)
    for (const wish of wishes) this.#shift(wish)
    const found = look()
    for (const { actor } of wishes) this.#at.set(actor.actor, actor.thread)
    this.#busy = busy
    return found
  }
  #shift({ actor: { actor }, to, burden }: Wish): void {
    const from = this.at(actor)
    const relieved = this.relieved([actor], to)
    this.#busy.set(from, Math.max(0, this.busy(from) - burden - relieved))
    this.#busy.set(to, Math.max(0, this.busy(to) + burden - relieved))
    this.#at.set(actor, to)
  }
}
