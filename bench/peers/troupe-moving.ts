// Ours, in the subject "moving": actors that go to and fro between two host threads, and who calls them on the calling one.
//
// What moves takes its state, its mailbox and its timers along, and is called through refs that know nothing of it. Its state
// is plain, so the behavior has neither `snapshot` nor `restore`.

import { setTimeout as sleep } from 'node:timers/promises'
import { createSystem, thread, type Ref, type System } from '@troupe/actors'
import { oneWay, scaled, type Figures, type Plan, type Trial, type Trials } from '../measure.ts'
import { halfAndMost, pauses, shuttling, type Movable, type Shuttle } from '../pausing.ts'
import { rowsIn } from '../rows.ts'
import { crowd, mover } from './troupe.movers.ts'

type Mover = Ref<typeof mover>

/** ms. Ten megabytes take their time where the machine has other work. */
const PATIENCE = 30_000
const BURST = 1000
/** Idle actors beside those that move. */
const CROWDS = [
  ['100', 100],
  ['10k', 10_000],
  ['100k', 100_000],
  ['1M', 1_000_000],
] as const

const open = (): Promise<System> => createSystem({ threads: 2, askDeadline: PATIENCE })

/** Actors that are on one thread together, and move together. */
class Group implements Shuttle {
  readonly refs: readonly Mover[]
  readonly #system: System
  #at = 1

  constructor(system: System, refs: readonly Mover[]) {
    this.#system = system
    this.refs = refs
  }
  /** So many, each with so many rows. */
  static async spawn(system: System, count: number, rows: number): Promise<Group> {
    const spawned = Array.from({ length: count }, () => system.spawn(mover, rows, { on: thread(1) }))
    return new Group(system, await Promise.all(spawned))
  }

  move(): Promise<void> {
    this.#at = 3 - this.#at
    return this.#system.move(this.refs, thread(this.#at))
  }
  where(): Promise<number[]> {
    return Promise.all(this.refs.map(ref => ref.ask.where()))
  }
}

function pausing(bytes: number, moves: number): Trial {
  return async plan => {
    const system = await open()
    const own: number[] = []
    system.on('moved', ({ ms }) => void own.push(ms * 1000))
    const group = await Group.spawn(system, 1, rowsIn(bytes))
    const { ask } = group.refs[0]!
    const movable: Movable = { call: n => ask.add(n), move: () => group.move(), where: () => ask.where() }
    const figures = await pauses(plan, moves, movable)
    return { ...figures, ...halfAndMost('own', own.slice(-scaled(plan, moves, 2))) }
  }
}

async function linear(plan: Plan): Promise<Figures> {
  const each = async (bytes: number): Promise<number> => {
    await using system = await open()
    const rate = await shuttling(plan, await Group.spawn(system, 1, rowsIn(bytes)))
    return 1e9 / rate / bytes
  }
  const each100kB = await each(100_000)
  const each10MB = await each(10_000_000)
  return { each100kB, each10MB, linear: each100kB / each10MB }
}

async function flat(plan: Plan): Promise<Figures> {
  const system = await open()
  const crowds = await Promise.all([1, 2].map(at => system.spawn(crowd, undefined, { on: thread(at) })))
  const one = await Group.spawn(system, 1, 1)
  const many = await Group.spawn(system, 1_000, 1)
  let idle = 0
  const growTo = async (count: number): Promise<void> => {
    for (let n = 0; idle < count; n++) {
      const more = Math.min(1_000, count - idle)
      await crowds[n % 2]!.ask.grow(more)
      idle += more
    }
  }
  await shuttling(plan, many) // until it is compiled
  const rates = new Map<string, number>()
  for (const [key, count] of CROWDS) {
    await growTo(scaled(plan, count, 100 + idle))
    rates.set(`one${key}`, await shuttling(plan, one)).set(`many${key}`, await shuttling(plan, many))
  }
  const flat = (who: string): number => rates.get(`${who}1M`)! / rates.get(`${who}100`)!
  return { ...Object.fromEntries(rates), oneFlat: flat('one'), manyFlat: flat('many') }
}

/** Tells a second from the calling thread to one actor: while it stays, while it moves, while others do. */
async function tells(plan: Plan): Promise<Figures> {
  const system = await open()
  const one = await Group.spawn(system, 1, 10)
  const others = await Group.spawn(system, 1_000, 10)
  const [ref] = one.refs as [Mover]
  const told = async (): Promise<number> => {
    const before = await ref.ask.count()
    const target = {
      send: (n: number) => ref.tell.number(n),
      counted: async () => (await ref.ask.count()) - before,
    }
    return (await oneWay(plan, BURST, target))['rate']!
  }
  /** The same, while moves are made one after the other; and how many there were a second. */
  const during = async (group: Group, pause: number): Promise<[rate: number, moves: number]> => {
    let over = false
    let moves = 0
    const start = performance.now()
    const moving = (async () => {
      for (; !over; moves++) {
        await group.move()
        if (pause > 0) await sleep(pause)
      }
    })()
    const rate = await told().finally(() => (over = true))
    const seconds = (performance.now() - start) / 1000
    await moving
    return [rate, moves / seconds]
  }
  await told()
  const still = await told()
  const [now] = await during(one, 10)
  const [always, moves] = await during(one, 0)
  const [beside] = await during(others, 0)
  return { still, moved: now / still, always: always / still, moves, beside: beside / still }
}

export const trials: Trials = {
  'move-100B': pausing(100, 200),
  'move-1kB': pausing(1_000, 200),
  'move-100kB': pausing(100_000, 100),
  'move-10MB': pausing(10_000_000, 10),
  'move-linear': linear,
  'moves-one': async plan => ({ rate: await shuttling(plan, await Group.spawn(await open(), 1, 1)) }),
  'moves-1k': async plan => ({ rate: await shuttling(plan, await Group.spawn(await open(), 1_000, 1)) }),
  'moves-flat': flat,
  'tells-moved': tells,
}
