// comlink: a worker's object called as if it were here, each call a pair of `postMessage`s.
//
// Settings: its own node adapter on one Worker, defaults. There is no call without a reply, so it has no row for telling.

import { Worker } from 'node:worker_threads'
import { wrap } from 'comlink'
import adapter from 'comlink/dist/umd/node-adapter.js'
import { inFlight, oneAtATime, type Trials } from '../measure.ts'
import type { Service } from './comlink.worker.ts'

// Its types say that the adapter is a property of the module; under Node it is the module.
const nodeEndpoint = adapter as unknown as typeof adapter.default

function start(): (n: number) => Promise<number> {
  const worker = new Worker(new URL('./comlink.worker.ts', import.meta.url))
  const service = wrap<Service>(nodeEndpoint(worker))
  return n => service.add(n)
}

export const trials: Trials = {
  'thread-ask': plan => oneAtATime(plan, start()),
  'thread-asks': plan => inFlight(plan, 512, start()),
}
