// Random programs in which threads are lost again and again, one by one, two at once, or the heir while it inherits, while actors
// move, send, watch, and are stopped. What must hold is looked at after every step, and when all has come to rest.
//
// Invariant: threads 0 and 1 are never lost. Some actors move between these two only, and hear only from each other and from the
// callback: to them a loss is nothing, so each message comes once, in order, and none is a dead letter.
import { runWorld, type Simulation } from '../../src/testing/simulation.ts'
import type { World } from '../../src/testing/world.ts'
import { type Ref, TroupeError } from '../../src/index.ts'
import { Census } from './census.ts'
import { type Heard, kept, lazy, type Noting, plain } from './loss-actors.ts'

const THREADS = 5
const SAFE = [0, 1]
/** ms, longer than any deadline of the program, and than what nobody has used for a second. */
const LONG = 10_000
const LIMITS = {
  askDeadline: 300,
  turnLimit: 400,
  capacity: 10_000,
  bytes: 2 ** 20,
  snapshot: 2 ** 20,
  vault: 2 ** 20,
}
const rules = { replaceThreads: true, blockedAfter: Infinity, endBlockedAfter: Infinity }

/** Runs the program of a seed; gives what was wrong. `coverage` counts what it has met. */
export async function runLosses(seed: number, coverage: Map<string, number>): Promise<string[]> {
  const violations: string[] = []
  let census: Census | undefined
  const onStep = (): void => census?.note()
  const parts = { seed, count: THREADS, limits: LIMITS, latency: 10, steps: 400_000, rules, onStep }
  try {
    await runWorld(parts, async (sim, world) => {
      const program = new Program(sim, world, violations, coverage)
      census = program.census
      await program.run()
    })
  } catch (error) {
    const { cause } = error as Error
    violations.push(`${String(error)} ${cause instanceof Error ? cause.stack : ''}`)
  }
  return violations
}

class Program {
  readonly census: Census
  readonly #sim: Simulation
  readonly #world: World
  readonly #violations: string[]
  readonly #coverage: Map<string, number>
  readonly #roots: Noting[] = []
  readonly #names = new Map<string, Noting>()
  readonly #safe: Noting[] = []
  readonly #children: Noting[] = []
  readonly #stopped = new Set<string>()
  /** By actor: what the callback has told it. */
  readonly #told = new Map<string, number>()
  /** What has not ended yet. */
  readonly #open = new Set<string>()
  readonly #dead = new Map<string, number>()
  #watched: [eye: Noting, id: string][] = []
  #count = 0

