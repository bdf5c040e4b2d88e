// A course of faults, chosen by one seed: some nodes start, things happen to them for a while, then the network is well
// again and everybody runs; who was killed stays dead, and some were started again.
import { Random } from '../../src/testing/random.ts'
import { Audit } from './membership-audit.ts'
import { type SimNode, World } from './membership-world.ts'

export interface Course {
  readonly world: World
  readonly audit: Audit
  /** What was done, for who reads a failure. */
  readonly story: string[]
}

/** Longest time, ms, from the last fault until all that live agree: a suspect's probation, and a vote. */
export const AGREEMENT = 12_000

type Deed = (course: Course, random: Random) => string | undefined

const pick = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)]!
const seedsOf = (world: World): string[] => world.nodes.slice(0, 3).map(({ address }) => address)

function two(world: World, random: Random): [SimNode, SimNode] {
  const living = world.living()
  const one = pick(random, living)
  const other = pick(random, living.length > 1 ? living.filter(node => node !== one) : living)
  return [one, other]
}

const deeds: readonly (readonly [times: number, deed: Deed])[] = [
  [3, killed(true)],
  [2, killed(false)],
  [3, restarted],
  [2, left],
  [2, joined],
  [4, paused],
  [4, parted],
  [3, cutBetween],
  [3, cutOneWay],
  [3, flapping],
  [3, closed],
  [4, healed],
  [2, worse],
]

function killed(evident: boolean): Deed {
  return ({ world }, random) => {
    if (world.living().length < 2) return undefined
    const node = pick(random, world.living())
    world.kill(node, evident)
    return `${node.id} is killed${evident ? '' : ', without a trace'}`
  }
}
function restarted({ world }: Course, random: Random): string | undefined {
  const gone = world.nodes.filter(node => !world.living().some(({ address }) => address === node.address))
  if (gone.length === 0) return undefined
  const { id, address } = pick(random, gone)
  const name = id.slice(0, id.indexOf('~'))
  const join = world.living().map(one => one.address)
  // its own address among them, as in a list of seeds that is the same everywhere, would let it found another cluster
  return `${world.start(name, join.slice(0, 3), { addresses: [address] }).id} starts again`
}
function left({ world }: Course, random: Random): string | undefined {
  if (world.living().length < 3) return undefined
  const node = pick(random, world.living())
  world.leave(node, random.below(1_000))
  return `${node.id} leaves`
}
function joined({ world }: Course, random: Random): string | undefined {
  if (world.nodes.length > 12) return undefined
  const join = random.below(2) === 0 ? seedsOf(world) : [pick(random, world.living()).address]
  return `${world.start(`n${world.nodes.length}`, join).id} joins`
}
function paused({ world }: Course, random: Random): string {
  const node = pick(random, world.living())
  const ms = 100 + random.below(random.below(2) === 0 ? 1_500 : 6_000)
  world.pause(node, ms)
  return `${node.id} pauses for ${ms} ms`
}
function parted({ world }: Course, random: Random): string {
  const side = world.living().filter(() => random.below(2) === 0)
  for (const one of side) for (const other of world.nodes) if (!side.includes(other)) world.cutBoth(one, other)
  return `${side.map(({ id }) => id).join()} parted from the others`
}
function cutBetween({ world }: Course, random: Random): string {
  const [one, other] = two(world, random)
  world.cutBoth(one, other)
  return `nothing between ${one.id} and ${other.id}`
}
function cutOneWay({ world }: Course, random: Random): string {
  const [one, other] = two(world, random)
  world.cutOne(one, other)
  return `nothing from ${one.id} to ${other.id}`
}
function flapping({ world }: Course, random: Random): string {
  const [one, other] = two(world, random)
  const period = 100 + random.below(3_000)
  for (let i = 0; i < 6; i++) {
    world.after(i * period, () => (i % 2 === 0 ? world.cutBoth(one, other) : world.heal(one, other)))
    world.after(i * period + 1, () => world.close(one.id, other.id))
  }
  return `${one.id} and ${other.id} flap every ${period} ms`
}
function closed({ world }: Course, random: Random): string {
  const [one, other] = two(world, random)
  world.close(one.id, other.id)
  return `${one.id} and ${other.id} lose their connection`
}
function healed({ world }: Course): string {
  world.cut.clear()
  return 'the network heals'
}
function worse({ world }: Course, random: Random): string {
  world.loss = random.below(4) === 0 ? random.unit() / 4 : 0
  world.doubles = random.unit() / 3
  world.delay = pick(random, [1, 5, 50, 300])
  return `loss ${world.loss.toFixed(2)}, delay ${world.delay} ms`
}

/** Some nodes that start within a moment of each other. */
export function started(seed: number, count: number): Course {
  const random = new Random(seed)
  const world = new World(random)
  const audit = new Audit(world)
  const names = Array.from({ length: count }, (_, i) => `n${i}`)
  const join = names.slice(0, 1 + random.below(3)).map(name => `at-${name}`)
  for (const name of names) world.after(random.below(200), () => world.start(name, join))
  return { world, audit, story: [] }
}

/** Runs a course to its end, with the world well again, and everybody who lives running. */
export function faulty(seed: number): Course {
  const random = new Random(seed + 0.5 + 2 ** 33)
  const course = started(seed, 2 + random.below(5))
  const { world, story } = course
  world.run(300 + random.below(2_000))
  const all = deeds.flatMap(([times, deed]) => new Array<Deed>(times).fill(deed))
  const count = 3 + random.below(25)
  for (let i = 0; i < count && world.living().length > 0; i++) {
    const done = pick(random, all)(course, random)
    if (done !== undefined) story.push(`${world.now.toFixed(0)}: ${done}`)
    world.run(random.below(random.below(3) === 0 ? 4_000 : 600))
  }
  world.run(20_000 * Number(story.some(line => line.includes('flap'))))
  Object.assign(world, { loss: 0, doubles: 0, delay: 5 })
  world.cut.clear()
  for (const node of world.living()) node.pausedUntil = Math.min(node.pausedUntil, world.now)
  story.push(`${world.now.toFixed(0)}: all is well`)
  return course
}
