// The hub's thread as the first thread of its process sees it: starts it, hears of what happens in the cluster, ends it.
//
// Invariants: it keeps no process alive by itself; its failure is a fault of this package, and told as one, since a node that cannot
// speak with others must not go on as if it could.
import { Worker } from 'node:worker_threads'
import { allDefined } from '../core/behavior-value.ts'
import { NodeRefused } from '../core/errors.ts'
import type { HubNews, HubOrder } from '../core/node-settings.ts'
import type { HubTask } from './hub-worker.ts'
import { compileCache } from './thread-pool.ts'

/** ms between two looks whether modules have defined more behaviors. */
const LOOK = 500
/** ms that it has to end by itself. */
const END_WITHIN = 1_000

export interface HubEvents {
  news(news: HubNews): void
  failed(error: Error): void
}

export class HubThread {
  readonly #worker: Worker
  readonly #events: HubEvents
  readonly #ended: Promise<void>
  readonly #timer: NodeJS.Timeout
  #behaviors = 0
  #closing = false
  /** Where others can connect to, once it listens. */
  addresses: readonly string[] = []
  /** Why it is no member yet, as others say. */
  #refused = 'no other node has answered'
  #up: ((error?: Error) => void) | undefined

  constructor(task: HubTask, events: HubEvents) {
    this.#events = events
    const url = new URL(`./hub-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
    const { NODE_COMPILE_CACHE } = compileCache()?.env ?? {}
    const env = { ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) }
    const worker = new Worker(url, { workerData: task, execArgv: [], env, name: 'hub' })
    worker.on('message', (news: HubNews) => this.#take(news))
    worker.on('error', error => this.#failed(error as Error))
    this.#ended = new Promise(done => worker.once('exit', () => done()))
    worker.unref()
    this.#worker = worker
    this.#timer = setInterval(() => this.tellBehaviors(), LOOK).unref()
    this.tellBehaviors()
  }

  /** Resolves when this node is a member. Rejects with NodeRefused after `ms`, or with what keeps it from listening. */
  joined(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        this.#up?.(
          new NodeRefused(`this node has not become a member of the cluster within ${ms} ms: ${this.#refused}`),
        )
      }, ms)
      this.#up = error => {
        clearTimeout(timeout)
        this.#up = undefined
        if (error === undefined) resolve()
        else reject(error)
      }
    })
  }

  #take(news: HubNews): void {
    if (news.kind === 'open') this.addresses = news.addresses
    else if (news.kind === 'refused' || news.kind === 'expelled') this.#refused = news.why
    else if (news.kind === 'turnedAway') this.#refused = news.message
    else if (news.kind === 'failed') return this.#failed(news.error)
    else if (news.kind === 'changed' && news.self && news.to === 'up') this.#up?.()
    this.#events.news(news)
  }
  #failed(error: Error): void {
    if (this.#up !== undefined) return this.#up(error)
    if (!this.#closing) this.#events.failed(error)
  }

  /** The behaviors that modules of this process have defined: other nodes may spawn them here. */
  tellBehaviors(): void {
    const all = allDefined()
    if (all.length === this.#behaviors) return
    this.#behaviors = all.length
    this.order({ kind: 'behaviors', behaviors: all.map(({ name, version }) => `${name}@${version}`) })
  }
  order(order: HubOrder): void {
    this.#worker.postMessage(order)
  }

  async close(): Promise<void> {
    this.#closing = true
    clearInterval(this.#timer)
    this.#worker.ref()
    this.order({ kind: 'close' })
    const timeout = setTimeout(() => void this.#worker.terminate(), END_WITHIN)
    await this.#ended
    clearTimeout(timeout)
  }
}