  constructor(sim: Simulation, world: World, violations: string[], coverage: Map<string, number>) {
    this.#sim = sim
    this.#world = world
    this.#violations = violations
    this.#coverage = coverage
    this.census = new Census(world, { violations, check: (kept, what) => this.#check(kept, what) })
  }
  #saw(what: string, times = 1): void {
    this.#coverage.set(what, (this.#coverage.get(what) ?? 0) + times)
  }
  #check(kept: boolean, what: () => string): void {
    if (!kept) this.#violations.push(what())
  }
  #below(n: number): number {
    return Math.floor(this.#sim.random() * n)
  }
  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!
  }

  async run(): Promise<void> {
    this.#listen()
    await this.#spawn()
    for (let left = 40 + this.#below(40); left > 0; left--) {
      this.#deed()
      if (this.#below(12) === 0) this.#lose()
      await this.#sim.sleep(this.#below(4) === 0 ? 0 : this.#sim.random() * 15)
    }
    await this.#rest()
  }

  #listen(): void {
    const sim = this.#sim
    sim.on('deadLetter', ({ to, reason, count }) => {
      this.#saw(`dead letter: ${reason}`, count)
      this.#dead.set(to, (this.#dead.get(to) ?? 0) + count)
    })
    for (const event of ['threadLost', 'threadReplaced', 'moved', 'revived'] as const) {
      sim.on(event, () => this.#saw(event))
    }
    sim.on('fault', ({ actor, error }) => this.#violations.push(`${actor} has a fault: ${String(error)}`))
    // an heir that is lost while it inherits
    sim.on('threadReplaced', ({ by }) => {
      if (this.#count > 0 && this.#below(6) === 0) void this.#loseSoon(by)
    })
  }
  async #loseSoon(thread: number): Promise<void> {
    await this.#sim.sleep(this.#sim.random() * 15)
    if (this.#count === 0) return
    this.#saw('heir lost')
    this.#sim.loseThread(thread)
  }

  async #spawn(): Promise<void> {
    const sim = this.#sim
    for (const thread of SAFE) {
      for (let n = 0; n < 2; n++) this.#safe.push((await sim.spawn(plain, undefined, { on: { thread } })) as Noting)
    }
    for (let n = 0; n < 8; n++) {
      const on = { thread: this.#below(THREADS) }
      const options = n < 3 ? { on, name: `name ${n}` } : { on }
      const ref = (await sim.spawn(this.#pick([plain, kept, lazy]) as typeof plain, undefined, options)) as Noting
      this.#roots.push(ref)
      if (n < 3) this.#names.set(`name ${n}`, ref)
    }
    this.#count = this.#roots.length
  }

  /** Of those that were not stopped. */
  #any(): Noting {
    const ref = this.#pick([...this.#roots, ...this.#roots, ...this.#children])
    return this.#stopped.has(ref.id) ? this.#roots[0]! : ref
  }

  // ── what happens ──────────────────────────────────────────────────────────────────────────────────────────────

  #deed(): void {
    const what = this.#below(20)
    for (let left = this.#below(4); left > 0; left--) this.#tell(this.#pick([this.#any(), this.#pick(this.#safe)]))
    if (what < 7) return this.#move(this.#any(), this.#below(THREADS))
    if (what < 9) return this.#move(this.#pick(this.#safe), this.#pick(SAFE))
    if (what < 12) return this.#any().tell.send(this.#any(), 1 + this.#below(3))
    if (what < 14) return this.#pick(this.#safe).tell.send(this.#pick(this.#safe), 1 + this.#below(3))
    if (what === 14) return this.#wait('ask', this.#any().ask.heard())
    if (what === 15) return this.#wait('pass', this.#any().ask.pass(this.#any()))
    if (what === 16) return this.#wait('ready', this.#any().ready())
    if (what === 17) return this.#watch(this.#any())
    if (what === 18) return this.#child()
    if (this.#below(4) === 0) this.#stop(this.#any())
  }
  #tell(ref: Noting): void {
    const number = (this.#told.get(ref.id) ?? 0) + 1
    this.#told.set(ref.id, number)
    ref.tell.note('main', number)
  }
  #move(ref: Noting, thread: number): void {
    this.#wait('move', ref.move({ thread }))
  }
  #watch(ref: Noting): void {
    const eye = this.#pick(this.#safe)
    if (this.#watched.some(([by, id]) => by === eye && id === ref.id)) return
    this.#watched.push([eye, ref.id])
    eye.tell.watch(ref)
  }
  #child(): void {
    const parent = this.#roots.find(({ id }) => id.startsWith('plain') && !this.#stopped.has(id))
    if (parent === undefined) return
    const { ask } = parent as Ref<typeof plain>
    this.#wait(
      'child',
      ask.child(this.#pick(['plain', 'kept'])).then(ref => this.#children.push(ref)),
    )
  }
  #stop(ref: Noting): void {
    if (ref === this.#roots[0]) return
    this.#stopped.add(ref.id)
    this.#wait('stop', ref.stop())
  }
  #lose(): void {
    this.#sim.loseThread(2 + this.#below(THREADS - 2))
    if (this.#below(4) > 0) return
    this.#saw('two at once')
    this.#sim.loseThread(2 + this.#below(THREADS - 2))
  }

  #wait(what: string, end: Promise<unknown>): void {
    const name = `${what} ${++this.#count}`
    this.#open.add(name)
    const ended = (how: string): void => {
      this.#saw(`${what}: ${how}`)
      this.#open.delete(name)
    }
    end.then(
      () => ended('done'),
      (error: unknown) => ended(error instanceof TroupeError ? error.code : this.#strange(name, error)),
    )
  }
  #strange(name: string, error: unknown): string {
    this.#violations.push(`${name} ended with ${String(error)}`)
    return 'strange'
  }

  // ── afterwards ────────────────────────────────────────────────────────────────────────────────────────────────

  async #rest(): Promise<void> {
    const sim = this.#sim
    this.#count = 0
    await sim.sleep(LONG)
    for (const name of this.#open) this.#violations.push(`${name} never ended`)
    const found = this.census.living()
    for (const ref of this.#roots) {
      const lives = found.has(ref.id)
      this.#check(
        lives !== this.#stopped.has(ref.id),
        () => `${ref.id} ${lives ? 'was stopped, and lives' : 'is gone'}`,
      )
      if (lives) this.#checkHeard(ref.id, await this.#heardBy(ref), false)
    }
    for (const ref of this.#safe) this.#checkHeard(ref.id, await this.#heardBy(ref), true)
    await this.#checkWatches(found)
    for (const [name, ref] of this.#names) {
      const at = await sim.lookup(ref.id.startsWith('plain') ? plain : ref.id.startsWith('kept') ? kept : lazy, name)
      this.#check((at?.id === ref.id) === found.has(ref.id), () => `${name} is ${ref.id}, and lookup finds ${at?.id}`)
    }
    await sim.sleep(LONG)
    this.census.rested()
    for (const { core, thread, state } of this.#world.threads) {
      this.#check(state !== 'running' || core.heirs.isIdle, () => `thread ${thread} still waits for an heir, or is one`)
    }
  }
  async #heardBy(ref: Noting): Promise<Heard> {
    try {
      return await ref.ask.heard()
    } catch (error) {
      this.#violations.push(`${ref.id} does not answer: ${String(error)}`)
      return {}
    }
  }
  /** `whole`: nothing can be missing. */
  #checkHeard(id: string, heard: Heard, whole: boolean): void {
    for (const [from, numbers] of Object.entries(heard)) {
      const ascending = numbers.every((number, at) => at === 0 || number > numbers[at - 1]!)
      // what passes by several threads that are lost within moments may come in another order, but not twice
      if (!ascending) this.#saw('heard in another order')
      this.#check(ascending || (!whole && new Set(numbers).size === numbers.length), () => {
        return `${id} heard ${numbers.join()} from ${from}`
      })
      this.#check(!whole || numbers.at(-1) === numbers.length, () => `${id} heard only ${numbers.join()} from ${from}`)
    }
    if (!whole) return
    const count = heard['main']?.length ?? 0
    this.#check(count === (this.#told.get(id) ?? 0), () => `${id} was told ${this.#told.get(id)}, and heard ${count}`)
    this.#check(!this.#dead.has(id), () => `${id}: ${this.#dead.get(id)} dead letters`)
  }
  async #checkWatches(found: ReadonlySet<string>): Promise<void> {
    for (const [eye, id] of this.#watched) {
      const heard = (await eye.ask.ends())[id] ?? []
      const lives = found.has(id)
      for (const why of heard) this.#saw(`watch: ${why}`)
      this.#check(heard.length === (lives ? 0 : 1), () => {
        return `${id} ${lives ? 'lives' : 'has ended'}, and ${eye.id} heard of its end: ${heard.join() || 'nothing'}`
      })
    }
  }
}
