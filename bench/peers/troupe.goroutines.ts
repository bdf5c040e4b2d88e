// The goroutines that the benchmarks start, and what `run` runs: apart from troupe-channels.ts because every thread that
// runs one of them loads this module.
//
// They are written as one would: `for await` over what is received, `await` of each `send`. They count and add up what they
// have received, as the peers' receivers do.

import { behavior, goroutine, offload, select, type Receiver, type Sender } from '@troupe/actors'
import type { Tally } from '../passing.ts'

export interface Small {
  kind: string
  n: number
}

export const sendNumbers = goroutine(
  import.meta,
  'bench-send-numbers',
  async (_ctx, to: Sender<number>, from: number, until: number) => {
    for (let n = from; n < until; n++) await to.send(n)
  },
)

export const sendObjects = goroutine(
  import.meta,
  'bench-send-objects',
  async (_ctx, to: Sender<Small>, from: number, until: number) => {
    for (let n = from; n < until; n++) await to.send({ kind: 'add', n })
  },
)

export const receiveNumbers = goroutine(
  import.meta,
  'bench-receive-numbers',
  async (_ctx, from: Receiver<number>): Promise<Tally> => {
    let count = 0
    let sum = 0
    for await (const n of from) {
      count++
      sum = (sum + n) | 0
    }
    return { count, sum }
  },
)

export const receiveObjects = goroutine(
  import.meta,
  'bench-receive-objects',
  async (_ctx, from: Receiver<Small>): Promise<Tally> => {
    let count = 0
    let sum = 0
    for await (const { n } of from) {
      count++
      sum = (sum + n) | 0
    }
    return { count, sum }
  },
)

/** Waits only for what does not go at once. */
export const trySendNumbers = goroutine(
  import.meta,
  'bench-try-send-numbers',
  async (_ctx, to: Sender<number>, from: number, until: number) => {
    for (let n = from; n < until; n++) if (!to.trySend(n)) await to.send(n)
  },
)

/** Waits only when there is nothing. */
export const tryReceiveNumbers = goroutine(
  import.meta,
  'bench-try-receive-numbers',
  async (_ctx, from: Receiver<number>): Promise<Tally> => {
    let count = 0
    let sum = 0
    for (;;) {
      const got = from.tryReceive() ?? (await from.receive())
      if (got.done) return { count, sum }
      count++
      sum = (sum + got.value) | 0
    }
  },
)

/** From whichever of two has something, until both are closed. */
export const selectNumbers = goroutine(
  import.meta,
  'bench-select-numbers',
  async (_ctx, a: Receiver<number>, b: Receiver<number>): Promise<Tally> => {
    let count = 0
    let sum = 0
    let [openA, openB] = [true, true]
    while (openA || openB) {
      const got = await select({
        a: openA ? a.receiving() : null,
        b: openB ? b.receiving() : null,
      })
      if (got.done) {
        if (got.case === 'a') openA = false
        else openB = false
        continue
      }
      count++
      sum = (sum + got.value) | 0
    }
    return { count, sum }
  },
)

/** To whichever of two has room. */
export const selectSend = goroutine(
  import.meta,
  'bench-select-send',
  async (_ctx, a: Sender<number>, b: Sender<number>, count: number) => {
    for (let n = 0; n < count; n++) await select({ a: a.sending(n), b: b.sending(n) })
  },
)

export const echo = goroutine(
  import.meta,
  'bench-echo',
  async (_ctx, there: Receiver<number>, back: Sender<number>) => {
    for await (const n of there) await back.send(n + 1)
  },
)

/** The same values told to an actor, without a channel: what a channel across threads is measured against. */
export const adding = behavior(import.meta, {
  name: 'bench-adding',
  state: () => ({ count: 0, sum: 0 }),
  handlers: {
    number(ctx, n: number) {
      ctx.state.count++
      ctx.state.sum = (ctx.state.sum + n) | 0
    },
    object(ctx, message: Small) {
      ctx.state.count++
      ctx.state.sum = (ctx.state.sum + message.n) | 0
    },
    /** What has come since it was last asked. */
    tally(ctx): Tally {
      const { count, sum } = ctx.state
      ctx.state = { count: 0, sum: 0 }
      return { count, sum }
    },
    next(_ctx, n: number) {
      return n + 1
    },
  },
})

export const add = offload(import.meta, 'bench-add', (n: number) => n + 1)
export const ends = offload(import.meta, 'bench-ends', (bytes: Uint8Array) => bytes[0]! + bytes[bytes.length - 1]!)
