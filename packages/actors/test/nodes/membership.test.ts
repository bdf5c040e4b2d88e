// Membership over a simulated network: what must hold under all faults, how fast ends are known, and that breaking any one
// rule of the protocol is noticed.
//
// MEMBERSHIP_RUNS in the environment multiplies the seeds, MEMBERSHIP_SEED is the first.
import { describe, expect, test } from 'vitest'
import { type Fact, Members } from '../../src/core/membership-members.ts'
import { Peer } from '../../src/core/membership-peer.ts'
import { Quorum } from '../../src/core/membership-quorum.ts'
import { nameOf } from '../../src/core/membership-roster.ts'
import { Seeds } from '../../src/core/membership-seeds.ts'
import { View } from '../../src/core/membership-view.ts'
import { Votes } from '../../src/core/membership-votes.ts'
import { FailureDetector } from '../../src/core/failure-detector.ts'
import { breaks } from '../breaking.ts'
import { alarms, describe as described, expectAgreement } from './membership-audit.ts'
import { AGREEMENT, type Course, faulty, started } from './membership-faults.ts'
import type { SimNode, World } from './membership-world.ts'

const TIMES = Number(process.env['MEMBERSHIP_RUNS'] ?? 1)
const FIRST = Number(process.env['MEMBERSHIP_SEED'] ?? 1)
const seeds = (count: number): number[] => Array.from({ length: count * TIMES }, (_, i) => FIRST + i)

/** A cluster that has formed, and what has been told until then. */
function formed(seed: number, count: number): Course & { since: number } {
  const course = started(seed, count)
  course.world.run(300)
  expectAgreement(course.world, course.audit, 2_000)
  course.world.run(1_000)
  return { ...course, since: course.world.now }
}
/** What the others think of a node. */
const statesOf = (world: World, subject: SimNode): (string | undefined)[] =>
  world.living().map(({ membership }) => membership.members().find(({ id }) => id === subject.id)?.state)

/** One seed; what was wrong, if anything was. */
function run(seed: number): 'agreed' | 'stuck' | string {
  let course: Course | undefined
  try {
    course = faulty(seed)
    const { world, audit } = course
    // all may have ended, or wait for seeds that have
    const isOver = (): boolean => world.concerned().length === 0 || audit.agreed()
    if (world.until(isOver, AGREEMENT) !== undefined) return 'agreed'
    return audit.stuck() ? 'stuck' : `no agreement\n${described(world)}`
  } catch (error) {
    return `seed ${seed}: ${String(error)}\n${course?.story.join('\n') ?? ''}`
  }
}

describe('under faults', () => {
  test('no two sides, one roster of each number, no end that is taken back; and the living agree afterwards', () => {
    let stuck = 0
    for (const seed of seeds(150)) {
      const outcome = run(seed)
      expect(['agreed', 'stuck'], `${seed}: ${outcome}`).toContain(outcome)
      if (outcome === 'stuck') stuck++
    }
    // a majority that ends at once, unseen by the others, is not the rule
    expect(stuck).toBeLessThan(50 * TIMES)
  }, 600_000)
})

describe('without a fault', () => {
  test.each([1, 2, 3, 5, 9, 20])('%i nodes that start at once are one cluster, and nobody is alarmed', count => {
    for (const seed of seeds(Math.ceil(20 / count ** 2))) {
      const { world, audit } = started(seed, count)
      world.run(300)
      expectAgreement(world, audit, 2_000)
      const orders = world.nodes.map(({ membership }) => membership.roster!.voters.join())
      expect(new Set(orders).size).toBe(1)
      expect(new Set(world.nodes.map(({ membership }) => membership.roster!.cluster)).size).toBe(1)
      world.run(20_000)
      expect(alarms(world)).toEqual([])
    }
  })
  test('nor by slow messages, or processes that come late', () => {
    for (const seed of seeds(10)) {
      const { world } = formed(seed, 5)
      world.delay = 300
      for (let i = 0; i < 40; i++) {
        for (const node of world.nodes) world.pause(node, world.random.below(250))
        world.run(500)
      }
      expect(alarms(world)).toEqual([])
    }
  })
  test('a node that was stopped itself does not take the others for silent', () => {
    for (const seed of seeds(10)) {
      const { world, since } = formed(seed, 4)
      const node = world.nodes[3]!
      world.pause(node, 1_100)
      world.run(3_000)
      const own = alarms(world, since).filter(line => line.split(' ')[1] === node.id)
      expect(own.filter(line => line.includes('suspect'))).toEqual([])
    }
  })
})

