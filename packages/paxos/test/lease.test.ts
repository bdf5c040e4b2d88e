// A lease, where clocks differ as much as may be: the leader's is slow, so that it holds on for long, and those of its voters are fast. It is
// cut off from them, another one leads and writes, and whoever asks the old one must not be told what was before.
import { expect, test } from 'vitest'
import { World } from './simulation/world.ts'

const DRIFT = 0.6

/** How many reads of the old leader were answered after the cut, and how many of those once another value had been written. */
function reads(seed: number, stated: number): { answered: number; stale: number } {
  const options = { reads: { lease: 100, drift: stated } }
  const world = new World({ seed, founders: ['a', 'b', 'c'], options, broken: {}, drift: 0 })
  world.isFaulty = false
  const { agenda } = world
  agenda.runTo(600)
  const hosts = [...world.hosts.values()]
  const leader = hosts.find(({ replica }) => replica!.status.role === 'leader')!
  for (const host of hosts) host.drift(host === leader ? 1 - DRIFT : 1 + DRIFT)
  agenda.runTo(1_200 + world.random.below(200))
  expect(leader.replica!.status.role).toBe('leader')

  const found = { answered: 0, stale: 0 }
  let session = 0
  let isWritten = false
  world.replied = (_, outcome) => {
    if (outcome.kind === 'opened') session = outcome.session
    if (outcome.kind === 'done') isWritten = true
    if (outcome.kind !== 'read') return
    found.answered++
    if (isWritten && outcome.reply === null) found.stale++
  }
  const others = hosts.filter(host => host !== leader)
  for (const other of others) world.cutOff(leader.name, other.name)
  const command = { uid: 1, op: 'write', key: 'x', input: 'new' }
  for (const end = agenda.now + 600; agenda.now < end; agenda.runTo(agenda.now + 2)) {
    leader.step({ on: 'read', id: 1, query: { ...command, op: 'read' } })
    const next = others.find(({ replica }) => replica!.status.role === 'leader')
    if (session === 0) next?.step({ on: 'open', id: 2 })
    else next?.step({ on: 'propose', calls: [{ id: 3, session, number: 1, answered: 1, command }] })
  }
  expect(isWritten).toBe(true)
  return found
}
const sum = (stated: number): { answered: number; stale: number } => {
  const sums = { answered: 0, stale: 0 }
  for (let seed = 0; seed < 40; seed++) {
    const { answered, stale } = reads(seed, stated)
    sums.answered += answered
    sums.stale += stale
  }
  return sums
}

test('the old leader answers while its lease lasts, and never what is old', () => {
  const { answered, stale } = sum(DRIFT)
  expect(stale).toBe(0)
  expect(answered).toBeGreaterThan(40)
})
test('found out: a lease that takes no account of drift', () => expect(sum(0).stale).toBeGreaterThan(0))
