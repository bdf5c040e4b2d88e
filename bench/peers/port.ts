// MessagePort: a channel by hand, over the port that every Worker has. It ends at its two threads: nothing here is passed
// on, selected from or moved.
//
// Settings: one `postMessage` for each value (structured clone). `windowed` keeps the promise of a bounded channel: its
// sender is never more than its window ahead, 1,024 values or 64, and hears of room by halves of that. `unbounded` sends
// without looking back, so all that its receiver has yet to read is in memory. Two workers have a port and a window each.
// For want of a select, values go out turn about to those that have room, and are taken in as they come.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { passing, shares, together, type Pass, type Tally } from '../passing.ts'
import { oneAtATime, type Trial, type Trials } from '../measure.ts'
import { Inlet, Outlet, type Make } from './port.window.ts'
import type { Order, Role } from './port.worker.ts'

async function start(role: Role, window: number): Promise<Worker> {
  const worker = new Worker(new URL('./port.worker.ts', import.meta.url), { workerData: { role, window } })
  await once(worker, 'message') // it is ready
  return worker
}

function startAll(role: Role, window: number, count: number): Promise<Worker[]> {
  return Promise.all(Array.from({ length: count }, () => start(role, window)))
}

/** From here to so many workers. */
async function outwards(window: number, make: Make, consumers: number): Promise<Pass> {
  const workers = await startAll('consume', window, consumers)
  const tallies: Tally[] = []
  let all: (() => void) | undefined
  const outlet = new Outlet(workers, window, tally => {
    tallies.push(tally)
    if (tallies.length === consumers) all?.()
  })
  return async count => {
    tallies.length = 0
    const received = new Promise<void>(resolve => (all = resolve))
    outlet.send(0, count, make)
    await received
    return together(tallies)
  }
}

/** From so many workers to here. */
async function inwards(window: number, producers: number): Promise<Pass> {
  const workers = await startAll('produce', window, producers)
  const tallies: Tally[] = []
  let all: (() => void) | undefined
  for (const worker of workers) {
    new Inlet(worker, window, tally => {
      tallies.push(tally)
      if (tallies.length === producers) all?.()
    })
  }
  return async count => {
    tallies.length = 0
    const received = new Promise<void>(resolve => (all = resolve))
    for (const [n, share] of shares(count, producers).entries()) workers[n]!.postMessage(share satisfies Order)
    await received
    return together(tallies)
  }
}

async function echo(): Promise<(n: number) => Promise<number>> {
  const worker = await start('echo', 1)
  let answered: ((n: number) => void) | undefined
  worker.on('message', (n: number) => answered?.(n))
  return n =>
    new Promise(resolve => {
      answered = resolve
      worker.postMessage(n)
    })
}

const number: Make = n => n
const object: Make = n => ({ kind: 'add', n })

const out =
  (window: number, make: Make, consumers = 1): Trial =>
  async plan =>
    passing(plan, await outwards(window, make, consumers))

export const windowed: Trials = {
  'thread-channel': out(1024, number),
  'thread-channel-object': out(1024, object),
  'thread-select': async plan => passing(plan, await inwards(64, 2)),
  'thread-select-send': out(64, number, 2),
  'thread-channel-fan-out': out(1024, number, 2),
  'thread-channel-fan-in': async plan => passing(plan, await inwards(1024, 2)),
}

export const unbounded: Trials = {
  'thread-channel': out(Infinity, number),
  'thread-channel-object': out(Infinity, object),
}

export const pingPong: Trials = {
  'thread-rendezvous': async plan => oneAtATime(plan, await echo()),
}
