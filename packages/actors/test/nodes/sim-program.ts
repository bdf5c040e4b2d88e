// Random programs on two or three nodes, between which actors spawn, ask, tell, watch and move, while ways are cut and mended,
// nodes are killed, and nodes that others cannot hear are declared down. What must hold is looked at after every step, and when
// all has come to rest.
//
// Invariant: node a is never lost by itself: of a cut that lasts any side may be declared down, but one node goes on always. What
// the callback does it does in the name of some node: of one that is gone it expects nothing.
import { ActorRef } from '../../src/core/actor-ref.ts'
import { MoveFailed, TroupeError } from '../../src/core/errors.ts'
import { node as placed, type Place } from '../../src/index.ts'
import { runCluster, type SimCluster, type SimNode } from '../../src/testing/sim-cluster.ts'
import { Random } from '../../src/testing/random.ts'
import { Census } from './sim-census.ts'
import { maker, merge, type Mover, mover, type Report, sink, source, split } from './sim-actors.ts'

/** ms, longer than any deadline of the program, and than what nobody has used for a second. */
const LONG = 10_000
const DEADLINE = 300
/** ms that an answer that is due may take until it is heard. */
const SLACK = 60
const LIMITS = {
  askDeadline: DEADLINE,
  turnLimit: 2_000,
  capacity: 10_000,
  bytes: 2 ** 20,
  snapshot: 2 ** 20,
  vault: 2 ** 16,
}
/** ms for which a node that was suspect may still be told of as such. */
const ECHO = 100

export interface Chances {
  /** Of 100 deeds, how many are faults. */
  readonly faults: number
  readonly kills: boolean
  readonly deeds: number
  /** Whether goroutines select from channels of several nodes, too. */
  readonly selects: boolean
  /** Whether nothing happens from time to time, for so long that threads forget where actors are. */
  readonly pauses: boolean
}
const CHANCES: Chances = { faults: 12, kills: true, deeds: 60, selects: false, pauses: false }
/** ms in which what nobody uses has been forgotten. */
const PAUSE = 3_500

/** Runs the program of a seed; gives what was wrong. `coverage` counts what it has met. */
export async function runNodes(
  seed: number,
  coverage: Map<string, number>,
  wanted: Partial<Chances> = {},
): Promise<string[]> {
  const violations: string[] = []
  const random = new Random(seed + 0.5 * 2 ** 32)
  const counts = Array.from({ length: 2 + random.below(2) }, () => 1 + random.below(3))
  let program: Program | undefined
  const onStep = (): void => program?.note()
  const room = random.below(3) === 0 ? 600 : 1 << 20
  const parts = { seed, counts, limits: LIMITS, latency: 6, steps: 400_000, room, onStep }
  try {
    await runCluster(parts, async cluster => {
      program = new Program(cluster, random, violations, coverage, { ...CHANCES, ...wanted })
      await program.run()
    })
  } catch (error) {
    const { cause } = error as Error
    violations.push(`${String(error)} ${cause instanceof Error ? cause.stack : ''}`)
  }
  return violations
}

/** An actor's ref, as the callback has it in some node's name. */
interface Known {
  readonly ref: Mover
  readonly by: SimNode
}

/** The same actor's ref, as another node has it. */
function as({ ref }: Known, by: SimNode): Mover {
  const { home, birth, serial, protocol } = (ref as unknown as ActorRef).address
  const { places: theirs, platform } = protocol.core
  const { core } = by.world.threads[0]!
  const known = core.behaviors.protocol(by.world.protocols.intern(platform.protocols.text(protocol.number)))
  const here = (thread: number): number => core.places.number(theirs.text(thread))
  return new ActorRef(core.address(known, here(home), here(birth), serial), undefined) as unknown as Mover
}

class Program {
  readonly census: Census
  readonly #cluster: SimCluster
  readonly #random: Random
  readonly #violations: string[]
  readonly #coverage: Map<string, number>
  readonly #chances: Chances
  readonly #roots: Known[] = []
  readonly #children: Known[] = []
  readonly #names = new Map<string, string>()
  readonly #stopped = new Set<string>()
  /** By node and actor: what the callback has told it. */
  readonly #told = new Map<string, number>()
  /** What has not ended yet, and in whose name it is done. */
  readonly #open = new Map<string, SimNode>()
  readonly #watched: [eye: string, id: string][] = []
  /** Whether some node has been, and whether it went on. */
  #lost = false
  #expelled = false
  /** When some node was last seen as suspect by another. */
  #suspected = -Infinity
  #count = 0
  #over = false

