// The run of a random program: what it may still do, and the chance by which it chooses.
//
// Invariant: `run` is the program that runs now. Handlers are shared by all runs, and know no other way to theirs; so
// programs run one after the other, and each begins with nothing of the one before.
import type { ActorRef } from '../src/core/actor-ref.ts'
import { TroupeError } from '../src/core/errors.ts'
import type { Random } from '../src/testing/random.ts'
import type { Simulation } from '../src/testing/simulation.ts'
import type { World } from '../src/testing/world.ts'
import type { Audit } from './simulation-audit.ts'

/** A program made of chance sends anything to anybody. */
export type Any = any

export interface RunOptions {
  /** Sends and deeds. */
  readonly budget: number
  /** Of the simulation, at least. */
  readonly steps: number
  /** Whether actors move. */
  readonly moves: boolean
  /** Rounds of the drill before all else. */
  readonly drills: number
  /** How many actors go away and come back in it, while they are sent to. */
  readonly returns: number
  /** Whether threads are lost. */
  readonly losses: boolean
}

class Run {
  sim!: Simulation
  world!: World
  random!: Random
  audit!: Audit
  moves = false
  drills = 0
  returns = 0
  losses = false
  least = 0
  budget = 0

  begin(sim: Simulation, world: World, random: Random, audit: Audit, options: RunOptions): void {
    this.sim = sim
    this.world = world
    this.random = random
    this.audit = audit
    this.moves = options.moves
    this.drills = options.drills
    this.returns = options.returns
    this.losses = options.losses
    this.least = options.steps
    this.budget = options.budget
  }
  get steps(): number {
    return this.world.trace.steps
  }
  get goesOn(): boolean {
    return this.budget > 0 || this.steps < this.least
  }
  get threads(): number {
    return this.world.count
  }
  chance(percent: number): boolean {
    return this.random.below(100) < percent
  }
  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!
  }
  /** One of some refs. Where actors move, rather one that has not stopped: one that has tells nothing of moves. */
  anyOf(refs: readonly Any[]): Any {
    let ref = this.pick(refs)
    for (let tries = 3; tries > 0 && this.moves && this.audit.lives.get(ref.id)?.over === true; tries--)
      ref = this.pick(refs)
    return ref
  }
  /** Of a thread that has ended, nothing runs any more: a handler that still waits there is no matter of the core's. */
  hasEnded(actor: string): boolean {
    return actor !== 'main' && this.world.threads[this.audit.placeOf(actor)]!.state !== 'running'
  }
}

export const run = new Run()

/** The thread that a handler runs on. */
export function threadOf(ctx: Any): number {
  return (ctx.self as ActorRef).owner!.core.platform.thread
}
export const codeOf = (error: unknown): string => (error instanceof TroupeError ? error.code : String(error))
