// Ours: mutexes of @troupe/lock, with its defaults, by clients that are no actors.
//
// What counts is a release that has been confirmed as one of a lock that was held until then; more than one holder of a name fails the
// trial, and so does a token that is not greater than the one before.

import { createSystem, type Ref, thread } from '@troupe/actors'
import { lockServer, type LockServer, mutex } from '@troupe/lock'
import { type Figures, percentiles, type Plan, scaled, type Trials } from '../measure.ts'

const CROWD = 50_000

async function open(threads: 0 | 1): Promise<Ref<LockServer>> {
  const system = await createSystem({ threads })
  return await system.spawn(lockServer, undefined, { on: thread(threads) })
}

/** What a name's clients have in common. */
interface Name {
  inside: number
  newest: bigint
}

/** Clients that acquire and release, one after the other, until the time is over: how often, and how long each waited or took, in µs. */
async function contend(locks: Ref<LockServer>, clients: number, names: number, ms: number, whole: boolean) {
  const times: number[] = []
  const begun = performance.now()
  const all = Array.from({ length: names }, (): Name => ({ inside: 0, newest: 0n }))
  const client = async (n: number): Promise<void> => {
    const name = all[n % names]!
    const own = mutex(locks, `name ${n % names}`)
    for (let before = performance.now(); before - begun < ms; before = performance.now()) {
      const lock = await own.acquire()
      const got = performance.now()
      if (++name.inside !== 1 || lock.token <= name.newest)
        throw new Error(`${String(lock)} was granted beside another`)
      name.newest = lock.token
      name.inside--
      if (!(await lock.release())) throw new Error(`${String(lock)} was lost`)
      times.push(((whole ? performance.now() : got) - before) * 1000)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, n) => client(n)))
  return { times, rate: times.length / ((performance.now() - begun) / 1000) }
}

async function measured(plan: Plan, locks: Ref<LockServer>, clients: number, names: number): Promise<Figures> {
  const whole = clients === 1
  await contend(locks, clients, names, plan.warmup, whole)
  const { times, rate } = await contend(locks, clients, names, plan.budget, whole)
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  const fairness = times.reduce((most, time) => Math.max(most, time), 0) / mean
  return { ...percentiles(Float64Array.from(times)), rate, fairness }
}

/** Many locks that are held, and many who wait for one of them. */
async function crowd(locks: Ref<LockServer>, count: number): Promise<void> {
  const patient = locks.with({ deadline: 600_000 })
  for (let n = 0; n < count; n++) {
    await locks.ask.acquire(`held ${n}`, 0, 60_000)
    patient.ask.acquire('held 0', 600_000, 60_000).catch(() => {}) // the end of the process is the end of its wait
  }
  const { holders, waiters } = await locks.ask.inspect('held 1')
  if (holders !== count || waiters !== count) throw new Error(`${holders} are held, and ${waiters} wait, not ${count}`)
}

function trialsOn(threads: 0 | 1): Trials {
  return {
    'lock-alone': async plan => await measured(plan, await open(threads), 1, 1),
    'lock-16': async plan => await measured(plan, await open(threads), 16, 1),
    'lock-100': async plan => await measured(plan, await open(threads), 100, 1),
    'lock-names': async plan => await measured(plan, await open(threads), 100, 100),
    'lock-crowd': async plan => {
      const locks = await open(threads)
      await crowd(locks, scaled(plan, CROWD))
      return await measured(plan, locks, 1, 1)
    },
  }
}

export const trials = trialsOn(0)
export const otherThread = trialsOn(1)
