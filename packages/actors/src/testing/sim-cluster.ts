// Several nodes in one simulation: worlds with one course of time, a hub each, and a link between any two.
//
// Who is there is not found out by the protocol of real nodes, which has a simulation of its own, but said by an oracle, which
// keeps to what that protocol promises. Invariants: a node that cannot be heard is suspect after a while, and no longer once it
// can be; one that was killed, or declared down, is down at all others at times of the seed's choice, for good. Who was declared
// down goes on for a while, hears of it, closes, and ends.
import { EventEmitter } from 'eventemitter3'
import { Course, type CourseOptions } from './course.ts'
import { SimHub } from './sim-hub.ts'
import { type LinkLimits, SimLink } from './sim-link.ts'
import { SimulatedSystem, type Simulation, SimulationFailed } from './simulation.ts'
import { World, type WorldOptions } from './world.ts'

export interface ClusterParts
  extends Omit<WorldOptions, 'emit' | 'node' | 'count'>, Omit<CourseOptions, 'heard'>, Pick<LinkLimits, 'room'> {
  /** How many threads each node has, thread 0 included. */
  readonly counts: readonly number[]
}

/** ms. */
const SUSPECTED = 30
const KNOWN = 40
const EXPELLED = 60
/** Clocks are ahead of the course's by less: what is sent of them has 32 bits, and they have more. */
const AHEAD = 2 ** 33

type Life = 'runs' | 'expelled' | 'over'

export class SimNode {
  readonly name: string
  readonly id: string
  readonly world: World
  readonly hub: SimHub
  readonly system: Simulation
  readonly events = new EventEmitter()
  /** expelled: others say that it is down. over: it has ended. */
  life: Life = 'runs'
  /** By id: how it sees the others. */
  readonly sees = new Map<string, 'up' | 'suspect' | 'down'>()
  readonly links = new Map<string, SimLink>()

  constructor(course: Course, at: number, parts: ClusterParts) {
    const { seed, counts, limits, latency, rules, lane, Lane } = parts
    this.name = String.fromCharCode(97 + at)
    this.id = `${this.name}~1`
    const emit = (event: string, data: unknown): void => {
      try {
        this.events.emit(event, data)
      } catch (error) {
        course.fail(error)
      }
    }
    const ahead = course.random.below(AHEAD)
    const options = { count: counts[at]!, limits, latency, ...(rules && { rules }), ...(lane && { lane }) }
    this.world = new World(course, {
      ...options,
      ...(Lane && { Lane }),
      emit,
      node: { id: this.id, ahead, first: first(at) },
    })
    this.hub = new SimHub(this.world)
    course.addStepper(this.hub)
    this.system = new SimulatedSystem(this.world, this.events, seed) as unknown as Simulation
  }

  /** What others are told of it. */
  info(state: 'up' | 'suspect'): object {
    const { threads, count, lines } = this.world
    const numbers = count === 1 ? [0] : Array.from({ length: count - 1 }, (_, line) => lines.current(line + 1))
    const living = numbers.filter(number => !threads[number]!.gone)
    return { id: this.id, state, threads: living.map(number => [number, threads[number]!.actors]), behaviors: [] }
  }
  /** Nothing of it does anything any more. */
  stop(): void {
    if (this.life === 'over') return
    this.life = 'over'
    this.hub.killed = true
    for (const thread of this.world.threads) thread.state = 'lost'
    for (const link of this.links.values()) link.breakOff()
  }
}

/** Texts that no other node's tables begin with. */
function first(at: number): Record<'methods' | 'protocols' | 'places', string[]> {
  const some = (count: number, text: (n: number) => string): string[] =>
    Array.from({ length: count }, (_, n) => text(n))
  return {
    methods: some(3 * at, n => `of-${at}-${n}`),
    protocols: some(2 * at, n => JSON.stringify({ name: `of-${at}-${n}`, version: 1, methods: [] })),
    places: some(at, n => `x~${at}/${n}`),
  }
}

export class SimCluster {
  readonly course: Course
  readonly nodes: readonly SimNode[]
  #senior = ''

