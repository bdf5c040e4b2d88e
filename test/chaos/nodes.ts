// Actors that move at random between processes, under load, while processes are killed (SIGKILL), stopped for a while (SIGSTOP), or, as
// the subject `leaving`, told to leave, and started again. What must hold is in node-verdict.ts.
//
// Invariants: nothing happens to the nodes in SAFE, anything to the others; half of the actors never are on those. An actor that is
// lost is replaced by another of its kind, and its name: so there is always the same load.
import { setTimeout as sleep } from 'node:timers/promises'
import { createSystem, node, type Ref, type System } from '@troupe/actors'
import { add, generator, mib, resident } from './chance.ts'
import type { Options, Outcome } from './main.ts'
import { census, guard, roamer, talker, listener } from './node-actors.ts'
import { judge, type Kind, type Report } from './node-verdict.ts'
import { type Outage, Processes } from './processes.ts'

/** This process is the first. */
const FIRST = 'first'
const SAFE = [FIRST, 'safe']
const VICTIMS = ['one', 'two', 'three']
/** In turn, to a node of chance: so a short run has all of them. */
const OUTAGES: readonly Outage[] = ['kill', 'stop', 'pause']
/** Of each kind so many, of which half stay on nodes to which nothing happens. */
const EACH = 12
const GUARDS = 2
const BETWEEN = 700
/** ms after which any move has ended, and what it was sent; after which an ask that this process makes must have ended. */
const [PATIENCE, LOOK] = [5_000, 300]
const MOST_LATE = 5_000
/** ms after which the name of one that is lost must be free, whatever has happened to other nodes meanwhile. */
const FREE_WITHIN = 15_000
/** How a move may end beside well: its node, or the actor, is gone, or ends with its node, or cannot be reached for now, or in time. */
const REFUSALS = new Set(['gone', 'pinned', 'late', 'node-lost', 'stopped', 'move-in-doubt'])
/** What is said of one that has ended. */
const ENDED = new Set(['node-lost', 'stopped'])
/** Bytes that a run may leave behind: buffers and pools that stay. */
const MAY_STAY = 96 * 1024 * 1024

interface Actor {
  readonly kind: Kind
  readonly name: string
  readonly ref: Ref<{}>
  readonly safe: boolean
}

export function nodes(options: Options): Promise<Outcome> {
  return happen(options, OUTAGES)
}
/** The same, with nodes that leave in order among them. */
export function leaving(options: Options): Promise<Outcome> {
  return happen(options, [...OUTAGES, 'leave'])
}
async function happen({ seconds, seed, signal }: Options, outages: readonly Outage[]): Promise<Outcome> {
  const run = new Run(generator(seed), signal, outages)
  try {
    await run.begin()
    // what each process grows to under load is not what is to be found out
    await run.chaos(seconds * 500)
    const before = resident()
    await run.chaos(seconds * 500)
    await run.settle()
    const after = resident()
    const outcome = await run.outcome()
    if (after - before > MAY_STAY) run.violations.push(`memory: ${mib(before)} MiB before, ${mib(after)} MiB after`)
    const counts = { ...outcome, 'MiB half-way': mib(before), 'MiB at the end': mib(after) }
    return { counts, violations: run.violations }
  } finally {
    await run.end()
  }
}

class Run {
  readonly violations: string[] = []
  readonly #random: () => number
  readonly #signal: AbortSignal
  readonly #outages: readonly Outage[]
  #strikes = 0
  readonly #processes = new Processes()
  #actors: Actor[] = []
  /** Ids of those that have been lost; those in whose place there is none yet, and since when. */
  readonly #lost: string[] = []
  #missing: (Omit<Actor, 'ref'> & { since: number })[] = []
  readonly #counts = { moves: 0, refused: {}, outages: {}, lost: {}, notSpawned: {}, events: {} }
  /** Moves that have not ended, in words. */
  readonly #moving = new Set<string>()
  #asked = 0
  #system!: System
  #census!: Ref<typeof census>
  readonly #guards: Ref<typeof guard>[] = []

