// Threads that encode and decode at once through one table of record shapes: every frame means the same on each of them.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { SharedTable } from './shared-table.ts'

const URLS = {
  codec: new URL('./codec.ts', import.meta.url).href,
  table: new URL('./shared-table.ts', import.meta.url).href,
}
// A thread makes values from a seed, encodes them all, then decodes every other thread's frames and compares.
const THREAD = `
  const { parentPort, workerData: { memory, urls, seed, gate } } = require('node:worker_threads')
  const { isDeepStrictEqual } = require('node:util')
  const make = (n) => {
    const value = { ['k' + n % 97]: n, at: { ['in' + n % 41]: [n, 'text ' + n % 7], ['once' + n]: true } }
    return n % 3 ? value : { list: [value, value], when: new Date(n), ['wide' + n % 13]: undefined }
  }
  Promise.all([import(urls.codec), import(urls.table)]).then(([{ Codec }, { SharedTable }]) => {
    const codec = new Codec(new SharedTable(memory), [])
    parentPort.once('message', (all) => {
      let right = 0
      for (const { n, frame } of all) if (isDeepStrictEqual(codec.decode(frame, 0, frame.length, undefined), make(n))) right++
      parentPort.postMessage({ right, of: all.length })
    })
    parentPort.postMessage('ready'); Atomics.wait(gate, 0, 0)
    const frames = []
    for (let i = 0; i < 3000; i++) { const n = i * seed % 1000; frames.push({ n, frame: Uint8Array.from(codec.encode(make(n))) }) }
    parentPort.postMessage(frames)
  })`

test.each([
  ['a roomy table', { entries: 1024, units: 1 << 16 }],
  ['a table that fills up', { entries: 50, units: 1 << 12 }],
])('threads that encode and decode at once through %s', async (_, size) => {
  const table = SharedTable.create(size)
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const threads = [7, 11, 13].map(
    seed => new Worker(THREAD, { eval: true, workerData: { memory: table.memory, urls: URLS, seed, gate } }),
  )
  await Promise.all(threads.map(thread => once(thread, 'message')))
  const encoded = threads.map(thread => once(thread, 'message'))
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  const all = ((await Promise.all(encoded)) as [unknown[]][]).flatMap(([frames]) => frames)
  expect(table.length).toBeGreaterThan(40)
  for (const thread of threads) {
    const answer = once(thread, 'message')
    thread.postMessage(all)
    expect((await answer)[0]).toEqual({ right: 9000, of: 9000 })
  }
  await Promise.all(threads.map(thread => thread.terminate()))
})
