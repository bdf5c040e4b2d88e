// The other end of comlink.ts.

import { parentPort } from 'node:worker_threads'
import { expose } from 'comlink'
import adapter from 'comlink/dist/umd/node-adapter.js'

const nodeEndpoint = adapter as unknown as typeof adapter.default

const service = {
  add(n: number): number {
    return n + 1
  },
}
export type Service = typeof service

expose(service, nodeEndpoint(parentPort as never))
