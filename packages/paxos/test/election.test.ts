// Partial partitions (Ng, Haridi, Carbone: Omni-Paxos, EuroSys 2023, section 2): in each of them one replica at least reaches a quorum directly,
// and something is decided again within four election timeouts.
import { expect, test } from 'vitest'
import { type Host, World } from './simulation/world.ts'

const TIMEOUT = 100

function settled(
  seed: number,
  count: number,
): { world: World; hosts: Host[]; leader: Host; decide: (within: number) => number } {
  const world = new World({
    seed,
    founders: ['a', 'b', 'c', 'd', 'e'].slice(0, count),
    options: { electionTimeout: TIMEOUT },
    broken: {},
    drift: 0,
  })
  world.isFaulty = false
  const hosts = [...world.hosts.values()]
  let last = 0
  world.replied = (_, { kind }) => kind === 'opened' && (last = world.agenda.now)
  let ids = 0
  /** After how long something that is asked for from now on is decided. */
  const decide = (within: number): number => {
    const begin = world.agenda.now
    last = 0
    while (last === 0 && world.agenda.now < begin + within) {
      for (const host of hosts) if (host.replica!.status.role === 'leader') host.step({ on: 'open', id: ++ids })
      world.agenda.runTo(world.agenda.now + 5)
    }
    return last === 0 ? Infinity : last - begin
  }
  expect(decide(10 * TIMEOUT)).toBeLessThan(10 * TIMEOUT)
  world.agenda.runTo(world.agenda.now + 3 * TIMEOUT + world.random.below(TIMEOUT))
  const leader = hosts.find(({ replica }) => replica!.status.role === 'leader')!
  return { world, hosts, leader, decide }
}
function cutAllBut(world: World, hosts: readonly Host[], isKept: (a: Host, b: Host) => boolean): void {
  for (const a of hosts) for (const b of hosts) if (a !== b && !isKept(a, b)) world.cutOff(a.name, b.name)
}

test.each<[string, number, (leader: Host, hub: Host) => (a: Host, b: Host) => boolean]>([
  ['quorum loss: all, the leader too, reach the hub alone', 5, (_, hub) => (a, b) => a === hub || b === hub],
  [
    'constrained election: the leader is cut off, and the others reach the hub alone',
    5,
    (leader, hub) => (a, b) => a !== leader && b !== leader && (a === hub || b === hub),
  ],
  ['chained: the leader and another one do not hear each other', 3, (_, hub) => (a, b) => a === hub || b === hub],
])('%s', (_, count, kept) => {
  for (let seed = 0; seed < 60; seed++) {
    const { world, hosts, leader, decide } = settled(seed, count)
    const hub = world.random.pick(hosts.filter(host => host !== leader))
    cutAllBut(world, hosts, kept(leader, hub))
    // what was on its way is there by now, so that it is not taken for news
    world.agenda.runTo(world.agenda.now + 10)
    expect(decide(20 * TIMEOUT), `seed ${seed}`).toBeLessThan(4 * TIMEOUT)
    // and nobody deposes anybody any more
    world.agenda.runTo(world.agenda.now + 3 * TIMEOUT)
    const before = hosts.map(({ replica }) => replica!.status.promised)
    world.agenda.runTo(world.agenda.now + 20 * TIMEOUT)
    expect(
      hosts.map(({ replica }) => replica!.status.promised),
      `seed ${seed}`,
    ).toEqual(before)
  }
})
