// What one replica makes of single events: messages, records and refusals that a host can rely on.
import { Replica } from '@troupe/paxos'
import { expect, test } from 'vitest'
import { type Command, type Effect, type Host, World } from './simulation/world.ts'

function settled(names: readonly string[]): {
  world: World
  leader: Host
  effects: (event: Parameters<Host['step']>[0]) => Effect[]
} {
  const world = new World({ seed: 1, founders: names, options: { batch: 1_000, window: 1_000 }, broken: {}, drift: 0 })
  world.isFaulty = false
  world.agenda.runTo(600)
  const leader = [...world.hosts.values()].find(({ replica }) => replica!.status.role === 'leader')!
  return { world, leader, effects: event => leader.replica!.step(event, leader.now) }
}
const command: Command = { uid: 1, op: 'write', key: 'x', input: 1 }
const shown = (effects: readonly Effect[]): string[] =>
  effects.map(effect => (effect.do === 'send' ? `${effect.message.kind}${effect.ahead ? ' ahead' : ''}` : effect.do))

test('commands that come together are one message to each voter and one record, and only its own vote waits for the disk', () => {
  const { effects } = settled(['a', 'b', 'c'])
  const calls = Array.from({ length: 100 }, (_, n) => ({ id: n, session: 1, number: n + 1, answered: 1, command }))
  const made = effects({ on: 'propose', calls })
  expect(shown(made)).toEqual(['accept ahead', 'accept ahead', 'persist', 'accepted'])
  const [first] = made
  expect(first?.do === 'send' && first.message.kind === 'accept' && first.message.entries).toHaveLength(100)
})
test('a read asks all, without a record', () => {
  const { world, effects } = settled(['a', 'b', 'c'])
  world.agenda.runTo(world.agenda.now + 40)
  expect(shown(effects({ on: 'read', id: 1, query: command }))).toEqual(['accept ahead', 'accept ahead'])
})
test('one replica alone decides once its own disk has it', () => {
  const { world, leader } = settled(['a'])
  const replies: string[] = []
  world.replied = (_, { kind }) => void replies.push(kind)
  leader.step({ on: 'open', id: 1 })
  leader.step({ on: 'read', id: 2, query: command })
  expect(replies).toEqual(['read'])
  world.agenda.runTo(world.agenda.now + 50)
  expect(replies).toEqual(['read', 'opened'])
})
test('a candidate takes no reads: it does not know yet what has been decided', () => {
  const machine = { apply: () => 0, query: () => 0, snapshot: () => 0, restore: () => {} }
  const replica = new Replica<Command, unknown>(
    { member: 'a', founders: ['a', 'b', 'c'], machine, electionTimeout: 100 },
    0,
  )
  for (let round = 1; replica.status.role !== 'candidate'; round++) {
    expect(round).toBeLessThan(5)
    replica.step({ on: 'tick' }, replica.deadline)
    const rest = {
      epoch: 0,
      ballot: { round: 0, node: 'b' },
      stands: false,
      promised: undefined,
      follows: undefined,
      decided: 0,
    }
    replica.step({ on: 'message', from: 'b', message: { kind: 'alive', round, ...rest } }, replica.deadline - 1)
  }
  const effects = replica.step({ on: 'read', id: 1, query: command }, replica.deadline - 1)
  expect(effects).toEqual([{ do: 'reply', id: 1, outcome: { kind: 'not-leader', leader: undefined } }])
})
test('who does not lead says so, and who does', () => {
  const { world, leader } = settled(['a', 'b', 'c'])
  const other = [...world.hosts.values()].find(host => host !== leader)!
  const effects = other.replica!.step({ on: 'open', id: 7 }, other.now)
  expect(effects).toEqual([{ do: 'reply', id: 7, outcome: { kind: 'not-leader', leader: leader.name } }])
})
test('a state that is not asked for is given with its age', () => {
  const { world, leader } = settled(['a', 'b', 'c'])
  const ages: number[] = []
  world.replied = (_, outcome) => void (outcome.kind === 'read' && ages.push(outcome.age))
  const other = [...world.hosts.values()].find(host => host !== leader)!
  const read = (): void => other.step({ on: 'read', id: 1, query: command, isStale: true })
  read()
  for (const { name } of world.hosts.values()) if (name !== other.name) world.cutOff(name, other.name)
  world.agenda.runTo(world.agenda.now + 1_000)
  read()
  expect(ages[0]).toBeLessThan(200)
  expect(ages[1]).toBeGreaterThan(990)
})

test('a change of members: refused, behind, busy, and done', () => {
  const { world, leader, effects } = settled(['a', 'b', 'c'])
  const said = (event: Parameters<Host['step']>[0]): unknown =>
    effects(event).flatMap(effect => (effect.do === 'reply' ? [effect.outcome] : []))
  const change = (...voters: string[]) => ({ on: 'reconfigure', id: 1, voters }) as const
  expect(said(change('a', 'a'))).toMatchObject([{ kind: 'refused', error: { code: 'bad-members' } }])
  expect(said(change('a', 'b', 'd'))).toEqual([{ kind: 'lagging', replica: 'd' }])
  expect(said(change('c', 'b', 'a'))).toMatchObject([{ kind: 'changed', members: { epoch: 0 } }])
  world.add('d')
  world.agenda.runTo(world.agenda.now + 200)
  const outcomes: unknown[] = []
  world.replied = (_, outcome) => void outcomes.push(outcome.kind)
  leader.step(change('a', 'b', 'd'))
  leader.step(change('a', 'b'))
  leader.step({ on: 'open', id: 2 })
  world.agenda.runTo(world.agenda.now + 400)
  expect(outcomes.slice(0, 2)).toEqual(['busy', 'changed'])
  for (const name of ['a', 'b', 'd'])
    expect(world.hosts.get(name)!.replica!.status).toMatchObject({ epoch: 1, voters: ['a', 'b', 'd'] })
  // who is left out still learns, and knows whom to send others to
  expect(world.hosts.get('c')!.replica!.status).toMatchObject({
    role: 'learner',
    epoch: 1,
    decided: leader.replica!.status.decided,
  })
  expect(['a', 'b', 'd']).toContain(world.hosts.get('c')!.replica!.status.leader)
})
