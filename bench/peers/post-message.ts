// Raw worker_threads: what one writes without any library. The floor that every other row stands on.
//
// Settings: one Worker, `postMessage` of plain objects, replies matched by number in a Map. `batched` sends arrays of 256
// messages, the usual way to make it faster by hand; it gives up sending a message when there is one.
// Ordered, isolated (structured clone), unbounded: a sender that does not wait can exhaust memory.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { fanOut, idleCpu, inFlight, oneAtATime, oneWay, scaled, wake, type Plan, type Trials } from '../measure.ts'
import type { FromWorker, ToWorker } from './post-message.worker.ts'

const BURST = 4096
const BATCH = 256

class Peer {
  readonly worker = new Worker(new URL('./post-message.worker.ts', import.meta.url))
  readonly #waiting = new Map<number, (value: number) => void>()
  #calls = 0

  constructor() {
    this.worker.on('message', ({ id, value }: FromWorker) => {
      const resolve = this.#waiting.get(id)
      this.#waiting.delete(id)
      resolve?.(value)
    })
  }

  /** Resolves when the worker runs. */
  static async start(): Promise<Peer> {
    const peer = new Peer()
    await once(peer.worker, 'online')
    await peer.call('add', 0)
    return peer
  }

  tell(message: ToWorker): void {
    this.worker.postMessage(message)
  }

  call(type: 'add' | 'count' | 'clock' | 'crunch', n: number): Promise<number> {
    const id = ++this.#calls
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.worker.postMessage({ type, id, n } satisfies ToWorker)
    })
  }
}

async function tellAll(plan: Plan, message: (n: number) => ToWorker): Promise<{ rate: number }> {
  const peer = await Peer.start()
  const { rate = NaN } = await oneWay(plan, BURST, {
    send: n => peer.tell(message(n)),
    counted: () => peer.call('count', 0),
  })
  return { rate }
}

export const trials: Trials = {
  // Even a number needs an address and a method beside it.
  'thread-tell': plan => tellAll(plan, n => ({ type: 'number', id: 0, n })),
  'thread-tell-object': plan => tellAll(plan, n => ({ type: 'object', id: 0, message: { kind: 'add', n } })),
  'thread-sustained': async plan => {
    const peer = await Peer.start()
    const total = scaled(plan, 250_000, BURST)
    const start = performance.now()
    let behind = peer.call('count', 0)
    for (let sent = 0; sent < total;) {
      for (let i = 0; i < BURST; i++) peer.tell({ type: 'number', id: 0, n: sent++ })
      const asked = peer.call('count', 0)
      await behind
      behind = asked
    }
    return { rate: (await behind) / ((performance.now() - start) / 1000) }
  },
  'thread-ask': async plan => {
    const peer = await Peer.start()
    return oneAtATime(plan, n => peer.call('add', n))
  },
  'thread-asks': async plan => {
    const peer = await Peer.start()
    return inFlight(plan, 512, n => peer.call('add', n))
  },
  'thread-wake': async plan => {
    const peer = await Peer.start()
    return wake(plan, () => peer.call('clock', 0))
  },
  'thread-idle': async plan => {
    await Promise.all([Peer.start(), Peer.start()])
    return idleCpu(plan)
  },
  'thread-fan-out': async plan => {
    const [a, b] = await Promise.all([Peer.start(), Peer.start()])
    const calls = [(n: number) => a.call('crunch', n), (n: number) => b.call('crunch', n)]
    return fanOut(plan, calls.slice(0, 1), calls)
  },
  start: async () => {
    const start = performance.now()
    const peers = [new Peer(), new Peer()]
    const replies = await Promise.all(peers.map(peer => peer.call('add', 1)))
    const ms = performance.now() - start
    if (replies.join() !== '2,2') throw new Error(`two workers answered ${replies.join()}`)
    return { ms }
  },
}

export const batched: Trials = {
  'thread-tell-object': async plan => {
    const peer = await Peer.start()
    let batch: unknown[] = []
    return oneWay(plan, BURST, {
      send(n) {
        batch.push({ type: 'object', id: 0, message: { kind: 'add', n } } satisfies ToWorker)
        if (batch.length < BATCH) return
        peer.worker.postMessage(batch)
        batch = []
      },
      counted: () => peer.call('count', 0),
    })
  },
}
