// Ours. Values are copied (a message never aliases its sender's objects), mailboxes are bounded, order holds between two
// actors, and an ask has a deadline of five seconds: the defaults, in every row.
//
// `threads: 0` is one thread with everything on it; otherwise this thread talks to actors on host threads.

import { createSystem, thread, type Ref, type System } from '@troupe/actors'
import {
  bytesEach,
  fanOut,
  idleCpu,
  inFlight,
  making,
  oneAtATime,
  oneWay,
  scaled,
  wake,
  type Figures,
  type Plan,
  type Trials,
} from '../measure.ts'
import { median } from '../statistics.ts'
import { counting, parent } from './troupe.actors.ts'

type Counting = Ref<typeof counting>

const LOCAL_BURST = 1000
const THREAD_BURST = 4096
const MB = 2 ** 20

async function local(): Promise<Counting> {
  const system = await createSystem({ threads: 0 })
  return system.spawn(counting, 0)
}

async function onThreads(count: number): Promise<Counting[]> {
  const system = await createSystem({ threads: count })
  return Promise.all(Array.from({ length: count }, (_, n) => system.spawn(counting, 0, { on: thread(n + 1) })))
}

async function onThread(): Promise<Counting> {
  const [ref] = await onThreads(1)
  return ref!
}

function tellNumbers(plan: Plan, burst: number, ref: Counting): Promise<Figures> {
  return oneWay(plan, burst, { send: n => ref.tell.number(n), counted: () => ref.ask.count() })
}

function tellObjects(plan: Plan, burst: number, ref: Counting): Promise<Figures> {
  return oneWay(plan, burst, { send: n => ref.tell.object({ kind: 'add', n }), counted: () => ref.ask.count() })
}

/** Ten million messages behind `ready()`. Memory is read after the first tenth, and at its highest after that. */
async function sustained(plan: Plan): Promise<Figures> {
  const ref = await onThread()
  const tell = async (count: number, each: () => void): Promise<void> => {
    let room = ref.ready()
    for (let sent = 0; sent < count;) {
      for (let i = 0; i < 1000 && sent < count; i++) ref.tell.number(sent++)
      // for the room that was asked for a burst ago: so sender and receiver work at the same time
      await room
      room = ref.ready()
      if (sent % 100_000 === 0) each()
    }
    await room
  }
  const total = scaled(plan, 10_000_000, 1000)
  const warm = Math.ceil(total / 10)
  await tell(warm, () => {})
  const counted = await ref.ask.count()
  const before = process.memoryUsage.rss()
  let most = before
  const start = performance.now()
  await tell(total - warm, () => (most = Math.max(most, process.memoryUsage.rss())))
  const handled = await ref.ask.count()
  const seconds = (performance.now() - start) / 1000
  if (handled !== total) throw new Error(`told ${total} messages, but the receiver counted ${handled}`)
  return { rate: (handled - counted) / seconds, before: before / MB, grown: (most - before) / MB }
}

function spawnMany(system: System, count: number): Promise<Counting[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => system.spawn(counting, n)))
}

/** From a thousand actors alive to a million: how long a turn takes at each size, and how fast it grows to the next. */
async function million(plan: Plan): Promise<Figures> {
  const alive: Counting[] = []
  const growTo = async (system: System, size: number): Promise<void> => {
    while (alive.length < size) alive.push(...(await spawnMany(system, Math.min(1000, size - alive.length))))
  }
  await growTo(await createSystem({ threads: 0 }), scaled(plan, 50_000, 100))
  for (let i = 0; i < 5; i++) await turnTime(alive.slice(0, 1000)) // until it is compiled
  alive.length = 0
  const system = await createSystem({ threads: 0 })
  const figures: Record<string, number> = {}
  for (const [key, size] of Object.entries({ '1k': 1000, '10k': 10_000, '100k': 100_000, '1M': 1_000_000 })) {
    const before = alive.length
    const start = performance.now()
    await growTo(system, before + scaled(plan, size - before, 100))
    if (before > 0) figures[`spawn${key}`] = (alive.length - before) / ((performance.now() - start) / 1000)
    figures[`turn${key}`] = await turnTime(alive.slice(0, 1000))
  }
  const stride = Math.ceil(alive.length / 1000)
  figures['turnSpread'] = await turnTime(alive.filter((_, n) => n % stride === 0))
  figures['spawnFlat'] = figures['spawn1M']! / figures['spawn10k']!
  figures['turnFlat'] = figures['turn1k']! / figures['turn1M']!
  return figures
}