  constructor(
    cluster: SimCluster,
    random: Random,
    violations: string[],
    coverage: Map<string, number>,
    chances: Chances,
  ) {
    this.#cluster = cluster
    this.#random = random
    this.#violations = violations
    this.#coverage = coverage
    this.#chances = chances
    this.census = new Census(cluster, violations)
  }
  #saw(what: string, times = 1): void {
    this.#coverage.set(what, (this.#coverage.get(what) ?? 0) + times)
  }
  #check(kept: boolean, what: () => string): void {
    if (!kept) this.#violations.push(what())
  }
  #below(n: number): number {
    return this.#random.below(n)
  }
  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!
  }
  /** After each step. */
  note(): void {
    this.census.note()
    if (this.#cluster.nodes.some(({ sees }) => [...sees.values()].includes('suspect'))) this.#suspected = this.#now
  }
  get #now(): number {
    return this.#cluster.course.now
  }

  async run(): Promise<void> {
    this.#listen()
    await this.#spawn()
    for (let left = this.#chances.deeds; left > 0; left--) {
      if (this.#below(100) < this.#chances.faults) this.#fault()
      else this.#deed()
      if (this.#chances.pauses && this.#below(8) === 0) await this.#cluster.course.sleep(PAUSE)
      await this.#cluster.course.sleep(this.#below(4) === 0 ? 0 : this.#random.unit() * 12)
    }
    await this.#rest()
  }

  #listen(): void {
    for (const { name, events } of this.#cluster.nodes) {
      for (const event of ['moved', 'nameLost'] as const) events.on(event, () => this.#saw(event))
      events.on('deadLetter', ({ reason, count }: { reason: string; count: number }) =>
        this.#saw(`dead letter: ${reason}`, count),
      )
      events.on('fault', ({ actor, error }: { actor: string; error: unknown }) => {
        if (!(error instanceof TroupeError)) this.#violations.push(`${actor} on ${name} has a fault: ${String(error)}`)
      })
    }
  }

  async #spawn(): Promise<void> {
    for (let n = 0; n < 5; n++) {
      const by = this.#pick(this.#cluster.nodes)
      const name = n < 2 ? { name: `name ${n}` } : {}
      const ref = (await by.system.spawn(mover, undefined, { on: this.#place(), ...name })) as unknown as Mover
      this.#roots.push({ ref, by })
      if (n < 2) this.#names.set(`name ${n}`, ref.id)
    }
  }

  /** A node that is not known to be gone, or a thread of it. */
  #place(by?: SimNode): Place {
    const { name, world } = this.#pick(this.#cluster.nodes.filter(({ id }) => by?.sees.get(id) !== 'down'))
    return this.#below(2) === 0 ? placed(name) : { node: name, thread: this.#below(world.count) }
  }
  #any(): Known {
    return this.#pick([...this.#roots, ...this.#roots, ...this.#children])
  }

  // ── what happens ──────────────────────────────────────────────────────────────────────────────────────────────

  #deed(): void {
    const what = this.#below(this.#chances.selects ? 26 : 22)
    const by = this.#pick(this.#cluster.living)
    const ref = as(this.#any(), by)
    const other = as(this.#any(), by)
    for (let left = this.#below(4); left > 0; left--) this.#tell(by, this.#any())
    if (what < 8) return this.#wait('move', by, () => ref.move(this.#place(by)), 2 * DEADLINE)
    if (what < 11) return ref.tell.send(other, 1 + this.#below(3))
    if (what < 13) return this.#wait('ask', by, () => ref.ask.inc())
    if (what === 13) return this.#wait('pass', by, () => ref.ask.pass(other))
    if (what === 14) return this.#watch(ref, other)
    if (what === 15) return ref.tell.arm(this.#below(60))
    if (what === 16) return ref.tell.go(this.#place(by))
    if (what === 17) return this.#child(by, ref)
    if (what === 18) return this.#channel(by)
    if (what === 19) return this.#lookUp(by)
    if (what === 20 && this.#below(4) === 0) return this.#stop(by, ref)
    if (what > 21) return this.#selects(by)
    this.#wait('ready', by, () => ref.ready(), Infinity)
  }
  #tell(by: SimNode, to: Known): void {
    const key = `${by.name} ${to.ref.id}`
    const number = (this.#told.get(key) ?? 0) + 1
    this.#told.set(key, number)
    as(to, by).tell.note(by.name, number)
  }
  #watch(ref: Mover, eye: Mover): void {
    if (eye.id === ref.id || this.#watched.some(([by, id]) => by === eye.id && id === ref.id)) return
    this.#watched.push([eye.id, ref.id])
    eye.tell.watch(ref)
  }
  #child(by: SimNode, ref: Mover): void {
    const place = this.#place(by)
    this.#wait('child', by, async () => {
      const child = await ref.ask.child(place)
      if (child !== undefined) this.#children.push({ ref: child, by })
    })
  }
  #stop(by: SimNode, ref: Mover): void {
    if (this.#stopped.has(ref.id)) return
    this.#stopped.add(ref.id)
    this.#wait('stop', by, () => ref.stop(), Infinity)
  }
  #lookUp(by: SimNode): void {
    const [name, id] = this.#pick([...this.#names])
    const look = async (): Promise<void> => {
      const ref = await by.system.lookup(mover, name)
      this.#saw(ref === undefined ? 'lookup: nobody' : 'lookup: found')
      this.#check(ref === undefined || ref.id === id, () => `${name} is ${id}, and lookup finds ${ref?.id}`)
    }
    this.#wait('lookup', by, look, 3 * DEADLINE)
  }
  #channel(by: SimNode): void {
    const channel = by.system.channel({ capacity: this.#below(4) }) as never
    const count = 1 + this.#below(12)
    this.#wait('send', by, () => by.system.go(source(channel, count), { on: this.#place(by) }).done, Infinity)
    const receive = async (): Promise<void> => {
      const numbers = await by.system.go(sink(channel), { on: this.#place(by) }).done
      const right = numbers.every((number, at) => number === at + 1)
      this.#check(right, () => `a channel gave ${numbers.join()}`)
      this.#check(numbers.length === count || this.#lost, () => `a channel gave ${numbers.length} of ${count}`)
    }
    this.#wait('receive', by, receive, Infinity)
  }

  /** Two selects for each other, at two channels that may be at home on two nodes. */
  #selects(by: SimNode): void {
    const other = this.#pick(this.#cluster.living)
    const one = by.system.channel({ capacity: this.#below(3) }) as never
    const count = 1 + this.#below(12)
    const choose = async (): Promise<void> => {
      // the second one has its home on the node that it was made on
      const two = other === by ? (by.system.channel({ capacity: this.#below(3) }) as never) : await this.#far(by, other)
      this.#wait('split', by, () => by.system.go(split(one, two, count), { on: this.#place(by) }).done, Infinity)
      const numbers = await by.system.go(merge(one, two), { on: this.#place(by) }).done
      const all = numbers.flat().toSorted((a, b) => a - b)
      const right = all.every((number, at) => at === 0 || number > all[at - 1]!)
      const ascending = numbers.every(some => some.every((number, at) => at === 0 || number > some[at - 1]!))
      this.#check(right && ascending, () => `two channels gave ${numbers.map(some => some.join()).join(' and ')}`)
      this.#check(all.length === count || this.#lost, () => `two channels gave ${all.length} of ${count}`)
    }
    this.#wait('merge', by, choose, Infinity)
  }
  /** A channel that another node has made. */
  async #far(by: SimNode, other: SimNode): Promise<never> {
    return (await by.system.go(maker(this.#below(3)), { on: placed(other.name) }).done) as never
  }

  // ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────

  #fault(): void {
    const cluster = this.#cluster
    const living = cluster.living
    if (living.length < 2) return
    const one = this.#pick(living)
    const two = this.#pick(living.filter(node => node !== one))
    const what = this.#chances.kills ? this.#below(10) : this.#below(8)
    if (what < 8) {
      this.#saw(what < 3 ? 'cut one way' : 'cut')
      cluster.cut(one, two)
      if (what >= 3) cluster.cut(two, one)
      void this.#mendLater(one, two, this.#chances.kills && this.#below(5) === 0)
    } else if (what === 8) {
      this.#saw('killed')
      this.#lose(two)
      cluster.kill(two)
    } else {
      this.#saw('expelled while it was heard')
      this.#lose(two)
      this.#expelled = true
      void cluster.expel(two)
    }
  }
  /** A cut ends, or lasts: then one side is declared down. */
  async #mendLater(one: SimNode, two: SimNode, lasts: boolean): Promise<void> {
    const { course } = this.#cluster
    await course.after(this.#random.unit() * (this.#below(3) === 0 ? 400 : 40), undefined)
    if (!this.#cluster.isCut(one, two)) return
    if (!lasts || this.#over || one.life !== 'runs' || two.life !== 'runs') return this.#cluster.mend(one, two)
    const loser = this.#below(2) === 0 ? one : two
    this.#saw('declared down')
    this.#lose(loser)
    this.#expelled = true
    await this.#cluster.expel(loser)
  }
  #lose(node: SimNode): void {
    this.#lost = true
    this.census.losing(node)
  }
  /** `within`: ms that it may take. */
  #wait(what: string, by: SimNode, run: () => Promise<unknown>, within = DEADLINE): void {
    const name = `${what} ${++this.#count} by ${by.name}`
    const begun = this.#now
    this.#open.set(name, by)
    const ended = (how: string): void => {
      this.#saw(`${what}: ${how}`)
      this.#open.delete(name)
      const took = this.#now - begun
      this.#check(took <= within + SLACK || by.life !== 'runs', () => `${name} took ${took} ms`)
      const doubted = how !== 'move-in-doubt' || this.#now - this.#suspected < ECHO
      this.#check(
        doubted,
        () => `${name} is in doubt, and no node has been suspect for ${this.#now - this.#suspected} ms`,
      )
    }
    const end = async (): Promise<unknown> => await run() // what is thrown at once counts too
    end().then(
      () => ended('done'),
      (error: unknown) => {
        if (error instanceof MoveFailed) ended(error.why)
        else if (error instanceof TroupeError) ended(error.code)
        else {
          this.#violations.push(`${name} ended with ${String(error)}`)
          ended('strange')
        }
      },
    )
  }

  // ── afterwards ────────────────────────────────────────────────────────────────────────────────────────────────

  async #rest(): Promise<void> {
    const { course, nodes, living } = this.#cluster
    this.#over = true
    for (const one of living) for (const two of living) if (one !== two) this.#cluster.mend(one, two)
    await course.sleep(LONG)
    for (const [name, by] of this.#open) {
      // as in Go, whoever waits at a channel whose other side is gone waits for ever
      const waits = this.#lost && /^(send|receive|split|merge) /.test(name)
      this.#check(waits || by.life !== 'runs', () => `${name} never ended`)
    }
    const places = new Map(this.census.living())
    this.#checkLives(places)
    const reports = await this.#reports(places)
    for (const [id, report] of reports) this.#checkReport(id, report)
    for (const [eye, id] of this.#watched) {
      const heard = reports.get(eye)?.ends[id]
      // it may not have been told to watch, as a node was lost
      if (heard !== undefined) this.#checkWatch(eye, id, heard, places.has(id))
      else this.#check(this.#lost || !reports.has(eye), () => `${eye} was told to watch ${id}, and does not`)
    }
    for (const node of nodes) {
      if (node.life !== 'runs') continue
      for (const [name, id] of this.#names) {
        const found = (await node.system.lookup(mover, name))?.id
        const right = (found === id) === places.has(id)
        // who goes to a node that some have declared down, and others not yet, keeps its name
        this.#check(right || this.#expelled, () => `${name} is ${id}, and ${node.name} finds ${found}`)
      }
    }
    await course.sleep(LONG)
    this.census.rested()
  }

  #checkLives(places: ReadonlyMap<string, string>): void {
    for (const { ref } of [...this.#roots]) {
      const { id } = ref
      const lives = places.has(id)
      if (this.#stopped.has(id)) this.#check(!lives || this.#lost, () => `${id} was stopped, and lives`)
      else this.#check(lives || this.census.lost.has(id), () => `${id} is gone, and no node was lost with it`)
    }
  }
  /** What each that lives says of itself to some node. */
  async #reports(places: ReadonlyMap<string, string>): Promise<Map<string, Report>> {
    const reports = new Map<string, Report>()
    for (const known of [...this.#roots, ...this.#children]) {
      if (!places.has(known.ref.id)) continue
      const by = this.#pick(this.#cluster.living)
      const ref = as(known, by)
      try {
        reports.set(ref.id, await ref.ask.report())
      } catch (error) {
        this.#violations.push(`${ref.id} on ${places.get(ref.id)} does not answer ${by.name}: ${String(error)}`)
      }
    }
    return reports
  }
  #checkReport(id: string, { heard, set, fired }: Report): void {
    for (const [from, numbers] of Object.entries(heard)) {
      const ascending = numbers.every((number, at) => at === 0 || number > numbers[at - 1]!)
      const once = new Set(numbers).size === numbers.length
      // what passes by a node that is lost may come in another order, but not twice
      if (!ascending) this.#saw('heard in another order')
      this.#check(ascending || (this.#lost && once), () => `${id} heard ${numbers.join()} from ${from}`)
      this.#check(
        this.#lost || numbers.at(-1) === numbers.length,
        () => `${id} heard only ${numbers.join()} from ${from}`,
      )
    }
    this.#check(fired === set, () => `${id} has set ${set} timers, and ${fired} have fired`)
    if (this.#lost) return
    for (const [key, count] of this.#told) {
      const [from, to] = key.split(' ')
      if (to === id)
        this.#check(
          heard[from!]?.length === count,
          () => `${id} was told ${count} by ${from}, and heard ${heard[from!]?.length}`,
        )
    }
  }
  #checkWatch(eye: string, id: string, heard: readonly string[], lives: boolean): void {
    for (const why of heard) this.#saw(`watch: ${why}`)
    this.#check(heard.length === (lives ? 0 : 1), () => {
      return `${id} ${lives ? 'lives' : 'has ended'}, and ${eye} heard of its end: ${heard.join() || 'nothing'}`
    })
  }
}
