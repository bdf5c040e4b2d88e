// Go: goroutines and channels of the language itself, in a process of their own. No library for Node; the mark to aim at.
//
// Settings: built as it is, run with GOMAXPROCS=1 where all is on one thread and 2 otherwise. Go decides which goroutine runs
// on which thread, and keeps two that talk to each other together if it can; `locked` ties both to threads of their own.
// Values pass by copy, pointers in them are shared. Orders and answers go over pipes, outside of what is counted.
// It is measured where `go` is on the PATH, and left out otherwise.

import { execFileSync, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { passing } from '../passing.ts'
import type { Plan, Trial, Trials } from '../measure.ts'

const SOURCE = fileURLToPath(new URL('./channels.go', import.meta.url))
/** Kept between trials: Go builds it again only when it has changed. */
const PROGRAM = fileURLToPath(new URL('../../node_modules/.cache/troupe-bench/channels', import.meta.url))

type Order = (work: string, capacity: number, producers: number, consumers: number, count: number) => Promise<number[]>

/** The Go to build with, if there is one. */
export function findGo(): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter)
  const files = directories.map(directory => join(directory, process.platform === 'win32' ? 'go.exe' : 'go'))
  return files.find(file => {
    try {
      accessSync(file, constants.X_OK)
      return statSync(file).isFile()
    } catch {
      return false
    }
  })
}

/** Builds and starts it; the function it gives sends an order, and resolves to the numbers of the answer. */
function start(threads: number): Order {
  const go = findGo()
  if (go === undefined) throw new Error('go is not on the PATH')
  execFileSync(go, ['build', '-o', PROGRAM, SOURCE], { stdio: ['ignore', 'ignore', 'inherit'] })
  const env = { ...process.env, GOMAXPROCS: String(threads) }
  const child = spawn(PROGRAM, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  return async (...order) => {
    child.stdin.write(`${order.join(' ')}\n`)
    const { value, done } = await answers.next()
    if (done) throw new Error(`the Go program ended at the order ${order.join(' ')}`)
    return value.split(' ').map(Number)
  }
}

function values(work: string, threads: number, capacity: number, producers = 1, consumers = 1): Trial {
  return plan => {
    const order = start(threads)
    return passing(plan, async count => {
      const [received = NaN, sum = NaN] = await order(work, capacity, producers, consumers, count)
      return { count: received, sum }
    })
  }
}

/** As many round trips as fill the budget, in one go, so that no pipe is between two of them. */
function roundTrips(work: string): Trial {
  return async (plan: Plan) => {
    const order = start(2)
    const trips = async (count: number): Promise<{ p50: number; p99: number; ms: number }> => {
      const before = performance.now()
      const [p50 = NaN, p99 = NaN] = await order(work, 0, 1, 1, count)
      return { p50: p50 / 1000, p99: p99 / 1000, ms: performance.now() - before }
    }
    let count = 16
    while ((await trips(count)).ms < Math.max(plan.warmup, plan.budget)) count *= 2
    const { p50, p99 } = await trips(count)
    return { p50, p99 }
  }
}

export const trials: Trials = {
  channel: values('numbers', 1, 64),
  'channel-1024': values('numbers', 1, 1024),
  'channel-object': values('objects', 1, 64),
  rendezvous: values('numbers', 1, 0),
  select: values('select', 1, 64),
  'channel-fan-out': values('numbers', 1, 64, 1, 2),
  'channel-fan-in': values('numbers', 1, 64, 2, 1),

  'thread-channel': values('numbers', 2, 1024),
  'thread-channel-object': values('objects', 2, 1024),
  'thread-rendezvous': roundTrips('round-trips'),
  'thread-select': values('select', 2, 64),
  'thread-select-send': values('select-send', 2, 64),
  'thread-channel-fan-out': values('numbers', 2, 1024, 1, 2),
  'thread-channel-fan-in': values('numbers', 2, 1024, 2, 1),
}

export const locked: Trials = {
  'thread-rendezvous': roundTrips('round-trips-locked'),
}