  constructor(random: () => number, signal: AbortSignal, outages: readonly Outage[]) {
    this.#random = random
    this.#signal = signal
    this.#outages = outages
  }
  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }
  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!
  }

  async begin(): Promise<void> {
    const system = (this.#system = await createSystem({ threads: 1, node: this.#processes.options(FIRST, FIRST) }))
    for (const event of ['nodeChanged', 'minority', 'deadLetter', 'moveFailed'] as const) {
      system.on(event, () => add(this.#counts.events, event))
    }
    const wrong = (what: string) => void this.violations.push(`first: ${what}`)
    system.on('linkFailed', ({ error }) => wrong(error.message))
    system.on('expelled', ({ why }) => wrong(why))
    system.on('fault', ({ actor, method, error }) => wrong(`${actor} failed at ${method}: ${String(error)}`))
    await Promise.all([...SAFE.slice(1), ...VICTIMS].map(name => this.#processes.start(name, FIRST)))
    while (!this.#isWhole()) await sleep(10)
    this.#census = await system.spawn(census)
    for (let n = 0; n < GUARDS; n++) this.#guards.push(await system.spawn(guard, undefined, { on: node(SAFE[n]!) }))
    for (const kind of ['listener', 'roamer', 'talker'] as const) {
      for (let n = 0; n < EACH; n++) await this.#spawn({ kind, name: `${kind}-${n}`, safe: n % 2 === 0 })
    }
  }
  #isWhole = (): boolean => this.#there().length === SAFE.length + VICTIMS.length
  /** The nodes that are there, as far as is known. */
  #there(): string[] {
    return this.#system.nodes().flatMap(one => (one.state === 'up' ? [one.node] : []))
  }

  async #spawn({ kind, name, safe }: Omit<Actor, 'ref'>, since = performance.now()): Promise<void> {
    const options = { name, on: node(this.#one(safe ? SAFE : this.#there())) }
    try {
      const ref =
        kind === 'listener'
          ? await this.#system.spawn(listener, undefined, options)
          : kind === 'roamer'
            ? await this.#system.spawn(roamer, this.#census, options)
            : await this.#system.spawn(talker, this.#listeners(), options)
      this.#actors.push({ kind, name, ref, safe })
      for (const one of this.#guards) await one.ask.watch(ref)
    } catch (error) {
      // its node has just gone; or its name is still that of one that is lost, which it may be until all have heard of that
      add(this.#counts.notSpawned, codeOf(error))
      if (performance.now() - since < FREE_WITHIN) this.#missing.push({ kind, name, safe, since })
      else this.violations.push(`there is no ${name} again: ${String(error)}`)
    }
  }
  #listeners(): Ref<typeof listener>[] {
    return this.#of<typeof listener>('listener').map(one => one.ref)
  }
  #of<B>(kind: Kind): { ref: Ref<B>; safe: boolean }[] {
    return this.#actors.flatMap(one => (one.kind === kind ? [{ ref: one.ref as Ref<B>, safe: one.safe }] : []))
  }

  async chaos(ms: number): Promise<void> {
    const until = performance.now() + ms
    let next = performance.now() + Math.min(BETWEEN, ms / 2)
    while (performance.now() < until && !this.#signal.aborted) {
      for (let moves = 1 + this.#below(6); moves > 0; moves--) this.#move()
      if (performance.now() >= next) {
        next = performance.now() + BETWEEN
        this.#strike()
        await this.#replace()
      }
      await sleep(this.#below(10))
    }
  }
  #move(): void {
    const watched = this.#below(20) > 0
    const { ref, safe } = watched ? this.#one(this.#actors) : { ref: this.#one(this.#guards), safe: true }
    const to = this.#one(safe ? SAFE : this.#there())
    const words = `move ${++this.#asked}, of ${ref.id} to ${to}`
    this.#moving.add(words)
    ref
      .move(node(to))
      .then(
        () => void this.#counts.moves++,
        (error: unknown) => {
          const reason = (error as { why?: string }).why ?? codeOf(error)
          add(this.#counts.refused, reason)
          if (!REFUSALS.has(reason)) this.violations.push(`${words}: ${String(error)}`)
        },
      )
      .finally(() => this.#moving.delete(words))
  }
  #strike(): void {
    const how = this.#outages[this.#strikes % this.#outages.length]!
    const ms = how === 'pause' ? 50 + this.#below(600) : 2_500 + this.#below(1_500)
    const from = this.#below(VICTIMS.length)
    if (![...VICTIMS.slice(from), ...VICTIMS.slice(0, from)].some(name => this.#processes.strike(name, how, ms))) return
    this.#strikes++
    add(this.#counts.outages, how)
  }

  /** For each actor that was lost there is a new one. */
  async #replace(): Promise<void> {
    const ended = await Promise.all(this.#actors.map(one => this.#hasEnded(one)))
    const lost = this.#actors.filter((_, n) => ended[n])
    const missing = this.#missing
    if (lost.length + missing.length === 0) return
    this.#actors = this.#actors.filter(one => !lost.includes(one))
    this.#missing = []
    for (const one of missing) await this.#spawn(one, one.since)
    for (const one of lost) {
      this.#lost.push(one.ref.id)
      add(this.#counts.lost, one.kind)
      if (one.safe) this.violations.push(`${one.ref.id} is gone, and never was where that could be`)
      await this.#spawn(one)
    }
    for (const { ref } of this.#of<typeof talker>('talker')) ref.tell.meet(this.#listeners())
  }
  /** A lost ask may have been on its way to where the actor was before; those that are made after that mean the actor. */
  async #hasEnded(one: Actor): Promise<boolean> {
    for (let look = 0; look < 3; look++) if (!ENDED.has(await this.#fate(one))) return false
    return true
  }
  /** What is said to somebody who asks it, or 'none'. */
  async #fate({ kind, ref }: Actor): Promise<string> {
    const limited = ref.with({ deadline: LOOK })
    const began = performance.now()
    try {
      if (kind === 'listener') await (limited as Ref<typeof listener>).ask.echo(1)
      else if (kind === 'roamer') await (limited as Ref<typeof roamer>).ask.number()
      else await (limited as Ref<typeof talker>).ask.report()
      return 'none'
    } catch (error) {
      return codeOf(error)
    } finally {
      const ms = performance.now() - began
      if (ms > LOOK + MOST_LATE) this.violations.push(`an ask to ${ref.id} took ${ms} ms; its deadline was ${LOOK}`)
    }
  }

  /** Waits until nothing is on its way any more. */
  async settle(): Promise<void> {
    const deadline = performance.now() + 60_000
    while (!this.#isWhole() && performance.now() < deadline) await sleep(100)
    if (!this.#isWhole()) this.violations.push(`in the end there are only the nodes ${this.#there().join(', ')}`)
    await sleep(PATIENCE)
    while (this.#moving.size > 0 && performance.now() < deadline) await sleep(100)
    await this.#replace()
    while (this.#missing.length > 0) await sleep(100).then(() => this.#replace())
    await this.#findSilent()
    for (const { ref } of this.#of<typeof talker>('talker')) await ref.ask.hush()
    for (const words of this.#moving) this.violations.push(`${words}, has not ended`)
    let last = ''
    for (let quiet = 0; quiet < 5 && performance.now() < deadline;) {
      await sleep(200)
      const reports = await Promise.all(this.#listeners().map(ref => ref.ask.report()))
      const now = JSON.stringify(reports.map(one => one.heard))
      quiet = now === last ? quiet + 1 : 0
      last = now
    }
  }

  /** Whoever says nothing, though all nodes are there, is a violation; without it the rest can be judged. */
  async #findSilent(): Promise<void> {
    const fates = await Promise.all(
      this.#actors.map(async one => {
        let fate = ''
        for (let look = 0; look < 10 && fate !== 'none'; look++) fate = await this.#fate(one)
        return fate
      }),
    )
    for (const [n, { ref }] of this.#actors.entries()) {
      if (fates[n] !== 'none') this.violations.push(`${ref.id} does not answer, and all nodes are there: ${fates[n]}`)
    }
    this.#actors = this.#actors.filter((_, n) => fates[n] === 'none')
  }

  async outcome(): Promise<Outcome['counts']> {
    const { counts, violations } = judge(await this.#report())
    this.violations.push(...violations, ...this.#processes.faults)
    for (const { name, kind, ref } of this.#actors) {
      const found = await this.#system.lookup({ listener, roamer, talker }[kind], name)
      if (found?.id !== ref.id) this.violations.push(`the name ${name} is that of ${found?.id}, not of ${ref.id}`)
    }
    const { moves, refused, outages, lost, notSpawned, events } = this.#counts
    const { counts: processes } = this.#processes
    const losses = { 'actors lost': lost, 'not replaced at once': notSpawned }
    return { moves, 'not moved': refused, outages, processes, ...losses, events, ...counts }
  }
  async #report(): Promise<Report> {
    const listeners = this.#of<typeof listener>('listener').map(async ({ ref, safe }) => {
      return { id: ref.id, safe, ...(await ref.ask.report()) }
    })
    const talkers = this.#of<typeof talker>('talker').map(async ({ ref, safe }) => {
      return { id: ref.id, safe, ...(await ref.ask.report()) }
    })
    return {
      listeners: await Promise.all(listeners),
      talkers: await Promise.all(talkers),
      census: await this.#census.ask.report(),
      guards: await Promise.all(this.#guards.map(ref => ref.ask.report())),
      living: this.#actors.map(one => one.ref.id),
      lost: this.#lost,
    }
  }
  async end(): Promise<void> {
    this.#processes.end()
    await this.#system.close()
  }
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error)
}
