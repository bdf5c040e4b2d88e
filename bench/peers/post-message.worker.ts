// The other end of post-message.ts: counts what it is told, answers what it is asked.
//
// It loads nothing but what it needs, so that its start is a bare worker's start.

import { parentPort } from 'node:worker_threads'

export type ToWorker =
  | { type: 'number'; id: 0; n: number }
  | { type: 'object'; id: 0; message: { kind: string; n: number } }
  | { type: 'add' | 'count' | 'clock' | 'crunch'; id: number; n: number }

export interface FromWorker {
  id: number
  value: number
}

let count = 0
let sum = 0

function handle(message: ToWorker): void {
  switch (message.type) {
    case 'number':
      count++
      sum = (sum + message.n) | 0
      return
    case 'object':
      count++
      sum = (sum + message.message.n) | 0
      return
    case 'add':
      return reply(message.id, message.n + 1)
    case 'count':
      return reply(message.id, count)
    case 'clock':
      return reply(message.id, Number(process.hrtime.bigint()) / 1000)
    case 'crunch':
      return void crunchAndReply(message.id, message.n)
    default:
      message satisfies never
  }
}

async function crunchAndReply(id: number, turns: number): Promise<void> {
  const { crunch } = await import('../measure.ts')
  reply(id, crunch(turns))
}

function reply(id: number, value: number): void {
  parentPort!.postMessage({ id, value } satisfies FromWorker)
}

parentPort!.on('message', (message: ToWorker | ToWorker[]) => {
  if (Array.isArray(message)) message.forEach(handle)
  else handle(message)
})
