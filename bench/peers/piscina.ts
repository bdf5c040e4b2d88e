// piscina: a pool of workers that run one function call each, chosen by the pool. The pool that Troupe's threads are
// workers of, here used as one would without Troupe.
//
// Settings: its defaults, but for the number of threads, which is fixed so that none is started or ended on the way, and
// for many calls in flight `concurrentTasksPerWorker`, without which each would wait for the one before (nine times
// slower). A call goes to whichever worker is free: no identity, no state, no order between calls.

import { move, Piscina } from 'piscina'
import { fanOut, idleCpu, inFlight, oneAtATime, type Trials } from '../measure.ts'
import { handingOver } from '../passing.ts'

function pool(threads: number, concurrentTasksPerWorker = 1): Piscina {
  return new Piscina({
    concurrentTasksPerWorker,
    filename: new URL('./piscina.worker.ts', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  })
}

function add(pool: Piscina): (n: number) => Promise<number> {
  return n => pool.run(n)
}

function crunch(pool: Piscina): (n: number) => Promise<number> {
  return n => pool.run(n, { name: 'crunch' })
}

export const trials: Trials = {
  'thread-ask': plan => oneAtATime(plan, add(pool(1))),
  'thread-asks': plan => inFlight(plan, 512, add(pool(1, 512))),
  'thread-idle': async plan => {
    const two = add(pool(2))
    await Promise.all([two(1), two(2)])
    return idleCpu(plan)
  },
  'thread-fan-out': plan => fanOut(plan, [crunch(pool(1))], [crunch(pool(2))]),
  offload: plan => oneAtATime(plan, add(pool(1))),
  'offload-moved': plan => {
    const one = pool(1)
    return handingOver(plan, bytes => one.run(move(bytes), { name: 'ends' }))
  },
  // Both calls may run on the worker that is up first, which is to its advantage.
  start: async () => {
    const start = performance.now()
    const two = add(pool(2))
    const replies = await Promise.all([two(1), two(1)])
    const ms = performance.now() - start
    if (replies.join() !== '2,2') throw new Error(`two workers answered ${replies.join()}`)
    return { ms }
  },
}
