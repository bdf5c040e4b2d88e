// Links on a network that fails in every way it can, on virtual time: connections that break, ways that are stalled in one direction,
// both sides dialing whenever they like. From one seed each; a seed that fails is named.
import { expect, test } from 'vitest'
import { LinkNode, simulated, upTo } from './link-world.ts'
import { SimNet } from './link-simulated.ts'

const SEEDS = Number(process.env['LINK_SEEDS'] ?? 60)

async function storm(seed: number): Promise<{ switches: number; records: number }> {
  const net = new SimNet(seed)
  const medium = simulated(seed, net)
  const { random } = net
  const options = { limits: { window: 32 * 1024, pending: 64 * 1024, handshake: 300 } }
  // the one that decides is the dialer as often as the other
  const [a, b] = random.below(2) === 0 ? ['a', 'b'].map(make) : ['b', 'a'].map(make)
  function make(name: string): LinkNode {
    return new LinkNode(medium, name, options)
  }
  const nodes = [a!, b!] as const
  for (const node of nodes) await node.listen(medium)
  const known = (node: LinkNode) => [...node.links.all()].length > 0

  for (let round = 0; round < 150; round++) {
    const which = random.below(2)
    const [near, far] = [nodes[which]!, nodes[1 - which]!]
    switch (random.below(12)) {
      case 0:
      case 1:
        near.dial(far)
        if (random.below(3) === 0) far.dial(near)
        break
      case 2:
        net.reset(near.name, far.name)
        break
      case 3:
        net.stall(near.name, far.name)
        break
      case 4:
        if (known(near)) near.to(far).cut()
        break
      case 5:
      case 6:
        net.release(near.name, far.name)
        break
      default:
        if (!known(near)) break
        for (let i = random.below(20); i >= 0; i--)
          near.post(far, 16 + random.below(random.below(9) === 0 ? 90_000 : 900), i % 2 === 0)
        near.to(far).flush()
    }
    for (let steps = random.below(40); steps > 0; steps--) net.step()
    await new Promise(done => setImmediate(done))
  }
  for (const [one, other] of [nodes, [nodes[1], nodes[0]] as const]) net.release(one.name, other.name)
  const pass = async (ms: number) => {
    const later = net.now + ms
    net.after(ms, () => {})
    await medium.until(() => net.now >= later)
  }
  // what is left of the storm passes; then one of the two dials when there is no connection, as membership would
  await pass(600)
  const [one, other] = nodes
  const arrived = () => one.got.length === other.posted && other.got.length === one.posted
  for (let waits = 0; !arrived() || !one.hasLinkTo(other) || !other.hasLinkTo(one); waits++) {
    if (waits > 40) throw new Error('they do not find each other again')
    if (!one.hasLinkTo(other) || !other.hasLinkTo(one)) one.dial(other)
    if (known(one)) one.to(other).flush()
    if (known(other)) other.to(one).flush()
    await pass(100)
  }
  expect(other.got).toEqual(upTo(one.posted))
  expect(one.got).toEqual(upTo(other.posted))
  await pass(600)
  expect(net.standing).toBe(1)
  expect(one.to(other).generation).toBe(other.to(one).generation)
  expect(nodes.flatMap(node => node.detached).filter(why => why instanceof Error)).toEqual([])
  for (const node of nodes) await node.links.close()
  return { switches: one.attached, records: one.posted + other.posted }
}

test(`${SEEDS} storms lose nothing, double nothing, and leave one connection`, async () => {
  let switches = 0
  let records = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = await storm(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
    switches += run.switches
    records += run.records
  }
  // they were storms
  expect(switches).toBeGreaterThan(SEEDS * 3)
  expect(records).toBeGreaterThan(SEEDS * 100)
})