describe('how fast', () => {
  test('a process that ends is down for all within 50 ms', () => {
    for (const seed of seeds(20)) {
      const { world } = formed(seed, 2 + (seed % 5))
      const victim = world.nodes[world.random.below(world.nodes.length)]!
      world.kill(victim, true)
      expect(world.until(() => statesOf(world, victim).every(state => state === 'down'), 50)).toBeDefined()
    }
  })
  test.each(['stopped', 'without power', 'cut off'])('one that is %s is down within 2 s, and it alone', how => {
    for (const seed of seeds(20)) {
      const { world, since } = formed(seed, 3 + (seed % 4))
      const victim = world.nodes[world.random.below(world.nodes.length)]!
      world.run(world.random.below(400))
      if (how === 'stopped') world.pause(victim, 60_000)
      else if (how === 'without power') world.kill(victim, false)
      else for (const other of world.nodes) if (other !== victim) world.cutBoth(victim, other)
      const others = (): (string | undefined)[] =>
        world.living().flatMap(node => (node === victim ? [] : statesOf(world, victim).slice(0, 1)))
      const known = (): boolean =>
        world
          .living()
          .filter(node => node !== victim)
          .every(({ membership }) => membership.members().some(({ id, state }) => id === victim.id && state === 'down'))
      expect(others().length).toBeGreaterThan(0)
      expect(world.until(known, 2_000), described(world)).toBeDefined()
      for (const line of alarms(world, since)) {
        if (line.split(' ')[1] !== victim.id) expect(line).toContain(`"id":"${victim.id}"`)
      }
    }
  })
  test('all but one that are killed at once leave one with a quorum', () => {
    for (const seed of seeds(20)) {
      const { world } = formed(seed, 3)
      const [last, ...victims] = [...world.nodes].toSorted(() => world.random.unit() - 0.5)
      for (const victim of victims) world.kill(victim, true)
      world.run(500)
      expect(last!.membership.roster!.voters).toEqual([last!.id])
      expect(world.told.filter(({ effect }) => effect.kind === 'minority')).toEqual([])
    }
  })
})

describe('networks that are not quite there', () => {
  test('whom others hear is suspected, and not down', () => {
    for (const seed of seeds(10)) {
      const { world, since } = formed(seed, 5)
      world.cutBoth(world.nodes[0]!, world.nodes[4]!)
      world.run(20_000)
      expect(alarms(world, since).filter(line => !line.includes('"to":"suspect"'))).toEqual([])
      expect(alarms(world, since)).toHaveLength(2)
    }
  })
  test('all that one of them reaches are one side, though they do not reach each other', () => {
    const { world, since } = formed(7, 5)
    const [hub, ...others] = world.nodes
    for (const one of others) for (const other of others) if (one !== other) world.cutBoth(one, other)
    world.run(20_000)
    expect(hub!.membership.roster!.voters).toHaveLength(5)
    expect(alarms(world, since).filter(line => line.includes('minority') || line.includes('"to":"down"'))).toEqual([])
  })
  test('a connection that flaps ends as one suspicion', () => {
    for (const seed of seeds(5)) {
      const { world, since } = formed(seed, 4)
      const [one, other] = [world.nodes[1]!, world.nodes[2]!]
      for (let i = 0; i < 60; i++) {
        world.close(one.id, other.id)
        world.run(1_000)
      }
      expect(alarms(world, since).filter(line => line.includes('"to":"down"'))).toEqual([])
      expect(alarms(world, since).filter(line => line.includes('"to":"suspect"')).length).toBeLessThan(10)
    }
  })
  test('a minority knows it, and the majority goes on; a node that was declared down is told by whom', () => {
    const { world } = formed(3, 5)
    const far = world.nodes.slice(3)
    for (const one of far) for (const other of world.nodes.slice(0, 3)) world.cutBoth(one, other)
    world.run(3_000)
    const said = (node: SimNode): string[] =>
      world.told.filter(told => told.node === node).map(({ effect }) => effect.kind)
    for (const node of far) expect(said(node).filter(kind => kind === 'minority')).toHaveLength(1)
    for (const node of world.nodes.slice(0, 3)) expect(node.membership.roster!.voters).toHaveLength(3)
    world.cut.clear()
    world.run(3_000)
    for (const node of far) expect(said(node).at(-1)).toBe('expelled')
  })
})