  constructor(course: Course, parts: ClusterParts) {
    this.course = course
    this.nodes = parts.counts.map((_, at) => new SimNode(course, at, parts))
    this.nodes.forEach((one, at) => {
      for (const two of this.nodes.slice(0, at)) this.#link(one, two, parts)
      one.hub.onThread = () => this.#tellAgain(one)
    })
  }
  #link(one: SimNode, two: SimNode, limits: LinkLimits): void {
    const [near, far] = SimLink.pair(one.hub, two.hub, limits)
    one.links.set(two.id, near)
    two.links.set(one.id, far)
    for (const [node, link] of [
      [one, near],
      [two, far],
    ] as const) {
      this.course.addStepper(link)
      node.hub.hub.attached(link)
    }
  }

  /** Resolves when all know of each other. */
  async begin(): Promise<void> {
    for (const node of this.nodes) for (const other of this.#others(node)) this.#see(node, other, 'up')
    this.#lead()
    while (
      this.nodes.some(({ world }) => world.threads.some(({ core }) => core.nodes.all.length < this.nodes.length - 1))
    ) {
      await this.course.sleep(1)
    }
  }
  #others(node: SimNode): SimNode[] {
    return this.nodes.filter(other => other !== node)
  }
  get living(): SimNode[] {
    return this.nodes.filter(({ life }) => life === 'runs')
  }

  // ── who is there ──────────────────────────────────────────────────────────────────────────────────────────────

  async #in(longest: number, run: () => void): Promise<void> {
    await this.course.after(this.course.random.delay(longest) + this.course.random.unit() * 0.1 * longest, undefined)
    run()
  }
  #see(node: SimNode, other: SimNode, state: 'up' | 'suspect'): void {
    if (node.life === 'over' || node.sees.get(other.id) === state || node.sees.get(other.id) === 'down') return
    node.sees.set(other.id, state)
    node.hub.hub.tellAll('node', [other.info(state)])
  }
  #end(node: SimNode, other: SimNode, why: string): void {
    if (node.life !== 'runs' || node.sees.get(other.id) === 'down') return
    node.sees.set(other.id, 'down')
    node.hub.hub.end(other.id, why)
    node.hub.hub.flush()
  }
  /** A thread has begun: it hears of all. */
  #tellAgain(node: SimNode): void {
    for (const other of this.#others(node)) {
      const state = node.sees.get(other.id)
      if (state === 'up' || state === 'suspect') node.hub.hub.tellAll('node', [other.info(state)])
    }
    if (node.life === 'runs') node.hub.hub.tellAll('senior', [this.#senior])
  }
  /** The node that has been there longest keeps the names; each hears who that is when it does. */
  #lead(): void {
    const [senior] = this.living
    if (senior === undefined || senior.id === this.#senior) return
    this.#senior = senior.id
    for (const node of this.living) {
      void this.#in(KNOWN, () => {
        if (node.life === 'runs') node.hub.hub.tellAll('senior', [this.#senior])
      })
    }
  }

  // ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What `from` sends to `to` arrives no more until that is mended. */
  cut(from: SimNode, to: SimNode): void {
    from.links.get(to.id)!.isCut = true
    for (const [node, other] of [
      [from, to],
      [to, from],
    ] as const) {
      void this.#in(SUSPECTED, () => {
        if (this.isCut(from, to)) this.#see(node, other, 'suspect')
      })
    }
  }
  isCut(one: SimNode, two: SimNode): boolean {
    return one.links.get(two.id)!.isCut || two.links.get(one.id)!.isCut
  }
  /** Both ways are whole again. */
  mend(one: SimNode, two: SimNode): void {
    for (const [node, other] of [
      [one, two],
      [two, one],
    ] as const) {
      node.links.get(other.id)!.mend()
      void this.#in(SUSPECTED, () => {
        if (!this.isCut(one, two) && one.life !== 'expelled' && two.life !== 'expelled') this.#see(node, other, 'up')
      })
    }
  }
  /** A process ends as by `kill -9`. */
  kill(node: SimNode): void {
    if (node.life === 'over') return
    const known = node.life === 'expelled'
    node.stop()
    this.#lead()
    if (known) return
    for (const other of this.#others(node)) void this.#in(KNOWN, () => this.#end(other, node, 'it was killed'))
  }
  /** A node is declared down by others while it runs; it learns that some time later, and closes. Resolves when it has ended. */
  async expel(node: SimNode): Promise<void> {
    if (node.life !== 'runs') return
    node.life = 'expelled'
    this.#lead()
    for (const other of this.#others(node)) {
      void this.#in(KNOWN, () => this.#end(other, node, 'it was not heard'))
      void this.#in(SUSPECTED, () => this.#see(node, other, 'suspect'))
    }
    await this.course.after(KNOWN + this.course.random.delay(EXPELLED), undefined)
    if (node.life !== 'expelled') return
    await node.system.close()
    node.stop()
  }

  /** All nodes end in order. */
  async close(): Promise<void> {
    await Promise.all(this.living.map(({ system }) => system.close()))
  }
}

/** Runs nodes a, b, … in virtual time, and gives what the callback returns. Rejects with SimulationFailed. */
export async function runCluster<T>(parts: ClusterParts, run: (cluster: SimCluster) => Promise<T>): Promise<T> {
  const course: Course = new Course({ ...parts, heard: () => true })
  try {
    const cluster = new SimCluster(course, parts)
    const value = await course.go(async () => {
      await cluster.begin()
      return await run(cluster)
    })
    await course.go(() => cluster.close())
    if (course.outsider !== undefined) throw course.outsider
    return value
  } catch (error) {
    throw new SimulationFailed(parts.seed, course.now, error)
  }
}