/** Nanoseconds a turn, told to these actors in turn. */
async function turnTime(some: readonly Counting[]): Promise<number> {
  const counts = async (): Promise<number> =>
    (await Promise.all(some.map(ref => ref.ask.count()))).reduce((sum, count) => sum + count, 0)
  const tries: number[] = []
  for (let i = 0; i < 5; i++) {
    const before = await counts()
    const start = performance.now()
    for (let pass = 0; pass < 20; pass++) for (const ref of some) ref.tell.number(pass)
    const turns = (await counts()) - before
    tries.push(((performance.now() - start) * 1e6) / turns)
    if (turns !== 20 * some.length) throw new Error(`told ${20 * some.length} messages, but ${turns} were counted`)
  }
  return median(tries)
}

export const trials: Trials = {
  tell: async plan => tellNumbers(plan, LOCAL_BURST, await local()),
  'tell-object': async plan => tellObjects(plan, LOCAL_BURST, await local()),
  ask: async plan => {
    const ref = await local()
    return oneAtATime(plan, n => ref.ask.add(n))
  },
  asks: async plan => {
    const ref = await local()
    return inFlight(plan, 512, n => ref.ask.add(n))
  },

  'thread-tell': async plan => tellNumbers(plan, THREAD_BURST, await onThread()),
  'thread-tell-object': async plan => tellObjects(plan, THREAD_BURST, await onThread()),
  'thread-sustained': sustained,
  'thread-ask': async plan => {
    const ref = await onThread()
    return oneAtATime(plan, n => ref.ask.add(n))
  },
  'thread-asks': async plan => {
    const ref = await onThread()
    return inFlight(plan, 512, n => ref.ask.add(n))
  },
  'thread-wake': async plan => {
    const ref = await onThread()
    return wake(plan, () => ref.ask.clock())
  },
  'thread-idle': async plan => {
    const refs = await onThreads(2)
    await Promise.all(refs.map(ref => ref.ask.add(1)))
    await new Promise(done => setTimeout(done, 1_500)) // the thread that watches them starts a little later
    return idleCpu(plan)
  },
  'thread-fan-out': async plan => {
    const calls = (await onThreads(2)).map(ref => (n: number) => ref.ask.crunch(n))
    return fanOut(plan, calls.slice(0, 1), calls)
  },

  spawn: async plan => {
    const system = await createSystem({ threads: 0 })
    const kept: Counting[][] = []
    return making(plan, async count => void kept.push(await spawnMany(system, count)))
  },
  'spawn-children': async plan => {
    const system = await createSystem({ threads: 0 })
    const ref = await system.spawn(parent)
    return making(plan, async count => void (await ref.ask.spawn(count)))
  },
  bytes: async plan => {
    const system = await createSystem({ threads: 0 })
    return bytesEach(
      plan,
      n => ({ count: 0, sum: n }),
      count => spawnMany(system, count),
    )
  },
  'bytes-used': async plan => {
    const system = await createSystem({ threads: 0 })
    return bytesEach(
      plan,
      n => ({ count: 0, sum: n }),
      async count => {
        const refs = await spawnMany(system, count)
        await Promise.all(refs.map(ref => ref.ask.add(1)))
        return refs
      },
    )
  },
  million,

  start: async () => {
    const start = performance.now()
    const refs = await onThreads(2)
    const replies = await Promise.all(refs.map(ref => ref.ask.add(1)))
    const ms = performance.now() - start
    if (replies.join() !== '2,2') throw new Error(`two actors answered ${replies.join()}`)
    return { ms }
  },
}