describe('coming and going', () => {
  test('who leaves has left, and nobody is alarmed', () => {
    for (const seed of seeds(10)) {
      const { world, audit, since } = formed(seed, 4)
      world.leave(world.nodes[world.random.below(4)]!, 300)
      world.run(3_000)
      expectAgreement(world, audit, 0)
      expect(alarms(world, since).filter(line => !line.includes('closed'))).toEqual([])
      const ends = world.told.filter(({ effect }) => effect.kind === 'changed' && effect.to === 'left')
      expect(ends.length).toBeGreaterThanOrEqual(3)
    }
  })
  test('a process that starts again is another member, and the last one in seniority', () => {
    const { world, audit } = formed(5, 3)
    const old = world.nodes[1]!
    world.kill(old, true)
    world.run(100)
    const again = world.start(nameOf(old.id), [world.nodes[0]!.address], { addresses: [old.address] })
    expectAgreement(world, audit, 10_000)
    expect(world.nodes[0]!.membership.roster!.voters.at(-1)).toBe(again.id)
  })
  test('a second one of a name is refused, with a reason', () => {
    const { world } = formed(5, 3)
    const second = world.start('n1', [world.nodes[0]!.address], { addresses: ['elsewhere'] })
    world.run(3_000)
    const [refused] = world.told.filter(({ node }) => node === second).filter(({ effect }) => effect.kind === 'refused')
    expect(refused!.effect).toMatchObject({
      why: expect.stringMatching(/the name n1 is taken by n1~\w+, which is up: /),
    })
    expect(world.nodes[0]!.membership.roster!.voters).toHaveLength(3)
  })
})

/** The rules, each broken in turn: some course must show it. */
describe('what breaking a rule does', () => {
  const caught = (most: number): string | undefined =>
    seeds(most)
      .values()
      .map(run)
      .find(outcome => outcome !== 'agreed' && outcome !== 'stuck')

  test('a lease that is counted on after its end', () => {
    breaks(
      Quorum.prototype,
      'holds',
      old =>
        function (this: Quorum, id: string, at: number) {
          return old.call(this, id, at - 3_000)
        },
    )
    expect(caught(60)).toMatch(/has a quorum/)
  }, 60_000)
  test('a vote that does not wait for leases to run out', () => {
    breaks(
      Votes.prototype,
      'decided',
      old =>
        function (this: Votes, ...args: Parameters<Votes['decided']>) {
          return old.call(this, args[0] + 5_000, args[1], args[2], args[3], args[4], args[5])
        },
    )
    expect(caught(200)).toMatch(/has a quorum/)
  }, 120_000)
  test('a vote that forgets what was accepted before', () => {
    breaks(
      Votes.prototype,
      'put',
      old =>
        function (this: Votes, ...args: Parameters<Votes['put']>) {
          this.motion = { ...this.motion!, best: null }
          return old.apply(this, args)
        },
    )
    expect(caught(600)).toMatch(/elsewhere it is|has a quorum/)
  }, 120_000)
  test('an end of which a minority takes note', () => {
    breaks(
      Quorum.prototype,
      'heed',
      old =>
        function (this: Quorum, ...args: Parameters<Quorum['heed']>) {
          Object.defineProperty(this, 'holds', { configurable: true, value: () => true })
          old.apply(this, args)
          Reflect.deleteProperty(this, 'holds')
        },
    )
    expect(caught(600)).toMatch(/elsewhere it is|has a quorum/)
  }, 120_000)
  test('an ended member that comes back', () => {
    breaks(
      Members.prototype,
      'merge',
      old =>
        function (this: Members, fact: Fact, told: boolean) {
          return old.call(this, fact.state === 'down' ? { ...fact, state: 'up' } : fact, told)
        },
    )
    expect(caught(60)).toBeDefined()
  }, 60_000)
  test('what is said twice', () => {
    breaks(
      View.prototype,
      'quorum',
      old =>
        function* (this: View, until: number, now: number) {
          for (const effect of old.call(this, until, now)) yield* [effect, effect]
        },
    )
    expect(caught(5)).toMatch(/twice/)
  })
  test('silence while this process did not run', () => {
    breaks(FailureDetector.prototype, 'excuse', () => () => {})
    breaks(Peer.prototype, 'excuse', () => () => {})
    const { world, since } = formed(1, 4)
    world.pause(world.nodes[3]!, 1_100)
    world.run(3_000)
    const own = alarms(world, since).filter(line => line.split(' ')[1] === world.nodes[3]!.id)
    expect(own.some(line => line.includes('suspect'))).toBe(true)
  })
  test('a founder that asks nobody', () => {
    breaks(
      Seeds.prototype,
      'mayFound',
      () =>
        function (this: Seeds) {
          return this.mine
        },
    )
    const apart = (): void => {
      for (const seed of seeds(10)) started(seed, 4).world.run(2_000)
    }
    expect(apart).toThrow(/has a quorum with/)
  })
})
